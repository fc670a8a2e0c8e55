#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "alert/prometheus_answer.hpp"
#include "alert/target.hpp"
#include "base/time.hpp"
#include "model/alert_mapping.hpp"
#include "model/prometheus_rule.hpp"

namespace healer {

/// A report about a workload: the rule fires, or it does not.
struct RuleChange {
  std::string workload;  ///< key
  bool firing = false;
  std::string text;  ///< "0.12 > 0.05 for 2m"; empty when the rule does not fire
};

/// The result of one answer.
struct RuleEvaluation {
  std::vector<RuleChange> changes;
  std::vector<std::string>
      unmatched;  ///< series that meet the rule, but do not name exactly one watched container; each once
};

/// One rule and its state for each workload. A rule and a workload are one alert, for any number of series:
/// met when one of the workload's series meets the rule, not met when it has series and none does, and
/// unknown when it has none (no data, NaN, no answer). HEALING.md 2.
///
///   state    | met                                            | not met            | unknown
///   ---------+------------------------------------------------+--------------------+----------------------
///   (first)  | as Idle                                        | Idle: reported (*) | (first)
///   Idle     | Pending, or Firing when `for` is 0: reported   | Idle               | Idle
///   Pending  | Firing once met for as long as `for`: reported | Idle               | Pending, time stopped
///   Firing   | Firing: reported again every 10 minutes        | Idle: reported     | Firing
///
/// (*) This resolves an alert that an earlier process reported as firing. Only the time between two
/// consecutive evaluations that were both met counts for `for`, and of it at most two intervals, because
/// nothing is known about a longer gap.
class RuleState {
 public:
  /// `interval`: time between two evaluations.
  RuleState(PrometheusRule rule, Duration interval) : rule_(std::move(rule)), interval_(interval) {}

  const PrometheusRule& rule() const { return rule_; }
  void set_interval(Duration interval) { interval_ = interval; }

  /// Evaluates an answer with samples. `names` and `mappings`: which labels name a container, if the rule
  /// does not say so.
  RuleEvaluation evaluate(const Samples& samples, const AlertTargets& targets,
                          std::span<const std::string> names, std::span<const AlertMapping> mappings,
                          Instant now, const AlertPlaces& places = {});
  /// Whether the samples meet the rule for the workload, without `for`; empty: unknown. Changes no state.
  std::optional<bool> is_met_by(const std::string& key, const Samples& samples, const AlertTargets& targets,
                                std::span<const std::string> names, std::span<const AlertMapping> mappings,
                                const AlertPlaces& places) const;
  /// No answer, or one without samples.
  void unknown();
  /// Removes the state of all other workloads: they are not watched any more.
  void forget_all_but(const std::set<std::string>& keys);

  std::size_t firing() const { return count(Phase::Firing); }
  std::size_t pending() const { return count(Phase::Pending); }
  std::size_t unmatched() const { return unmatched_.size(); }  ///< in the last answer

 private:
  enum class Phase { Idle, Pending, Firing };
  struct State {
    Phase phase = Phase::Idle;
    bool met = false;       ///< at the last evaluation
    Duration held{0};       ///< time for which the rule was met
    Instant last_met{};     ///< time of the last evaluation that was met
    Instant reported_at{};  ///< when Firing: time of the last report
  };
  std::size_t count(Phase phase) const;
  /// What each sample is about.
  std::vector<AlertTarget> targets_of(const Samples& samples, const AlertTargets& targets,
                                      std::span<const std::string> names,
                                      std::span<const AlertMapping> mappings,
                                      const AlertPlaces& places) const;
  void is_met(const std::string& key, double value, Instant now, std::vector<RuleChange>& changes);
  void is_not_met(const std::string& key, std::vector<RuleChange>& changes);

  PrometheusRule rule_;
  Duration interval_;
  std::map<std::string, State> states_;  ///< by workload; state (first): no entry
  std::set<std::string> unmatched_;
};

}  // namespace healer
