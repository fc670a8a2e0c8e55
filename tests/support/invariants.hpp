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

/// What is true of a container at the moment of an order, whatever healer believes.
struct Truth {
  std::string workload;
  bool opted_in = true;
  bool paused = false;
  bool stopped_by_operator = false;
  bool starting = false;  ///< in its start period: no exit, no pass yet, and no operator who asked for it
  InstanceId instance;
  unsigned budget = 5;
  Duration window = 30min;
};

/// Watches what is decided and says which of HEALING.md 7's invariants it breaks.
class Invariants {
 public:
  /// 1, 2, 3: at every order, after its step's records were taken in.
  void order(const ApplyRemedy& order, const Truth& truth, Instant now);
  /// 2: the answer has come.
  void answered(AttemptId attempt);
  /// 5: every record and notification.
  void effects(const Effects& effects, Instant now);
  /// 6: the streak of a workload before and after a step that brought it nothing but an unknown outcome.
  void unknown_outcome(const std::string& workload, unsigned failures_before, unsigned failures_after);
  /// A wake-up that only asks for itself again.
  void tick(const std::string& workload, const Effects& effects, Instant now);
  void healer_restarted() { unanswered_.clear(); }
  void operator_reset(const std::string& workload);

  const std::vector<std::string>& broken() const { return broken_; }

  bool has_recipient = false;  ///< there is a channel: 5 asks where each notification goes

 private:
  void fail(std::string what) { broken_.push_back(std::move(what)); }
  void record(const Record& record, Instant now);
  void destinations(const SendNotification& notification, Instant now);

  std::vector<std::string> broken_;
  std::map<std::string, std::pair<AttemptId, Instant>> unanswered_;  ///< by workload, with their time limit
  std::map<std::string, AttemptId> last_attempt_;
  std::map<std::string, std::vector<Instant>> orders_;
  std::map<std::uint64_t, Attempt> attempts_;
  std::map<std::uint64_t, Incident> incidents_;
  std::map<std::string, std::uint64_t> open_;
  std::set<std::tuple<std::string, NotificationKind, unsigned>> raised_;
  std::set<std::string> reset_;
};

}  // namespace healer::testing
