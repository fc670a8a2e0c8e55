#include <doctest/doctest.h>

#include <string>
#include <vector>

#include <boost/json/parse.hpp>

#include "guard/ledger.hpp"
#include "guard/policy.hpp"
#include "guard/words.hpp"

namespace healer::guard {
namespace {

namespace json = boost::json;

const std::string id(64, 'a');
constexpr WallTime now{1'700'000'000'000};

WallTime after(Duration by) {
  return {now.unix_ms + by.count()};
}

json::object inspect(const std::string& labels, const std::string& host = "{}") {
  return json::parse(
             R"({"Id":")" + id +
             R"(","Name":"/web","Image":"sha256:1","State":{"Status":"running"},"Config":{"Labels":)" +
             labels + R"(,"Env":["A=b"]},"HostConfig":)" + host + "}")
      .as_object();
}

Facts facts(const std::string& labels, const std::string& host = "{}", docker::Labels image = {},
            const Settings& settings = {}) {
  const auto read = read_facts(inspect(labels, host), image, settings);
  REQUIRE(read.has_value());
  return *read;
}

std::string rule(const Ruled<void>& judged) {
  return judged ? "" : to_string(judged.error().rule);
}

const std::string in = R"({"monitored":"true"})";

TEST_CASE("only a container that opted in by its own label is a target") {
  const Settings settings;
  CHECK(rule(judge_target(facts(in), settings, {})).empty());
  CHECK(rule(judge_target(facts(R"({"healer.enable":"yes"})"), settings, {})).empty());
  CHECK(rule(judge_target(facts("{}"), settings, {})) == "opt_in");
  CHECK(rule(judge_target(facts(R"({"monitored":"maybe"})"), settings, {})) == "opt_in");
  CHECK(rule(judge_target(facts(R"({"monitored":"true","healer.enable":"off"})"), settings, {})) == "opt_in");
  CHECK(rule(judge_target(facts(in, "{}", {{"monitored", "true"}}), settings, {})) == "image_opt_in");
  CHECK(rule(judge_target(facts(in, "{}", {{"monitored", "1"}}), settings, {})).empty());
  Settings accepting;
  accepting.image_opt_in = ImageOptIn::Accepted;
  CHECK(rule(judge_target(facts(in, "{}", {{"monitored", "true"}}), accepting, {})).empty());
  const auto unknown_image = read_facts(inspect(in), std::nullopt, settings);
  CHECK(rule(judge_target(*unknown_image, settings, {})) == "image_opt_in");
}

TEST_CASE("its own containers, one-offs and those of another owner are no targets") {
  Settings settings;
  settings.own = {"web"};
  CHECK(rule(judge_target(facts(in), settings, {})) == "itself");
  CHECK(rule(judge_target(facts(in), Settings{}, id.substr(0, 12))) == "itself");
  CHECK(rule(judge_target(facts(R"({"monitored":"true","com.docker.compose.oneoff":"True"})"), Settings{},
                          {})) == "one_off");
  CHECK(rule(judge_target(facts(R"({"monitored":"true","io.kubernetes.pod.name":"x"})"), Settings{}, {})) ==
        "owner");
  CHECK(rule(judge_target(facts(in, R"({"AutoRemove":true})"), Settings{}, {})) == "owner");
}

TEST_CASE("an order must be a configured remedy") {
  const Settings settings;
  const auto judge = [&](OrderKind kind, const std::string& labels, const std::string& signal = {}) {
    return rule(judge_remedy(kind, signal, facts(labels), settings));
  };
  CHECK(judge(OrderKind::Restart, in).empty());
  CHECK(judge(OrderKind::Start, in).empty());
  CHECK(judge(OrderKind::Stop, in) == "remedy");
  CHECK(judge(OrderKind::Recreate, in) == "remedy");
  CHECK(judge(OrderKind::Kill, in, "HUP") == "remedy");
  const std::string ladder =
      R"({"monitored":"true","healer.remedies":"kill:SIGHUP, exec:/bin/reload 'a b', recreate"})";
  CHECK(judge(OrderKind::Kill, ladder, "HUP").empty());
  CHECK(judge(OrderKind::Kill, ladder, "KILL") == "remedy");
  CHECK(judge(OrderKind::Recreate, ladder).empty());
  CHECK(judge(OrderKind::Restart, ladder) == "remedy");
  CHECK(judge(OrderKind::Start, ladder).empty());
  CHECK(judge(OrderKind::Start, R"({"healer.remedies":"none"})") == "remedy");
  CHECK(judge(OrderKind::Kill, R"({"healer.remedies":"kill:STOP"})", "STOP") == "signal");
  Settings narrow;
  narrow.label_remedies = {"restart"};
  CHECK(rule(judge_remedy(OrderKind::Recreate, {}, facts(ladder), narrow)) == "remedy");
  narrow.remedies["web"] = *parse_remedies("kill:STOP, recreate");
  CHECK(rule(judge_remedy(OrderKind::Kill, "STOP", facts(ladder), narrow)).empty());
  CHECK(rule(judge_remedy(OrderKind::Recreate, {}, facts(ladder), narrow)).empty());
  // A ladder that came with the image chooses nothing.
  const Facts of_image =
      facts(ladder, "{}", {{"healer.remedies", "kill:SIGHUP, exec:/bin/reload 'a b', recreate"}});
  CHECK(rule(judge_remedy(OrderKind::Recreate, {}, of_image, settings)) == "remedy");
  CHECK(rule(judge_remedy(OrderKind::Restart, {}, of_image, settings)).empty());
}

TEST_CASE("only named commands run, word for word") {
  const Settings settings;
  const Facts web = facts(
      R"({"monitored":"true","healer.command":"/bin/check --all","healer.probes.disk.command":"[\"test\",\"-w\",\"/data\"]",)"
      R"("healer.remedies":"exec:/bin/reload 'a b'","healer.path":"/bin/evil"})");
  CHECK(rule(judge_command({"/bin/check", "--all"}, web, settings)).empty());
  CHECK(rule(judge_command({"test", "-w", "/data"}, web, settings)).empty());
  CHECK(rule(judge_command({"/bin/reload", "a b"}, web, settings)).empty());
  CHECK(rule(judge_command({"/bin/check"}, web, settings)) == "command");
  CHECK(rule(judge_command({"/bin/check", "--all", "x"}, web, settings)) == "command");
  CHECK(rule(judge_command({"/bin/check --all"}, web, settings)) == "command");
  CHECK(rule(judge_command({"/bin/evil"}, web, settings)) == "command");
  CHECK(command_words("a \"b\\\"c\" d\\ e ''") == std::vector<std::string>{"a", "b\"c", "d e", ""});
  CHECK_FALSE(command_words("a 'b").has_value());
  CHECK(command_words(R"(["/bin/check", "--all"])") == std::vector<std::string>{"/bin/check", "--all"});
  CHECK_FALSE(command_words("[/bin/check, --all]").has_value());
}

TEST_CASE("privileges that reach beyond the container need the operator's word") {
  const Settings settings;
  for (const char* host :
       {R"({"Privileged":true})", R"({"PidMode":"host"})", R"({"NetworkMode":"host"})",
        R"({"IpcMode":"host"})", R"({"UTSMode":"host"})", R"({"UsernsMode":"host"})",
        R"({"CapAdd":["SYS_ADMIN"]})", R"({"Devices":[{"PathOnHost":"/dev/sda"}]})",
        R"({"SecurityOpt":["seccomp=unconfined"]})", R"({"Binds":["/var/run/docker.sock:/s"]})",
        R"({"Binds":["/:/host"]})", R"({"Binds":["/var/run:/s"]})", R"({"Binds":["/run/:/s:ro"]})",
        R"({"Binds":["/var/lib/healer-guard/x:/s"]})", R"({"Binds":["/a/../run/healer-guard:/s"]})",
        R"({"Mounts":[{"Type":"bind","Source":"/run","Target":"/s"}]})", R"({"VolumesFrom":["x"]})",
        R"({"PidMode":"container:x"})"}) {
    CHECK_MESSAGE(rule(judge_hazards(facts(in, host), settings)) == "hazard", host);
    Settings trusting;
    trusting.hazardous = {"web"};
    CHECK(rule(judge_hazards(facts(in, host), trusting)).empty());
  }
  CHECK(rule(judge_hazards(
                 facts(in,
                       R"({"Binds":["/srv/data:/data"],"CapAdd":null,"SecurityOpt":["no-new-privileges"]})"),
                 settings))
            .empty());
}

struct Host {
  Ledger ledger;
  std::uint64_t number = 0;

