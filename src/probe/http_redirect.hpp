#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "probe/http_request.hpp"

namespace healer {

/// 301, 302, 303, 307 or 308.
bool is_redirect(int status);

/// The next request after a redirect, or for operators why it is not made.
///
/// `before` is what was asked; `location` the Location field, absolute or relative (RFC 3986 5.2; a fragment
/// is dropped). Only the target itself is asked again: a Location with another scheme, host or port is not
/// followed. The target goes by its address and port and by its Host header. 303 turns all but HEAD into
/// GET, 301 and 302 turn POST into GET, as every client does; 307 and 308 keep the method.
tl::expected<HttpHop, std::string> next_hop(const HttpTarget& target, const HttpHop& before, int status,
                                            std::string_view location);

}  // namespace healer
