#pragma once

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "model/effect.hpp"
#include "model/event.hpp"

namespace healer::testing {

/// The true state of a container when a remedy is ordered, whatever healer believes.
struct Truth {
  std::string workload;
  bool opted_in = true;
  bool paused = false;
  bool stopped_by_operator = false;
  bool starting = false;  ///< in its start period: no exit, no pass, and no operator's order so far
  InstanceId instance;
  unsigned budget = 5;
  Duration window = 30min;
};

/// Checks every decision against the invariants of HEALING.md 7 and records the broken ones.
class Invariants {
 public:
  /// 1, 2, 3: at every order, after the records of its step.
  void order(const ApplyRemedy& order, const Truth& truth, Instant now);
  /// 2: the engine has answered.
  void answered(AttemptId attempt);
  /// 5: every record and every notification.
  void effects(const Effects& effects, Instant now);
  /// 6: the failure streak of a workload before and after a step with only an unknown result.
  void unknown_outcome(const std::string& workload, unsigned failures_before, unsigned failures_after);
  /// Fails for a tick whose only effects are wakes that are due at once: it would repeat without end.
  void tick(const std::string& workload, const Effects& effects, Instant now);
  void healer_restarted() { unanswered_.clear(); }
  void operator_reset(const std::string& workload);

  const std::vector<std::string>& broken() const { return broken_; }

  bool has_recipient = false;  ///< a channel is configured: 5 checks where each notification goes

 private:
  void fail(std::string what) { broken_.push_back(std::move(what)); }
  void record(const Record& record, Instant now);
  void destinations(const SendNotification& notification, Instant now);
  void groups(const Effects& effects);

  std::vector<std::string> broken_;
  std::map<std::string, std::pair<AttemptId, Instant>> unanswered_;  ///< by workload, with its deadline
  std::map<std::string, AttemptId> last_attempt_;
  std::map<std::string, std::vector<Instant>> orders_;
  std::map<std::uint64_t, Attempt> attempts_;
  std::map<std::uint64_t, Incident> incidents_;
  std::map<std::string, std::uint64_t> open_;
  std::set<std::string> open_groups_;  ///< dedup keys
  std::set<std::tuple<std::string, NotificationKind, unsigned>> raised_;
  std::set<std::string> reset_;
};

}  // namespace healer::testing