  explicit Host(std::size_t count) {
    std::vector<SeenContainer> all;
    for (std::size_t i = 0; i < count; ++i) all.push_back({name(i), name(i), name(i), true, true});
    ledger.listed(all, now);
  }
  static std::string name(std::size_t i) { return "w" + std::to_string(i); }
  static Subject subject(std::size_t i) { return {name(i), name(i), name(i)}; }
  std::string judge(OrderKind kind, std::size_t i, WallTime at = now, bool running = true) const {
    return rule(ledger.judge(kind, subject(i), running, at));
  }
  std::uint64_t order(std::size_t i, WallTime at = now) {
    ledger.ordered({++number, OrderKind::Restart, subject(i), at});
    return number;
  }
  void restart(std::size_t i, WallTime at) {
    const auto number = order(i, at);
    ledger.ended(name(i), at);
    ledger.started(name(i), at);
    ledger.answered(number, at);
  }
};

TEST_CASE("ten orders for a workload and sixty for the host in half an hour") {
  Host host(100);
  for (int i = 0; i < 10; ++i) {
    CHECK(host.judge(OrderKind::Restart, 0).empty());
    host.restart(0, now);
  }
  CHECK(host.judge(OrderKind::Restart, 0) == "workload_budget");
  CHECK(host.judge(OrderKind::Restart, 1).empty());
  // A new id, or a new name, does not refill.
  CHECK(rule(host.ledger.judge(OrderKind::Restart, {"new", "w0", "x"}, true, now)) == "workload_budget");
  CHECK(rule(host.ledger.judge(OrderKind::Restart, {"w0", "other", "x"}, true, now)) == "workload_budget");
  CHECK(rule(host.ledger.judge(OrderKind::Restart, {"new", "other", "w0"}, true, now)) == "workload_budget");
  for (std::size_t i = 1; i <= 50; ++i) host.restart(i, now);
  CHECK(host.judge(OrderKind::Restart, 70) == "host_budget");
  CHECK(host.judge(OrderKind::Restart, 70, after(29min)) == "host_budget");
  CHECK(host.judge(OrderKind::Restart, 70, after(30min)).empty());
  CHECK(host.judge(OrderKind::Restart, 70, {now.unix_ms - 3'600'000}) == "host_budget");
  host.ledger.reset("*");
  CHECK(host.judge(OrderKind::Restart, 0).empty());
}

TEST_CASE("at most three, or three in ten, are down by orders at once") {
  Host host(9);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(host.judge(OrderKind::Restart, i).empty());
    const auto number = host.order(i);
    host.ledger.ended(Host::name(i), now);
    host.ledger.answered(number, after(1s));
  }
  CHECK(host.ledger.down() == 3);
  CHECK(host.judge(OrderKind::Restart, 5) == "down_share");
  CHECK(host.judge(OrderKind::Start, 0, after(2s), false).empty());
  host.ledger.started("w0", after(3s));
  CHECK(host.judge(OrderKind::Restart, 5).empty());
  Host large(40);
  for (std::size_t i = 0; i < 12; ++i) {
    CHECK(large.judge(OrderKind::Restart, i).empty());
    large.order(i);
  }
  CHECK(large.judge(OrderKind::Restart, 20) == "down_share");
}

