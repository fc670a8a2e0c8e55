#include "net/http_message.hpp"

#include <algorithm>
#include <cctype>

namespace healer::net {

std::string_view find_header(const HttpHeaders& headers, std::string_view name) {
  const auto same = [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); };
  for (const auto& [key, value] : headers)
    if (std::equal(key.begin(), key.end(), name.begin(), name.end(), same)) return value;
  return {};
}

bool fit_for_head(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; });
}

}  // namespace healer::net
