#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace healer::test {

/// A text with a planted secret, made of a line of secret_forms.txt.
struct PlantedSecret {
  std::string form;  ///< the line, for messages
  std::string text;
  std::string secret;
};

/// Every form of tests/support/secret_forms.txt with a secret made from `seed`: no secret stands in the
/// repository.
std::vector<PlantedSecret> planted_secrets(std::uint64_t seed);

/// Lines without secrets, as applications, databases and engines write them: the lines of
/// tests/support/harmless_lines.txt in turn, their places filled from `seed`.
std::vector<std::string> harmless_lines(std::size_t count, std::uint64_t seed);

}  // namespace healer::test
