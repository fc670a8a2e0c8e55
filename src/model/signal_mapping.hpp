#pragma once

#include <string>

#include "model/describe.hpp"
namespace healer {

/// A signal with this label is about this container, whatever its other labels say.
struct SignalMapping {
  std::string label;
  std::string value;
  std::string container;  ///< a name, a workload's key, or an id
  bool operator==(const SignalMapping&) const = default;
};
HEALER_DESCRIBE(SignalMapping, label, value, container);

}  // namespace healer
