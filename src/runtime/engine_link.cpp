#include "runtime/engine_link.hpp"

#include <algorithm>
#include <memory>
#include <utility>
#include <variant>

namespace healer {
namespace {

constexpr std::int64_t first_overlap_ns = 60'000'000'000;
/// An attempt to connect costs next to nothing, and until it succeeds nothing is healed.
constexpr Duration connect_again_after = 250ms;
constexpr Duration list_again_after = 1s;
/// The loss of a connection is noticed at most this late, when the engine is on this machine.
constexpr Duration late_loss = 5s;

}  // namespace

EngineLink::EngineLink(Parts parts, Resolve resolve, EventCursor cursor)
    : parts_(std::move(parts)),
      resolve_(std::move(resolve)),
      inspector_(parts_.engine,
                 [this](const std::string& id, Result<Container>&& answer) {
                   if (!parts_.guard.closed()) inspected(id, std::move(answer));
                 }),
      origin_(
          parts_.settings.own_container_id, parts_.host, parts_.engine,
          [this](ProbeOrigin origin) { parts_.feed(ProbeOriginLearned{std::move(origin)}); },
          [this](std::string warning) { warn(std::move(warning)); }),
      cursor_(cursor) {
  parts_.journal.note_cursor(cursor_);
}

void EngineLink::connect() {
  const std::uint64_t connection = ++connection_;
  parts_.engine.connect(parts_.guard.wrap([this, connection](Result<EngineInfo> info) {
    if (connection != connection_) return;
    if (!info) return failed(info.error());
    engine_info_ = std::move(*info);
    for (const std::string& warning : engine_info_.warnings)
      if (warned_.insert(warning).second) warn(warning);
    find_lost_events();
  }));
}

/// The engine may have dropped events since the last one that healer saw.
void EngineLink::find_lost_events() {
  // By a clock that was set back since, the next event would be older than the cursor.
  cursor_.unix_nanoseconds = std::min(cursor_.unix_nanoseconds, parts_.host.wall().unix_ms * 1'000'000);
  const std::int64_t seen_until = std::max(cursor_.unix_nanoseconds, seen_until_);
  events_lost_ = false;
  if (seen_until <= 0) return subscribe();
  parts_.engine.has_events_since(seen_until, parts_.guard.wrap([this, connection = connection_](bool has) {
    if (connection != connection_) return;
    events_lost_ = !has;
    subscribe();
  }));
}

void EngineLink::subscribe() {
  const std::uint64_t connection = connection_;
  // The events that explain an exit are only in memory: a new process gets those of the last minute again,
  // and the core ignores repeated ones.
  const std::int64_t overlap = parts_.supervisor.synced_once() ? 0 : first_overlap_ns;
  parts_.engine.subscribe(std::max<std::int64_t>(0, cursor_.unix_nanoseconds - overlap),
                          parts_.guard.wrap([this, connection]() {
                            if (connection == connection_) stream_ready();
                          }),
                          parts_.guard.wrap([this, connection](EngineEvent event) {
                            if (connection == connection_) heard(event);
                          }),
                          parts_.guard.wrap([this, connection](Error error) {
                            if (connection == connection_) failed(error);
                          }));
}

void EngineLink::stream_ready() {
  connected_ = true;
  not_inspected_.clear();
  inspected_once_ = false;
  if (std::exchange(events_lost_, false)) parts_.feed(EventsLost{});
  origin_.connected(engine_info_.rootless, parts_.guard.wrap([this, connection = connection_]() {
    if (connection != connection_) return;
    parts_.feed(EngineConnected{engine_info_.description, engine_info_.stop_reports, engine_info_.process,
                                engine_info_.capabilities});
    sync(Inspected::All);
  }));
}

void EngineLink::failed(const Error& error) {
  ++connection_;  // callbacks of the old connection are ignored
  if (connected_ && caught_up_) seen_until_ = (parts_.host.wall().unix_ms - late_loss.count()) * 1'000'000;
  connected_ = caught_up_ = false;
  sync_.reset();
  ahead_of_list_ = {};
  parts_.feed(EngineLost{error.message});
  parts_.timers.cancel(resync_timer);
  parts_.timers.set(connect_timer, parts_.host.now() + connect_again_after);
  parts_.arm();
}

void EngineLink::heard(const EngineEvent& event) {
  parts_.observer.engine_event(event.report,
                               Duration{parts_.host.wall().unix_ms - event.unix_nanoseconds / 1000000});
  if (std::holds_alternative<Removed>(event.report)) known_.erase(event.container_id);
  origin_.heard(event.container_id);
  // Before the first list is complete, the core may only keep an event without deciding. The stored cursor
  // stays behind such events, so the next process gets them again if this one is killed.
  EventCursor& cursor = caught_up_ ? cursor_ : ahead_of_list_;
  cursor.unix_nanoseconds = std::max(cursor.unix_nanoseconds, event.unix_nanoseconds);
  if (caught_up_) parts_.journal.note_cursor(cursor_);
  parts_.feed(event);
}

void EngineLink::sync(Inspected which) {
  if (!connected_) return;
  if (sync_) {
    if (!sync_->again || which == Inspected::All) sync_->again = which;
    return;
  }
  sync_.emplace();
  parts_.timers.set(resync_timer, parts_.host.now() + parts_.settings.resync_interval);
  origin_.refresh();
  const std::uint64_t connection = connection_;
  parts_.engine.list(parts_.guard.wrap([this, connection, which](const ContainerSummary& summary) {
    if (connection == connection_ && sync_) saw(summary, which);
  }),
                     parts_.guard.wrap([this, connection](Result<void> result) {
                       if (connection == connection_ && sync_) listed(std::move(result));
                     }));
}

void EngineLink::listed(Result<void> result) {
  if (!result) {
    warn("could not list the containers: " + result.error().message);
    sync_.reset();
    parts_.timers.set(resync_timer, parts_.host.now() + list_again_after);
    parts_.arm();
    return;
  }
  sync_->listed = true;
  sync_step();
}

void EngineLink::saw(const ContainerSummary& summary, Inspected which) {
  sync_->ids.push_back(summary.id);
  sync_->names.insert(summary.name);
  sync_->names.insert(summary.id.substr(0, 12));
  if (const std::string& service = summary.identity.service; !service.empty())
    sync_->names.insert(service.substr(service.find('/') + 1));
  const auto known = known_.find(summary.id);
  const bool ours = known != known_.end() ||
                    resolve(summary.name, {}, summary.labels).policy->selection == Selection::OptedIn;
  if (!ours) return;
  if (which != Inspected::All && known != known_.end() && known->second.state == summary.state) return;
  sync_->awaited.insert(summary.id);
  inspector_.look_later(summary.id);
}

void EngineLink::sync_step() {
  if (!sync_ || !sync_->listed || !sync_->awaited.empty()) return;
  Sync done = std::move(*sync_);
  sync_.reset();
  names_ = std::move(done.names);
  caught_up_ = true;
  cursor_.unix_nanoseconds = std::max(cursor_.unix_nanoseconds, ahead_of_list_.unix_nanoseconds);
  ahead_of_list_ = {};
  // The stream was open while the list came: what happened before it has been seen, also if that was nothing.
  const std::int64_t seen = (parts_.host.wall().unix_ms - late_loss.count()) * 1'000'000;
  parts_.journal.note_cursor(EventCursor{std::max(cursor_.unix_nanoseconds, seen)});
  parts_.feed(SyncCompleted{std::move(done.ids)});
  if (done.again) sync(*done.again);
}

ResolvedPolicy EngineLink::resolve(const std::string& name, const std::string& service,
                                   const std::map<std::string, std::string>& labels) {
  ResolvedPolicy resolved = resolve_(name, service, labels);
  const auto& excluded = parts_.settings.excluded;
  if (std::find(excluded.begin(), excluded.end(), name) != excluded.end()) {
    Policy policy = *resolved.policy;
    policy.selection = Selection::OptedOut;
    resolved.policy = std::make_shared<const Policy>(std::move(policy));
  }
  return resolved;
}

/// One warning for all containers: a proxy that forbids one inspect forbids all.
void EngineLink::note_inspect(const std::string& id, const Result<Container>& answer) {
  if (answer || answer.error().code == ErrorCode::NotFound) {
    inspected_once_ = inspected_once_ || answer.has_value();
    if (not_inspected_.erase(id) > 0 && not_inspected_.empty())
      parts_.observer.log(LogLine{LogLevel::Info, "every container can be inspected again", {}});
    return;
  }
  if (!connected_) return;  // the loss of the engine is logged already
  if (not_inspected_.empty())
    warn("a container cannot be inspected, and what is not inspected is not healed: " +
         answer.error().message);
  not_inspected_.insert_or_assign(id, answer.error());
}

std::optional<std::string> EngineLink::blind() const {
  for (const auto& [id, error] : not_inspected_)
    if (error.code == ErrorCode::Refused || !inspected_once_)
      return "containers cannot be inspected: " + error.message;
  return std::nullopt;
}

void EngineLink::inspected(const std::string& id, Result<Container>&& answer) {
  note_inspect(id, answer);
  if (answer) {
    origin_.before_facts();
    ResolvedPolicy resolved = resolve(answer->name, answer->identity.service, answer->labels);
    if (resolved.policy->selection == Selection::OptedIn) {
      const Duration stop = resolved.policy->stop_timeout.value_or(answer->stop_timeout.value_or(10s));
      known_[id] = KnownContainer{answer->state, answer->started_at,
                                  std::chrono::duration_cast<std::chrono::seconds>(stop)};
    } else {
      known_.erase(id);
    }
    parts_.feed(
        ContainerObserved{std::move(*answer), std::move(resolved.policy), std::move(resolved.problems)});
  } else if (answer.error().code == ErrorCode::NotFound) {
    known_.erase(id);
    parts_.feed(ContainerGone{id});
  } else {
    parts_.feed(InspectFailed{id, answer.error()});
  }
  if (sync_ && sync_->awaited.erase(id) > 0) sync_step();
}

void EngineLink::policies_changed(Resolve resolve) {
  resolve_ = std::move(resolve);
  sync(Inspected::All);
}

std::optional<KnownContainer> EngineLink::known(const std::string& container_id) const {
  const auto found = known_.find(container_id);
  if (found == known_.end()) return std::nullopt;
  return found->second;
}

void EngineLink::warn(std::string message) {
  parts_.observer.log(LogLine{LogLevel::Warning, std::move(message), {}});
}

}  // namespace healer
