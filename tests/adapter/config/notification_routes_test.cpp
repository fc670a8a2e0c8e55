// Tests of the file's `routes:`, the settings of routing, and the label healer.notify.
#include "config/notification_routes.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "config/host_policy.hpp"
#include "config/load.hpp"
#include "config/policy_resolver.hpp"

using namespace healer;

namespace {

const Environment with_channels{{"SLACK_WEBHOOK_URL", "https://hooks.example/x"},
                                {"WEBHOOK_URL", "https://hook.example/y"}};

tl::expected<Settings, ConfigErrors> load_text(const std::string& text,
                                               const Environment& environment = with_channels) {
  return load_from(environment, ConfigText{"healer.yaml", text}, {});
}

std::string refusals(const std::string& text, const Environment& environment = with_channels) {
  std::string lines;
  const auto settings = load_text(text, environment);
  if (settings) return "accepted";
  for (const ConfigError& error : settings.error()) lines += describe(error) + "\n";
  return lines;
}

bool has(const std::string& text, const std::string& part) {
  INFO(text);
  CHECK(text.find(part) != std::string::npos);
  return text.find(part) != std::string::npos;
}

std::string route_of(const std::string& lines) {
  return "routes:\n  - name: one\n    channels: slack\n" + lines;
}

}  // namespace

TEST_CASE("routes: every setting of a route is read") {
  const auto settings = load_text(R"(routes:
  - name: on-call
    match:
      kinds: [critical, degraded]
      workloads: web-*
      projects: [shop, bank]
      labels: [team-a]
    channels: [webhook, slack, slack]
    remind_every: 1h
    escalate_after: 15m
    escalate_to: boss
    quiet: daily 22:00-07:00 Europe/Berlin; Sun 00:00-24:00
    go_on: true
  - name: boss
    channels: slack
    only_escalated: true
  - name: rest
    channels: [slack]
    quiet: off
    remind_every: 0
)");
  REQUIRE(settings);
  const NotificationRouting& routing = settings->daemon.routing;
  REQUIRE(routing.routes.size() == 3);
  const NotificationRoute& first = routing.routes[0];
  CHECK(first.name == "on-call");
  CHECK(first.match == NotificationMatch{{NotificationKind::Critical, NotificationKind::Degraded},
                                         {"web-*"},
                                         {"shop", "bank"},
                                         {"team-a"}});
  CHECK(first.channels == std::vector<std::string>{"webhook", "slack"});
  CHECK(first.remind_every == Duration{1h});
  CHECK(first.escalate_after == Duration{15min});
  CHECK(first.escalate_to == "boss");
  REQUIRE(first.quiet);
  CHECK(first.quiet->size() == 2);
  CHECK(first.go_on);
  CHECK(routing.routes[1].only_escalated);
  REQUIRE(routing.routes[2].quiet);
  CHECK(routing.routes[2].quiet->empty());
  CHECK(routing.routes[2].remind_every == Duration{0});
  CHECK(routing.remind_every == Duration{4h});
  CHECK(settings->warnings.empty());
  const HostPolicy policy = host_policy(settings->daemon, "h", "");
  REQUIRE(policy.routing);
  CHECK(*policy.routing == routing);
}

TEST_CASE("routes: each refusal names its line, its setting, and what was meant") {
  has(refusals("routes: slack\n"), "healer.yaml:1: routes: a single value; a list of routes is expected");
  has(refusals("routes:\n  - slack\n"), "routes[1]: a single value; a map of settings is expected");
  has(refusals("routes:\n  - channels: slack\n"), "routes[1].name: is missing");
  has(refusals("routes:\n  - name: one\n"), "routes[1].channels: is missing");
  has(refusals(route_of("    chanels: x\n")), "healer.yaml:4: routes[1].chanels: no such setting");
  has(refusals(route_of("    chanels: x\n")), "channels");
  const std::string channel = refusals("routes:\n  - name: one\n    channels: [slack, slak]\n");
  has(channel, "healer.yaml:3: routes[1].channels: 'slak'");
  has(channel, "is no channel that is configured");
  has(channel, "did you mean 'slack'?");
  has(refusals("routes:\n  - name: one\n    channels: slack\n", {}), "none is");
  has(refusals(route_of("    match: {kinds: [critcal]}\n")), "did you mean 'critical'?");
  has(refusals(route_of("    match: {labels: [none]}\n")),
      "'none' is not valid; accepted: 1 to 100 of letters");
  has(refusals(route_of("    match: [critical]\n")),
      "routes[1].match: a list; a map of settings is expected");
  has(refusals(route_of("    match: {workloads: []}\n")), "0 given; 1 to 100");
  has(refusals(route_of("    remind_every: often\n")), "routes[1].remind_every: 'often'");
  has(refusals(route_of("    go_on: perhaps\n")), "true, yes, 1, on, false, no, 0 or off");
  has(refusals(route_of("    quiet: night\n")), "routes[1].quiet: 'night'");
  has(refusals(route_of("    quiet: 00:00-24:00\n")), "leave no time");
  has(refusals(route_of("    quiet: [Mon-Fri 00:00-24:00, 'Sat,Sun 12:00-24:00', 'Sat,Sun 00:00-12:00']\n")),
      "leave no time");
  has(refusals(route_of("    escalate_after: 5m\n")), "routes[1].escalate_to: is missing");
  has(refusals(route_of("    escalate_to: two\n  - name: two\n    channels: slack\n")),
      "routes[1].escalate_after: is missing");
  has(refusals(
          route_of("    escalate_after: 5m\n    escalate_to: twi\n  - name: two\n    channels: slack\n")),
      "did you mean 'two'?");
  has(refusals(route_of("  - name: one\n    channels: slack\n")), "is the name of the route in line 2, too");
  has(refusals(route_of("    only_escalated: true\n    match: {kinds: critical}\n")), "only_escalated");
}

