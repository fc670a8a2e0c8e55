#pragma once

#include <algorithm>
#include <memory>
#include <utility>

#include "api/metrics.hpp"
#include "app/log.hpp"
#include "replay/recorder.hpp"
#include "runtime/observer.hpp"

namespace healer {

/// The log and the metrics, as the runtime sees them; records every step if that is wanted.
class DaemonObserver final : public Observer {
 public:
  DaemonObserver(Log& log, Metrics& metrics, bool dry_run)
      : log_(log), metrics_(metrics), dry_run_(dry_run) {}

  void log(const LogLine& line) override;
  void count(const Metric& metric) override { metrics_.count(metric); }
  void engine_event(const EngineReport& report, Duration lag) override;
  void loop_lag(Duration lag) override;
  void store_failed(const Error& error) override;
  void step_ended(const Event& event, Instant now, const Effects& effects) override;
  /// Records every step from now on.
  void record_to(std::unique_ptr<replay::Recorder> recorder) { recorder_ = std::move(recorder); }
  /// The longest of the present and the last minute, so that no scrape misses a delay.
  Duration worst_lag() const { return std::max(recent_lag_, older_lag_); }

 private:
  Log& log_;
  Metrics& metrics_;
  bool dry_run_;
  std::unique_ptr<replay::Recorder> recorder_;
  unsigned beats_ = 0;
  Duration recent_lag_{0};
  Duration older_lag_{0};
};

}  // namespace healer
