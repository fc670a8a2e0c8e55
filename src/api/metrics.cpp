#include "api/metrics.hpp"

#include <algorithm>
#include <array>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include "api/snapshot_metrics.hpp"
#include "base/version.hpp"
#include "model/forms.hpp"

namespace healer {
namespace {

const prometheus::Histogram::BucketBoundaries check_buckets{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                                            0.25,  0.5,    1,     2.5,  5,     10};
const prometheus::Histogram::BucketBoundaries heal_buckets{1,  2.5, 5,   10,  15,   30,
                                                           60, 120, 300, 600, 1800, 3600};

using Counters = prometheus::Family<prometheus::Counter>;
using Histograms = prometheus::Family<prometheus::Histogram>;

}  // namespace

struct Metrics::Series {
  prometheus::Registry registry;

  Counters& checks = counter("healer_checks_total", "Checks by outcome and cause.");
  Histograms& check_duration =
      histogram("healer_check_duration_seconds", "How long a check took, by kind of probe.");
  Counters& remedy_outcomes = counter("healer_remedies_total", "Remedies by kind and outcome.");
  Counters& incidents = counter("healer_incidents_total", "Incidents opened, by cause.");
  Histograms& heal_duration =
      histogram("healer_time_to_heal_seconds",
                "From the first failed check of an incident until the target was healthy again.");
  Counters& events = counter("healer_events_total", "Events read from the container engine, by kind.");
  Counters& alerts =
      counter("healer_alerts_total", "Alerts of Prometheus and Alertmanager that were received, by result.");
  Counters& store_errors = counter("healer_store_errors_total", "Commits to the state file that failed.");
  Counters& skipped =
      counter("healer_engine_skipped_total",
              "Events and list entries of the engine that are larger than healer's limits, by kind.");
  Counters& holds = counter("healer_holds_total", "Remedies held back, by reason.");
  Counters& unknown_streak = counter("healer_unknown_streaks_total",
                                     "Streaks of unknown checks long enough for a notification, by cause.");
  Counters& repeats =
      counter("healer_notification_repeats_total",
              "Notifications about open incidents that were repeated: reminders and escalations.");
  prometheus::Gauge& event_lag = gauge("healer_engine_event_lag_seconds",
                                       "From the engine's stamp of the newest event until healer read it.");

  // Each series is looked up once and then reached by index.
  EnumArray<Outcome, EnumArray<Cause, prometheus::Counter*>> check{};
  EnumArray<ProbeKind, prometheus::Histogram*> check_seconds{};
  EnumArray<RemedyKind, EnumArray<AttemptState, prometheus::Counter*>> remedy{};
  EnumArray<IncidentCause, prometheus::Counter*> incident{};
  std::array<prometheus::Counter*, std::variant_size_v<EngineReport>> event{};  ///< by alternative
  EnumArray<HoldKind, prometheus::Counter*> hold{};
  prometheus::Histogram& heal_seconds = heal_duration.Add({}, heal_buckets);
  prometheus::Counter& store_error = store_errors.Add({});

  Series() {
    prometheus::BuildGauge()
        .Name("healer_build_info")
        .Help("Always 1; the labels hold the version.")
        .Register(registry)
        .Add({{"version", version}})
        .Set(1);
    // These series exist from the start, so that Prometheus sees their first increase.
    check_counter(Outcome::Pass, Cause::None);
    for (const IncidentCause cause : enum_values<IncidentCause>())
      incident[cause] = &incidents.Add({{"cause", to_string(cause)}});
    for (const HoldKind kind : enum_values<HoldKind>())
      hold[kind] = &holds.Add({{"reason", to_string(kind)}});
    for (const RemedyKind kind : enum_values<RemedyKind>())
      for (const AttemptState outcome : enum_values<AttemptState>())
        if (kind != RemedyKind::None && outcome != AttemptState::Ordered &&
            outcome != AttemptState::Verifying)
          remedy_counter(kind, outcome);
    for (const AlertResult result :
         {AlertResult::Accepted, AlertResult::Unknown, AlertResult::Ambiguous, AlertResult::OtherContainer,
          AlertResult::OtherHost, AlertResult::BadToken, AlertResult::Malformed})
      alerts.Add({{"source", "alertmanager"}, {"result", to_string(result)}});
    for (const AlertResult result : {AlertResult::Accepted, AlertResult::Unknown})
      alerts.Add({{"source", "prometheus"}, {"result", to_string(result)}});
  }

