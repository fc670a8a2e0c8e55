// Any bytes as text to redact: no crash, no hang, and a second redaction changes nothing.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/redact.hpp"
#include "fuzz/expect.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  // The first bytes are also given as a known secret value.
  const std::vector<std::string> secrets{std::string(text.substr(0, size % 12))};
  const std::string once = healer::redact(text, secrets);
  healer::fuzz::expect(healer::redact(once, secrets) == once, "a second redaction changes nothing");
  return 0;
}
