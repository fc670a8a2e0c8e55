// Tests of several probes on one container, and of labels that do not fit their probe.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <string>
#include <vector>

#include "config/load.hpp"
#include "config/policy_resolver.hpp"

namespace healer {
namespace {

ResolvedPolicy resolved(const Labels& labels, Policy defaults = {}) {
  return PolicyResolver(std::move(defaults)).resolve(labels);
}

std::vector<std::string> reported(const Labels& labels, Policy defaults = {}) {
  std::vector<std::string> lines;
  for (const LabelProblem& problem : resolved(labels, std::move(defaults)).problems)
    lines.push_back(problem.label + ": " + problem.message);
  return lines;
}

using Lines = std::vector<std::string>;

TEST_CASE("each named probe starts from the defaults, and all are checked") {
  Policy defaults;
  defaults.probe.path = "/env";
  defaults.probe.redirects = 3;
  const ResolvedPolicy result = resolved({{"healer.probes.queue.probe", "tcp"},
                                          {"healer.probes.queue.port", "5672"},
                                          {"healer.probes.queue.banner", "AMQP "},
                                          {"healer.probes.api.status", "200-299"},
                                          {"healer.probes.disk-1.probe", "exec"},
                                          {"healer.probes.disk-1.command", "sh -c 'test -w /data'"},
                                          {"healer.interval", "3s"}},
                                         defaults);
  CHECK(result.problems.empty());
  REQUIRE(result.policy->named_probes.size() == 3);
  const NamedProbe& api = result.policy->named_probes[0];
  CHECK(api.name == "api");
  CHECK(api.spec.path == "/env");
  CHECK(api.spec.redirects == 3);
  CHECK(api.spec.accepted == std::vector<StatusRange>{{200, 299}});
  const NamedProbe& disk = result.policy->named_probes[1];
  CHECK(disk.name == "disk-1");
  CHECK(disk.spec.command == std::vector<std::string>{"sh", "-c", "test -w /data"});
  const NamedProbe& queue = result.policy->named_probes[2];
  CHECK(queue.spec.kind == ProbeKind::Tcp);
  CHECK(queue.spec.port == 5672);
  CHECK(queue.spec.banner == "AMQP ");
  CHECK_FALSE(result.policy->unnamed_probe);
  CHECK(result.policy->probe == defaults.probe);
  CHECK(result.policy->interval == 3s);
}

TEST_CASE("the unnamed probe is added only when one of its own labels is there") {
  const Labels named{{"healer.probes.a.path", "/a"}};
  CHECK(resolved({}).policy->unnamed_probe);
  CHECK_FALSE(resolved(named).policy->unnamed_probe);
  Labels both = named;
  both["healer.path"] = "/own";
  const PolicyPtr policy = resolved(both).policy;
  CHECK(policy->unnamed_probe);
  CHECK(policy->probe.path == "/own");
  CHECK(policy->named_probes.front().spec.path == "/a");
  Labels timing = named;
  timing["healer.timeout"] = "1s";
  CHECK_FALSE(resolved(timing).policy->unnamed_probe);
  // When no named probe can be checked, the unnamed probe remains.
  CHECK(resolved({{"healer.probes.a.probe", "exec"}}).policy->unnamed_probe);
}

TEST_CASE("a wrong label of a named probe is a problem with an exact description") {
  CHECK(reported({{"healer.probes.web", "x"}}) ==
        Lines{"healer.probes.web: a setting is missing; a label of a probe is healer.probes.NAME.SETTING"});
  CHECK(reported({{"healer.probes.web.", "x"}}) ==
        Lines{"healer.probes.web.: a setting is missing; a label of a probe is healer.probes.NAME.SETTING"});
  CHECK(reported({{"healer.probes.Web.path", "/"}}) ==
        Lines{"healer.probes.Web.path: 'Web' is no name of a probe; accepted: 1 to 32 of a-z, 0-9, _ and -; "
              "did you mean 'healer.probes.web.path'?"});
  CHECK(reported({{"healer.probes..path", "/"}}) ==
        Lines{"healer.probes..path: '' is no name of a probe; accepted: 1 to 32 of a-z, 0-9, _ and -"});
  CHECK(reported({{"healer.probes.web.paht", "/"}}) ==
        Lines{"healer.probes.web.paht: no such label; did you mean 'healer.probes.web.path'?"});
  CHECK(reported({{"healer.probes.web.interval", "1s"}}) ==
        Lines{"healer.probes.web.interval: no such label"});
  CHECK(reported({{"healer.probe.web.path", "/"}}) ==
        Lines{"healer.probe.web.path: no such label; did you mean 'healer.probes.web.path'?"});
  CHECK(
      reported({{"healer.probes.web.port", "http"}}) ==
      Lines{
          "healer.probes.web.port: 'http' is not valid; accepted: auto, or a whole number from 1 to 65535"});
  CHECK(reported({{"healer.probes.web.probe", "htpp"}}) ==
        Lines{"healer.probes.web.probe: 'htpp' is not valid; accepted: auto, http, https, tcp, engine, exec, "
              "grpc or grpcs; did you mean 'http'?"});
}

TEST_CASE("at most eight named probes are used") {
  Labels labels;
  for (char c = 'a'; c <= 'i'; ++c) labels[std::string("healer.probes.") + c + ".path"] = "/";
  const ResolvedPolicy result = resolved(labels);
  CHECK(result.policy->named_probes.size() == 8);
  REQUIRE(result.problems.size() == 1);
  CHECK(result.problems.front() ==
        LabelProblem{"healer.probes.i.path", "", "more than 8 named probes; this one is not used"});
}

TEST_CASE("an exec probe without a command is not used") {
  const ResolvedPolicy unnamed = resolved({{"healer.probe", "exec"}});
  CHECK(unnamed.problems ==
        std::vector<LabelProblem>{{"healer.probe", "exec", "exec needs a command: set healer.command"}});
  CHECK_FALSE(unnamed.policy->probe.kind);
  const ResolvedPolicy named = resolved({{"healer.probes.a.probe", "exec"}, {"healer.probes.b.path", "/"}});
  CHECK(named.problems == std::vector<LabelProblem>{{"healer.probes.a.probe", "exec",
                                                     "exec needs a command: set healer.probes.a.command"}});
  REQUIRE(named.policy->named_probes.size() == 1);
  CHECK(named.policy->named_probes.front().name == "b");
  // The defaults may give the kind and the label the command, or the reverse.
  Policy defaults;
  defaults.probe.kind = ProbeKind::Exec;
  CHECK(reported({}, defaults) == Lines{"healer.probe: exec needs a command: set healer.command"});
  CHECK(reported({{"healer.command", "/check"}}, defaults).empty());
}

TEST_CASE("a label without an effect on its kind of probe is a problem with an exact description") {
  CHECK(reported({{"healer.banner", "220"}}) ==
        Lines{"healer.banner: has no effect on the probe 'auto'; it is for tcp"});
  CHECK(reported({{"healer.probe", "tcp"}, {"healer.path", "/x"}}) ==
        Lines{"healer.path: has no effect on the probe 'tcp'; it is for http and https"});
  CHECK(
      reported({{"healer.probe", "engine"}, {"healer.port", "80"}}) ==
      Lines{"healer.port: has no effect on the probe 'engine'; it is for http, https, tcp, grpc and grpcs"});
  CHECK(reported({{"healer.probe", "http"}, {"healer.tls_verify", "true"}}) ==
        Lines{"healer.tls_verify: has no effect on the probe 'http'; it is for https and grpcs"});
  CHECK(reported({{"healer.probes.g.probe", "grpc"}, {"healer.probes.g.command", "x"}}) ==
        Lines{"healer.probes.g.command: has no effect on the probe 'grpc'; it is for exec"});
  for (const Labels& labels :
       {Labels{{"healer.probe", "grpc"}, {"healer.service", "a.B"}, {"healer.host", "h"}},
        Labels{{"healer.probe", "https"}, {"healer.method", "HEAD"}, {"healer.redirects", "2"}},
        Labels{{"healer.headers", "A: b"}, {"healer.body", "ok"}}}) {
    CHECK(reported(labels).empty());
  }
}

TEST_CASE("the values of headers are never shown") {
  const std::string secret = "hunter2";
  const auto settings =
      load_from({{"HEALTH_HEADERS", "Authorization: hunter2"}},
                ConfigText{"f", "defaults:\n  headers:\n    - 'X-Key: hunter2'\n    - 'B: c'\n"}, {});
  REQUIRE(settings);
  CHECK(settings->defaults.probe.headers.size() == 2);
  CHECK(settings->defaults.probe.headers.front() == HttpHeader{"X-Key", Secret("hunter2")});
  std::string text;
  for (const EffectiveSetting& setting : settings->effective) text += setting.value;
  CHECK(text.find("X-Key: <redacted>; B: <redacted>") != std::string::npos);
  for (const std::string value :
       {"hunter2", "Authorization hunter2", "Host: hunter2", "A: hunter2\x01", "[hunter2"}) {
    const auto refused = load_from({{"HEALTH_HEADERS", value}}, {}, {});
    REQUIRE_FALSE(refused);
    for (const ConfigError& error : refused.error()) text += describe(error);
    for (const std::string label : {"healer.headers", "healer.header", "healer.probes.a.headers",
                                    "healer.probes.a.haeders", "healer.probes.A.headers"})
      for (const std::string& line : reported({{label, value}})) text += line;
    for (const LabelProblem& problem :
         resolved({{"healer.probe", "tcp"}, {"healer.headers", "A: hunter2"}, {"healer.hedaers", value}})
             .problems)
      text += problem.label + problem.value + problem.message;
  }
  CHECK(text.find(secret) == std::string::npos);
  CHECK(reported({{"healer.headers", "Host: x"}}) ==
        Lines{"healer.headers: '<redacted>' is not valid: Host is set by healer itself (the setting 'host'); "
              "accepted: lines of the form Name: value, at most 32, without those that healer sets itself"});
}

TEST_CASE("an explanation has a row with the origin for each setting of each named probe") {
  const auto settings = load_from({{"HEALTH_PATH", "/env"}}, {}, {});
  REQUIRE(settings);
  const Explanation explanation =
      explain(*settings, {{"healer.probes.a.port", "80"}, {"healer.probes.b.path", "/b"}});
  CHECK_FALSE(explanation.unnamed_probe);
  std::vector<std::string> rows;
  for (const EffectiveSetting& setting : explanation.settings)
    rows.push_back(setting.probe + "." + std::string(setting.info->key) + "=" + setting.value + " " +
                   to_string(setting.origin));
  for (const std::string wanted :
       {"a.port=80 label healer.probes.a.port", "a.path=/env environment HEALTH_PATH",
        "b.path=/b label healer.probes.b.path", "b.port=auto default",
        ".path=/env environment HEALTH_PATH"}) {
    CAPTURE(wanted);
    CHECK(std::count(rows.begin(), rows.end(), wanted) == 1);
  }
}

TEST_CASE("no labels of probes make the resolver throw, and the probes stay few") {
  CHECK(rc::check(
      "random labels of probes", [](const std::vector<std::pair<std::string, std::string>>& random) {
        Labels labels;
        for (const auto& [name, value] : random) {
          labels["healer.probes." + name] = value;
          labels["healer.probes." + name + ".path"] = "/";
          labels["healer.probes.a." + name] = value;
          labels["healer.probes." + *rc::gen::element<std::string>("a", "b", "c") + "." +
                 *rc::gen::element<std::string>("probe", "command", "headers", "status", "port")] = value;
        }
        const ResolvedPolicy result = resolved(labels);
        RC_ASSERT(result.policy->named_probes.size() <= 8u);
        for (const NamedProbe& probe : result.policy->named_probes)
          RC_ASSERT(probe.spec.kind != ProbeKind::Exec || !probe.spec.command.empty());
      }));
}

}  // namespace
}  // namespace healer
