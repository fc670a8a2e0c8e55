#include "config/host_policy.hpp"

#include <doctest/doctest.h>

#include <variant>

#include "config/load.hpp"

namespace healer {
namespace {

DaemonSettings daemon_of(const Environment& environment) {
  const auto settings = load_from(environment, {}, {});
  REQUIRE(settings);
  return settings->daemon;
}

TEST_CASE("with nothing set the host's policy is its default") {
  HostPolicy wanted;
  wanted.host_name = "rack7";
  HostPolicy policy = host_policy(daemon_of({}), "rack7", "");
  REQUIRE(policy.routing);
  CHECK(*policy.routing == NotificationRouting{});
  policy.routing.reset();  // a pointer, which == compares by its address
  CHECK(policy == wanted);
}

TEST_CASE("every setting of the host reaches its policy") {
  const HostPolicy policy = host_policy(daemon_of({{"MASS_SHARE", "40%"},
                                                   {"MASS_LEAST", "5"},
                                                   {"MASS_HOLD", "30s"},
                                                   {"HEALER_MASS_HOLD_MAX", "10m"},
                                                   {"REMEDY_SHARE", "0.1"},
                                                   {"CONNECTIVITY_INTERVAL", "7s"},
                                                   {"CONNECTIVITY_TIMEOUT", "2s"},
                                                   {"HOST_PRESSURE_LIMIT", "55"}}),
                                        "h", "");
  CHECK(policy.mass_share == doctest::Approx(0.4));
  CHECK(policy.mass_least == 5);
  CHECK(policy.mass_hold == 30s);
  CHECK(policy.mass_hold_max == 10min);
  CHECK(policy.remedy_share == doctest::Approx(0.1));
  CHECK(policy.connectivity_interval == 7s);
  CHECK(policy.connectivity_timeout == 2s);
  CHECK(policy.pressure_limit == doctest::Approx(55));
  CHECK_FALSE(policy.connectivity);
}

TEST_CASE("the control URL becomes a target once its address is known") {
  const DaemonSettings named = daemon_of({{"CONNECTIVITY_URL", "https://router.example/up?x=1"}});
  CHECK_FALSE(numeric_connectivity_address(named));
  CHECK_FALSE(host_policy(named, "h", "").connectivity);
  const HostPolicy policy = host_policy(named, "h", "192.0.2.1");
  REQUIRE(policy.connectivity);
  const auto& http = std::get<HttpTarget>(*policy.connectivity);
  CHECK(http.endpoint == Endpoint{"192.0.2.1", 443});
  CHECK(http.path == "/up?x=1");
  CHECK(http.host_header == "router.example:443");
  CHECK(http.tls);
  CHECK(policy.connectivity_text == "https router.example:443/up?x=1");

  const DaemonSettings tcp = daemon_of({{"CONNECTIVITY_URL", "tcp://[2001:db8::1]:53"}});
  CHECK(numeric_connectivity_address(tcp) == "2001:db8::1");
  const HostPolicy by_tcp = host_policy(tcp, "h", "2001:db8::1");
  REQUIRE(by_tcp.connectivity);
  CHECK(std::get<TcpTarget>(*by_tcp.connectivity) == TcpTarget{Endpoint{"2001:db8::1", 53}, 0});
  CHECK(by_tcp.connectivity_text == "tcp [2001:db8::1]:53");
}

TEST_CASE("no label sets what runs on the host, and no error shows a password") {
  const auto refused = load_from({{"CONNECTIVITY_URL", "http://u:hunter2@h/"}}, {}, {});
  REQUIRE_FALSE(refused);
  CHECK(describe(refused.error().front()) ==
        "environment CONNECTIVITY_URL: '<redacted>' is not valid: it names a user, and the address is shown "
        "to operators; "
        "accepted: off, http://host[:port][/path], https://host[:port][/path] or tcp://host:port");
  for (const auto& setting : daemon_settings()) CHECK(setting.info.label.empty());
}

TEST_CASE("hooks are argument lists, by variable and file") {
  CHECK(daemon_of({{"HEALER_HOOK_BEFORE", "/x 'a b'"}}).hooks.before ==
        std::vector<std::string>{"/x", "a b"});
  CHECK(daemon_of({{"HEALER_HOOK_AFTER", R"(["/x", "a b"])"}}).hooks.after ==
        std::vector<std::string>{"/x", "a b"});
  const auto file = load_from({}, ConfigText{"f", "hook_before: [/x, a b, 'it''s']\nhook_timeout: 5s\n"}, {});
  REQUIRE(file);
  CHECK(file->daemon.hooks.before == std::vector<std::string>{"/x", "a b", "it's"});
  CHECK(file->daemon.hooks.timeout == 5s);
  const auto empty = load_from({}, ConfigText{"f", "hook_before: []\n"}, {});
  REQUIRE_FALSE(empty);
  CHECK(describe(empty.error().front()) ==
        "f:1: hook_before: is not valid: the command is empty; accepted: a command and its arguments, as a "
        "shell "
        "splits them (quotes and backslashes, nothing else), or a list");
}

}  // namespace
}  // namespace healer
