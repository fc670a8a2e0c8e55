// HEALING.md 6: the channels of a notification, and the time before which it is not sent.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "core/notification/routing.hpp"

using namespace healer;

namespace {

constexpr Instant monday_noon{Duration{1'789'992'000'000}};  // 2026-09-21 12:00 UTC

MaintenanceWindow daily(unsigned from_hour, unsigned to_hour) {
  MaintenanceWindow window;
  window.from_minute = from_hour * 60;
  window.to_minute = to_hour * 60;
  return window;
}

NotificationRoute route(std::string name, std::vector<std::string> channels) {
  NotificationRoute route;
  route.name = std::move(name);
  route.channels = std::move(channels);
  return route;
}

HostPolicy host(std::vector<NotificationRoute> routes, std::vector<MaintenanceWindow> quiet = {}) {
  NotificationRouting routing;
  routing.routes = std::move(routes);
  routing.quiet = std::move(quiet);
  HostPolicy policy;
  policy.channels = {"slack", "pager", "mail"};
  policy.routing = std::make_shared<const NotificationRouting>(std::move(routing));
  return policy;
}

Notification about(std::string workload, NotificationKind kind = NotificationKind::Degraded,
                   std::string label = {}) {
  Notification notification;
  notification.kind = kind;
  notification.workload = std::move(workload);
  notification.project = "shop";
  notification.route = std::move(label);
  return notification;
}

Following as(NotificationKind trigger) {
  Following follows;
  follows.trigger = trigger;
  return follows;
}

/// Names of the channels in order, such as "slack pager".
std::string channels(const std::vector<Destination>& destinations) {
  std::string text;
  for (const Destination& each : destinations) text += (text.empty() ? "" : " ") + each.channel;
  return text;
}

std::string to(const HostPolicy& policy, const Notification& notification) {
  return channels(route_notification(policy, notification, as(notification.kind), {monday_noon, Duration{0}})
                      .destinations);
}

Duration held(const HostPolicy& policy, const Notification& notification, Instant now, Following follows = {},
              Duration wall_ahead = {}) {
  if (follows.notified_channels.empty()) follows.trigger = notification.kind;
  const auto found = route_notification(policy, notification, follows, {now, wall_ahead}).destinations;
  REQUIRE(!found.empty());
  return found.front().not_before - now;
}

}  // namespace

TEST_CASE("routing: without routes every notification goes to every channel") {
  CHECK(to(host({}), about("web")) == "slack pager mail");
  HostPolicy plain;
  plain.channels = {"slack"};
  CHECK(to(plain, about("web")) == "slack");
}

TEST_CASE("routing: the first route that fits takes a notification; go_on passes it on to later routes") {
  NotificationRoute first = route("first", {"pager"});
  first.match.kinds = {NotificationKind::Critical};
  NotificationRoute second = route("second", {"mail", "pager"});
  second.match.workloads = {"db*"};
  second.go_on = true;
  const HostPolicy policy = host({first, second, route("rest", {"slack"})});
  CHECK(to(policy, about("db1", NotificationKind::Critical)) == "pager");
  CHECK(to(policy, about("db1")) == "mail pager slack");
  CHECK(to(policy, about("web")) == "slack");
}

TEST_CASE("routing: kind, name, project and label must all fit") {
  NotificationRoute narrow = route("narrow", {"pager"});
  narrow.match = {
      {NotificationKind::Critical, NotificationKind::Info}, {"web-?", "api"}, {"sh*"}, {"team-a"}};
  const HostPolicy policy = host({narrow, route("rest", {"slack"})});
  const Notification fits = about("web-1", NotificationKind::Critical, "team-a");
  CHECK(to(policy, fits) == "pager");
  Notification other = fits;
  other.kind = NotificationKind::Degraded;
  CHECK(to(policy, other) == "slack");
  other = fits;
  other.workload = "web-10";
  CHECK(to(policy, other) == "slack");
  other = fits;
  other.project = "bank";
  CHECK(to(policy, other) == "slack");
  other = fits;
  other.route = "team-b";
  CHECK(to(policy, other) == "slack");
  Notification engine;  // about no workload
  engine.kind = NotificationKind::Critical;
  CHECK(to(policy, engine) == "slack");
}

