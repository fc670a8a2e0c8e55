#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "config/header_subjects.hpp"
#include "config/label_limits.hpp"
#include "config/load.hpp"
#include "config/notification_routes.hpp"
#include "model/policy.hpp"

namespace healer {

using Labels = std::map<std::string, std::string>;

/// What the operator's settings say about labels.
struct LabelRules {
  CompatSettings compat = {};
  std::optional<NotificationNames> names = {};  ///< valid values of healer.notify; empty: it is not checked
  std::vector<NamedWebhook> webhooks = {};      ///< those that healer.remedies may name
  std::vector<std::string> headers_for = {};    ///< DaemonSettings::headers_for
  LabelTrust trust = LabelTrust::Limited;
  LabelLimits limits = {};
};
LabelRules label_rules(const DaemonSettings& settings);

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

  explicit PolicyResolver(Policy defaults, LabelRules rules = {})
      : defaults_(std::move(defaults)), rules_(std::move(rules)) {}

  ResolvedPolicy resolve(const Labels& labels, const HeaderSubject& subject = {});

 private:
  /// Policies with the same time zone share one TimeZone.
  void share_zones(Policy& policy);

  Policy defaults_;
  LabelRules rules_;
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
