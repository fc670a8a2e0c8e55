#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "config/load.hpp"
#include "config/notification_routes.hpp"
#include "model/policy.hpp"

namespace healer {

using Labels = std::map<std::string, std::string>;

/// Puts a container's labels on top of the defaults of environment and file. HEALING.md 1.
///
/// Other tools' labels (config/compat.hpp) lie between the two: a label of ours wins over one of theirs. A
/// container that only they opted in is asked by its HEALTHCHECK alone.
///
/// Never fails: a label that is unknown or does not parse is a problem, and the rest applies. Containers
/// whose labels that are read (healer.*, monitored, other tools') are equal share one Policy; at most
/// `cache_limit` such sets are remembered, so hostile labels cannot grow it without end.
class PolicyResolver {
 public:
  static constexpr std::size_t cache_limit = 1024;

  /// `names`: what the label healer.notify may say; empty: it is not checked.
  explicit PolicyResolver(Policy defaults, CompatSettings compat = {},
                          std::optional<NotificationNames> names = {})
      : defaults_(std::move(defaults)), compat_(std::move(compat)), names_(std::move(names)) {}

  ResolvedPolicy resolve(const Labels& labels);

 private:
  /// Policies that name one zone share what is known of it.
  void share_zones(Policy& policy);

  Policy defaults_;
  CompatSettings compat_;
  std::optional<NotificationNames> names_;
  std::unordered_map<std::string, ResolvedPolicy> cache_;
  std::unordered_map<std::string, TimeZonePtr> zones_;  ///< at most what the time zone database holds
};

/// What is in effect for a container with these labels, each value with its origin; for `check-config`.
struct Explanation {
  Selection selection = Selection::Unlabelled;
  std::vector<EffectiveSetting> settings;  ///< the workload settings in the table's order, then named probes
  bool unnamed_probe = true;               ///< false: only the named ones are asked
  std::vector<LabelProblem> problems;
};
Explanation explain(const Settings& settings, const Labels& labels);

}  // namespace healer
