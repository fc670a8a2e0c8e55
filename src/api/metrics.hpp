#pragma once

#include <memory>
#include <string>

#include "api/alert_api.hpp"
#include "api/snapshot.hpp"
#include "base/time.hpp"
#include "model/effect.hpp"
#include "model/event.hpp"

namespace healer {

/// The series of /metrics. Counters and histograms are kept here; what a snapshot shows (targets,
/// notifications, engine) is written from it at each scrape, so that ten thousand workloads cost no memory
/// between two.
///
/// Counting is meant for ten thousand calls a second: no map look-up and no string after the first of its
/// kind. One thread.
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  void count(const Metric& metric);
  void count_event(EngineEventKind kind);
  void count_store_error();
  void count_alert(const char* source, AlertResult result);
  /// From the engine's clock to our reading of the event; negative (clocks apart) counts as 0.
  void set_event_lag(Duration lag);

  /// Prometheus text format 0.0.4, with the snapshot's series.
  std::string text(const Snapshot& snapshot) const;

 private:
  struct Series;
  std::unique_ptr<Series> series_;
};

}  // namespace healer
