#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "model/record.hpp"

namespace healer {

// What every channel says of a notification, as plain text: valid UTF-8 without control characters, whatever
// a container said. Escaping for a service's markup, and its limits, are the channel's own.

/// One line beside the text: "Cause", "HTTP 503".
struct NotificationFact {
  std::string title;
  std::string value;  ///< not empty; at most notification_fact_limit bytes
  bool operator==(const NotificationFact&) const = default;
};

inline constexpr std::size_t notification_fact_limit = 300;

/// An info notification with the event "TEST": an operator asks whether the channel works. Services that are
/// notified of no other info take it, and it leaves nothing open there.
bool is_test(const Notification& notification);
/// The beginning of one: kind and event.
Notification test_notification();

/// "GAVE UP: web on host1"; "ENGINE DOWN on host1" when it is about no workload.
std::string notification_title(const Notification& notification);

/// Host, Workload, Project, Image, Cause, Attempt ("2 of 5"), Unhealthy for, Incident: those that are known.
std::vector<NotificationFact> notification_facts(const Notification& notification);

/// "2 of 5"; empty when it is about no attempt.
std::string attempt_text(const Notification& notification);

/// From the first sign to the notification: "4m30s"; empty when it is not about an incident.
std::string unhealthy_for(const Notification& notification);

/// The lines of the excerpt, the newest last.
std::vector<std::string> excerpt_lines(const Notification& notification);

/// The same as one text of at most `limit` bytes. Where it is longer, the older lines are left out.
std::string excerpt_text(const Notification& notification, std::size_t limit);

/// The link; empty when it is no http or https address that may stand in any text.
std::string notification_link(const Notification& notification);

/// For channels without markup: text, advice, facts, link and excerpt, at most `limit` bytes. The excerpt is
/// cut first.
std::string plain_text(const Notification& notification, std::size_t limit);

/// "2026-11-26T01:24:14.123Z", the wall time an instant stood for.
std::string utc_time(Instant at);

/// A key of at most `limit` bytes (at least 40) that differs where the given one does: the middle of a longer
/// one is replaced by its hash.
std::string short_key(std::string_view key, std::size_t limit);

}  // namespace healer
