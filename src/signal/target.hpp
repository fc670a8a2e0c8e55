#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "model/status.hpp"

namespace healer {

/// Which watched workload a signal is about.
struct SignalTarget {
  enum class Found { One, Unknown, Ambiguous };
  Found found = Found::Unknown;
  std::string key;   ///< One
  std::string text;  ///< otherwise: what was looked for, for people
};

/// The labels that name a container, in this order, unless the settings say otherwise: those of exporters,
/// of cAdvisor, of compose. One that ends in "compose_service" names a service; it needs its "_project"
/// beside it where two projects have a service of that name.
const std::vector<std::string>& default_signal_labels();

/// Looks the labels up in the order of `names`: a container's name (a leading '/' does not count), a
/// workload's key, a container's id (12 characters at least, also as cAdvisor's path), or a compose service
/// that has one container. The first label that leads to anything decides.
SignalTarget find_signal_target(const std::map<std::string, std::string>& labels,
                                std::span<const std::string> names,
                                std::span<const WorkloadStatus> workloads);

}  // namespace healer