  Counters& counter(const char* name, const char* help) {
    return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
  }
  Histograms& histogram(const char* name, const char* help) {
    return prometheus::BuildHistogram().Name(name).Help(help).Register(registry);
  }
  prometheus::Gauge& gauge(const char* name, const char* help) {
    return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add({});
  }

  prometheus::Counter& check_counter(Outcome outcome, Cause cause) {
    prometheus::Counter*& found = check[outcome][cause];
    if (!found) found = &checks.Add({{"outcome", to_string(outcome)}, {"cause", to_string(cause)}});
    return *found;
  }
  prometheus::Histogram& check_histogram(ProbeKind kind) {
    prometheus::Histogram*& found = check_seconds[kind];
    if (!found) found = &check_duration.Add({{"probe", to_string(kind)}}, check_buckets);
    return *found;
  }
  prometheus::Counter& remedy_counter(RemedyKind kind, AttemptState outcome) {
    prometheus::Counter*& found = remedy[kind][outcome];
    if (!found) found = &remedy_outcomes.Add({{"remedy", to_string(kind)}, {"outcome", to_string(outcome)}});
    return *found;
  }

  void operator()(const CountCheck& each) {
    check_counter(each.outcome, each.cause).Increment();
    check_histogram(each.kind).Observe(std::chrono::duration<double>(each.duration).count());
  }
  void operator()(const CountRemedy& each) { remedy_counter(each.remedy, each.outcome).Increment(); }
  void operator()(const CountIncidentOpened& each) { incident[each.cause]->Increment(); }
  void operator()(const CountHold& each) { hold[each.kind]->Increment(); }
  void operator()(const CountUnknownStreak& each) {
    unknown_streak.Add({{"cause", to_string(each.cause)}}).Increment();
  }
  void operator()(const CountNotificationRepeat& each) {
    repeats.Add({{"kind", to_string(each.kind)}, {"reason", each.escalation ? "escalation" : "reminder"}})
        .Increment();
  }
  void operator()(const CountIncidentClosed& each) {
    if (each.outcome == IncidentOutcome::Recovered || each.outcome == IncidentOutcome::RecoveredAlone)
      heal_seconds.Observe(std::chrono::duration<double>(each.time_to_heal).count());
  }
};

Metrics::Metrics() : series_(std::make_unique<Series>()) {}

Metrics::~Metrics() = default;

void Metrics::count(const Metric& metric) {
  std::visit(*series_, metric);
}

void Metrics::count_event(const EngineReport& report) {
  prometheus::Counter*& found = series_->event.at(report.index());
  if (!found) found = &series_->events.Add({{"kind", std::string(tag_of(report))}});
  found->Increment();
}

void Metrics::count_alert(const char* source, AlertResult result) {
  series_->alerts.Add({{"source", source}, {"result", to_string(result)}}).Increment();
}

void Metrics::count_skipped(const char* kind) {
  series_->skipped.Add({{"kind", kind}}).Increment();
}

void Metrics::count_store_error() {
  series_->store_error.Increment();
}

void Metrics::set_event_lag(Duration lag) {
  series_->event_lag.Set(std::chrono::duration<double>(std::max(lag, Duration{0})).count());
}

std::string Metrics::text(const Snapshot& snapshot) const {
  return prometheus::TextSerializer().Serialize(series_->registry.Collect()) + snapshot_metrics(snapshot);
}

}  // namespace healer
