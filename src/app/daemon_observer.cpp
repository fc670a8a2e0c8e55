#include "app/daemon_observer.hpp"

#include <algorithm>
#include <utility>

namespace healer {

void DaemonObserver::log(const LogLine& line) {
  if (!dry_run_) return log_.write(line);
  LogLine marked = line;
  marked.message = "[dry run] " + marked.message;
  log_.write(marked);
}

void DaemonObserver::engine_event(const EngineReport& report, Duration lag) {
  metrics_.count_event(report);
  metrics_.set_event_lag(lag);
}

void DaemonObserver::loop_lag(Duration lag) {
  if (++beats_ % 60 == 0) older_lag_ = std::exchange(recent_lag_, Duration{0});
  recent_lag_ = std::max(recent_lag_, lag);
}

void DaemonObserver::store_failed(const Error& error) {
  metrics_.count_store_error();
  log_.write(LogLevel::Error, error.message);
}

void DaemonObserver::step_ended(const Event& event, Instant now, const Effects& effects) {
  if (recorder_) recorder_->step(event, now, effects);
}

}  // namespace healer
