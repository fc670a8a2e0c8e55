#pragma once

#include <string>
#include <vector>

#include "base/time.hpp"
#include "model/policy.hpp"
#include "model/record.hpp"
#include "model/routing.hpp"

namespace healer {

// Which channels a notification goes to, and not before when. HEALING.md 6.
//
//   notification                          | goes to
//   --------------------------------------+----------------------------------------------------------
//   no routes are configured              | every channel
//   its label is a channel's name, and no | that channel
//   route asks for such a label           |
//   any other                             | the first route that fits, and those after it while they
//                                         | say go_on
//   no route fits                         | every channel: never silently nobody
//   of an incident, a later one           | those, and whoever had an earlier one
//   the end of what was notified          | whoever had an earlier one, and routes that name its kind
//
// Quiet hours hold it until their end, but for a critical one, and for what follows a critical one: whoever
// was called is notified how it goes on.

/// When it is: on the core's timeline, and how much the wall clock is ahead of that.
struct NotificationClock {
  Instant now{};
  Duration wall_ahead{0};
};

/// How a notification follows earlier ones with the same key.
struct Following {
  NotificationKind trigger =
      NotificationKind::Info;  ///< what routes ask for: the notification's own kind, or that of the first
  bool ends = false;           ///< nothing follows it: a recovery, a closed incident
  bool called = false;         ///< a critical one went before
  std::vector<std::string> notified_channels = {};  ///< channels that had an earlier one
};

struct Routed {
  std::vector<Destination> destinations;  ///< each channel once
  std::vector<const NotificationRoute*>
      routes;  ///< those that took it; they live as long as the policy's routing
};

Routed route_notification(const HostPolicy& policy, const Notification& notification,
                          const Following& follows, const NotificationClock& clock);

/// How an open incident is said again. `as` is what its notification would be; `escalations` are its own:
/// routes it was escalated to are asked as well. Of several intervals the shortest counts.
struct Reminding {
  Duration every{0};  ///< 0: never
  std::vector<Destination> destinations;
};
Reminding reminding(const HostPolicy& policy, const Notification& as,
                    const std::vector<Escalation>& escalations, const NotificationClock& clock);

/// The channels of the route of this name; none when there is no such route any more.
std::vector<Destination> escalated_to(const HostPolicy& policy, const std::string& route,
                                      NotificationKind kind, const NotificationClock& clock);
const NotificationRoute* route_named(const HostPolicy& policy, const std::string& name);

/// Adds those that are not there yet; of two times the earlier counts.
void join(std::vector<Destination>& into, const std::vector<Destination>& more);

/// The policy's routing, or the default one.
const NotificationRouting& routing_of(const HostPolicy& policy);

/// Whether the text is what the pattern says: * stands for any text, ? for one character.
bool glob_fits(const std::string& pattern, const std::string& text);

/// The address with its placeholders filled in, percent-encoded; empty when one of them has no value here.
std::string link_of(const std::string& address, const Notification& notification);

}  // namespace healer
