#pragma once

#include <string>
#include <vector>

#include "model/describe.hpp"

namespace healer {

/// An alert with this label and value is about this container, even if its other labels name another one.
struct AlertMapping {
  std::string label;
  std::string value;
  std::string container;  ///< a name, a workload's key, or an id
  bool operator==(const AlertMapping&) const = default;
};
HEALER_DESCRIBE(AlertMapping, label, value, container);

/// Which values of the alert labels `instance`, `host` and `node` are about this host.
struct AlertMatch {
  bool any = false;                ///< these labels are not looked at
  std::vector<std::string> names;  ///< names and addresses of this host beside those that healer finds
  bool operator==(const AlertMatch&) const = default;
};
HEALER_DESCRIBE(AlertMatch, any, names);

}  // namespace healer
