// The per-workload half of the table of settings. HEALING.md names each default; Policy holds it.
#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/ranges.h>

#include "config/alert_routes.hpp"
#include "config/config_error.hpp"
#include "config/ladder.hpp"
#include "config/maintenance.hpp"
#include "config/probe_settings.hpp"
#include "config/setting.hpp"
#include "config/setting_kinds.hpp"

namespace healer {
namespace {

using namespace kinds;  // NOLINT: the table below is these names

constexpr Duration day = 24h;

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

bool apply_window(Policy& policy, std::string_view text) {
  if (lower(text) == "off") {
    policy.window.reset();
    return true;
  }
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return false;
  const auto of = read_whole(trim(text.substr(slash + 1)), 1, 64);
  const auto failures = of ? read_whole(trim(text.substr(0, slash)), 1, *of) : std::nullopt;
  if (!failures) return false;
  policy.window = FailureWindow{*failures, *of};
  return true;
}

std::string show_window(const Policy& policy) {
  return policy.window ? fmt::format("{}/{}", policy.window->failures, policy.window->of) : "off";
}

/// What a workload may be named by: a container, a compose service, or a key such as project/service/1.
bool is_reference(const std::string& name) {
  return !name.empty() && name.size() <= 255 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-' || c == '/';
  });
}

Applied apply_depends_on(Policy& policy, std::string_view text) {
  constexpr std::size_t most = 64;
  std::vector<std::string> names;
  for (const std::string& part : split(text, ',')) {
    std::string name(trim(part));
    if (!is_reference(name)) return Applied::refused(fmt::format("'{}' is no name", shown_value(name)));
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(std::move(name));
  }
  if (names.size() > most) return Applied::refused(fmt::format("{} names; at most {}", names.size(), most));
  policy.depends_on = std::move(names);
  return true;
}

std::string show_depends_on(const Policy& policy) {
  return fmt::format("{}", fmt::join(policy.depends_on, ","));
}

bool apply_alert(Policy& policy, std::string_view text) {
  if (!is_alert_name(text)) return false;
  policy.alerts = lower(text) != "none";
  policy.alert_route = policy.alerts ? std::string(text) : std::string();
  return true;
}

std::string show_alert(const Policy& policy) {
  return policy.alerts ? policy.alert_route : "none";
}

Setting<Policy> ladder_setting(SettingInfo info) {
  info.list_separator = ',';
  info.conceals = ladder_may_hold_secret;
  Setting<Policy> setting = special<Policy>(
      std::move(info), "ladder", std::string(ladder_accepted),
      [](Policy& policy, std::string_view text) { return read_ladder(text, policy.actions); },
      [](const Policy& policy) { return show_ladder(policy.actions); });
  setting.apply_list = [](Policy& policy, const std::vector<std::string>& rungs) {
    return read_rungs(rungs, policy.actions);
  };
  return setting;
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
      special<Policy>(
          {.key = "window",
           .env = "FAILURE_WINDOW",
           .label = "healer.window",
           .description = "Healer acts, too, when so many of the last checks failed, though not in a row."},
          "window", "off, or failures and checks with a slash between them, at most 64, such as 3/10",
          apply_window, show_window),
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
      ladder_setting({.key = "action",
                      .env = "HEALER_ACTION",
                      .label = "healer.action",
                      .description = "The older form of `actions`, which wins where both are given.",
                      .older_form_of = "actions"}),
      ladder_setting(
          {.key = "actions",
           .env = "HEALER_ACTIONS",
           .label = "healer.actions",
           .description =
               "What is done to an ill container, see [The ladder](#the-ladder). `none` only tells."}),
      boolean<Policy>(
          {.key = "evidence",
           .env = "HEALER_EVIDENCE",
           .label = "healer.evidence",
           .description = "Whether logs, state and processes are saved before a remedy erases "
                          "them."},
          [](auto& p) -> auto& { return p.evidence; }),
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
      share<Policy>(
          {.key = "backoff_jitter",
           .env = "BACKOFF_JITTER",
           .label = "healer.backoff_jitter",
           .description = "The share by which each wait is varied, up or down."},
          [](auto& p) -> auto& { return p.backoff_jitter; }),
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
      choice<Policy, SignalUse>(
          {.key = "signals",
           .env = "SIGNALS",
           .label = "healer.signals",
           .description = "What a rule of Prometheus does that fires about the workload: `act` makes it ill, "
                          "`tell` only tells people."},
          {{"act", SignalUse::Act}, {"tell", SignalUse::Tell}, {"off", SignalUse::Off}},
          [](auto& p) -> auto& { return p.signals; }),
      duration<Policy>(
          {.key = "signal_patience",
           .env = "SIGNAL_PATIENCE",
           .label = "healer.signal_patience",
           .description = "How long a rule that fired before a remedy may go on firing after it: rates look "
                          "back, and its end is told late."},
          1s, day, [](auto& p) -> auto& { return p.signal_patience; }),
      duration<Policy>(
          {.key = "alert_cooldown",
           .env = "ALERT_COOLDOWN",
           .label = "healer.alert_cooldown",
           .description =
               "Time between two alerts about one container. What happened meanwhile arrives as one "
               "summary."},
          0s, day, [](auto& p) -> auto& { return p.alert_cooldown; }),
      special<Policy>(
          {.key = alert_key,
           .env = "HEALER_ALERT",
           .label = "healer.alert",
           .description =
               "Who is told of it: `none`, the channel of this name, or those whose routes ask for "
               "this label. Unset, as the routes say."},
          "name", std::string(alert_name_accepted), apply_alert, show_alert),
  };
}

std::vector<Setting<Policy>> hold_settings() {
  return {
      special<Policy>(
          {.key = "depends_on",
           .env = "HEALER_DEPENDS_ON",
           .label = "healer.depends_on",
           .description = "What it depends on, beside what compose says: containers or compose services. "
                          "While one of them is ill, that one is healed first.",
           .list_separator = ','},
          "names", "names of containers or compose services with commas between them, at most 64",
          apply_depends_on, show_depends_on),
      duration<Policy>(
          {.key = "dependency_hold",
           .env = "DEPENDENCY_HOLD",
           .label = "healer.dependency_hold",
           .description = "How long it is held at most while what it depends on is ill."},
          0s, day, [](auto& p) -> auto& { return p.dependency_hold; }),
      special<Policy>(
          {.key = "maintenance",
           .env = "MAINTENANCE",
           .label = "healer.maintenance",
           .description = "Times of the week in which healer only watches, see "
                          "[Maintenance windows](#maintenance-windows).",
           .list_separator = ';'},
          "windows", std::string(maintenance_accepted),
          [](Policy& policy, std::string_view text) { return read_maintenance(text, policy.maintenance); },
          [](const Policy& policy) { return show_maintenance(policy.maintenance); }),
  };
}

}  // namespace

std::span<const Setting<Policy>> workload_settings() {
  static const std::vector<Setting<Policy>> table = [] {
    std::vector<Setting<Policy>> all = timing_settings();
    for (auto part : {probe_settings, remedy_settings, hold_settings})
      for (Setting<Policy>& setting : part()) all.push_back(std::move(setting));
    return finished(Scope::Workload, std::move(all));
  }();
  return table;
}

}  // namespace healer
