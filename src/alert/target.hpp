#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/alert_mapping.hpp"
#include "model/status.hpp"

namespace healer {

/// The watched workload that an alert is about.
struct AlertTarget {
  enum class Found { One, Unknown, Ambiguous };
  Found found = Found::Unknown;
  std::string key;   ///< the workload's key, if One
  std::string text;  ///< otherwise: the reason, for operators
};

/// The labels that name a container, in this order, if the settings name none: labels of exporters, of
/// cAdvisor and of compose. A label that ends in "compose_service" names a service; if two projects have a
/// service of that name, the label that ends in "compose_project" must be there, too.
const std::vector<std::string>& default_alert_labels();

/// Index of the watched workloads by every name that a label may hold. Made once for many alerts, so that no
/// alert needs a search through all workloads. The workloads must outlive it.
class AlertTargets {
 public:
  explicit AlertTargets(std::span<const WorkloadStatus> workloads);

  /// A mapping that fits decides. Else the labels are looked up in the order of `names`: a container's name
  /// (a leading '/' does not count), a workload's key, a container's id (12 characters at least, also as
  /// cAdvisor's path), or a compose service that has one container. The first label that finds a workload
  /// decides.
  AlertTarget find(const std::map<std::string, std::string>& labels, std::span<const std::string> names,
                   std::span<const AlertMapping> mappings = {}) const;
  /// The workload with this name, key or id.
  AlertTarget find(std::string_view container) const;

 private:
  using Found = std::vector<const WorkloadStatus*>;
  Found named(std::string_view value) const;
  Found of_service(std::string_view service, const std::string* project) const;

  std::unordered_multimap<std::string_view, const WorkloadStatus*> names_;     ///< names and keys
  std::unordered_multimap<std::string_view, const WorkloadStatus*> services_;  ///< of compose
  std::vector<const WorkloadStatus*> ids_;                                     ///< sorted by container id
};

}  // namespace healer
