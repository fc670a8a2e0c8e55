#include "core/engine_session.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace healer {

EngineSession::EngineSession(const StoredState& stored)
    : newest_(stored.cursor.unix_nanoseconds), stops_until_(stored.host.engine_stops_until) {
  for (const WorkloadRecord& record : stored.workloads)
    if (record.ran_before_engine_loss)
      ran_before_loss_[record.last_instance.container_id] = record.last_instance.started_at;
}

void EngineSession::lost(Running running) {
  if (state_ != State::Away) ran_before_loss_ = std::move(running);
  state_ = State::Away;
  kept_.clear();
  released_.clear();
}

void EngineSession::connected(EngineProcess process) {
  const bool may_be_another =
      process == EngineProcess::HoldsContainers && !ran_before_loss_.empty() && newest_ != 0;
  const bool repeats = std::any_of(kept_.begin(), kept_.end(), [this](const EngineEvent& event) {
    return event.unix_nanoseconds <= newest_;
  });
  if (may_be_another && !repeats) {
    state_ = State::Doubtful;
    return;
  }
  state_ = listed_once_ ? State::Live : State::Listing;
  if (state_ != State::Live) return;
  released_ = std::exchange(kept_, {});
  for (const EngineEvent& event : released_) newest_ = std::max(newest_, event.unix_nanoseconds);
}

void EngineSession::saw_running(const InstanceId& instance) {
  if (state_ != State::Doubtful) return;
  const auto before = ran_before_loss_.find(instance.container_id);
  if (before != ran_before_loss_.end() && before->second == instance.started_at) proven_same();
}

void EngineSession::proven_same() {
  state_ = listed_once_ && kept_.empty() ? State::Live : State::Listing;
}

EngineSession::Use EngineSession::use_of(const EngineEvent& event) {
  if (state_ == State::Doubtful && event.unix_nanoseconds <= newest_) proven_same();
  if (event.unix_nanoseconds <= stops_until_ && reports_an_end(event)) return Use::Never;
  if (state_ != State::Live) {
    kept_.push_back(event);
    return Use::Later;
  }
  newest_ = std::max(newest_, event.unix_nanoseconds);
  return Use::Now;
}

bool EngineSession::listed() {
  const bool another = state_ == State::Doubtful && !kept_.empty();
  std::set<std::string> up_again;  // containers started since: their next end is not the engine's
  for (EngineEvent& event : std::exchange(kept_, {})) {
    newest_ = std::max(newest_, event.unix_nanoseconds);
    if (std::holds_alternative<Started>(event.report)) up_again.insert(event.container_id);
    if (another && reports_an_end(event) && up_again.count(event.container_id) == 0)
      stops_until_ = std::max(stops_until_, event.unix_nanoseconds);
    else
      released_.push_back(std::move(event));
  }
  state_ = State::Live;
  listed_once_ = true;
  ran_before_loss_.clear();
  return another;
}

std::vector<EngineEvent> EngineSession::take_released() {
  return std::exchange(released_, {});
}

}  // namespace healer
