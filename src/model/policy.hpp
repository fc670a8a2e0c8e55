#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.hpp"
#include "base/time.hpp"
#include "model/describe.hpp"
#include "model/probe.hpp"

namespace healer {

/// What is done to an unhealthy workload. HEALING.md 4.
BOOST_DEFINE_ENUM_CLASS(RemedyKind, Restart, Start, Stop,
                        None,      ///< only notify
                        Kill,      ///< send a signal to the container's process
                        Exec,      ///< run a command inside
                        Recreate,  ///< a new container of the same configuration, networks, volumes and name
                        Replace,   ///< the container ends, and its orchestrator makes another instance
                        Webhook    ///< another service does the healing: POST to a URL
)

/// One step of the ladder.
struct RemedyStep {
  RemedyKind kind = RemedyKind::Restart;
  int signal = 0;                    ///< Kill
  std::vector<std::string> command;  ///< Exec: the argument list
  Secret url;                        ///< Webhook
  bool operator==(const RemedyStep&) const = default;
};
HEALER_DESCRIBE(RemedyStep, kind, signal, command, url);

/// For operators, without the webhook's address: "restart", "kill:HUP", "exec:/reload now", "webhook".
std::string to_string(const RemedyStep& step);

/// "HUP" for 1; the number as text for a signal without a name.
std::string signal_name(int signal);
/// Whether a process that receives it is asked to reload, report or redraw, and not to end (HUP, USR1, ...).
bool ends_no_process(int signal);
/// 1 for "HUP", "SIGHUP", "hup" or "1"; empty for a text that is not a signal.
std::optional<int> signal_number(std::string_view name);

/// A workload is also unhealthy when this many of its last `of` results are failures. HEALING.md 2.
struct FailureWindow {
  unsigned failures = 3;
  unsigned of = 10;
  bool operator==(const FailureWindow&) const = default;
};
HEALER_DESCRIBE(FailureWindow, failures, of);

/// A zone's offsets from UTC, sorted by time; the first entry also holds for all earlier times. Read from the
/// time zone database when the configuration is read, so that decisions read no file.
struct TimeZone {
  struct Change {
    std::int64_t from_unix_s = 0;
    std::int32_t offset_s = 0;  ///< local time minus UTC
    bool operator==(const Change&) const = default;
  };
  std::string name;  ///< "Europe/Berlin"
  std::vector<Change> changes;
  bool operator==(const TimeZone&) const = default;
};
HEALER_DESCRIBE(TimeZone::Change, from_unix_s, offset_s);
HEALER_DESCRIBE(TimeZone, name, changes);
using TimeZonePtr = std::shared_ptr<const TimeZone>;

/// A time of the week in which healer only watches: "Sun 02:00-04:00 Europe/Berlin". HEALING.md 5.
struct MaintenanceWindow {
  std::uint8_t days = 0x7F;  ///< bit 0 is Monday; the days on which the window begins
  unsigned from_minute = 0;  ///< minute of the local day
  unsigned to_minute = 0;    ///< at most from_minute: the window ends on the next day
  TimeZonePtr zone;          ///< empty: UTC
  std::string text;          ///< as configured
  bool operator==(const MaintenanceWindow& other) const {
    return days == other.days && from_minute == other.from_minute && to_minute == other.to_minute &&
           text == other.text && (zone == other.zone || (zone && other.zone && *zone == *other.zone));
  }
};
HEALER_DESCRIBE(MaintenanceWindow, days, from_minute, to_minute, zone, text);

/// What a firing alert does. Act: it makes the workload unhealthy. Notify: operators are notified. Off:
/// nothing.
BOOST_DEFINE_ENUM_CLASS(AlertUse, Act, Notify, Off)

/// What failures of a check that has never passed do. Hold: operators are notified. Act: they count as any
/// other.
BOOST_DEFINE_ENUM_CLASS(UnprovenUse, Hold, Act)

/// What exit code 0 means. Auto: the restart policy and what the container is tell. HEALING.md 3.
BOOST_DEFINE_ENUM_CLASS(ExitZeroUse, Auto, Restart, Completed)

/// Whether the container's labels opt in to being watched. Opting out always wins. HEALING.md 1.
BOOST_DEFINE_ENUM_CLASS(Selection, Unlabelled, OptedIn, OptedOut)

/// How often, and how soon after each other, remedies are attempted. HEALING.md 4.
struct RetryPolicy {
  Duration backoff_max = 300s;   ///< the base is the interval
  double backoff_jitter = 0.25;  ///< +- this share of the wait
  unsigned budget_attempts = 5;
  Duration budget_window = 30min;
  Duration breaker_open_for = 30min;
  Duration backoff_decay = 10min;  ///< healthy this long: the backoff goes one step down
  /// After the start period; a workload neither healthy nor unhealthy by then: the attempt failed.
  Duration verify_limit = 120s;
  bool operator==(const RetryPolicy&) const = default;
};
HEALER_DESCRIBE(RetryPolicy, backoff_max, backoff_jitter, budget_attempts, budget_window, breaker_open_for,
                backoff_decay, verify_limit);

/// What the alerts about a workload do. HEALING.md 2.
struct AlertPolicy {
  AlertUse use = AlertUse::Act;
  Duration lookback = 10min;  ///< an alert older than the instance may fire this long: rates look back
  bool operator==(const AlertPolicy&) const = default;
};
HEALER_DESCRIBE(AlertPolicy, use, lookback);

/// What a workload depends on, besides what compose tells. HEALING.md 5.
struct DependencyPolicy {
  std::vector<std::string> names;  ///< container names, compose services, or workload keys
  Duration hold = 5min;  ///< the remedies of an unhealthy workload's dependents are held at most this long
  bool operator==(const DependencyPolicy&) const = default;
};
HEALER_DESCRIBE(DependencyPolicy, names, hold);

/// Who is notified about a workload, and how often. HEALING.md 6.
struct NotifyPolicy {
  Duration cooldown = 5min;
  bool enabled = true;  ///< false: no notification is sent
  std::string route;    ///< the label healer.notify: a label that routes match, or a channel; empty: none
  bool operator==(const NotifyPolicy&) const = default;
};
HEALER_DESCRIBE(NotifyPolicy, cooldown, enabled, route);

/// The effective settings of one workload: a label wins over the file, the file over the environment, the
/// environment over the default. Every number here is a default of HEALING.md.
struct Policy {
  Selection selection = Selection::Unlabelled;
  ProbeSpec probe;                       ///< the unnamed probe
  bool unnamed_probe = true;             ///< false: only the named probes are checked
  std::vector<NamedProbe> named_probes;  ///< checked too; all must pass
  Duration interval = 15s;
  Duration timeout = 5s;  ///< never above the interval: see effective_timeout()
  unsigned failure_threshold = 3;
  unsigned success_threshold = 2;
  std::optional<Duration> fast_interval;  ///< empty: interval / 3, at least 250 ms
  std::optional<Duration> start_period;   ///< empty: learned ("auto")
  std::optional<FailureWindow> window;    ///< empty: only failures in a row count
  /// The failure threshold, if the container's own label sets it: an unhealthy HEALTHCHECK gets as many of
  /// its intervals before healer acts. Empty: healer acts at once.
  std::optional<unsigned> verdict_periods;
  UnprovenUse unproven = UnprovenUse::Hold;
  ExitZeroUse on_exit_0 = ExitZeroUse::Auto;
  Duration maintenance_limit = 10min;  ///< an application that asks for time by Retry-After gets at most this
  std::vector<RemedyStep>
      remedies;          ///< the ladder, its last step repeats; empty: the engine's default remedy
  bool evidence = true;  ///< before a remedy, save what the remedy would erase
  DependencyPolicy dependencies;
  std::vector<MaintenanceWindow> maintenance;
  std::optional<Duration> stop_timeout;  ///< empty: none is passed to the engine; the container's own holds
  RetryPolicy retry;
  AlertPolicy alerts;
  bool heal_exits = true;  ///< false: only health counts; a container that exits by itself is not started
  NotifyPolicy notify;

