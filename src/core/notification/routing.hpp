#pragma once

#include <string>
#include <vector>

#include "base/time.hpp"
#include "model/policy.hpp"
#include "model/record.hpp"
#include "model/routing.hpp"

namespace healer {

// Which channels a notification goes to, and when. HEALING.md 6.
//
//   notification                          | goes to
//   --------------------------------------+----------------------------------------------------------
//   no routes are configured              | every channel
//   its label is a channel's name, and no | that channel
//   route matches the label               |
//   any other                             | the first route that matches, and the next ones as long as
//                                         | go_on is set
//   no route matches                      | every channel: a notification is never lost silently
//   a later one of an incident            | the same, plus every channel that got an earlier one
//   the end of a notified incident        | every channel that got an earlier one, and routes that
//                                         | name its kind
//
// Quiet hours hold a notification until their end. They do not hold a critical notification and those that
// follow it: its channels must also get the rest.

/// The present time on the core's timeline, and how much the wall clock is ahead of it.
struct NotificationClock {
  Instant now{};
  Duration wall_ahead{0};
};

/// How a notification relates to earlier ones with the same dedup key.
struct Following {
  NotificationKind trigger = NotificationKind::Info;  ///< the kind that routes match: the notification's own,
                                                      ///< or that of the first one
  bool ends = false;                                ///< the last notification: a recovery, a closed incident
  bool called = false;                              ///< a critical notification was sent before
  std::vector<std::string> notified_channels = {};  ///< channels that got an earlier notification
};

struct Routed {
  std::vector<Destination> destinations;  ///< each channel once
  std::vector<const NotificationRoute*>
      routes;  ///< the routes that took it; valid as long as the policy's routing
};

Routed route_notification(const HostPolicy& policy, const Notification& notification,
                          const Following& follows, const NotificationClock& clock);

/// How the operators are reminded of an open incident. `as`: its notification; `escalations`: of the
/// incident; routes that it was escalated to count, too. Of several intervals the shortest applies.
struct Reminding {
  Duration every{0};  ///< 0: never
  std::vector<Destination> destinations;
};
Reminding reminding(const HostPolicy& policy, const Notification& as,
                    const std::vector<Escalation>& escalations, const NotificationClock& clock);

/// The channels of the route with this name; none if there is no such route any more.
std::vector<Destination> escalated_to(const HostPolicy& policy, const std::string& route,
                                      NotificationKind kind, const NotificationClock& clock);
const NotificationRoute* route_named(const HostPolicy& policy, const std::string& name);

/// Adds the channels of `more` to `into`; of two times for a channel the earlier applies.
void join(std::vector<Destination>& into, const std::vector<Destination>& more);

/// The policy's routing, or the default one.
const NotificationRouting& routing_of(const HostPolicy& policy);

/// Whether the whole text matches the pattern: * stands for any text, ? for one character.
bool glob_fits(const std::string& pattern, const std::string& text);

/// The address with its placeholders replaced, percent-encoded; empty if a placeholder has no value.
std::string link_of(const std::string& address, const Notification& notification);

}  // namespace healer
