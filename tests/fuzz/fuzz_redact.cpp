// Any bytes as text to redact: no crash, no hang, a second redaction changes nothing, and a secret that is
// planted between any bytes is gone.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/redact.hpp"
#include "fuzz/expect.hpp"
#include "support/secret_corpus.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using healer::fuzz::expect;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  // The first bytes are also given as a known secret value.
  const std::vector<std::string> secrets{std::string(text.substr(0, size % 12))};
  const std::string once = healer::redact(text, secrets);
  expect(healer::redact(once, secrets) == once, "a second redaction changes nothing");

  // The bytes before and after it are lines of their own: a quote or a field's name on the same line may well
  // make another text of it.
  static const std::vector<healer::test::PlantedSecret> planted = healer::test::planted_secrets(7);
  if (size < 2) return 0;
  const healer::test::PlantedSecret& one = planted[(data[0] * 256U + data[1]) % planted.size()];
  const std::string_view rest = text.substr(2);
  const std::size_t half = rest.size() / 2;
  const std::string around =
      std::string(rest.substr(0, half)) + "\n" + one.text + "\n" + std::string(rest.substr(half));
  expect(healer::redact(around).find(one.secret) == std::string::npos, "the planted secret is gone");
  const std::string known = std::string(rest.substr(0, half)) + one.secret + std::string(rest.substr(half));
  expect(healer::redact(known, std::vector{one.secret}).find(one.secret) == std::string::npos,
         "a known secret is gone");
  return 0;
}
