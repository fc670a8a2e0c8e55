#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/rare.hpp"
#include "base/time.hpp"
#include "core/notification/routing.hpp"
#include "core/workload/findings.hpp"
#include "model/effect.hpp"
#include "model/notice.hpp"
#include "model/record.hpp"

namespace healer {

class Out;
struct HostState;
struct View;
struct Workload;

/// Who was notified of the open incident.
struct NotifiedIncident {
  bool notified = false;
  bool gave_up = false;
  std::vector<std::string> notified_channels;
  std::optional<Instant> notified_at;
  unsigned repeats = 0;
  std::vector<Escalation> escalations;
};

/// What was notified of the workload.
struct Notifications {
  Rare<NotifiedIncident> incident;  ///< while an incident is open
  std::string excerpt;              ///< from the newest evidence

  // Cooldown.
  Instant last_notified{};
  unsigned unnotified_incidents = 0;
  unsigned unnotified_attempts = 0;
  Instant unnotified_since{};
};

/// Decides which notification is sent, when and to whom. HEALING.md 6.
///
///   incident   | input                                       | next       | what is done
///   -----------+---------------------------------------------+------------+-------------------------------------
///   (none)     | opened within the cooldown of another       | Unnotified | counted for the summary
///   (none)     | opened, a crash loop                        | Critical   | CRASH LOOP; later, if
///   notifications
///              |                                             |            | are suppressed
///   (none)     | opened, otherwise                           | Unnotified |
///   Unnotified | the first order, or it has to wait, or none | Notified   | DEGRADED, unless counted for the
///              | follows                                     |            | summary
///   Unnotified | the cooldown is over                        | Notified   | DEGRADED, with the summary
///   Unnotified,| the budget is used up, or the ladder has no | Critical   | GAVE UP
///   Notified   | step left                                   |            |
///   Critical   | `healer reset`                              | Notified   |
///   Notified,  | closed                                      | (none)     | RECOVERED, CLOSED or STOPPED
///   Critical   |                                             |            |
///   Unnotified | closed                                      | (none)     | STOPPED if healer stopped it
///
/// Reminders and escalation: the table of reminder.cpp.
class NotificationMachine {
 public:
  NotificationMachine(Notifications& own, const View& view, Out& out);

  void incident_opened(IncidentCause cause);
  void attempt_began();
  void budget_used_up();
  void ladder_ended();
  void incident_closed(IncidentOutcome outcome, const std::string& why);
  void incident_released();
  void acknowledged();
  void evidence_captured(const std::string& excerpt);
  void unknown_for_long();
  void known_again(const finding::KnownAgain& known);
  void alert_fires(const FiringAlert& alert);
  void reset();
  /// At the end of the cooldown.
  void summary_due();
  void due();
  std::optional<Instant> deadline() const;

 private:
  struct Message {
    NotificationKind kind = NotificationKind::Info;
    std::string dedup_key;
    Notice notice;
    std::optional<std::string> cause = {};  ///< outside an incident; empty: why it is unhealthy now
  };

  bool to_be_notified() const;
  void first_due();
  void notify_degraded();
  void notify_crash_loop();
  void give_up();
  std::optional<notice::Refusal> refusal() const;
  std::string incident_key() const;
  std::string unknown_key(Instant since) const;
  void notify(Message message);
  Notification draft(const Message& message) const;
  NotificationClock clock() const;

  // reminder.cpp
  bool may_repeat() const;
  NotificationKind repeated_kind() const;
  Reminding reminder() const;
  std::optional<Instant> reminder_due(const Reminding& reminder) const;
  std::optional<Instant> repeat_deadline() const;
  void repeats_due();
  void escalate(const std::string& route);
  void plan_escalation(const NotificationRoute& route, const std::vector<Destination>& destinations);
  enum class Repeated { Reminder, Escalation };
  void repeat(Repeated what, const std::vector<Destination>& destinations);
  void note_notified(const std::vector<Destination>& destinations);

  Notifications& own_;
  const Workload& w_;
  const HostState& host_;
  Instant now_;
  Out& out_;
};

}  // namespace healer
