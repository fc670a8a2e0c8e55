#include "notify/alert_json.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <variant>

#include <fmt/format.h>
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

/// With these in the fields' places.
std::string filled(const AlertTemplate& body, std::string_view number, std::string_view text) {
  std::string made;
  for (const AlertTemplate::Part& part : body.parts) {
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

Result<void> check_json(const AlertTemplate& body) {
  // A number is "0" or begins with another digit, a text is empty or not: these two stand for every alert.
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

std::string fill(const AlertTemplate& body, const Alert& alert) {
  std::string text;
  for (const AlertTemplate::Part& part : body.parts) {
    text += part.text;
    if (part.field) text += written(value_of(*part.field, alert), part.quoted);
  }
  return text;
}

}  // namespace healer
