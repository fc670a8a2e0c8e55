#include "notify/alert_template.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>
#include <variant>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "base/text.hpp"
#include "notify/alert_text.hpp"

namespace healer {
namespace {

namespace json = boost::json;

constexpr std::size_t template_limit = 64 * 1024;
constexpr std::size_t text_limit = 4 * 1024;
constexpr std::size_t excerpt_limit = 8 * 1024;

using Value = std::variant<std::string, std::uint64_t>;

struct Field {
  std::string_view name;
  Value (*value)(const Alert&);
};

std::string shown(std::string_view text) {
  return clip(printable(text), text_limit);
}

std::string severity(const Alert& alert) {
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

constexpr std::array<Field, 23> fields{{
    {"kind", [](const Alert& a) -> Value { return std::string(to_string(a.kind)); }},
    {"severity", [](const Alert& a) -> Value { return severity(a); }},
    {"event", [](const Alert& a) -> Value { return shown(a.event); }},
    {"title", [](const Alert& a) -> Value { return alert_title(a); }},
    {"text", [](const Alert& a) -> Value { return shown(a.text); }},
    {"host", [](const Alert& a) -> Value { return shown(a.host); }},
    {"workload", [](const Alert& a) -> Value { return shown(a.workload); }},
    {"project", [](const Alert& a) -> Value { return shown(a.project); }},
    {"image", [](const Alert& a) -> Value { return shown(a.image); }},
    {"cause", [](const Alert& a) -> Value { return shown(a.cause); }},
    {"attempt", [](const Alert& a) -> Value { return std::uint64_t{a.attempt}; }},
    {"attempts_allowed", [](const Alert& a) -> Value { return std::uint64_t{a.attempts_allowed}; }},
    {"ill_since",
     [](const Alert& a) -> Value { return a.ill_since ? utc_time(*a.ill_since) : std::string(); }},
    {"ill_for", [](const Alert& a) -> Value { return ill_for(a); }},
    {"raised_at", [](const Alert& a) -> Value { return utc_time(a.raised_at); }},
    {"raised_at_unix",
     [](const Alert& a) -> Value {
       return static_cast<std::uint64_t>(std::max<std::int64_t>(0, wall_time_of(a.raised_at).unix_ms / 1000));
     }},
    {"incident", [](const Alert& a) -> Value { return a.incident.value; }},
    {"alert", [](const Alert& a) -> Value { return a.id.value; }},
    {"dedup_key", [](const Alert& a) -> Value { return short_key(a.dedup_key, text_limit); }},
    {"route", [](const Alert& a) -> Value { return shown(a.route); }},
    {"advice", [](const Alert& a) -> Value { return shown(a.advice); }},
    {"link", [](const Alert& a) -> Value { return alert_link(a); }},
    {"excerpt", [](const Alert& a) -> Value { return excerpt_text(a, excerpt_limit); }},
}};

/// As JSON; within a string without its quotes.
std::string written(const Value& value, bool quoted) {
  if (const auto* number = std::get_if<std::uint64_t>(&value)) return std::to_string(*number);
  std::string text = json::serialize(std::get<std::string>(value));
  return quoted ? text.substr(1, text.size() - 2) : text;
}

std::size_t line_of(std::string_view text, std::size_t at) {
  return 1 + static_cast<std::size_t>(
                 std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
}

std::string all_fields() {
  std::string text = "{";
  for (const Field& field : fields)
    text += fmt::format("{}\"{}\": {{{{{}}}}}", text.size() == 1 ? "" : ", ", field.name, field.name);
  return text + "}";
}

tl::unexpected<Error> refuse(std::string message) {
  return failure(ErrorCode::InvalidInput, "the template " + std::move(message));
}

}  // namespace

std::vector<std::string_view> alert_template_fields() {
  std::vector<std::string_view> names;
  for (const Field& field : fields) names.push_back(field.name);
  return names;
}

Result<AlertTemplate> AlertTemplate::parse(std::string_view text) {
  const std::string every = all_fields();
  if (trim(text).empty()) text = every;
  if (text.size() > template_limit)
    return refuse(fmt::format("has {} bytes; accepted: {} at most", text.size(), template_limit));
  const std::vector<std::string_view> names = alert_template_fields();
  AlertTemplate made;
  Part part;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!text.substr(i).starts_with("{{")) {
      if (quoted && text[i] == '\\' && i + 1 < text.size())
        part.text += text[i++];
      else if (text[i] == '"')
        quoted = !quoted;
      part.text += text[i];
      continue;
    }
    const auto end = text.find("}}", i);
    if (end == std::string_view::npos)
      return refuse(fmt::format("has \"{{{{\" without \"}}}}\" in line {}", line_of(text, i)));
    const std::string_view name = trim(text.substr(i + 2, end - i - 2));
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) {
      const auto nearest = nearest_name(name, names);
      return refuse(fmt::format(
          "names the field \"{}\" in line {}, which does not exist{}; fields: {}", clip(printable(name), 60),
          line_of(text, i), nearest ? "; did you mean \"" + *nearest + "\"?" : "", fmt::join(names, ", ")));
    }
    part.field = static_cast<int>(found - names.begin());
    part.quoted = quoted;
    made.parts_.push_back(std::exchange(part, Part{}));
    i = end + 1;
  }
  made.parts_.push_back(std::move(part));
  // Every value is a text or a number wherever it stands, so an empty alert and a full one stand for all. The
  // second has no number that is 0, since "0" and "10" differ in what may stand before them.
  Alert full;
  full.kind = AlertKind::Critical;
  full.id = AlertId{12};
  full.incident = IncidentId{12};
  full.attempt = full.attempts_allowed = 12;
  full.raised_at = Instant{Duration{1'800'000'000'123}};
  full.ill_since = full.raised_at;
  for (std::string* each : {&full.event, &full.text, &full.host, &full.workload, &full.project, &full.image,
                            &full.cause, &full.dedup_key, &full.route, &full.advice, &full.excerpt})
    *each = "\"x\"\\";
  for (const Alert& alert : {Alert{}, full}) {
    json::error_code error;
    json::stream_parser parser;
    const std::string body = made.fill(alert);
    const std::size_t read = parser.write_some(body, error);
    if (!error && read == body.size()) parser.finish(error);
    if (!error && read == body.size()) continue;
    return refuse(
        fmt::format("is no JSON once its fields are filled in, from \"{}\" on",
                    clip(printable(std::string_view(body).substr(std::min(read, body.size()))), 60)));
  }
  return made;
}

std::string AlertTemplate::fill(const Alert& alert) const {
  std::string body;
  for (const Part& part : parts_) {
    body += part.text;
    if (part.field >= 0)
      body += written(fields[static_cast<std::size_t>(part.field)].value(alert), part.quoted);
  }
  return body;
}

}  // namespace healer
