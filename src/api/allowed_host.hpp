#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace healer {

/// Whether a request with this Host field is meant for healer. A page of another site can make a browser send
/// requests to healer's address under that site's name (DNS rebinding); its Host field then has that name.
/// Accepted: a numeric address, "localhost", a name without a dot (a service of compose), and the `allowed`
/// names, each with any port. An empty field is accepted: a browser always sends one.
bool is_allowed_host(std::string_view host, const std::vector<std::string>& allowed);

}  // namespace healer
