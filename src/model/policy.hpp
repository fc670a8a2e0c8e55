#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "model/probe.hpp"

namespace healer {

/// What is done to an ill workload. HEALING.md 4.
enum class RemedyKind { Restart, Start, Stop, None };

const char* to_string(RemedyKind kind);

/// Who asked for the container to be watched. Opting out always wins. HEALING.md 1.
enum class Selection { Unlabelled, OptedIn, OptedOut };

/// The effective settings of one workload: label over file over environment over default.
/// Every number here is a default of HEALING.md.
struct Policy {
  Selection selection = Selection::Unlabelled;
  ProbeSpec probe;
  Duration interval = 15s;
  Duration timeout = 5s;  ///< never above the interval: see effective_timeout()
  unsigned failure_threshold = 3;
  unsigned success_threshold = 2;
  std::optional<Duration> fast_interval;  ///< empty: interval / 3, at least 1 s
  std::optional<Duration> start_period;   ///< empty: learned ("auto")
  RemedyKind remedy = RemedyKind::Restart;
  std::optional<Duration> stop_timeout;  ///< empty: none is passed, the container's own holds
  Duration backoff_max = 300s;           ///< the base is the interval
  double backoff_jitter = 0.25;          ///< +- this share
  unsigned budget_attempts = 5;
  Duration budget_window = 30min;
  Duration breaker_open_for = 30min;
  Duration backoff_decay = 10min;  ///< one step down for each this long well
  Duration verify_limit = 120s;    ///< after the grace: neither well nor ill by then is a failed attempt
  Duration alert_cooldown = 5min;

  /// The timeout, clamped to the interval.
  Duration effective_timeout() const { return timeout < interval ? timeout : interval; }
  /// Interval while a verdict is pending or a run is starting; never above the interval itself.
  Duration effective_fast_interval() const {
    if (fast_interval) return *fast_interval < interval ? *fast_interval : interval;
    const Duration third = interval / 3 > 1s ? interval / 3 : Duration{1s};
    return third < interval ? third : interval;
  }
  bool operator==(const Policy&) const = default;
};

using PolicyPtr = std::shared_ptr<const Policy>;

/// A label that is unknown or does not parse: said, counted and marked, never silently ignored.
struct LabelProblem {
  std::string label;
  std::string value;
  std::string message;  ///< what was seen, what is accepted, the nearest valid name
  bool operator==(const LabelProblem&) const = default;
};

/// What a container's labels make of the defaults.
struct ResolvedPolicy {
  PolicyPtr policy;
  std::vector<LabelProblem> problems;
};

}  // namespace healer
