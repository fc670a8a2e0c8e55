#include "config/config_error.hpp"

#include <fmt/format.h>

#include "base/redact.hpp"
#include "base/text.hpp"

namespace healer {

std::string to_string(const Origin& origin) {
  switch (origin.kind) {
    case Origin::Kind::Default:
      return "default";
    case Origin::Kind::Environment:
      return "environment " + origin.name;
    case Origin::Kind::File:
      return origin.line > 0 ? fmt::format("{}:{}", origin.name, origin.line) : origin.name;
    case Origin::Kind::Flag:
      return "flag " + origin.name;
    case Origin::Kind::Label:
      return "label " + origin.name;
  }
  return "unknown";
}

std::string describe(const ConfigError& error) {
  std::string line = to_string(error.origin) + ": ";
  // A variable's or a flag's origin already names the setting; a line of a file does not.
  if (error.origin.kind == Origin::Kind::File && !error.setting.empty()) line += error.setting + ": ";
  if (!error.value.empty()) line += "'" + error.value + "' ";
  line += error.problem;
  if (!error.accepted.empty()) line += "; accepted: " + error.accepted;
  if (!error.nearest.empty()) line += "; did you mean '" + error.nearest + "'?";
  return line;
}

std::string shown_value(std::string_view value) {
  return clip(redact(printable(clip(value, 200))), 100);
}

}  // namespace healer
