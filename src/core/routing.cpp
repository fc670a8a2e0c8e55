#include "core/routing.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "base/encode.hpp"
#include "core/maintenance.hpp"

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

bool fits(const AlertMatch& match, const Alert& alert, AlertKind trigger) {
  return (match.kinds.empty() || has(match.kinds, trigger) || has(match.kinds, alert.kind)) &&
         any_fits(match.workloads, alert.workload) && any_fits(match.projects, alert.project) &&
         (match.labels.empty() || has(match.labels, alert.route));
}

/// Windows that never close hold nothing: what is never told is worse than what is told at night.
Instant quiet_until(const std::vector<MaintenanceWindow>& quiet, const AlertClock& clock) {
  if (quiet.empty()) return clock.now;
  const std::int64_t wall_ms = wall_time_of(clock.now + clock.wall_ahead).unix_ms;
  const auto open = open_window(quiet, wall_ms / 1000);
  if (!open || !open->until_unix_s) return clock.now;
  return clock.now + Duration{*open->until_unix_s * 1000 - wall_ms};
}

/// Collects channels, each with the earliest time that somebody allows.
class Addressing {
 public:
  Addressing(const AlertRouting& routing, const AlertClock& clock, bool holdable)
      : routing_(routing), clock_(clock), holdable_(holdable) {}

  void add(const AlertRoute& route) {
    const Instant at = time(route.quiet ? *route.quiet : routing_.quiet);
    for (const std::string& channel : route.channels) join(destinations, {{channel, at}});
  }
  /// By no route: the general quiet hours count.
  void add(const std::string& channel) { join(destinations, {{channel, time(routing_.quiet)}}); }
  /// One that was told before: as the first route that names it has it.
  void add_told(const std::string& channel) {
    for (const Destination& known : destinations)
      if (known.channel == channel) return;
    for (const AlertRoute& route : routing_.routes)
      if (has(route.channels, channel))
        return join(destinations, {{channel, time(route.quiet ? *route.quiet : routing_.quiet)}});
    add(channel);
  }

  std::vector<Destination> destinations;

 private:
  Instant time(const std::vector<MaintenanceWindow>& quiet) const {
    return holdable_ ? quiet_until(quiet, clock_) : clock_.now;
  }

  const AlertRouting& routing_;
  const AlertClock& clock_;
  bool holdable_;
};

/// The label names a channel, and no route asks for such a label.
bool is_for_one_channel(const HostPolicy& policy, const AlertRouting& routing, const std::string& label) {
  return !label.empty() && has(policy.channels, label) &&
         std::none_of(routing.routes.begin(), routing.routes.end(),
                      [&](const AlertRoute& route) { return has(route.match.labels, label); });
}

std::vector<const AlertRoute*> routes_for(const AlertRouting& routing, const Alert& alert,
                                          const Following& follows, bool by_name) {
  std::vector<const AlertRoute*> found;
  for (const AlertRoute& route : routing.routes) {
    if (route.only_escalated || (by_name && !has(route.match.kinds, alert.kind))) continue;
    if (!fits(route.match, alert, follows.trigger)) continue;
    found.push_back(&route);
    if (!route.go_on) break;
  }
  return found;
}

}  // namespace

const AlertRouting& routing_of(const HostPolicy& policy) {
  static const AlertRouting plain;
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

Routed route_alert(const HostPolicy& policy, const Alert& alert, const Following& follows,
                   const AlertClock& clock) {
  const AlertRouting& routing = routing_of(policy);
  Addressing to(routing, clock, alert.kind != AlertKind::Critical && !follows.called);
  Routed routed;
  const bool only_told = follows.ends && !follows.told.empty();
  if (is_for_one_channel(policy, routing, alert.route)) {
    if (!only_told) to.add(alert.route);
  } else {
    routed.routes = routes_for(routing, alert, follows, only_told);
    for (const AlertRoute* route : routed.routes) to.add(*route);
  }
  if (to.destinations.empty() && !only_told)
    for (const std::string& channel : policy.channels) to.add(channel);
  for (const std::string& channel : follows.told) to.add_told(channel);
  routed.destinations = std::move(to.destinations);
  return routed;
}

Reminding reminding(const HostPolicy& policy, const Alert& as, const std::vector<Escalation>& escalations,
                    const AlertClock& clock) {
  const AlertRouting& routing = routing_of(policy);
  Following first;
  first.trigger = as.kind;
  const Routed routed = route_alert(policy, as, first, clock);
  std::vector<const AlertRoute*> routes = routed.routes;
  for (const Escalation& each : escalations)
    if (const AlertRoute* route = each.done ? route_named(policy, each.route) : nullptr)
      routes.push_back(route);
  Reminding reminding;
  const auto shorten = [&reminding](Duration every) {
    if (every <= Duration{0}) return false;
    reminding.every = reminding.every == Duration{0} ? every : std::min(reminding.every, every);
    return true;
  };
  // By no route: every channel, or the one that its label names.
  if (routed.routes.empty() && shorten(routing.remind_every)) reminding.destinations = routed.destinations;
  Addressing to(routing, clock, as.kind != AlertKind::Critical);
  for (const AlertRoute* route : routes)
    if (shorten(route->remind_every.value_or(routing.remind_every))) to.add(*route);
  join(reminding.destinations, to.destinations);
  return reminding;
}

const AlertRoute* route_named(const HostPolicy& policy, const std::string& name) {
  for (const AlertRoute& route : routing_of(policy).routes)
    if (route.name == name) return &route;
  return nullptr;
}

std::vector<Destination> escalated_to(const HostPolicy& policy, const std::string& route, AlertKind kind,
                                      const AlertClock& clock) {
  Addressing to(routing_of(policy), clock, kind != AlertKind::Critical);
  if (const AlertRoute* found = route_named(policy, route)) to.add(*found);
  return std::move(to.destinations);
}

bool glob_fits(const std::string& pattern, const std::string& text) {
  // One star at a time: a later one never needs an earlier one to try again.
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

std::string link_of(const std::string& address, const Alert& alert) {
  struct Place {
    std::string_view name;
    std::string value;
  };
  const Place places[] = {{"{incident}", alert.incident ? std::to_string(alert.incident.value) : ""},
                          {"{workload}", alert.workload},
                          {"{host}", alert.host}};
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
