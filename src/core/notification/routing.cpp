#include "core/notification/routing.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "base/encode.hpp"
#include "core/host/maintenance.hpp"

namespace healer {
namespace {

template <class Value>
bool has(const std::vector<Value>& values, const Value& value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

bool any_fits(const std::vector<std::string>& patterns, const std::string& text) {
  if (patterns.empty()) return true;
  return !text.empty() && std::any_of(patterns.begin(), patterns.end(),
                                      [&](const std::string& pattern) { return glob_fits(pattern, text); });
}

bool fits(const NotificationMatch& match, const Notification& notification, NotificationKind trigger) {
  return (match.kinds.empty() || has(match.kinds, trigger) || has(match.kinds, notification.kind)) &&
         any_fits(match.workloads, notification.workload) && any_fits(match.projects, notification.project) &&
         (match.labels.empty() || has(match.labels, notification.route));
}

/// Quiet hours that never end hold nothing: a notification that is never sent is worse than one at night.
Instant quiet_until(const std::vector<MaintenanceWindow>& quiet, const NotificationClock& clock) {
  if (quiet.empty()) return clock.now;
  const std::int64_t wall_ms = wall_time_of(clock.now + clock.wall_ahead).unix_ms;
  const auto open = open_window(quiet, wall_ms / 1000);
  if (!open || !open->until_unix_s) return clock.now;
  return clock.now + Duration{*open->until_unix_s * 1000 - wall_ms};
}

/// Collects channels, each with the earliest time that a route allows.
class Addressing {
 public:
  Addressing(const NotificationRouting& routing, const NotificationClock& clock, bool holdable)
      : routing_(routing), clock_(clock), holdable_(holdable) {}

  void add(const NotificationRoute& route) {
    const Instant at = time(route.quiet ? *route.quiet : routing_.quiet);
    for (const std::string& channel : route.channels) join(destinations, {{channel, at}});
  }
  /// Without a route: the general quiet hours apply.
  void add(const std::string& channel) { join(destinations, {{channel, time(routing_.quiet)}}); }
  /// A channel that got an earlier notification: the quiet hours of the first route with this channel apply.
  void add_notified(const std::string& channel) {
    for (const Destination& known : destinations)
      if (known.channel == channel) return;
    for (const NotificationRoute& route : routing_.routes)
      if (has(route.channels, channel))
        return join(destinations, {{channel, time(route.quiet ? *route.quiet : routing_.quiet)}});
    add(channel);
  }

  std::vector<Destination> destinations;

 private:
  Instant time(const std::vector<MaintenanceWindow>& quiet) const {
    return holdable_ ? quiet_until(quiet, clock_) : clock_.now;
  }

  const NotificationRouting& routing_;
  const NotificationClock& clock_;
  bool holdable_;
};

/// The label names a channel, and no route matches the label.
bool is_for_one_channel(const HostPolicy& policy, const NotificationRouting& routing,
                        const std::string& label) {
  return !label.empty() && has(policy.channels, label) &&
         std::none_of(routing.routes.begin(), routing.routes.end(),
                      [&](const NotificationRoute& route) { return has(route.match.labels, label); });
}

std::vector<const NotificationRoute*> routes_for(const NotificationRouting& routing,
                                                 const Notification& notification, const Following& follows,
                                                 bool by_name) {
  std::vector<const NotificationRoute*> found;
  for (const NotificationRoute& route : routing.routes) {
    if (route.only_escalated || (by_name && !has(route.match.kinds, notification.kind))) continue;
    if (!fits(route.match, notification, follows.trigger)) continue;
    found.push_back(&route);
    if (!route.go_on) break;
  }
  return found;
}

}  // namespace

const NotificationRouting& routing_of(const HostPolicy& policy) {
  static const NotificationRouting plain;
  return policy.routing ? *policy.routing : plain;
}

void join(std::vector<Destination>& into, const std::vector<Destination>& more) {
  for (const Destination& each : more) {
    const auto known = std::find_if(into.begin(), into.end(), [&](const Destination& present) {
      return present.channel == each.channel;
    });
    if (known == into.end())
      into.push_back(each);
    else
      known->not_before = std::min(known->not_before, each.not_before);
  }
}

Routed route_notification(const HostPolicy& policy, const Notification& notification,
                          const Following& follows, const NotificationClock& clock) {
  const NotificationRouting& routing = routing_of(policy);
  Addressing to(routing, clock, notification.kind != NotificationKind::Critical && !follows.called);
  Routed routed;
  const bool only_notified = follows.ends && !follows.notified_channels.empty();
  if (is_for_one_channel(policy, routing, notification.route)) {
    if (!only_notified) to.add(notification.route);
  } else {
    routed.routes = routes_for(routing, notification, follows, only_notified);
    for (const NotificationRoute* route : routed.routes) to.add(*route);
  }
  if (to.destinations.empty() && !only_notified)
    for (const std::string& channel : policy.channels) to.add(channel);
  for (const std::string& channel : follows.notified_channels) to.add_notified(channel);
  routed.destinations = std::move(to.destinations);
  return routed;
}

Reminding reminding(const HostPolicy& policy, const Notification& as,
                    const std::vector<Escalation>& escalations, const NotificationClock& clock) {
  const NotificationRouting& routing = routing_of(policy);
  Following first;
  first.trigger = as.kind;
  const Routed routed = route_notification(policy, as, first, clock);
  std::vector<const NotificationRoute*> routes = routed.routes;
  for (const Escalation& each : escalations)
    if (const NotificationRoute* route = each.done ? route_named(policy, each.route) : nullptr)
      routes.push_back(route);
  Reminding reminding;
  const auto shorten = [&reminding](Duration every) {
    if (every <= Duration{0}) return false;
    reminding.every = reminding.every == Duration{0} ? every : std::min(reminding.every, every);
    return true;
  };
  // Without a route: every channel, or the channel that the label names.
  if (routed.routes.empty() && shorten(routing.remind_every)) reminding.destinations = routed.destinations;
  Addressing to(routing, clock, as.kind != NotificationKind::Critical);
  for (const NotificationRoute* route : routes)
    if (shorten(route->remind_every.value_or(routing.remind_every))) to.add(*route);
  join(reminding.destinations, to.destinations);
  return reminding;
}

const NotificationRoute* route_named(const HostPolicy& policy, const std::string& name) {
  for (const NotificationRoute& route : routing_of(policy).routes)
    if (route.name == name) return &route;
  return nullptr;
}

std::vector<Destination> escalated_to(const HostPolicy& policy, const std::string& route,
                                      NotificationKind kind, const NotificationClock& clock) {
  Addressing to(routing_of(policy), clock, kind != NotificationKind::Critical);
  if (const NotificationRoute* found = route_named(policy, route)) to.add(*found);
  return std::move(to.destinations);
}

bool glob_fits(const std::string& pattern, const std::string& text) {
  // Only the newest star is tried again: an earlier star never needs to match more text.
  std::size_t p = 0, t = 0;
  std::size_t star = std::string::npos, tried = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      tried = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string::npos) {
      p = star + 1;
      t = ++tried;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::string link_of(const std::string& address, const Notification& notification) {
  struct Place {
    std::string_view name;
    std::string value;
  };
  const Place places[] = {
      {"{incident}", notification.incident ? std::to_string(notification.incident.value) : ""},
      {"{workload}", notification.workload},
      {"{host}", notification.host}};
  std::string link;
  for (std::size_t at = 0; at < address.size();) {
    const Place* found = nullptr;
    for (const Place& place : places)
      if (std::string_view(address).substr(at).starts_with(place.name)) found = &place;
    if (found == nullptr) {
      link += address[at++];
      continue;
    }
    if (found->value.empty()) return {};
    link += percent_encoded(found->value);
    at += found->name.size();
  }
  return link;
}

}  // namespace healer
