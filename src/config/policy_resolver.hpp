#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "config/header_subjects.hpp"
#include "config/load.hpp"
#include "config/notification_routes.hpp"
#include "model/policy.hpp"

namespace healer {

using Labels = std::map<std::string, std::string>;

/// Applies a container's labels to the defaults of environment and file. HEALING.md 1.
///
/// A label of healer wins over another tool's label (config/compat.hpp), which wins over the defaults. A
/// container that only another tool's label opts in is checked only by its HEALTHCHECK.
///
/// Never fails: a label that is unknown or does not parse becomes a problem, and the other labels apply.
/// Containers with equal relevant labels (healer.*, monitored, other tools') share one Policy. At most
/// `cache_limit` policies are cached, so hostile labels cannot grow the cache without end.
class PolicyResolver {
 public:
  static constexpr std::size_t cache_limit = 1024;

  /// `names`: the valid values of the label healer.notify; empty: the label is not checked. `webhooks`: those
  /// that the label healer.remedies may name.
  explicit PolicyResolver(Policy defaults, CompatSettings compat = {},
                          std::optional<NotificationNames> names = {},
                          std::vector<NamedWebhook> webhooks = {}, std::vector<std::string> headers_for = {})
      : defaults_(std::move(defaults)),
        compat_(std::move(compat)),
        names_(std::move(names)),
        webhooks_(std::move(webhooks)),
        headers_for_(std::move(headers_for)) {}

  ResolvedPolicy resolve(const Labels& labels, const HeaderSubject& subject = {});

 private:
  /// Policies with the same time zone share one TimeZone.
  void share_zones(Policy& policy);

  Policy defaults_;
  CompatSettings compat_;
  std::optional<NotificationNames> names_;
  std::vector<NamedWebhook> webhooks_;
  std::vector<std::string> headers_for_;
  std::unordered_map<std::string, ResolvedPolicy> cache_;
  std::unordered_map<std::string, TimeZonePtr> zones_;  ///< bounded by the time zone database
};

/// The settings in effect for a container with these labels, each with its origin; for `check-config`.
struct Explanation {
  Selection selection = Selection::Unlabelled;
  std::vector<EffectiveSetting> settings;  ///< workload settings in the table's order, then named probes
  bool unnamed_probe = true;               ///< false: only the named probes are checked
  std::vector<LabelProblem> problems;
};
Explanation explain(const Settings& settings, const Labels& labels);

}  // namespace healer
