#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/origin.hpp"

namespace healer {

/// One reason why the configuration is refused, for operators. Never holds the value of a secret or of an
/// unknown name, which may be a misspelt secret.
struct ConfigError {
  std::string setting;   ///< the name as written; empty for the file as a whole
  std::string value;     ///< as written, made printable and clipped; "<redacted>" for a secret
  Origin origin;         ///< which variable, file and line, or flag
  std::string problem;   ///< what is wrong: "is not valid", "no such setting"
  std::string accepted;  ///< what would be accepted; empty when the name is the problem
  std::string nearest;   ///< the nearest valid name or value; empty when none is near
};

using ConfigErrors = std::vector<ConfigError>;

/// One line: origin, name and value, what is accepted, the nearest valid name.
std::string describe(const ConfigError& error);

/// A value from outside, safe and short enough to print.
std::string shown_value(std::string_view value);

}  // namespace healer
