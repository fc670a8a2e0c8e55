#pragma once

#include <memory>
#include <string>

#include "api/alert_api.hpp"
#include "api/snapshot.hpp"
#include "base/time.hpp"
#include "model/effect.hpp"
#include "model/event.hpp"

namespace healer {

/// The series of /metrics. Counters and histograms are kept here. The series of targets, notifications and
/// engine are written from a snapshot at each scrape, so that ten thousand workloads use no memory between
/// scrapes.
///
/// Counting must bear ten thousand calls a second: after a series' first call it needs no map look-up and no
/// string. For one thread only.
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  void count(const Metric& metric);
  void count_event(const EngineReport& report);
  void count_store_error();
  /// `kind`: "event" or "list_entry".
  void count_skipped(const char* kind);
  void count_alert(const char* source, AlertResult result);
  /// Time from the engine's stamp to healer's reading of the event; negative (the clocks differ) counts as 0.
  void set_event_lag(Duration lag);

  /// Prometheus text format 0.0.4, with the snapshot's series.
  std::string text(const Snapshot& snapshot) const;

 private:
  struct Series;
  std::unique_ptr<Series> series_;
};

}  // namespace healer
