#include "notify/alert_json.hpp"

#include <algorithm>
#include <cstdint>
#include <variant>

#include <boost/json.hpp>

#include "base/text.hpp"
#include "notify/alert_text.hpp"

namespace healer {
namespace {

constexpr std::size_t text_limit = 4 * 1024;
constexpr std::size_t excerpt_limit = 8 * 1024;

using Value = std::variant<std::string, std::uint64_t>;

std::string shown(std::string_view text) {
  return clip(printable(text), text_limit);
}

std::string severity_of(const Alert& alert) {
  switch (alert.kind) {
    case AlertKind::Critical:
      return "critical";
    case AlertKind::Degraded:
      return "warning";
    case AlertKind::Recovered:
      return "ok";
    case AlertKind::Info:
      break;
  }
  return "info";
}

Value value_of(AlertField field, const Alert& alert) {
  switch (field) {
    case AlertField::Kind:
      return std::string(to_string(alert.kind));
    case AlertField::Severity:
      return severity_of(alert);
    case AlertField::Event:
      return shown(alert.event);
    case AlertField::Title:
      return alert_title(alert);
    case AlertField::Text:
      return shown(alert.text);
    case AlertField::Host:
      return shown(alert.host);
    case AlertField::Workload:
      return shown(alert.workload);
    case AlertField::Project:
      return shown(alert.project);
    case AlertField::Image:
      return shown(alert.image);
    case AlertField::Cause:
      return shown(alert.cause);
    case AlertField::Attempt:
      return std::uint64_t{alert.attempt};
    case AlertField::AttemptsAllowed:
      return std::uint64_t{alert.attempts_allowed};
    case AlertField::IllSince:
      return alert.ill_since ? utc_time(*alert.ill_since) : std::string();
    case AlertField::IllFor:
      return ill_for(alert);
    case AlertField::RaisedAt:
      return utc_time(alert.raised_at);
    case AlertField::RaisedAtUnix:
      return static_cast<std::uint64_t>(
          std::max<std::int64_t>(0, wall_time_of(alert.raised_at).unix_ms / 1000));
    case AlertField::Incident:
      return alert.incident.value;
    case AlertField::AlertNumber:
      return alert.id.value;
    case AlertField::DedupKey:
      return short_key(alert.dedup_key, text_limit);
    case AlertField::Route:
      return shown(alert.route);
    case AlertField::Advice:
      return shown(alert.advice);
    case AlertField::Link:
      return alert_link(alert);
    case AlertField::Excerpt:
      break;
  }
  return excerpt_text(alert, excerpt_limit);
}

/// As JSON; within a string without its quotes.
std::string written(const Value& value, bool quoted) {
  if (const auto* number = std::get_if<std::uint64_t>(&value)) return std::to_string(*number);
  std::string text = boost::json::serialize(std::get<std::string>(value));
  return quoted ? text.substr(1, text.size() - 2) : text;
}

}  // namespace

std::string fill(const AlertTemplate& body, const Alert& alert) {
  std::string text;
  for (const AlertTemplate::Part& part : body.parts) {
    text += part.text;
    if (part.field) text += written(value_of(*part.field, alert), part.quoted);
  }
  return text;
}

}  // namespace healer
