#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/rare.hpp"
#include "base/time.hpp"
#include "model/event.hpp"
#include "model/reason.hpp"
#include "model/record.hpp"

namespace healer {

class Out;
struct View;
struct Workload;

/// What the source of an alert answered last to whether the alert fires.
struct AlertCheck {
  std::string source;
  std::string id;
  Instant asked_at{};
  bool pending = true;                ///< the newest question has no answer yet
  std::optional<AlertAnswer> answer;  ///< the newest; empty: none that counts for the next attempt
  Instant answered_at{};
  std::string why;  ///< of Unknown: what the source answered; empty: nothing in time
};

/// The rules of Prometheus that fire about a workload: reported by
/// Alertmanager, or found by healer's own queries. Prometheus has applied the
/// rule's `for`, so a firing alert counts like a reached threshold: the same
/// backoff, budget, holds, evidence and explanation follow. HEALING.md 2.
/// Whether an attempt may follow is in alert_permit.hpp. The state of each
/// alert follows from its times and from the checks, see counts_from():
///
///   alert    | input                                           | what follows
///   ---------+-------------------------------------------------+---------------------------------------------
///   (none)   | fires, use `notify`                             | one info
///   notification (none)   | fires, use `act`                                |
///   Counting Counting | a new instance began, or a remedy kept the      |
///   Waiting, for alert_lookback
///            | instance                                        |
///   Counting | the checks failed and pass again                | Waiting, for
///   alert_lookback Waiting  | alert_lookback is over, or a check fails |
///   Counting Counting | the workload runs, past its start period        |
///   unhealthy: an incident, a remedy; an attempt
///            |                                                 | in
///            verification is NotRecovered
///   any      | reported again                                  | nothing new
///   any      | resolved, or not repeated for 6 hours, or its   | (none): the
///   probes alone decide
///            | source answers that it is over                  |
struct Alerts {
  Rare<std::vector<FiringAlert>> firing;
  Rare<std::vector<AlertCheck>> checks;  ///< at most one of each alert
  Instant count_from{};                  ///< an older alert counts after the policy's
                                         ///< alert_lookback from here
  bool acting = false;                   ///< an alert makes the workload unhealthy, whatever the
                                         ///< result of its probes

  /// An alert with the use `act` fires: no recovery before its end.
  bool awaited() const;
  /// The firing alerts with the use `act`.
  reason::Alerts acted() const;
};

/// Decides what the alerts mean for the workload's health, and asks their
/// sources before an attempt.
class AlertMachine {
 public:
  AlertMachine(Alerts& own, const View& view, Out& out);

  void reported(const AlertReported& event);
  /// Asks the sources of the alerts that count, where AlertPermit says so.
  void confirm();
  void confirmed(const AlertConfirmed& event);

  void instance_began();
  /// A remedy kept the instance.
  void instance_kept();
  /// An attempt begins: the next one needs new answers.
  void attempt_began();
  /// An attempt did not recover the workload.
  void attempt_did_not_help();
  /// `healer reset`: an attempt is allowed again for every alert.
  void reset();

  void due();
  std::optional<Instant> deadline() const;

 private:
  void over(const FiringAlert& alert, AlertEnd how, const std::string& answer = {});
  void not_confirmed(AlertCheck& check, const std::string& why);

  Alerts& own_;
  const View& view_;
  const Workload& w_;
  Instant now_;
  Out& out_;
};

}  // namespace healer
