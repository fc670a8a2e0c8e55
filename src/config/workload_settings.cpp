// The per-workload half of the table of settings. HEALING.md names each default; Policy holds it.
#include <algorithm>
#include <optional>
#include <utility>

#include "config/characters.hpp"
#include "config/config_error.hpp"
#include "config/ladder.hpp"
#include "config/maintenance.hpp"
#include "config/notification_routes.hpp"
#include "config/probe_settings.hpp"
#include "config/setting.hpp"
#include "config/setting_kinds.hpp"

namespace healer {
namespace {

using namespace kinds;  // NOLINT: the table below is these names

constexpr Duration day = 24h;

bool read_budget(RetryPolicy& retry, std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return false;
  const auto attempts = read_whole(trim(text.substr(0, slash)), 1, 1000);
  const auto window = read_duration(trim(text.substr(slash + 1)), 1s, 7 * day);
  if (!attempts || !window) return false;
  retry.budget_attempts = *attempts;
  retry.budget_window = *window;
  return true;
}

std::string show_budget(const RetryPolicy& retry) {
  return fmt::format("{}/{}", retry.budget_attempts, format_duration(retry.budget_window));
}

std::optional<FailureWindow> read_window(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto of = read_whole(trim(text.substr(slash + 1)), 1, 64);
  const auto failures = of ? read_whole(trim(text.substr(0, slash)), 1, *of) : std::nullopt;
  return failures ? std::optional(FailureWindow{*failures, *of}) : std::nullopt;
}

Kind<std::optional<FailureWindow>> window() {
  return word_or(
      "off",
      parsed<FailureWindow>(
          {"window", "failures and checks with a slash between them, at most 64, such as 3/10"}, read_window,
          [](const FailureWindow& window) { return fmt::format("{}/{}", window.failures, window.of); }));
}

/// A reference to a workload: the name of a container or a compose service, or a key such as
/// project/service/1.
bool is_reference(std::string_view name) {
  return is_word(name, 255, "_.-/");
}

using Names = std::vector<std::string>;

Applied read_depends_on(Names& into, std::string_view text) {
  constexpr std::size_t most = 64;
  Names names;
  for (const std::string& part : split(text, ',')) {
    std::string name(trim(part));
    if (!is_reference(name)) return Applied::refused(fmt::format("'{}' is no name", shown_value(name)));
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(std::move(name));
  }
  if (names.size() > most) return Applied::refused(fmt::format("{} names; at most {}", names.size(), most));
  into = std::move(names);
  return true;
}

std::string show_depends_on(const Names& names) {
  return fmt::format("{}", fmt::join(names, ","));
}

bool read_notification(NotifyPolicy& notify, std::string_view text) {
  if (!is_notification_name(text)) return false;
  notify.enabled = lower(text) != "none";
  notify.route = notify.enabled ? std::string(text) : std::string();
  return true;
}

std::string show_notification(const NotifyPolicy& notify) {
  return notify.enabled ? notify.route : "none";
}

Kind<std::vector<RemedyStep>> ladder() {
  using Ladder = std::vector<RemedyStep>;
  KindInfo info = list_info("ladder", std::string(ladder_accepted), ',');
  info.conceals = ladder_may_hold_secret;
  return {std::move(info), [](Ladder& steps, std::string_view text) { return read_ladder(text, steps); },
          show_ladder,
          [](Ladder& steps, const auto& ladder_steps) { return read_ladder_steps(ladder_steps, steps); }};
}

Table<Policy> timing_settings() {
  return {
      {"interval", "CHECK_INTERVAL", &Policy::interval, duration(100ms, day),
       "Time from one check to the next."},
      {"timeout", "REQUEST_TIMEOUT", &Policy::timeout, duration(10ms, day),
       "How long one check may take. A timeout longer than the interval is cut to the interval."},
      {"failure_threshold", "FAILURE_THRESHOLD", &Policy::failure_threshold, number(1, 1000),
       "Failed checks in a row before healer acts; they span at least 1s. Set by label on a container that "
       "only "
       "its HEALTHCHECK judges, so many of the HEALTHCHECK's intervals pass before healer acts."},
      {"success_threshold", "SUCCESS_THRESHOLD", &Policy::success_threshold, number(1, 1000),
       "Passed checks in a row before an incident is over."},
      {"window", "FAILURE_WINDOW", &Policy::window, window(),
       "Healer also acts when this many of the last checks failed, even if not in a row."},
      {"fast_interval", "FAST_INTERVAL", &Policy::fast_interval, word_or("auto", duration(100ms, day)),
       "The interval while a verdict is pending or a container is starting. `auto` is a third of the "
       "interval, at least 250ms."},
      {"start_period", "START_PERIOD", &Policy::start_period, word_or("auto", duration(0s, day)),
       "How long after a start failures do not count. `auto` is learned from the container's own starts: 2m "
       "at first and for a new image, then three times the slowest of the last 10, at most 10m."},
      {"unproven", "UNPROVEN", &Policy::unproven, choice<UnprovenUse>(),
       "What failures of a check do that has never passed: `hold` notifies, `act` lets them count."},
      {"on_exit_0", "ON_EXIT_0", &Policy::on_exit_0, choice<ExitZeroUse>(),
       "What exit code 0 means where no restart policy answers it: `restart`, `completed`, or `auto`: a job "
       "is "
       "completed, a server is started again."},
      {"maintenance_patience", "MAINTENANCE_PATIENCE", &Policy::maintenance_limit, duration(0s, 10min),
       "The longest time that remedies wait for an application that answers 503 with Retry-After."},
  };
}

Table<Policy> remedy_settings() {
  return {
      {"remedies", "HEALER_REMEDIES", &Policy::remedies, ladder(),
       "What is done to an unhealthy container, see [The ladder](#the-ladder). `none` only notifies."},
      {"evidence", "HEALER_EVIDENCE", &Policy::evidence, boolean(),
       "Whether logs, state and processes are saved before a remedy erases them."},
      {"stop_timeout", "STOP_TIMEOUT", &Policy::stop_timeout, word_or("auto", duration(0s, 1h)),
       "How long a restart waits for the container to stop before it is killed. `auto` is the container's "
       "own setting."},
  };
}

Table<RetryPolicy> retry_settings() {
  return {
      {"backoff_max", "BACKOFF_MAX", &RetryPolicy::backoff_max, duration(1s, day),
       "The longest wait between two attempts. The first wait is one interval; each further wait doubles."},
      {"backoff_jitter", "BACKOFF_JITTER", &RetryPolicy::backoff_jitter, share(),
       "The share by which each wait is varied, up or down."},
      {"backoff_decay", "BACKOFF_DECAY", &RetryPolicy::backoff_decay, duration(1s, 7 * day),
       "Each time the container has been healthy for this long, the wait steps down once."},
      {"budget", "BUDGET", fields(&RetryPolicy::budget_attempts, &RetryPolicy::budget_window),
       special<RetryPolicy>(
           {"budget", "attempts from 1 to 1000, a slash and a duration from 1s to 7d, such as 5/30m"},
           read_budget, show_budget),
       "Attempts allowed within a window of time. When they are used up the breaker opens: one critical "
       "notification, no more attempts."},
      {"breaker_open_for", "BREAKER_OPEN_FOR", &RetryPolicy::breaker_open_for, duration(1s, 7 * day),
       "How long an open breaker waits before it allows one attempt."},
      {"verify_limit", "VERIFY_LIMIT", &RetryPolicy::verify_limit, duration(1s, day),
       "How long healer waits for a verdict after an attempt and the start period. Without one, the attempt "
       "has failed."},
  };
}

Table<AlertPolicy> alert_settings() {
  return {
      {"alerts", "ALERTS", &AlertPolicy::use, choice<AlertUse>(),
       "What a firing alert about the workload does: `act` makes it unhealthy, `notify` only notifies."},
      {"alert_lookback", "ALERT_LOOKBACK", &AlertPolicy::lookback, duration(1s, day),
       "How long an alert that fired before a remedy may go on firing after it: rates look back, and the "
       "alert's end arrives late."},
  };
}

Table<NotifyPolicy> notify_settings() {
  return {
      {"notification_cooldown", "NOTIFICATION_COOLDOWN", &NotifyPolicy::cooldown, duration(0s, day),
       "Time between two notifications about one container. Everything in between arrives as one summary."},
      {notification_key, "HEALER_NOTIFY", fields(&NotifyPolicy::enabled, &NotifyPolicy::route),
       special<NotifyPolicy>({"name", std::string(notification_name_accepted)}, read_notification,
                             show_notification),
       "Where notifications about the container go: `none`, the channel of this name, or the routes that "
       "match this label. Unset, the routes decide."},
  };
}

Table<DependencyPolicy> dependency_settings() {
  return {
      {"depends_on", "HEALER_DEPENDS_ON", &DependencyPolicy::names,
       special<Names>(
           list_info("names", "names of containers or compose services with commas between them, at most 64",
                     ','),
           read_depends_on, show_depends_on),
       "Containers or compose services that the container depends on, in addition to compose's `depends_on`. "
       "While one of them is unhealthy, it is healed first."},
      {"dependency_hold", "DEPENDENCY_HOLD", &DependencyPolicy::hold, duration(0s, day),
       "The longest hold, while a dependency is unhealthy, of a workload that does not answer its checks."},
  };
}

Table<Policy> maintenance_settings() {
  return {
      {"maintenance", "MAINTENANCE", &Policy::maintenance, windows(read_maintenance),
       "Times of the week in which healer only watches, see [Maintenance windows](#maintenance-windows)."},
  };
}

}  // namespace

const Table<Policy>& workload_settings() {
  static const Table<Policy> table = joined<Policy>(
      Scope::Workload,
      {timing_settings(), within<Policy>(&Policy::probe, probe_settings()), remedy_settings(),
       within<Policy>(&Policy::retry, retry_settings()), within<Policy>(&Policy::alerts, alert_settings()),
       within<Policy>(&Policy::notify, notify_settings()),
       within<Policy>(&Policy::dependencies, dependency_settings()), maintenance_settings()});
  return table;
}

}  // namespace healer