TEST_CASE("routes: a circle of escalations is refused once, and the error shows the circle") {
  const std::string circle = refusals(R"(routes:
  - {name: a, channels: slack, escalate_after: 1m, escalate_to: b}
  - {name: b, channels: slack, escalate_after: 1m, escalate_to: c}
  - {name: c, channels: slack, escalate_after: 1m, escalate_to: b}
)");
  CHECK(has(circle, "b -> c -> b"));
  CHECK(circle.find("circle", circle.find("circle") + 6) == std::string::npos);
  has(refusals(route_of("    escalate_after: 1m\n    escalate_to: one\n")), "one -> one");
}

TEST_CASE("routes: a valid but doubtful route gives a warning") {
  const auto said = [](const std::string& text) {
    const auto settings = load_text(text);
    REQUIRE(settings);
    std::string all;
    for (const std::string& warning : settings->warnings) all += warning + "\n";
    return all;
  };
  has(said(route_of("    match: {kinds: critical}\n")), "goes to every channel");
  has(said(route_of("  - name: two\n    channels: slack\n")), "route two is never reached");
  has(said(route_of("  - name: two\n    channels: slack\n    only_escalated: true\n")),
      "no route escalates to it");
}

TEST_CASE("routing can be set by the environment alone") {
  Environment environment = with_channels;
  environment["NOTIFICATION_REMIND_EVERY"] = "2h";
  environment["NOTIFICATION_QUIET_HOURS"] = "daily 22:00-07:00; Sun 00:00-24:00";
  environment["NOTIFICATION_LINK"] = "https://dash.example/{host}/{workload}?i={incident}";
  const auto settings = load_from(environment, std::nullopt, {});
  REQUIRE(settings);
  CHECK(settings->daemon.routing.remind_every == Duration{2h});
  CHECK(settings->daemon.routing.quiet.size() == 2);
  CHECK(settings->daemon.routing.link == environment["NOTIFICATION_LINK"]);
  CHECK(settings->daemon.routing.routes.empty());
  for (const char* wrong : {"dash.example", "ftp://x/{incident}", "https://x/{id}", "https://x/{incident",
                            "https://", "https://{host}:port/"}) {
    CAPTURE(wrong);
    environment["NOTIFICATION_LINK"] = wrong;
    CHECK(refusals("", environment).find("NOTIFICATION_LINK") != std::string::npos);
  }
  environment["NOTIFICATION_LINK"] = "https://x/";
  environment["NOTIFICATION_QUIET_HOURS"] = "00:00-24:00";
  has(refusals("", environment), "leave no time");
}

TEST_CASE("the label healer.notify: none, a channel, a label that a route asks for; else a problem") {
  const auto settings =
      load_text(route_of("    match: {labels: [team-a]}\n  - name: rest\n    channels: slack\n"));
  REQUIRE(settings);
  PolicyResolver resolver(settings->defaults, label_rules(settings->daemon));
  const auto of = [&](const char* value) { return resolver.resolve({{"healer.notify", value}}); };
  CHECK(of("team-a").policy->notify.route == "team-a");
  CHECK(of("webhook").policy->notify.route == "webhook");
  CHECK(of("team-a").problems.empty());
  CHECK_FALSE(of("none").policy->notify.enabled);
  CHECK(of("none").problems.empty());
  const ResolvedPolicy wrong = of("team-b");
  CHECK(wrong.policy->notify.enabled);
  CHECK(wrong.policy->notify.route.empty());
  REQUIRE(wrong.problems.size() == 1);
  has(wrong.problems.front().message,
      "no channel and no label that a route asks for is called so; there are slack, webhook, team-a");
  has(wrong.problems.front().message, "did you mean 'team-a'?");
  CHECK(of("two words").problems.size() == 1);
}

TEST_CASE("a default of healer.notify that names no channel and no route's label is refused") {
  Environment environment = with_channels;
  environment["HEALER_NOTIFY"] = "slakc";
  const std::string refused = refusals("", environment);
  has(refused, "HEALER_NOTIFY");
  has(refused, "did you mean 'slack'?");
  environment["HEALER_NOTIFY"] = "slack";
  const auto settings = load_from(environment, std::nullopt, {});
  REQUIRE(settings);
  CHECK(settings->defaults.notify.route == "slack");
}