TEST_CASE("routing: in a pattern * is any text and ? is one character") {
  CHECK(glob_fits("", ""));
  CHECK(glob_fits("*", ""));
  CHECK(glob_fits("web", "web"));
  CHECK_FALSE(glob_fits("web", "webs"));
  CHECK_FALSE(glob_fits("webs", "web"));
  CHECK(glob_fits("w?b*", "web-1"));
  CHECK(glob_fits("*-db-*", "shop-db-db-1"));
  CHECK_FALSE(glob_fits("*-db", "shop-db-1"));
  CHECK(glob_fits("a*b*c", "aXbXbXc"));
  CHECK_FALSE(glob_fits("?", ""));
  CHECK_FALSE(glob_fits("Web", "web"));
}

TEST_CASE("routing: a label with a channel's name means that channel, unless a route names the label") {
  CHECK(to(host({}), about("web", NotificationKind::Degraded, "mail")) == "mail");
  CHECK(to(host({route("rest", {"slack"})}), about("web", NotificationKind::Degraded, "mail")) == "mail");
  NotificationRoute by_label = route("by_label", {"pager"});
  by_label.match.labels = {"mail"};
  CHECK(to(host({by_label}), about("web", NotificationKind::Degraded, "mail")) == "pager");
  CHECK(to(host({route("rest", {"slack"})}), about("web", NotificationKind::Degraded, "nothing")) == "slack");
}

TEST_CASE("routing: a notification that no route takes goes to every channel") {
  NotificationRoute one = route("one", {"pager"});
  one.match.kinds = {NotificationKind::Critical};
  CHECK(to(host({one}), about("web")) == "slack pager mail");
}

TEST_CASE("routing: quiet hours hold all but critical notifications until their end") {
  const HostPolicy policy = host({}, {daily(22, 7)});
  const Instant night = monday_noon + 13h;  // 01:00
  CHECK(held(policy, about("web"), monday_noon) == Duration{0});
  CHECK(held(policy, about("web"), night) == Duration{6h});
  CHECK(held(policy, about("web", NotificationKind::Info), night) == Duration{6h});
  CHECK(held(policy, about("web", NotificationKind::Recovered), night) == Duration{6h});
  CHECK(held(policy, about("web", NotificationKind::Critical), night) == Duration{0});
  // The wall clock decides, not the process's clock.
  CHECK(held(policy, about("web"), monday_noon, {}, 13h) == Duration{6h});
}

TEST_CASE("routing: quiet hours do not hold the end of an incident with a critical notification") {
  const HostPolicy policy = host({}, {daily(22, 7)});
  Following follows;
  follows.trigger = NotificationKind::Critical;
  follows.ends = follows.called = true;
  follows.notified_channels = {"pager"};
  CHECK(held(policy, about("web", NotificationKind::Recovered), monday_noon + 13h, follows) == Duration{0});
  follows.called = false;
  CHECK(held(policy, about("web", NotificationKind::Recovered), monday_noon + 13h, follows) == Duration{6h});
}

TEST_CASE("routing: a route's own quiet hours replace the general ones") {
  NotificationRoute own = route("own", {"slack"});
  own.quiet = std::vector<MaintenanceWindow>{daily(22, 3)};
  own.go_on = true;
  NotificationRoute none = route("none", {"pager"});
  none.quiet = std::vector<MaintenanceWindow>{};
  none.go_on = true;
  const HostPolicy policy = host({own, none, route("rest", {"mail", "slack"})}, {daily(22, 7)});
  const Instant night = monday_noon + 13h;
  const auto found =
      route_notification(policy, about("web"), as(NotificationKind::Degraded), {night, Duration{0}})
          .destinations;
  REQUIRE(channels(found) == "slack pager mail");
  CHECK(found[0].not_before == night + 2h);
  CHECK(found[1].not_before == night);
  CHECK(found[2].not_before == night + 6h);
}

