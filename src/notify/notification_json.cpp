#include "notify/notification_json.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <variant>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "base/text.hpp"
#include "notify/notification_text.hpp"

namespace healer {
namespace {

constexpr std::size_t text_limit = 4 * 1024;
constexpr std::size_t excerpt_limit = 8 * 1024;

using Value = std::variant<std::string, std::uint64_t>;

std::string shown(std::string_view text) {
  return clip(printable(text), text_limit);
}

std::string severity_of(const Notification& notification) {
  switch (notification.kind) {
    case NotificationKind::Critical:
      return "critical";
    case NotificationKind::Degraded:
      return "warning";
    case NotificationKind::Recovered:
      return "ok";
    case NotificationKind::Info:
      break;
  }
  return "info";
}

Value value_of(NotificationField field, const Notification& notification) {
  switch (field) {
    case NotificationField::Kind:
      return std::string(to_string(notification.kind));
    case NotificationField::Severity:
      return severity_of(notification);
    case NotificationField::Event:
      return shown(notification.event);
    case NotificationField::Title:
      return notification_title(notification);
    case NotificationField::Text:
      return shown(notification.text);
    case NotificationField::Host:
      return shown(notification.host);
    case NotificationField::Workload:
      return shown(notification.workload);
    case NotificationField::Project:
      return shown(notification.project);
    case NotificationField::Image:
      return shown(notification.image);
    case NotificationField::Cause:
      return shown(notification.cause);
    case NotificationField::Attempt:
      return std::uint64_t{notification.attempt};
    case NotificationField::AttemptsAllowed:
      return std::uint64_t{notification.attempts_allowed};
    case NotificationField::UnhealthySince:
      return notification.unhealthy_since ? utc_time(*notification.unhealthy_since) : std::string();
    case NotificationField::UnhealthyFor:
      return unhealthy_for(notification);
    case NotificationField::CreatedAt:
      return utc_time(notification.created_at);
    case NotificationField::CreatedAtUnix:
      return static_cast<std::uint64_t>(
          std::max<std::int64_t>(0, wall_time_of(notification.created_at).unix_ms / 1000));
    case NotificationField::Incident:
      return notification.incident.value;
    case NotificationField::NotificationNumber:
      return notification.id.value;
    case NotificationField::DedupKey:
      return short_key(notification.dedup_key, text_limit);
    case NotificationField::Route:
      return shown(notification.route);
    case NotificationField::Advice:
      return shown(notification.advice);
    case NotificationField::Link:
      return notification_link(notification);
    case NotificationField::Excerpt:
      break;
  }
  return excerpt_text(notification, excerpt_limit);
}

/// The value as JSON; `quoted`: for a place within a string, so without quotes.
std::string written(const Value& value, bool quoted) {
  if (const auto* number = std::get_if<std::uint64_t>(&value)) return std::to_string(*number);
  std::string text = boost::json::serialize(std::get<std::string>(value));
  return quoted ? text.substr(1, text.size() - 2) : text;
}

/// The template with `number` for every numeric field and `text` for every other.
std::string filled(const NotificationTemplate& body, std::string_view number, std::string_view text) {
  std::string made;
  for (const NotificationTemplate::Part& part : body.parts) {
    made += part.text;
    if (!part.field) continue;
    if (is_number(*part.field))
      made += number;
    else
      made += part.quoted ? std::string(text) : fmt::format("\"{}\"", text);
  }
  return made;
}

}  // namespace

Result<void> check_json(const NotificationTemplate& body) {
  // A number is "0" or begins with another digit, a text is empty or not: these two cases cover every
  // notification.
  for (const auto& [number, word] : {std::pair{"0", ""}, std::pair{"12", "x"}}) {
    const std::string made = filled(body, number, word);
    boost::json::stream_parser parser;
    boost::json::error_code error;
    const std::size_t good = parser.write_some(made.data(), made.size(), error);
    if (!error && good == made.size()) parser.finish(error);
    if (!error && good == made.size()) continue;
    if (good == made.size()) return failure(ErrorCode::InvalidInput, "ends before its JSON does");
    return failure(ErrorCode::InvalidInput,
                   fmt::format("is no JSON from \"{}\" on, its fields filled in",
                               clip(printable(std::string_view(made).substr(good)), 60)));
  }
  return {};
}

std::string fill(const NotificationTemplate& body, const Notification& notification) {
  std::string text;
  for (const NotificationTemplate::Part& part : body.parts) {
    text += part.text;
    if (part.field) text += written(value_of(*part.field, notification), part.quoted);
  }
  return text;
}

}  // namespace healer
