#pragma once

#include <string>

#include "model/describe.hpp"
namespace healer {

/// An alert with this label is about this container, whatever its other labels say.
struct AlertMapping {
  std::string label;
  std::string value;
  std::string container;  ///< a name, a workload's key, or an id
  bool operator==(const AlertMapping&) const = default;
};
HEALER_DESCRIBE(AlertMapping, label, value, container);

}  // namespace healer
