#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace healer {

/// A number that cannot be mixed up with a number of another kind. 0 means "none".
template <class Tag>
struct StrongId {
  std::uint64_t value = 0;
  auto operator<=>(const StrongId&) const = default;
  explicit operator bool() const { return value != 0; }
};

using ProbeId = StrongId<struct ProbeIdTag>;                ///< one check of one target
using AttemptId = StrongId<struct AttemptIdTag>;            ///< unique over the life of the state file
using IncidentId = StrongId<struct IncidentIdTag>;          ///< unique over the life of the state file
using NotificationId = StrongId<struct NotificationIdTag>;  ///< unique over the life of the state file

}  // namespace healer

template <class Tag>
struct std::hash<healer::StrongId<Tag>> {
  std::size_t operator()(healer::StrongId<Tag> id) const noexcept {
    return std::hash<std::uint64_t>{}(id.value);
  }
};
