#include "notify/notification_text.hpp"

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

bool is_test(const Notification& notification) {
  return notification.kind == NotificationKind::Info && notification.event == test_event;
}

Notification test_notification() {
  Notification notification;
  notification.kind = NotificationKind::Info;
  notification.event = test_event;
  return notification;
}

std::string notification_title(const Notification& notification) {
  const std::string event = clip(printable(notification.event), notification_fact_limit);
  const std::string host = clip(printable(notification.host), notification_fact_limit);
  std::string title = event.empty() ? "NOTIFICATION" : event;
  if (!notification.workload.empty())
    title += ": " + clip(printable(notification.workload), notification_fact_limit);
  if (!host.empty()) title += " on " + host;
  return title;
}

std::string attempt_text(const Notification& notification) {
  if (notification.attempt == 0) return {};
  if (notification.attempts_allowed == 0) return std::to_string(notification.attempt);
  return fmt::format("{} of {}", notification.attempt, notification.attempts_allowed);
}

std::string unhealthy_for(const Notification& notification) {
  if (!notification.unhealthy_since) return {};
  const Duration lasted = std::max(Duration{0}, notification.created_at - *notification.unhealthy_since);
  return format_duration(std::chrono::floor<std::chrono::seconds>(lasted));
}

std::vector<NotificationFact> notification_facts(const Notification& notification) {
  std::vector<NotificationFact> facts;
  const auto add = [&](const char* title, std::string_view value) {
    if (!value.empty()) facts.push_back({title, clip(printable(value), notification_fact_limit)});
  };
  add("Host", notification.host);
  add("Workload", notification.workload);
  add("Project", notification.project);
  add("Image", notification.image);
  add("Cause", notification.cause);
  add("Attempt", attempt_text(notification));
  add("Unhealthy for", unhealthy_for(notification));
  if (notification.incident.value != 0) add("Incident", std::to_string(notification.incident.value));
  return facts;
}

std::vector<std::string> excerpt_lines(const Notification& notification) {
  std::vector<std::string> lines;
  for (const std::string& line : split(notification.excerpt, '\n')) {
    std::string shown = printable(trim(line).empty() ? std::string_view() : std::string_view(line));
    while (!shown.empty() && shown.back() == ' ') shown.pop_back();
    if (!shown.empty()) lines.push_back(std::move(shown));
  }
  return lines;
}

std::string excerpt_text(const Notification& notification, std::size_t limit) {
  std::string text;
  for (const std::string& line : excerpt_lines(notification)) text += (text.empty() ? "" : "\n") + line;
  if (text.size() <= limit) return text;
  if (limit <= 3) return {};
  return "..." + std::string(tail(text, limit - 3));
}

std::string notification_link(const Notification& notification) {
  constexpr std::size_t longest = 2000;
  const std::string& link = notification.link;
  const bool web = link.starts_with("https://") || link.starts_with("http://");
  const bool plain = std::all_of(link.begin(), link.end(), [](char c) {
    return c > 0x20 && c < 0x7F && std::string_view("\"<>\\^`{|}").find(c) == std::string_view::npos;
  });
  return web && plain && link.size() <= longest ? link : std::string();
}

std::string plain_text(const Notification& notification, std::size_t limit) {
  std::string text = clip(printable(notification.text), std::min<std::size_t>(limit, 2000));
  if (!notification.advice.empty()) text += "\n" + clip(printable(notification.advice), 1000);
  text += "\n";
  for (const NotificationFact& fact : notification_facts(notification))
    text += fmt::format("\n{}: {}", fact.title, fact.value);
  if (const std::string link = notification_link(notification); !link.empty()) text += "\n" + link;
  constexpr std::string_view heading = "\n\nLast lines of its log:\n";
  if (text.size() + heading.size() + 80 < limit) {
    const std::string excerpt = excerpt_text(notification, limit - text.size() - heading.size());
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
