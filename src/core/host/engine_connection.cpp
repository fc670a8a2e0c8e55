#include "core/host/engine_connection.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace healer {
namespace {

/// Proxies of the engine's socket end streams now and then: a stream that is back within this is no outage.
constexpr Duration notified_after = 10s;
/// For so long after the first list a connection may still replay events from before the connection.
constexpr Duration replay_lookback = 5s;

}  // namespace

void EngineConnection::connected(const EngineConnected& event, HostOut& out) {
  state_.engine_up = true;
  live_from_ = Instant::max();
  state_.stop_reports = event.stop_reports;
  state_.capabilities = event.capabilities;
  notification_due_.reset();
  out.log(LogLevel::Info, fact::Connected{event.description});
  if (!out.record().engine_notification_key.empty()) notify_back(out);
  lost_at_.reset();
}

void EngineConnection::lost(const std::string& reason) {
  state_.engine_up = false;
  reason_ = reason;
}

void EngineConnection::outage(HostOut& out) {
  if (lost_at_) return;
  lost_at_ = out.now();
  notification_due_ = out.now() + notified_after;
  out.log(LogLevel::Warning, fact::EngineUnreachable{reason_});
}

void EngineConnection::reported(const EngineEvent& event, Instant now) {
  if (now >= live_from_)
    state_.clocks.engine_lag = now - state_.instant(WallTime{event.unix_nanoseconds / 1'000'000});
}

void EngineConnection::replaced(std::int64_t stops_until, HostOut& out) {
  out.log(LogLevel::Info, fact::EngineRestarted{});
  state_.engine_memory.began = out.now();
  out.record().engine_stops_until = stops_until;
  out.save();
}

EngineConnection::List EngineConnection::listed(Instant now) {
  state_.synced_at = now;
  live_from_ = std::min(live_from_, now + replay_lookback);
  return std::exchange(state_.synced_once, true) ? List::Later : List::First;
}

void EngineConnection::due(HostOut& out) {
  if (!notification_due_ || out.now() < *notification_due_ || state_.engine_up) return;
  notification_due_.reset();
  // Not empty: a former process notified it.
  if (out.record().engine_notification_key.empty()) notify_down(out);
}

void EngineConnection::notify_down(HostOut& out) {
  HostRecord& record = out.record();
  record.engine_notification_key =
      fmt::format("healer/{:.60}/engine/{}", state_.policy.host_name, out.now().time_since_epoch().count());
  HostMessage message;
  message.kind = NotificationKind::Critical;
  message.notice = notice::EngineDown{reason_};
  message.dedup_key = record.engine_notification_key;
  message.follows = Following{NotificationKind::Critical, false, false, record.engine_notified_channels};
  const std::vector<Destination> to = out.notify(std::move(message));
  record.engine_notified_channels.clear();
  for (const Destination& each : to) record.engine_notified_channels.push_back(each.channel);
  out.save();
}

void EngineConnection::notify_back(HostOut& out) {
  HostRecord& record = out.record();
  notice::EngineBack back;  // if the outage began before this process, its length is not known
  if (lost_at_) back.after = out.now() - *lost_at_;
  HostMessage message;
  message.kind = NotificationKind::Recovered;
  message.notice = back;
  message.dedup_key = record.engine_notification_key;
  message.follows = Following{NotificationKind::Critical, true, true, record.engine_notified_channels};
  out.notify(std::move(message));
  record.engine_notified_channels.clear();
  record.engine_notification_key.clear();
  out.save();
}

}  // namespace healer