TEST_CASE("routing: quiet hours that never end hold nothing") {
  CHECK(held(host({}, {daily(0, 24)}), about("web"), monday_noon) == Duration{0});
}

TEST_CASE("routing: the end goes to every notified channel and to routes that name its kind") {
  NotificationRoute recovery = route("recovery", {"mail"});
  recovery.match.kinds = {NotificationKind::Recovered};
  recovery.go_on = true;
  const HostPolicy policy = host({route("all", {"slack"}), recovery});
  Following follows;
  follows.trigger = NotificationKind::Degraded;
  follows.ends = true;
  follows.notified_channels = {"pager"};
  const auto end = [&](const HostPolicy& with) {
    return channels(route_notification(with, about("web", NotificationKind::Recovered), follows,
                                       {monday_noon, Duration{0}})
                        .destinations);
  };
  CHECK(end(policy) == "mail pager");
  CHECK(end(host({route("all", {"slack"})})) == "pager");
  follows.notified_channels
      .clear();  // no notified channel is stored: the end is routed as its trigger would be
  NotificationRoute unhealthy = route("unhealthy", {"pager"});
  unhealthy.match.kinds = {NotificationKind::Degraded};
  CHECK(end(host({unhealthy, route("all", {"slack"})})) == "pager");
}

TEST_CASE("routing: a later notification also goes to the channels that had an earlier one") {
  NotificationRoute calls = route("calls", {"pager"});
  calls.match.kinds = {NotificationKind::Critical};
  Following follows = as(NotificationKind::Critical);
  follows.notified_channels = {"slack"};
  CHECK(channels(route_notification(host({calls, route("all", {"slack"})}),
                                    about("web", NotificationKind::Critical), follows,
                                    {monday_noon, Duration{0}})
                     .destinations) == "pager slack");
}

TEST_CASE("routing: a link is made from its template, encoded, and omitted when a part is missing") {
  Notification notification = about("shop/web 1");
  notification.host = "h";
  notification.incident = IncidentId{7};
  CHECK(link_of("https://d.example/{host}?w={workload}&i={incident}#x", notification) ==
        "https://d.example/h?w=shop%2Fweb%201&i=7#x");
  CHECK(link_of("https://d.example/", notification) == "https://d.example/");
  CHECK(link_of("", notification).empty());
  notification.incident = IncidentId{};
  CHECK(link_of("https://d.example/{incident}", notification).empty());
  CHECK(link_of("https://d.example/{workload", notification) == "https://d.example/{workload");
}

TEST_CASE("routing: the shortest reminder interval counts, and routes with interval 0 are not reminded") {
  NotificationRoute often = route("often", {"pager"});
  often.remind_every = 1h;
  often.go_on = true;
  NotificationRoute never = route("never", {"mail"});
  never.remind_every = Duration{0};
  never.go_on = true;
  NotificationRoute later = route("later", {"slack"});  // the general interval, 4 h
  const HostPolicy policy = host({often, never, later});
  const Reminding all = reminding(policy, about("web"), {}, {monday_noon, Duration{0}});
  CHECK(all.every == Duration{1h});
  CHECK(channels(all.destinations) == "pager slack");
  CHECK(reminding(host({never}), about("web"), {}, {monday_noon, Duration{0}}).every == Duration{0});
  CHECK(reminding(host({}), about("web"), {}, {monday_noon, Duration{0}}).every == Duration{4h});
  NotificationRoute second = route("second", {"slack"});
  second.only_escalated = true;
  second.remind_every = 30min;
  NotificationRoute silent = never;
  silent.go_on = false;
  const Reminding escalated = reminding(host({silent, second}), about("web"), {{"second", monday_noon, true}},
                                        {monday_noon, Duration{0}});
  CHECK(escalated.every == Duration{30min});
  CHECK(channels(escalated.destinations) == "slack");
}
