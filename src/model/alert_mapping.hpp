#pragma once

#include <string>

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

}  // namespace healer
