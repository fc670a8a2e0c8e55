#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "model/record.hpp"

namespace healer {

// The plain text of a notification for every channel: valid UTF-8 without control characters, for any output
// of a container. Each channel escapes for its service's markup and applies its limits.

/// A line beside the text: title "Cause", value "HTTP 503".
struct NotificationFact {
  std::string title;
  std::string value;  ///< not empty; at most notification_fact_limit bytes
  bool operator==(const NotificationFact&) const = default;
};

inline constexpr std::size_t notification_fact_limit = 300;

/// An info notification with the event "TEST", with which an operator checks a channel. It is sent also to
/// services that get no other info, and leaves nothing open there.
bool is_test(const Notification& notification);
/// A test notification with only kind and event.
Notification test_notification();

/// "GAVE UP: web on host1"; "ENGINE DOWN on host1" when it is about no workload.
std::string notification_title(const Notification& notification);

/// Host, Workload, Project, Image, Cause, Attempt ("2 of 5"), Unhealthy for, Incident: those that are known.
std::vector<NotificationFact> notification_facts(const Notification& notification);

/// "2 of 5"; empty when the notification is about no attempt.
std::string attempt_text(const Notification& notification);

/// Time from the incident's first failure to the notification: "4m30s"; empty without an incident.
std::string unhealthy_for(const Notification& notification);

/// The lines of the excerpt, the newest last.
std::vector<std::string> excerpt_lines(const Notification& notification);

/// The excerpt as one text of at most `limit` bytes; the oldest lines are left out.
std::string excerpt_text(const Notification& notification, std::size_t limit);

/// The link; empty when it is no http or https URL that is safe in any text.
std::string notification_link(const Notification& notification);

/// For channels without markup: text, advice, facts, link and excerpt, at most `limit` bytes. The excerpt is
/// cut first.
std::string plain_text(const Notification& notification, std::size_t limit);

/// "2026-11-26T01:24:14.123Z": the wall time of an instant.
std::string utc_time(Instant at);

/// A key of at most `limit` bytes (`limit` is at least 40) that differs when `key` differs: the middle of a
/// longer key is replaced by a hash of the key.
std::string short_key(std::string_view key, std::size_t limit);

}  // namespace healer
