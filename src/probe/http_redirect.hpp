#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "probe/http_request.hpp"

namespace healer {

/// 301, 302, 303, 307 or 308.
bool is_redirect(int status);

/// The next request after a redirect; else the reason, for operators, why it is not made.
///
/// `before`: the redirected request; `location`: the Location field, absolute or relative (RFC 3986 5.2; a
/// fragment is dropped). Only redirects to the same target are followed: not to another scheme, host or port.
/// The target's names are its address with port, and its Host header. 303 changes every method but HEAD to
/// GET, 301 and 302 change POST to GET, as every client does; 307 and 308 keep the method.
tl::expected<HttpHop, std::string> next_hop(const HttpTarget& target, const HttpHop& before, int status,
                                            std::string_view location);

}  // namespace healer
