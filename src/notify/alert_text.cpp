#include "notify/alert_text.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <utility>

#include <fmt/format.h>

#include "base/duration.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"
#include "base/utc.hpp"

namespace healer {
namespace {

constexpr const char* test_event = "TEST";

// The last bytes of a text, without splitting a UTF-8 sequence.
std::string_view tail(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return text;
  std::size_t begin = text.size() - limit;
  while (begin < text.size() && (static_cast<unsigned char>(text[begin]) & 0xC0) == 0x80) ++begin;
  return text.substr(begin);
}

}  // namespace

bool is_test(const Alert& alert) {
  return alert.kind == AlertKind::Info && alert.event == test_event;
}

Alert test_alert() {
  Alert alert;
  alert.kind = AlertKind::Info;
  alert.event = test_event;
  return alert;
}

std::string alert_title(const Alert& alert) {
  const std::string event = clip(printable(alert.event), alert_fact_limit);
  const std::string host = clip(printable(alert.host), alert_fact_limit);
  std::string title = event.empty() ? "ALERT" : event;
  if (!alert.workload.empty()) title += ": " + clip(printable(alert.workload), alert_fact_limit);
  if (!host.empty()) title += " on " + host;
  return title;
}

std::string attempt_text(const Alert& alert) {
  if (alert.attempt == 0) return {};
  if (alert.attempts_allowed == 0) return std::to_string(alert.attempt);
  return fmt::format("{} of {}", alert.attempt, alert.attempts_allowed);
}

std::string ill_for(const Alert& alert) {
  if (!alert.ill_since) return {};
  const Duration lasted = std::max(Duration{0}, alert.raised_at - *alert.ill_since);
  return format_duration(std::chrono::floor<std::chrono::seconds>(lasted));
}

std::vector<AlertFact> alert_facts(const Alert& alert) {
  std::vector<AlertFact> facts;
  const auto add = [&](const char* title, std::string_view value) {
    if (!value.empty()) facts.push_back({title, clip(printable(value), alert_fact_limit)});
  };
  add("Host", alert.host);
  add("Workload", alert.workload);
  add("Project", alert.project);
  add("Image", alert.image);
  add("Cause", alert.cause);
  add("Attempt", attempt_text(alert));
  add("Ill for", ill_for(alert));
  if (alert.incident.value != 0) add("Incident", std::to_string(alert.incident.value));
  return facts;
}

std::vector<std::string> excerpt_lines(const Alert& alert) {
  std::vector<std::string> lines;
  for (const std::string& line : split(alert.excerpt, '\n')) {
    std::string shown = printable(trim(line).empty() ? std::string_view() : std::string_view(line));
    while (!shown.empty() && shown.back() == ' ') shown.pop_back();
    if (!shown.empty()) lines.push_back(std::move(shown));
  }
  return lines;
}

std::string excerpt_text(const Alert& alert, std::size_t limit) {
  std::string text;
  for (const std::string& line : excerpt_lines(alert)) text += (text.empty() ? "" : "\n") + line;
  if (text.size() <= limit) return text;
  if (limit <= 3) return {};
  return "..." + std::string(tail(text, limit - 3));
}

std::string alert_link(const Alert& alert) {
  constexpr std::size_t longest = 2000;
  const std::string& link = alert.link;
  const bool web = link.starts_with("https://") || link.starts_with("http://");
  const bool plain = std::all_of(link.begin(), link.end(), [](char c) {
    return c > 0x20 && c < 0x7F && std::string_view("\"<>\\^`{|}").find(c) == std::string_view::npos;
  });
  return web && plain && link.size() <= longest ? link : std::string();
}

std::string plain_text(const Alert& alert, std::size_t limit) {
  std::string text = clip(printable(alert.text), std::min<std::size_t>(limit, 2000));
  if (!alert.advice.empty()) text += "\n" + clip(printable(alert.advice), 1000);
  text += "\n";
  for (const AlertFact& fact : alert_facts(alert)) text += fmt::format("\n{}: {}", fact.title, fact.value);
  if (const std::string link = alert_link(alert); !link.empty()) text += "\n" + link;
  constexpr std::string_view heading = "\n\nLast lines of its log:\n";
  if (text.size() + heading.size() + 80 < limit) {
    const std::string excerpt = excerpt_text(alert, limit - text.size() - heading.size());
    if (!excerpt.empty()) text += std::string(heading) + excerpt;
  }
  return clip(text, limit);
}

std::string utc_time(Instant at) {
  return utc_text(std::max(WallTime{}, wall_time_of(at)));
}

std::string short_key(std::string_view key, std::size_t limit) {
  std::string shown = printable(key);
  if (shown.size() <= limit && shown == key) return shown;
  const std::string mark = fmt::format("~{:016x}~", fnv1a(key));
  if (shown.size() + mark.size() <= limit) return shown + mark;
  const std::size_t half = (limit - mark.size()) / 2;
  std::size_t end = half;
  while (end > 0 && (static_cast<unsigned char>(shown[end]) & 0xC0) == 0x80) --end;
  return shown.substr(0, end) + mark + std::string(tail(shown, half));
}

}  // namespace healer
