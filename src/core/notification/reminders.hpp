#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "core/notification/routing.hpp"
#include "model/record.hpp"

namespace healer {

class Out;
struct Notifications;
struct View;

/// Reminds operators of an open incident until one acknowledges it, and escalates it from route to route.
/// HEALING.md 6; the rows Reminder and Escalation of NotifiedTable.
///
/// For a notification that quiet hours hold, the time counts from their end. Neither reminder nor escalation
/// is due while notifications are suppressed (`healer pause`, a mass failure), while the container is paused
/// or gone, or while no channel is configured.
class Reminders {
 public:
  Reminders(Notifications& own, const View& view, Out& out) : own_(own), view_(view), out_(out) {}

  /// A notification of the open incident goes to these channels: they get its end, too, and the next reminder
  /// counts from now or from not_before.
  void notified(const std::vector<Destination>& destinations);
  /// The same notification went by this route.
  void plan_escalation(const NotificationRoute& route, const std::vector<Destination>& destinations);

  void due();
  std::optional<Instant> deadline() const;

 private:
  bool may_repeat() const;
  Reminding reminder() const;
  std::optional<Instant> reminder_due(const Reminding& reminder) const;
  void escalate(const std::string& name);
  enum class Repeated { Reminder, Escalation };
  void repeat(Repeated what, const std::vector<Destination>& destinations);

  Notifications& own_;
  const View& view_;
  Out& out_;
};

}  // namespace healer