TEST_CASE("what an operator stopped or paused stays so") {
  Host host(5);
  host.ledger.killed("w0", now);
  host.ledger.ended("w0", now);
  host.ledger.stopped("w0", now);
  CHECK(host.judge(OrderKind::Start, 0, now, false) == "operator_stopped");
  host.ledger.started("w0", after(1s));
  CHECK(host.judge(OrderKind::Restart, 0).empty());

  host.ledger.killed("w1", now);
  host.ledger.ended("w1", after(100ms));
  CHECK(host.judge(OrderKind::Start, 1, now, false) == "operator_stopped");

  host.ledger.ended("w2", now);
  CHECK(host.judge(OrderKind::Start, 2, now, false).empty());

  // The inspect says so before the event does.
  CHECK(host.judge(OrderKind::Start, 3, now, false) == "operator_stopped");
  // Never seen.
  CHECK(rule(host.ledger.judge(OrderKind::Start, {"x", "x", "x"}, false, now)) == "operator_stopped");

  host.ledger.pause("w3");
  CHECK(host.judge(OrderKind::Restart, 3) == "paused");
  host.ledger.resume("w3");
  CHECK(host.judge(OrderKind::Restart, 3).empty());
}

TEST_CASE("the stop within an order of the guard is not an operator's, one after it is") {
  Host host(5);
  const auto number = host.order(0, now);
  CHECK(host.judge(OrderKind::Restart, 0) == "busy");
  host.ledger.killed("w0", after(10ms));
  host.ledger.ended("w0", after(20ms));
  host.ledger.stopped("w0", after(21ms));
  host.ledger.answered(number, after(1s));
  CHECK(host.judge(OrderKind::Start, 0, after(2s), false).empty());
  host.ledger.started("w0", after(3s));
  host.ledger.killed("w0", after(4s));
  host.ledger.ended("w0", after(4s));
  host.ledger.stopped("w0", after(4s));
  CHECK(host.judge(OrderKind::Start, 0, after(5s), false) == "operator_stopped");
}

