#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace healer::testing {

/// One piece of output in the engine's framing: stream 1 is stdout, 2 is stderr.
inline std::string frame(unsigned char stream, std::string_view text) {
  const auto size = static_cast<std::uint32_t>(text.size());
  std::string out{static_cast<char>(stream), 0, 0, 0};
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(size >> shift & 0xFF);
  return out.append(text);
}

}  // namespace healer::testing