  /// The timeout, clamped to the interval.
  Duration effective_timeout() const { return timeout < interval ? timeout : interval; }
  /// The interval while a verdict is pending or an instance is starting; never above `interval`.
  Duration effective_fast_interval() const {
    if (fast_interval) return *fast_interval < interval ? *fast_interval : interval;
    const Duration third = interval / 3 > 250ms ? interval / 3 : Duration{250ms};
    return third < interval ? third : interval;
  }
  bool operator==(const Policy&) const = default;
};
HEALER_DESCRIBE(Policy, selection, probe, unnamed_probe, named_probes, interval, timeout, failure_threshold,
                success_threshold, fast_interval, start_period, window, verdict_periods, unproven, on_exit_0,
                maintenance_limit, remedies, evidence, dependencies, maintenance, stop_timeout, retry, alerts,
                heal_exits, notify);

using PolicyPtr = std::shared_ptr<const Policy>;

struct NotificationRouting;  // model/routing.hpp
using NotificationRoutingPtr = std::shared_ptr<const NotificationRouting>;

/// The settings of the whole host. HEALING.md 5.
struct HostPolicy {
  std::string host_name = {};
  double mass_share = 0.5;   ///< a mass failure: more than this share of the watched workloads fails ...
  unsigned mass_least = 3;   ///< ... and at least this many
  Duration mass_hold = 60s;  ///< remedies are held this long, then one canary is allowed
  Duration mass_hold_max = 30min;  ///< longest backoff after canaries that did not help
  double remedy_share =
      0.3;  ///< at most this share of the watched workloads, but at least one, in remedy at once
  Duration slot_limit = 240s;  ///< a remedy that is still verified after this leaves its place to another
  ProbeTargetPtr connectivity = {};    ///< target of the connectivity check; empty: none
  std::string connectivity_text = {};  ///< for operators: "http 192.0.2.1:80/"
  Duration connectivity_interval = 5s;
  Duration connectivity_timeout = 3s;
  double pressure_limit = 40;  ///< per cent; a host under more pressure makes timeouts unknown; 0: never
  Duration hook_limit{0};      ///< an attempt may wait this long for the hook before it; 0: no hook
  std::vector<std::string> channels = {};  ///< names of the configured channels
  NotificationRoutingPtr routing = {};     ///< empty: a default NotificationRouting
  bool operator==(const HostPolicy&) const = default;
};
HEALER_DESCRIBE(HostPolicy, host_name, mass_share, mass_least, mass_hold, mass_hold_max, remedy_share,
                slot_limit, connectivity, connectivity_text, connectivity_interval, connectivity_timeout,
                pressure_limit, hook_limit, channels, routing);

/// A label that is unknown or does not parse. Logged, counted and shown in `healer status`, never silently
/// ignored.
struct LabelProblem {
  std::string label;
  std::string value;
  std::string message;  ///< the value found, the values accepted, the nearest valid name
  bool operator==(const LabelProblem&) const = default;
};
HEALER_DESCRIBE(LabelProblem, label, value, message);

/// The defaults, overridden by a container's labels.
struct ResolvedPolicy {
  PolicyPtr policy;
  std::vector<LabelProblem> problems;
};
HEALER_DESCRIBE(ResolvedPolicy, policy, problems);

}  // namespace healer
