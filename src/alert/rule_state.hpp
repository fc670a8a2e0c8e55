#pragma once

#include <cstddef>
#include <map>
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

/// What is notified of a workload: it fires, or it does not.
struct RuleChange {
  std::string workload;  ///< key
  bool firing = false;
  std::string text;  ///< "0.12 > 0.05 for 2m"; empty when it does not fire
};

/// What one answer came to.
struct RuleEvaluation {
  std::vector<RuleChange> changes;
  std::vector<std::string>
      unmatched;  ///< series that meet the rule and name no one watched container, each once
};

/// One rule and what it says of each workload. A rule and a workload are one alert, however many series
/// there are: it is met when one of the workload's series meets it, not met when it has series and none does,
/// and unknown when it has none (no data, NaN, no answer). HEALING.md 2.
///
///   state    | met                                        | not met          | unknown
///   ---------+--------------------------------------------+------------------+----------------------------
///   (first)  | as Idle                                    | Idle: notified once  | (first)
///   Idle     | Pending, or Firing when `for` is 0: notified   | Idle             | Idle
///   Pending  | Firing once met for as long as `for`: notified | Idle             | Pending; its time stands
///   still Firing   | Firing: reminded every 10 minutes        | Idle: notified       | Firing, and not
///   notified again
///
/// "Notified once": what an earlier process had notified as firing ends so. Only the time between two
/// evaluations that were both met counts for `for`, and of it at most two intervals, for a gap says nothing.
class RuleState {
 public:
  /// `interval` is that of the evaluations.
  RuleState(PrometheusRule rule, Duration interval) : rule_(std::move(rule)), interval_(interval) {}

  const PrometheusRule& rule() const { return rule_; }
  void set_interval(Duration interval) { interval_ = interval; }

  /// An answer with samples. `names` and `mappings` say which labels name a container where the rule does
  /// not.
  RuleEvaluation evaluate(const Samples& samples, const AlertTargets& targets,
                          std::span<const std::string> names, std::span<const AlertMapping> mappings,
                          Instant now);
  /// No answer, or one without samples.
  void unknown();
  /// Forgets the workload: it is not watched any more.
  void forget_all_but(const std::set<std::string>& keys);

  std::size_t firing() const { return count(Phase::Firing); }
  std::size_t pending() const { return count(Phase::Pending); }
  std::size_t unmatched() const { return unmatched_.size(); }  ///< by the last answer

 private:
  enum class Phase { Idle, Pending, Firing };
  struct State {
    Phase phase = Phase::Idle;
    bool met = false;       ///< by the last evaluation
    Duration held{0};       ///< met so long
    Instant last_met{};     ///< with `met`
    Instant reported_at{};  ///< Firing
  };
  std::size_t count(Phase phase) const;
  void is_met(const std::string& key, double value, Instant now, std::vector<RuleChange>& changes);
  void is_not_met(const std::string& key, std::vector<RuleChange>& changes);

  PrometheusRule rule_;
  Duration interval_;
  std::map<std::string, State> states_;  ///< by workload; (first): not in it
  std::set<std::string> unmatched_;
};

}  // namespace healer
