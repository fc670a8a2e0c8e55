#pragma once

#include <string>

namespace healer {

/// Where a setting's value came from. Precedence, highest first: label (per workload) or flag (daemon),
/// file, environment, default.
struct Origin {
  enum class Kind { Default, Environment, File, Flag, Label };
  Kind kind = Kind::Default;
  std::string name;  ///< the variable, the file, the flag with its dashes, or the label
  int line = 0;      ///< of the file, from 1; 0: the file as a whole
  bool operator==(const Origin&) const = default;
};

/// For operators: "default", "environment CHECK_INTERVAL", "healer.yaml:3", "flag --listen", "label
/// healer.port".
std::string to_string(const Origin& origin);

}  // namespace healer
