#include "core/host/host_out.hpp"

namespace healer {

template <class OneEffect>
void HostOut::add(OneEffect effect) {
  effects_.push_back(std::move(effect));
}
template void HostOut::add(Wake);
template void HostOut::add(Persist);
template void HostOut::add(Report);
template void HostOut::add(SendNotification);

void HostOut::inspect(std::string container) {
  effects_.push_back(Inspect{std::move(container)});
}

void HostOut::log(LogLevel level, Fact fact) {
  effects_.push_back(Report{level, {}, std::move(fact)});
}

void HostOut::decide(Rule rule, Fact fact) {
  Decision decision;
  decision.at = now_;
  decision.rule = rule;
  decision.fact = std::move(fact);
  add(Persist{std::move(decision)});
}

std::vector<Destination> HostOut::notify(HostMessage message) {
  Notification notification;
  notification.id = NotificationId{++state_.ids.notification};
  notification.kind = message.kind;
  notification.dedup_key = std::move(message.dedup_key);
  notification.host = state_.policy.host_name;
  notification.created_at = now_;
  notification.link = link_of(routing_of(state_.policy).link, notification);
  std::vector<Destination> to = std::move(message.only);
  if (to.empty())
    to = route_notification(state_.policy, notification, message.follows, {now_, state_.clocks.wall_ahead})
             .destinations;
  join(to, message.more);
  add(SendNotification{std::move(notification), std::move(message.notice), {}, to});
  return to;
}

void HostOut::save() {
  HostRecord record = record_;
  record.paused_until = state_.pause.until;
  add(Persist{std::move(record)});
}

}  // namespace healer
