#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/rare.hpp"
#include "base/time.hpp"
#include "core/notification/reminders.hpp"
#include "core/notification/routing.hpp"
#include "core/workload/findings.hpp"
#include "core/workload/transition.hpp"
#include "model/effect.hpp"
#include "model/notice.hpp"
#include "model/record.hpp"

namespace healer {

class Out;
struct HostState;
struct View;
struct Workload;

// clang-format off
struct NotifiedTable {
  static constexpr const char* name = "notifications";
  enum class State : std::uint8_t { None, Unnotified, Notified, Critical };
  enum class Input : std::uint8_t {
    Opens, AttemptBegins, Due, CooldownOver, CrashLoop, BudgetUsedUp, LadderEnded, Reminder, Escalation, Reset, Ends,
    AlertOutlasts,
  };
  static constexpr Transition<State, Input> table[] = {
      {State::None,       Input::Opens,         State::Unnotified},  // within a cooldown: counted for the summary
      {State::Unnotified, Input::CrashLoop,     State::Critical},    // CRASH LOOP, later if notifications are suppressed
      {State::Unnotified, Input::AttemptBegins, State::Notified},    // DEGRADED, unless counted for the summary; its own,
                                                                     // or that of a group: incident_groups.hpp
      {State::Unnotified, Input::Due,           State::Notified},    // the same: the first order waits, or none follows
      {State::Unnotified, Input::CooldownOver,  State::Notified},    // DEGRADED, with the summary
      {State::Unnotified, Input::BudgetUsedUp,  State::Critical},    // GAVE UP
      {State::Notified,   Input::BudgetUsedUp,  State::Critical},
      {State::Unnotified, Input::LadderEnded,   State::Critical},    // GAVE UP
      {State::Notified,   Input::LadderEnded,   State::Critical},
      {State::Unnotified, Input::AlertOutlasts, State::Critical},    // GAVE UP
      {State::Notified,   Input::AlertOutlasts, State::Critical},
      {State::Notified,   Input::Reminder,      State::Notified},    // remind_every after the newest notification
      {State::Critical,   Input::Reminder,      State::Critical},
      {State::Notified,   Input::Escalation,    State::Notified},    // escalate_after after a route's notification,
      {State::Critical,   Input::Escalation,    State::Critical},    // the next route once
      {State::Critical,   Input::Reset,         State::Notified},    // `healer reset`
      {State::Unnotified, Input::Ends,          State::None},        // STOPPED if healer stopped it
      {State::Notified,   Input::Ends,          State::None},        // RECOVERED, CLOSED or STOPPED, to every
      {State::Critical,   Input::Ends,          State::None},        // channel that was notified
  };
};
// clang-format on

/// Who was notified of the open incident.
struct NotifiedIncident {
  bool notified = false;
  bool gave_up = false;
  std::vector<std::string> notified_channels;
  std::optional<Instant> notified_at;
  unsigned repeats = 0;
  std::vector<Escalation> escalations;
  std::string group_key;  ///< as in Incident
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

  NotifiedTable::State state() const {
    if (!incident) return NotifiedTable::State::None;
    if (incident->gave_up) return NotifiedTable::State::Critical;
    return incident->notified ? NotifiedTable::State::Notified : NotifiedTable::State::Unnotified;
  }
  /// Takes this row of the table.
  void go(NotifiedTable::Input input, NotifiedTable::State next, Out& out);
};

/// Decides which notification is sent, when and to whom. HEALING.md 6.
class NotificationMachine {
 public:
  NotificationMachine(Notifications& own, const View& view, Out& out);

  void incident_opened(IncidentCause cause);
  void attempt_began();
  void budget_used_up();
  void ladder_ended();
  /// An alert fires on after an attempt, and no check fails: notified once.
  void alert_outlasts();
  void incident_closed(IncidentOutcome outcome, WantedEnd why);
  void incident_released();
  void acknowledged();
  void evidence_captured(const std::string& excerpt);
  void unknown_for_long();
  /// `tried`: what was checked, and what came back.
  void unproven(const Reason& tried);
  void ended_for_good(const finding::EndedForGood& ended);
  void known_again(const finding::KnownAgain& known);
  void alert_fires(const FiringAlert& alert);
  void reset();
  /// At the end of the cooldown.
  void summary_due();
  void due();
  std::optional<Instant> deadline() const;

 private:
  /// Whether it may be sent together with those of other workloads.
  enum class Company { Alone, Grouped };
  struct Message {
    NotificationKind kind = NotificationKind::Info;
    std::string dedup_key;
    Notice notice;
    std::optional<Reason> cause = {};  ///< outside an incident; empty: why it is unhealthy now
    Company company = Company::Alone;
  };

  bool to_be_notified() const;
  void first_due();
  void notify_degraded(NotifiedTable::Input input);
  void notify_crash_loop();
  void give_up(NotifiedTable::Input input);
  void notify(Message message);

  Notifications& own_;
  const View& view_;
  const Workload& w_;
  const HostState& host_;
  Instant now_;
  Out& out_;
  Reminders reminders_;
};

}  // namespace healer
