#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "alert/place.hpp"
#include "model/alert_mapping.hpp"
#include "model/status.hpp"

namespace healer {

/// The watched workload that an alert is about.
struct AlertTarget {
  enum class Found {
    One,
    Unknown,
    Ambiguous,       ///< several containers, or alerts of several hosts
    OtherContainer,  ///< a label holds another container's id
    OtherHost        ///< `instance`, `host` or `node` is neither this host nor a container of this engine
  };
  Found found = Found::Unknown;
  std::string key;      ///< the workload that the labels name; also if another label excludes it
  std::string text;     ///< unless One: the reason, for operators
  bool certain = true;  ///< One: a mapping, the container's id or this host's name says so, or no label does
};

/// An alert and what it is about, for refuse_several_places().
struct PlacedAlert {
  std::string rule;     ///< name of the rule
  std::string place;    ///< place_of() its labels
  std::string key;      ///< the workload that its labels name; empty: none
  AlertTarget* target;  ///< null: the alert fires already
};

/// Alerts of one rule about one workload that come from several places: containers of different hosts may
/// have the same name. A target that is not certain becomes Ambiguous.
void refuse_several_places(std::span<const PlacedAlert> alerts);

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
  /// decides. A label with another container's id excludes the workload, and so does another place, unless a
  /// mapping or the container's id decides.
  AlertTarget find(const std::map<std::string, std::string>& labels, std::span<const std::string> names,
                   std::span<const AlertMapping> mappings = {}, const AlertPlaces& places = {}) const;
  /// The workload with this name, key or id.
  AlertTarget find(std::string_view container) const;

 private:
  using Found = std::vector<const WorkloadStatus*>;
  Found named(std::string_view value) const;
  Found of_service(std::string_view service, const std::string* project) const;
  AlertTarget named_by(const std::map<std::string, std::string>& labels,
                       std::span<const std::string> names) const;
  void check_place(AlertTarget& target, const std::map<std::string, std::string>& labels,
                   const AlertPlaces& places) const;

  std::unordered_multimap<std::string_view, const WorkloadStatus*> names_;     ///< names and keys
  std::unordered_multimap<std::string_view, const WorkloadStatus*> services_;  ///< of compose
  std::unordered_map<std::string_view, const WorkloadStatus*> keys_;
  std::vector<const WorkloadStatus*> ids_;  ///< sorted by container id
};

}  // namespace healer
