#pragma once

#include <algorithm>
#include <string_view>

namespace healer::net {

inline bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

inline std::string_view trim_blanks(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

inline char lower_ascii(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// Whether `seen`, in any case, equals `name`, which must be lower case.
inline bool same_name(std::string_view seen, std::string_view name) {
  return std::equal(seen.begin(), seen.end(), name.begin(), name.end(),
                    [](char a, char b) { return lower_ascii(a) == b; });
}

}  // namespace healer::net
