// The per-workload half of the table of settings. HEALING.md names each default; Policy holds it.
#include <algorithm>
#include <optional>

#include "config/setting.hpp"
#include "config/setting_kinds.hpp"

namespace healer {
namespace {

using namespace kinds;  // NOLINT: the table below is these names

constexpr Duration day = 24h;

/// A path as it goes onto the request line: nothing that could end or split that line.
bool valid_path(std::string_view text) {
  return !text.empty() && text.size() <= 2048 && text.front() == '/' &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

bool valid_host(std::string_view text) {
  return !text.empty() && text.size() <= 255 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

bool valid_needle(std::string_view text) {
  return !text.empty() && text.size() <= 1024;
}

std::optional<StatusRange> read_range(std::string_view text) {
  const auto dash = text.find('-');
  const auto first = read_whole(trim(text.substr(0, dash)), 100, 599);
  const auto last =
      dash == std::string_view::npos ? first : read_whole(trim(text.substr(dash + 1)), 100, 599);
  if (!first || !last || *first > *last) return std::nullopt;
  return StatusRange{static_cast<int>(*first), static_cast<int>(*last)};
}

bool apply_status(Policy& policy, std::string_view text) {
  if (text.size() > 512) return false;
  std::vector<StatusRange> ranges;
  for (const std::string& part : split(text, ',')) {
    const auto range = read_range(trim(part));
    if (!range) return false;
    ranges.push_back(*range);
  }
  policy.probe.accepted = std::move(ranges);
  return true;
}

std::string show_status(const Policy& policy) {
  std::string text;
  for (const StatusRange& range : policy.probe.accepted) {
    if (!text.empty()) text += ',';
    text += std::to_string(range.first);
    if (range.last != range.first) text += '-' + std::to_string(range.last);
  }
  return text;
}

bool apply_port(Policy& policy, std::string_view text) {
  if (lower(text) == "auto") {
    policy.probe.port.reset();
    return true;
  }
  const auto port = read_whole(text, 1, 65535);
  if (port) policy.probe.port = static_cast<std::uint16_t>(*port);
  return port.has_value();
}

std::string show_port(const Policy& policy) {
  return policy.probe.port ? std::to_string(*policy.probe.port) : "auto";
}

bool apply_budget(Policy& policy, std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return false;
  const auto attempts = read_whole(trim(text.substr(0, slash)), 1, 1000);
  const auto window = read_duration(trim(text.substr(slash + 1)), 1s, 7 * day);
  if (!attempts || !window) return false;
  policy.budget_attempts = *attempts;
  policy.budget_window = *window;
  return true;
}

std::string show_budget(const Policy& policy) {
  return fmt::format("{}/{}", policy.budget_attempts, format_duration(policy.budget_window));
}

bool apply_jitter(Policy& policy, std::string_view text) {
  const bool percent = text.ends_with('%');
  if (percent) text = trim(text.substr(0, text.size() - 1));
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [last, error] = std::from_chars(text.data(), end, value, std::chars_format::fixed);
  if (text.empty() || error != std::errc() || last != end) return false;
  if (percent) value /= 100;
  if (!(value >= 0 && value <= 1)) return false;
  policy.backoff_jitter = value;
  return true;
}

std::string show_jitter(const Policy& policy) {
  return fmt::format("{}", policy.backoff_jitter);
}

std::vector<Setting<Policy>> probe_settings() {
  using Kind = std::optional<ProbeKind>;
  return {
      choice<Policy, Kind>(
          {.key = "probe",
           .env = "HEALTH_PROBE",
           .label = "healer.probe",
           .description = "How health is asked. `auto` is `http` on the first published port, or `engine` "
                          "(the container's own HEALTHCHECK) when no port can be reached."},
          {{"auto", Kind{}},
           {"http", ProbeKind::Http},
           {"https", ProbeKind::Https},
           {"tcp", ProbeKind::Tcp},
           {"engine", ProbeKind::Engine}},
          [](auto& p) -> auto& { return p.probe.kind; }),
      text<Policy>(
          {.key = "path",
           .env = "HEALTH_PATH",
           .label = "healer.path",
           .description = "What `http` and `https` ask for."},
          "a path that starts with '/', without spaces, at most 2048 bytes", valid_path,
          [](auto& p) -> auto& { return p.probe.path; }),
      special<Policy>(
          {.key = "port",
           .env = "HEALTH_PORT",
           .label = "healer.port",
           .description =
               "The container's port to ask. `auto` is the first published TCP port, else the first "
               "exposed one."},
          "number", "auto, or a whole number from 1 to 65535", apply_port, show_port),
      special<Policy>({.key = "status",
                       .env = "HEALTH_STATUS",
                       .label = "healer.status",
                       .description = "The HTTP statuses that count as well.",
                       .takes_list = true},
                      "ranges", "statuses from 100 to 599 and ranges of them, such as 200-399,401",
                      apply_status, show_status),
      text<Policy>(
          {.key = "body",
           .env = "HEALTH_BODY",
           .label = "healer.body",
           .description = "Text that the first 10 KiB of the answer's body must contain.",
           .is_text = true},
          "text of 1 to 1024 bytes", valid_needle, [](auto& p) -> auto& { return p.probe.body_match; }),
      text<Policy>(
          {.key = "banner",
           .env = "HEALTH_BANNER",
           .label = "healer.banner",
           .description = "What a `tcp` target must send first. Unset, opening the connection is enough.",
           .is_text = true},
          "text of 1 to 1024 bytes", valid_needle, [](auto& p) -> auto& { return p.probe.banner; }),
      text<Policy>(
          {.key = "host",
           .env = "HEALTH_HOST",
           .label = "healer.host",
           .description = "The Host header of `http` and `https`. Unset, it is the address and port asked."},
          "a host name, with a port if needed, at most 255 bytes", valid_host,
          [](auto& p) -> auto& { return p.probe.host_header; }),
      boolean<Policy>(
          {.key = "tls_verify",
           .env = "HEALTH_TLS_VERIFY",
           .label = "healer.tls_verify",
           .description = "Whether `https` checks the certificate. Targets are asked by number, so most "
                          "certificates do not match."},
          [](auto& p) -> auto& { return p.probe.tls_verify; }),
  };
}

std::vector<Setting<Policy>> timing_settings() {
  return {
      duration<Policy>(
          {.key = "interval",
           .env = "CHECK_INTERVAL",
           .label = "healer.interval",
           .description = "Time from one check to the next."},
          100ms, day, [](auto& p) -> auto& { return p.interval; }),
      duration<Policy>(
          {.key = "timeout",
           .env = "REQUEST_TIMEOUT",
           .label = "healer.timeout",
           .description =
               "How long one check may take. Never above the interval: a longer one is cut to it."},
          10ms, day, [](auto& p) -> auto& { return p.timeout; }),
      number<Policy>(
          {.key = "failure_threshold",
           .env = "FAILURE_THRESHOLD",
           .label = "healer.failure_threshold",
           .description = "Failed checks in a row before healer acts."},
          1, 1000, [](auto& p) -> auto& { return p.failure_threshold; }),
      number<Policy>(
          {.key = "success_threshold",
           .env = "SUCCESS_THRESHOLD",
           .label = "healer.success_threshold",
           .description = "Passed checks in a row before an incident is over."},
          1, 1000, [](auto& p) -> auto& { return p.success_threshold; }),
      duration_or_auto<Policy>(
          {.key = "fast_interval",
           .env = "FAST_INTERVAL",
           .label = "healer.fast_interval",
           .description = "The interval while a verdict is pending or a container is starting. `auto` is a "
                          "third of the interval, at least 1s."},
          100ms, day, [](auto& p) -> auto& { return p.fast_interval; }),
      duration_or_auto<Policy>(
          {.key = "start_period",
           .env = "START_PERIOD",
           .label = "healer.start_period",
           .description = "How long failures after a start do not count. `auto` is learned from the "
                          "container's own starts: 2m at first, then three times the slowest of the last 10, "
                          "at most 10m."},
          0s, day, [](auto& p) -> auto& { return p.start_period; }),
  };
}

std::vector<Setting<Policy>> remedy_settings() {
  return {
      choice<Policy, RemedyKind>(
          {.key = "action",
           .env = "HEALER_ACTION",
           .label = "healer.action",
           .description = "What is done to an ill container. `none` only tells."},
          {{"restart", RemedyKind::Restart},
           {"start", RemedyKind::Start},
           {"stop", RemedyKind::Stop},
           {"none", RemedyKind::None}},
          [](auto& p) -> auto& { return p.actions.front().kind; }),
      duration_or_auto<Policy>(
          {.key = "stop_timeout",
           .env = "STOP_TIMEOUT",
           .label = "healer.stop_timeout",
           .description = "How long a restart waits for the container to stop before it is killed. `auto` "
                          "is the container's own setting."},
          0s, 1h, [](auto& p) -> auto& { return p.stop_timeout; }),
      duration<Policy>(
          {.key = "backoff_max",
           .env = "BACKOFF_MAX",
           .label = "healer.backoff_max",
           .description = "The longest wait between two attempts. The first is one interval; each doubles."},
          1s, day, [](auto& p) -> auto& { return p.backoff_max; }),
      special<Policy>({.key = "backoff_jitter",
                       .env = "BACKOFF_JITTER",
                       .label = "healer.backoff_jitter",
                       .description = "The share by which each wait is varied, up or down."},
                      "share", "a share from 0 to 1, or a percentage from 0% to 100%", apply_jitter,
                      show_jitter),
      duration<Policy>(
          {.key = "backoff_decay",
           .env = "BACKOFF_DECAY",
           .label = "healer.backoff_decay",
           .description = "For each time this long that the container is well, the wait steps down once."},
          1s, 7 * day, [](auto& p) -> auto& { return p.backoff_decay; }),
      special<Policy>(
          {.key = "budget",
           .env = "BUDGET",
           .label = "healer.budget",
           .description =
               "Attempts allowed within a window of time. When they are used up the breaker opens: one "
               "critical alert, no more attempts."},
          "budget", "attempts from 1 to 1000, a slash and a duration from 1s to 7d, such as 5/30m",
          apply_budget, show_budget),
      duration<Policy>(
          {.key = "breaker_open_for",
           .env = "BREAKER_OPEN_FOR",
           .label = "healer.breaker_open_for",
           .description = "How long an open breaker waits before it allows one try."},
          1s, 7 * day, [](auto& p) -> auto& { return p.breaker_open_for; }),
      duration<Policy>(
          {.key = "verify_limit",
           .env = "VERIFY_LIMIT",
           .label = "healer.verify_limit",
           .description = "After an attempt and the start period: neither well nor ill by then is a failed "
                          "attempt."},
          1s, day, [](auto& p) -> auto& { return p.verify_limit; }),
      duration<Policy>(
          {.key = "alert_cooldown",
           .env = "ALERT_COOLDOWN",
           .label = "healer.alert_cooldown",
           .description =
               "Time between two alerts about one container. What happened meanwhile arrives as one "
               "summary."},
          0s, day, [](auto& p) -> auto& { return p.alert_cooldown; }),
  };
}

}  // namespace

std::span<const Setting<Policy>> workload_settings() {
  static const std::vector<Setting<Policy>> table = [] {
    std::vector<Setting<Policy>> all = timing_settings();
    for (auto part : {probe_settings, remedy_settings})
      for (Setting<Policy>& setting : part()) all.push_back(std::move(setting));
    return finished(Scope::Workload, std::move(all));
  }();
  return table;
}

}  // namespace healer
