#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace healer::net {

/// Header fields in the order they were sent; names keep their case and are compared without it.
using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

/// The first field of that name, compared without case; empty when there is none.
std::string_view find_header(const HttpHeaders& headers, std::string_view name);

/// `text` may be written into a request or response head: printable, no line break, no control character.
bool fit_for_head(std::string_view text);

}  // namespace healer::net