TEST_CASE("after a gap in the events, what does not run counts as stopped by an operator") {
  Host host(3);
  host.ledger.ended("w0", now);
  CHECK(host.judge(OrderKind::Start, 0, now, false).empty());
  const auto number = host.order(1, now);
  host.ledger.listed(
      {{"w0", "w0", "w0", false, true}, {"w1", "w1", "w1", false, true}, {"w2", "w2", "w2", true, true}},
      after(1min));
  host.ledger.answered(number, after(1min));
  CHECK(host.judge(OrderKind::Start, 0, after(2min), false) == "operator_stopped");
  CHECK(host.judge(OrderKind::Start, 1, after(2min), false).empty());
  CHECK(host.judge(OrderKind::Restart, 2, after(2min)).empty());
}

TEST_CASE("a parent succeeds another only when the guard saw it") {
  Ledger ledger;
  ledger.listed({{"old", "vpn", "p/vpn/1", true, false}, {"other", "db", "db", true, false}}, now);
  ledger.renamed("old", "old_vpn");
  ledger.created({"new", "vpn", "p/vpn/1", false, false});
  CHECK_FALSE(ledger.succeeds("new", "old"));
  ledger.removed("old");
  CHECK(ledger.succeeds("new", "old"));
  CHECK_FALSE(ledger.succeeds("other", "old"));
  CHECK_FALSE(ledger.succeeds("new", "never"));
}

TEST_CASE("the operator's file is read strictly") {
  const auto read = parse_settings(
      "# comment\nclient_uid = 1000\nown=healer, guard\nremedies.web=recreate, kill:HUP\ncommand.web=/bin/a\n"
      "command.web=[\"b c\"]\nimage_opt_in=accepted\nhazardous=vpn\n");
  REQUIRE(read.has_value());
  CHECK(read->client_uid == 1000);
  CHECK(read->own.contains("guard"));
  CHECK(read->commands.at("web").size() == 2);
  CHECK(read->remedies.at("web").signals.contains("HUP"));
  for (const char* bad :
       {"client_uid=0", "client_uid=65534", "uid=65532", "what=1", "socket=rel", "x", "uid=1\nuid=2",
        "image_opt_in=maybe", "remedies.web=explode", "label_remedies=rm", "command.web='"})
    CHECK_MESSAGE(!parse_settings(bad).has_value(), bad);
}

}  // namespace
}  // namespace healer::guard
