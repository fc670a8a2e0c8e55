// Keeps the connection to the engine, and turns its answers into events of the core.
#include <algorithm>
#include <utility>

#include "runtime/runtime.hpp"

namespace healer {
namespace {

constexpr std::int64_t first_overlap_ns = 60'000'000'000;
/// An attempt to connect costs next to nothing, and until it succeeds nothing is healed.
constexpr Duration connect_again_after = 250ms;
constexpr Duration list_again_after = 1s;
/// The loss of a connection is noticed at most this late, when the engine is on this machine.
constexpr Duration late_loss = 5s;

}  // namespace

void Runtime::connect() {
  const std::uint64_t connection = ++connection_;
  engine_.connect(guarded([this, connection](Result<EngineInfo> info) {
    if (connection != connection_) return;
    if (!info) return connection_failed(info.error());
    engine_info_ = std::move(*info);
    for (const std::string& warning : engine_info_.warnings)
      if (warned_.insert(warning).second) log(LogLevel::Warning, warning);
    find_lost_events();
  }));
}

/// The engine may have dropped events since the last one that healer saw.
void Runtime::find_lost_events() {
  // By a clock that was set back since, the next event would be older than the cursor.
  cursor_.unix_nanoseconds = std::min(cursor_.unix_nanoseconds, host_.wall().unix_ms * 1'000'000);
  const std::int64_t seen_until = std::max(cursor_.unix_nanoseconds, seen_until_);
  events_lost_ = false;
  if (seen_until <= 0) return subscribe();
  engine_.has_events_since(seen_until, guarded([this, connection = connection_](bool has) {
                             if (connection != connection_) return;
                             events_lost_ = !has;
                             subscribe();
                           }));
}

void Runtime::subscribe() {
  const std::uint64_t connection = connection_;
  // The events that explain an exit are only in memory: a new process gets those of the last minute again,
  // and the core ignores repeated ones.
  const std::int64_t overlap = supervisor_.synced_once() ? 0 : first_overlap_ns;
  engine_.subscribe(std::max<std::int64_t>(0, cursor_.unix_nanoseconds - overlap),
                    guarded([this, connection]() {
                      if (connection == connection_) stream_ready();
                    }),
                    guarded([this, connection](EngineEvent event) {
                      if (connection == connection_) engine_event(event);
                    }),
                    guarded([this, connection](Error error) {
                      if (connection == connection_) connection_failed(error);
                    }));
}

void Runtime::stream_ready() {
  connected_ = true;
  if (std::exchange(events_lost_, false)) feed(EventsLost{});
  origin_.connected(engine_info_.rootless, guarded([this, connection = connection_]() {
                      if (connection != connection_) return;
                      feed(EngineConnected{engine_info_.description, engine_info_.stop_reports,
                                           engine_info_.process, engine_info_.capabilities});
                      sync(true);
                    }));
}

void Runtime::connection_failed(const Error& error) {
  ++connection_;  // callbacks of the old connection are ignored
  if (connected_ && caught_up_) seen_until_ = (host_.wall().unix_ms - late_loss.count()) * 1'000'000;
  connected_ = caught_up_ = false;
  sync_.reset();
  ahead_of_list_ = {};
  feed(EngineLost{error.message});
  timers_.cancel(resync_timer);
  timers_.set(connect_timer, host_.now() + connect_again_after);
  arm();
}

void Runtime::engine_event(const EngineEvent& event) {
  observer_.engine_event(event.report, Duration{host_.wall().unix_ms - event.unix_nanoseconds / 1000000});
  if (std::holds_alternative<Removed>(event.report)) known_.erase(event.container_id);
  origin_.heard(event.container_id);
  // Before the first list is complete, the core may only keep an event without deciding. The stored cursor
  // stays behind such events, so the next process gets them again if this one is killed.
  EventCursor& cursor = caught_up_ ? cursor_ : ahead_of_list_;
  cursor.unix_nanoseconds = std::max(cursor.unix_nanoseconds, event.unix_nanoseconds);
  if (caught_up_) journal_.note_cursor(cursor_);
  feed(event);
}

void Runtime::sync(bool full) {
  if (!connected_) return;
  if (sync_) {
    sync_->again = true;
    sync_->again_full |= full;
    return;
  }
  sync_.emplace();
  timers_.set(resync_timer, host_.now() + settings_.resync_interval);
  origin_.refresh();
  const std::uint64_t connection = connection_;
  engine_.list(guarded([this, connection, full](const ContainerSummary& summary) {
                 if (connection == connection_ && sync_) sync_saw(summary, full);
               }),
               guarded([this, connection](Result<void> result) {
                 if (connection != connection_ || !sync_) return;
                 if (!result) {
                   log(LogLevel::Warning, "could not list the containers: " + result.error().message);
                   sync_.reset();
                   timers_.set(resync_timer, host_.now() + list_again_after);
                   arm();
                   return;
                 }
                 sync_->listed = true;
                 sync_step();
               }));
}

void Runtime::sync_saw(const ContainerSummary& summary, bool full) {
  sync_->ids.push_back(summary.id);
  sync_->names.insert(summary.name);
  sync_->names.insert(summary.id.substr(0, 12));
  if (const std::string& service = summary.identity.service; !service.empty())
    sync_->names.insert(service.substr(service.find('/') + 1));
  const auto known = known_.find(summary.id);
  const bool ours = known != known_.end() ||
                    resolve(summary.name, {}, summary.labels).policy->selection == Selection::OptedIn;
  if (!ours) return;
  if (!full && known != known_.end() && known->second.state == summary.state) return;
  sync_->awaited.insert(summary.id);
  inspector_.look_later(summary.id);
}

void Runtime::sync_step() {
  if (!sync_ || !sync_->listed || !sync_->awaited.empty()) return;
  Sync done = std::move(*sync_);
  sync_.reset();
  engine_names_ = std::move(done.names);
  caught_up_ = true;
  cursor_.unix_nanoseconds = std::max(cursor_.unix_nanoseconds, ahead_of_list_.unix_nanoseconds);
  ahead_of_list_ = {};
  // The stream was open while the list came: what happened before it has been seen, also if that was nothing.
  const std::int64_t seen = (host_.wall().unix_ms - late_loss.count()) * 1'000'000;
  journal_.note_cursor(EventCursor{std::max(cursor_.unix_nanoseconds, seen)});
  feed(SyncCompleted{std::move(done.ids)});
  if (done.again) sync(done.again_full);
}

ResolvedPolicy Runtime::resolve(const std::string& name, const std::string& service,
                                const std::map<std::string, std::string>& labels) {
  ResolvedPolicy resolved = resolve_(name, service, labels);
  const auto& excluded = settings_.excluded;
  if (std::find(excluded.begin(), excluded.end(), name) != excluded.end()) {
    Policy policy = *resolved.policy;
    policy.selection = Selection::OptedOut;
    resolved.policy = std::make_shared<const Policy>(std::move(policy));
  }
  return resolved;
}

void Runtime::inspected(const std::string& id, Result<Container>&& answer) {
  if (answer) {
    origin_.before_facts();
    ResolvedPolicy resolved = resolve(answer->name, answer->identity.service, answer->labels);
    if (resolved.policy->selection == Selection::OptedIn) {
      const Duration stop = resolved.policy->stop_timeout.value_or(answer->stop_timeout.value_or(10s));
      known_[id] =
          Known{answer->state, answer->started_at, std::chrono::duration_cast<std::chrono::seconds>(stop)};
    } else {
      known_.erase(id);
    }
    feed(ContainerObserved{std::move(*answer), std::move(resolved.policy), std::move(resolved.problems)});
  } else if (answer.error().code == ErrorCode::NotFound) {
    known_.erase(id);
    feed(ContainerGone{id});
  } else {
    feed(InspectFailed{id, answer.error()});
  }
  if (sync_ && sync_->awaited.erase(id) > 0) sync_step();
}

}  // namespace healer
