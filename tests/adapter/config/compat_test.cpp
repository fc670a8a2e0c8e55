// Tests of the configuration of docker-autoheal, its descendants and deunhealth, one documented name at a
// time.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "config/compat.hpp"
#include "config/ladder.hpp"
#include "config/policy_resolver.hpp"

namespace healer {
namespace {

Settings loaded(const Environment& environment, const std::string& yaml = "") {
  auto settings =
      load_from(environment, yaml.empty() ? std::nullopt : std::optional(ConfigText{"f", yaml}), {});
  if (!settings)
    for (const ConfigError& error : settings.error()) MESSAGE(describe(error));
  REQUIRE(settings);
  return std::move(*settings);
}

std::string refused(const Environment& environment) {
  const auto settings = load_from(environment, std::nullopt, {});
  REQUIRE(!settings);
  REQUIRE(settings.error().size() == 1);
  return describe(settings.error().front());
}

ResolvedPolicy resolved(const Settings& settings, const Labels& labels) {
  return PolicyResolver(settings.defaults, {.compat = settings.daemon.compat}).resolve(labels);
}

Selection selection(const Settings& settings, const Labels& labels) {
  return resolved(settings, labels).policy->selection;
}

/// The only note about this variable.
std::string note(const Settings& settings, const std::string& name) {
  std::vector<std::string> found;
  for (const std::string& each : settings.notes)
    if (each.starts_with(name + "=") || each.starts_with(name + ":")) found.push_back(each);
  CAPTURE(name);
  REQUIRE(found.size() == 1);
  return found.front();
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("a container labelled autoheal=true is asked by its HEALTHCHECK and restarted") {
  const Settings settings = loaded({});
  CHECK(settings.notes.empty());
  const ResolvedPolicy result = resolved(settings, {{"autoheal", "true"}});
  CHECK(result.problems.empty());
  CHECK(result.policy->selection == Selection::OptedIn);
  CHECK(result.policy->probe.kind == ProbeKind::Engine);
  CHECK(result.policy->remedies == Policy{}.remedies);
  CHECK(!result.policy->heal_exits);
  CHECK(!result.policy->stop_timeout);  // docker-autoheal's fixed t=10 is not used
}

TEST_CASE("opting in takes the exact value, opting out any way of saying no") {
  const Settings settings = loaded({});
  for (const char* value : {"True", "TRUE", "1", "yes", "maybe", ""}) {
    CAPTURE(value);
    const ResolvedPolicy result = resolved(settings, {{"autoheal", value}});
    CHECK(result.policy->selection == Selection::Unlabelled);
    REQUIRE(result.problems.size() == 1);
    CHECK(result.problems[0].label == "autoheal");
  }
  for (const char* value : {"False", "false", "FALSE", "no", "No", "0", "off"}) {
    CAPTURE(value);
    CHECK(selection(settings, {{"autoheal", value}}) == Selection::OptedOut);
    CHECK(selection(settings, {{"autoheal", value}, {"monitored", "true"}}) == Selection::OptedOut);
    CHECK(selection(settings, {{"autoheal", value}, {"healer.enable", "true"}}) == Selection::OptedOut);
    CHECK(selection(settings, {{"autoheal", value}, {"deunhealth.restart.on.unhealthy", "true"}}) ==
          Selection::OptedOut);
  }
  CHECK(selection(settings, {{"autoheal", "true"}, {"healer.enable", "false"}}) == Selection::OptedOut);
  CHECK(selection(settings, {{"autoheal", "true"}, {"monitored", "no"}}) == Selection::OptedOut);
}

TEST_CASE("AUTOHEAL_CONTAINER_LABEL is a name, a name and a value, or all") {
  const Settings named = loaded({{"AUTOHEAL_CONTAINER_LABEL", "heal.me"}});
  CHECK(selection(named, {{"heal.me", "true"}}) == Selection::OptedIn);
  CHECK(selection(named, {{"heal.me", "True"}}) == Selection::Unlabelled);
  CHECK(selection(named, {{"autoheal", "true"}}) == Selection::Unlabelled);
  CHECK(selection(named, {{"heal.me", "true"}, {"autoheal", "False"}}) == Selection::OptedOut);
  CHECK(resolved(named, {{"autoheal", "true"}}).problems.empty());
  CHECK(contains(note(named, "AUTOHEAL_CONTAINER_LABEL"), "heal.me=true"));

  const Settings pair = loaded({{"AUTOHEAL_CONTAINER_LABEL", "tier=front"}});
  CHECK(selection(pair, {{"tier", "front"}}) == Selection::OptedIn);
  CHECK(selection(pair, {{"tier", "back"}}) == Selection::Unlabelled);

  const Settings all = loaded({{"AUTOHEAL_CONTAINER_LABEL", "all"}});
  CHECK(selection(all, {}) == Selection::OptedIn);
  CHECK(resolved(all, {}).policy->probe.kind == ProbeKind::Engine);
  CHECK(selection(all, {{"autoheal", "False"}}) == Selection::OptedOut);
  CHECK(selection(all, {{"monitored", "false"}}) == Selection::OptedOut);

  CHECK(contains(refused({{"AUTOHEAL_CONTAINER_LABEL", "=x"}}), "LABEL=VALUE"));
}

TEST_CASE("AUTOHEAL_INTERVAL sets the interval, unless healer's own setting is given") {
  const Settings settings = loaded({{"AUTOHEAL_INTERVAL", "7"}});
  CHECK(settings.defaults.interval == 7s);
  CHECK(contains(note(settings, "AUTOHEAL_INTERVAL"), "AUTOHEAL_INTERVAL=7: "));
  for (const EffectiveSetting& each : settings.effective)
    if (each.info->key == "interval") CHECK(to_string(each.origin) == "environment AUTOHEAL_INTERVAL");

  CHECK(loaded({{"AUTOHEAL_INTERVAL", "7"}, {"CHECK_INTERVAL", "20"}}).defaults.interval == 20s);
  const Settings file = loaded({{"AUTOHEAL_INTERVAL", "7"}}, "defaults: {interval: 30s}");
  CHECK(file.defaults.interval == 30s);
  CHECK(note(file, "AUTOHEAL_INTERVAL") == "AUTOHEAL_INTERVAL=7: no effect: interval is given by f:1");
  const Settings none = loaded({{"AUTOHEAL_INTERVAL", "0"}});
  CHECK(none.defaults.interval == 1s);
  CHECK(contains(note(none, "AUTOHEAL_INTERVAL"), "made safer"));
  CHECK(contains(refused({{"AUTOHEAL_INTERVAL", "soon"}}), "AUTOHEAL_INTERVAL"));
  CHECK(loaded({{"AUTOHEAL_INTERVAL", ""}}).notes.empty());
}

TEST_CASE("AUTOHEAL_START_PERIOD delays the first listing of containers") {
  const Settings settings = loaded({{"AUTOHEAL_START_PERIOD", "30"}});
  CHECK(settings.daemon.compat.first_look_after == 30s);
  CHECK(!settings.defaults.start_period);
  CHECK(note(settings, "AUTOHEAL_START_PERIOD") ==
        "AUTOHEAL_START_PERIOD=30: containers are first looked at after 30s");
  CHECK(contains(refused({{"AUTOHEAL_START_PERIOD", "x"}}), "a whole number of seconds"));
}

TEST_CASE("a stop timeout is passed to the engine only if one is set") {
  const Settings settings = loaded({{"AUTOHEAL_DEFAULT_STOP_TIMEOUT", "25"}});
  CHECK(settings.defaults.stop_timeout == Duration{25s});
  CHECK(contains(note(settings, "AUTOHEAL_DEFAULT_STOP_TIMEOUT"), "stop_grace_period"));
  CHECK(resolved(settings, {{"autoheal", "true"}}).policy->stop_timeout == Duration{25s});
  const Labels labelled{{"autoheal", "true"}, {"autoheal.stop.timeout", "40"}};
  CHECK(resolved(settings, labelled).policy->stop_timeout == Duration{40s});
  Labels both = labelled;
  both["healer.stop_timeout"] = "50s";
  CHECK(resolved(settings, both).policy->stop_timeout == Duration{50s});
  CHECK(loaded({{"AUTOHEAL_DEFAULT_STOP_TIMEOUT", "25"}, {"STOP_TIMEOUT", "5"}}).defaults.stop_timeout ==
        Duration{5s});
  const ResolvedPolicy bad = resolved(settings, {{"autoheal", "true"}, {"autoheal.stop.timeout", "long"}});
  CHECK(bad.policy->selection == Selection::OptedIn);
  REQUIRE(bad.problems.size() == 1);
  CHECK(bad.problems[0].label == "autoheal.stop.timeout");
}

TEST_CASE("paused containers are never restarted, whatever the value of AUTOHEAL_ONLY_MONITOR_RUNNING") {
  CHECK(contains(note(loaded({{"AUTOHEAL_ONLY_MONITOR_RUNNING", "true"}}), "AUTOHEAL_ONLY_MONITOR_RUNNING"),
                 "always so here"));
  CHECK(contains(note(loaded({{"AUTOHEAL_ONLY_MONITOR_RUNNING", "false"}}), "AUTOHEAL_ONLY_MONITOR_RUNNING"),
                 "made safer"));
}

TEST_CASE("DOCKER_SOCK is a path, or a tcp or tcps address") {
  const Settings path = loaded({{"DOCKER_SOCK", "/run/other.sock"}});
  CHECK(path.daemon.docker.host == "unix:///run/other.sock");
  CHECK(!path.daemon.docker.tls_verify);
  CHECK(loaded({{"DOCKER_SOCK", "tcp://192.0.2.1:2375"}}).daemon.docker.host == "tcp://192.0.2.1:2375");
  const Settings tls = loaded({{"DOCKER_SOCK", "tcps://192.0.2.1:2376"}});
  CHECK(tls.daemon.docker.host == "tcp://192.0.2.1:2376");
  CHECK(tls.daemon.docker.tls_verify);
  CHECK(tls.daemon.docker.cert_path == "/certs");
  const Settings ours =
      loaded({{"DOCKER_SOCK", "tcps://192.0.2.1:2376"}, {"DOCKER_HOST", "unix:///run/ours.sock"}});
  CHECK(ours.daemon.docker.host == "unix:///run/ours.sock");
  CHECK(!ours.daemon.docker.tls_verify);
  CHECK(contains(refused({{"DOCKER_SOCK", "ssh://h"}}), "DOCKER_SOCK"));
}

TEST_CASE("CURL_TIMEOUT limits the webhooks") {
  CHECK(loaded({}).daemon.compat.call_limit == 30s);
  const Settings settings = loaded({{"CURL_TIMEOUT", "12"}});
  CHECK(settings.daemon.compat.call_limit == 12s);
  CHECK(contains(note(settings, "CURL_TIMEOUT"), "made safer"));
  CHECK(contains(refused({{"CURL_TIMEOUT", "0"}}), "from 1 to 3600"));
}

TEST_CASE("WEBHOOK_URL, WEBHOOK_JSON_KEY and APPRISE_URL are read, and the addresses are secrets") {
  const Settings settings = loaded({{"WEBHOOK_URL", "https://h.example/api/webhooks/1/sEcReT"},
                                    {"APPRISE_URL", "http://apprise:8000/notify/sEcReT"}});
  const CompatSettings& compat = settings.daemon.compat;
  CHECK(compat.webhook.reveal() == "https://h.example/api/webhooks/1/sEcReT");
  CHECK(compat.webhook_key == "content");  // the default of docker-autoheal's published image
  CHECK(compat.apprise.reveal() == "http://apprise:8000/notify/sEcReT");
  CHECK(contains(note(settings, "WEBHOOK_URL"), "WEBHOOK_URL=<redacted>: notified with {\"content\": text}"));
  CHECK(contains(note(settings, "APPRISE_URL"), "<redacted>"));
  for (const std::string& each : settings.notes) CHECK(!contains(each, "sEcReT"));
  CHECK(loaded({{"WEBHOOK_JSON_KEY", "text"}}).daemon.compat.webhook_key == "text");
  const std::string bad = refused({{"WEBHOOK_URL", "h.example/sEcReT"}});
  CHECK(contains(bad, "WEBHOOK_URL"));
  CHECK(!contains(bad, "sEcReT"));
}

TEST_CASE("POST_RESTART_SCRIPT is the absolute path of a program") {
  const Settings settings = loaded({{"POST_RESTART_SCRIPT", "/opt/after.sh"}});
  CHECK(settings.daemon.compat.restart_script == "/opt/after.sh");
  CHECK(contains(note(settings, "POST_RESTART_SCRIPT"), "name, id, state and stop timeout"));
  CHECK(contains(refused({{"POST_RESTART_SCRIPT", "after.sh"}}), "an absolute path"));
}

TEST_CASE("the variables that Docker-Guardian added are read, made safer or noted to have no effect") {
  const Settings settings = loaded({{"AUTOHEAL_UNHEALTHY_THRESHOLD", "4"},
                                    {"AUTOHEAL_BACKOFF_MULTIPLIER", "3"},
                                    {"AUTOHEAL_BACKOFF_MAX", "120"},
                                    {"AUTOHEAL_BACKOFF_RESET_AFTER", "900"},
                                    {"AUTOHEAL_RESTART_BUDGET", "7"},
                                    {"AUTOHEAL_RESTART_WINDOW", "600"},
                                    {"NOTIFY_SLACK_WEBHOOK", "https://h.example/sEcReT"},
                                    {"NOTIFY_DISCORD_WEBHOOK", "https://d.example/sEcReT"},
                                    {"NOTIFY_HOSTNAME", "attic"},
                                    {"NOTIFY_RATE_LIMIT", "90"},
                                    {"NOTIFY_GOTIFY_TOKEN", "sEcReT"},
                                    {"NOTIFY_EVENTS", "remedies"}});
  CHECK(settings.defaults.failure_threshold == 4);
  CHECK(settings.defaults.retry.backoff_max == 120s);
  CHECK(settings.defaults.retry.backoff_decay == 900s);
  CHECK(settings.defaults.retry.budget_attempts == 7);
  CHECK(settings.defaults.retry.budget_window == 600s);
  CHECK(settings.defaults.notify.cooldown == 90s);
  CHECK(settings.daemon.slack_webhook.reveal() == "https://h.example/sEcReT");
  CHECK(settings.daemon.compat.webhook.reveal() == "https://d.example/sEcReT");
  CHECK(settings.daemon.host.host_name == "attic");
  CHECK(contains(note(settings, "AUTOHEAL_BACKOFF_MULTIPLIER"), "no effect"));
  CHECK(contains(note(settings, "NOTIFY_GOTIFY_TOKEN"), "no effect"));
  CHECK(contains(note(settings, "NOTIFY_EVENTS"), "no effect"));
  for (const std::string& each : settings.notes) CHECK(!contains(each, "sEcReT"));

  const Settings endless = loaded({{"AUTOHEAL_RESTART_BUDGET", "0"}});
  CHECK(endless.defaults.retry.budget_attempts == RetryPolicy{}.budget_attempts);
  CHECK(contains(note(endless, "AUTOHEAL_RESTART_BUDGET"), "made safer"));
  CHECK(loaded({{"AUTOHEAL_RESTART_WINDOW", "600"}}).defaults.retry.budget_window == 600s);
}

TEST_CASE("the labels of Docker-Guardian and of tmknight's docker-autoheal set the policy") {
  const Settings settings = loaded({});
  const auto remedies = [&](const std::string& label, const std::string& value) {
    return show_ladder(resolved(settings, {{"autoheal", "true"}, {label, value}}).policy->remedies);
  };
  CHECK(remedies("autoheal.action", "restart") == "restart");
  CHECK(remedies("autoheal.action", "stop") == "stop");
  CHECK(remedies("autoheal.action", "notify") == "none");
  CHECK(remedies("autoheal.restart.enable", "false") == "none");
  CHECK(remedies("autoheal.restart.enable", "true") == "auto");
  CHECK(remedies("autoheal.restart.exclude", "true") == "none");
  CHECK(remedies("autoheal.restart.exclude", "false") == "auto");
  CHECK(selection(settings, {{"autoheal", "true"}, {"autoheal.action", "none"}}) == Selection::OptedOut);
  CHECK(!resolved(settings, {{"autoheal", "true"}, {"autoheal.notify", "false"}}).policy->notify.enabled);
  CHECK(resolved(settings, {{"autoheal", "true"}, {"autoheal.notify", "true"}}).policy->notify.enabled);
  CHECK(selection(settings, {{"autoheal.monitor.enable", "true"}}) == Selection::OptedIn);
  CHECK(selection(settings, {{"autoheal", "true"}, {"autoheal.monitor.enable", "false"}}) ==
        Selection::OptedOut);
  for (const char* label : {"autoheal.action", "autoheal.notify", "autoheal.monitor.enable",
                            "autoheal.restart.enable", "autoheal.restart.exclude"}) {
    CAPTURE(label);
    CHECK(resolved(settings, {{"autoheal", "true"}, {label, "perhaps"}}).problems.size() == 1);
  }
}

// --- tmknight's docker-autoheal
// -----------------------------------------------------------------------------

TEST_CASE("AUTOHEAL_MONITOR_ALL watches every container, or those with the label") {
  for (const char* value : {"true", "TRUE", " True "}) {
    const Settings all = loaded({{"AUTOHEAL_MONITOR_ALL", value}});
    CHECK(selection(all, {}) == Selection::OptedIn);
    CHECK(resolved(all, {}).policy->probe.kind == ProbeKind::Engine);
    CHECK(selection(all, {{"autoheal.monitor.enable", "FALSE"}}) == Selection::OptedOut);
    CHECK(contains(note(all, "AUTOHEAL_MONITOR_ALL"), "every container is watched"));
  }
  const Settings some = loaded({{"AUTOHEAL_MONITOR_ALL", "FALSE"}});
  CHECK(selection(some, {}) == Selection::Unlabelled);
  CHECK(selection(some, {{"autoheal.monitor.enable", "TRUE"}}) == Selection::OptedIn);
  CHECK(resolved(some, {{"autoheal.monitor.enable", "true"}}).policy->probe.kind == ProbeKind::Engine);
  for (const char* value : {"1", "yes", "all"})
    CHECK(contains(refused({{"AUTOHEAL_MONITOR_ALL", value}}), "accepted: true or false"));
}

TEST_CASE("AUTOHEAL_STOP_TIMEOUT and AUTOHEAL_START_DELAY are the other docker-autoheal's two") {
  const Settings settings = loaded({{"AUTOHEAL_STOP_TIMEOUT", "25"}, {"AUTOHEAL_START_DELAY", "30"}});
  CHECK(settings.defaults.stop_timeout == Duration{25s});
  CHECK(settings.daemon.compat.first_look_after == 30s);
  CHECK(contains(note(settings, "AUTOHEAL_STOP_TIMEOUT"), "stop_grace_period"));
  CHECK(contains(note(settings, "AUTOHEAL_START_DELAY"), "first looked at after 30s"));
  CHECK(contains(refused({{"AUTOHEAL_START_DELAY", "soon"}}), "a whole number of seconds"));
  CHECK(contains(refused({{"AUTOHEAL_STOP_TIMEOUT", "soon"}}), "AUTOHEAL_STOP_TIMEOUT"));
  const Settings both = loaded({{"AUTOHEAL_STOP_TIMEOUT", "25"},
                                {"AUTOHEAL_DEFAULT_STOP_TIMEOUT", "7"},
                                {"AUTOHEAL_START_DELAY", "30"},
                                {"AUTOHEAL_START_PERIOD", "8"}});
  CHECK(both.defaults.stop_timeout == Duration{7s});
  CHECK(both.daemon.compat.first_look_after == 8s);
  CHECK(contains(note(both, "AUTOHEAL_STOP_TIMEOUT"), "no effect"));
  CHECK(contains(note(both, "AUTOHEAL_START_DELAY"), "no effect"));
}

TEST_CASE("AUTOHEAL_CONNECTION_TYPE says where the engine is") {
  const DockerConnection usual;
  for (const char* type : {"local", "socket", "SOCKET"}) {
    const Settings settings = loaded({{"AUTOHEAL_CONNECTION_TYPE", type}, {"AUTOHEAL_TCP_HOST", "h"}});
    CHECK(settings.daemon.docker == usual);
    CHECK(contains(note(settings, "AUTOHEAL_TCP_HOST"), "no effect"));
  }
  CHECK(loaded({{"AUTOHEAL_CONNECTION_TYPE", "http"}}).daemon.docker.host == "tcp://localhost:2375");
  const Settings http = loaded({{"AUTOHEAL_CONNECTION_TYPE", "http"},
                                {"AUTOHEAL_TCP_HOST", "192.0.2.1"},
                                {"AUTOHEAL_TCP_PORT", "1234"},
                                {"AUTOHEAL_TCP_TIMEOUT", "20"}});
  CHECK(http.daemon.docker.host == "tcp://192.0.2.1:1234");
  CHECK(!http.daemon.docker.tls_verify);
  CHECK(contains(note(http, "AUTOHEAL_CONNECTION_TYPE"), "tcp://192.0.2.1:1234"));
  CHECK(contains(note(http, "AUTOHEAL_TCP_TIMEOUT"), "no effect"));
  CHECK(loaded({{"AUTOHEAL_CONNECTON_TYPE", "http"}, {"AUTOHEAL_TCP_HOST", "fd00::1"}}).daemon.docker.host ==
        "tcp://[fd00::1]:2375");
  const Settings ssl = loaded({{"AUTOHEAL_CONNECTION_TYPE", "ssl"}, {"AUTOHEAL_TCP_HOST", "h"}});
  CHECK(ssl.daemon.docker.host == "tcp://h:2376");
  CHECK(ssl.daemon.docker.tls_verify);
  CHECK(ssl.daemon.docker.cert_path == "/opt/docker-autoheal/tls");
  CHECK(
      loaded({{"AUTOHEAL_CONNECTION_TYPE", "ssl"}, {"AUTOHEAL_PEM_PATH", "/tls"}}).daemon.docker.cert_path ==
      "/tls");
  const Settings ours =
      loaded({{"AUTOHEAL_CONNECTION_TYPE", "ssl"}, {"DOCKER_HOST", "unix:///run/ours.sock"}});
  CHECK(ours.daemon.docker.host == "unix:///run/ours.sock");
  CHECK(!ours.daemon.docker.tls_verify);
  CHECK(contains(refused({{"AUTOHEAL_CONNECTION_TYPE", "tcp"}}), "accepted: local, socket, http or ssl"));
  CHECK(contains(refused({{"AUTOHEAL_CONNECTION_TYPE", "http"}, {"AUTOHEAL_TCP_PORT", "http"}}),
                 "AUTOHEAL_TCP_PORT"));
  CHECK(contains(refused({{"AUTOHEAL_CONNECTION_TYPE", "ssl"}, {"AUTOHEAL_CA_PATH", "/tls/ca.pem"}}),
                 "AUTOHEAL_PEM_PATH or DOCKER_CERT_PATH"));
}

TEST_CASE(
    "AUTOHEAL_WEBHOOK_URL, AUTOHEAL_WEBHOOK_KEY and AUTOHEAL_APPRISE_URL make docker-autoheal's channels") {
  const Settings settings = loaded({{"AUTOHEAL_WEBHOOK_URL", "https://h.example/sEcReT"},
                                    {"AUTOHEAL_WEBHOOK_KEY", "text"},
                                    {"AUTOHEAL_APPRISE_URL", "http://apprise:8000/notify/sEcReT"}});
  const CompatSettings& compat = settings.daemon.compat;
  CHECK(compat.webhook.reveal() == "https://h.example/sEcReT");
  CHECK(compat.webhook_variable == "AUTOHEAL_WEBHOOK_URL");
  CHECK(compat.webhook_key == "text");
  CHECK(compat.apprise.reveal() == "http://apprise:8000/notify/sEcReT");
  CHECK(compat.apprise_variable == "AUTOHEAL_APPRISE_URL");
  CHECK(contains(note(settings, "AUTOHEAL_WEBHOOK_URL"), "<redacted>: notified with {\"text\": text}"));
  for (const std::string& each : settings.notes) CHECK(!contains(each, "sEcReT"));
  const std::string bad = refused({{"AUTOHEAL_APPRISE_URL", "apprise/sEcReT"}});
  CHECK(contains(bad, "AUTOHEAL_APPRISE_URL"));
  CHECK(!contains(bad, "sEcReT"));
  const Settings both = loaded({{"AUTOHEAL_WEBHOOK_URL", "https://theirs.example/"},
                                {"WEBHOOK_URL", "https://ours.example/"},
                                {"AUTOHEAL_WEBHOOK_KEY", "a"},
                                {"WEBHOOK_JSON_KEY", "b"}});
  CHECK(both.daemon.compat.webhook.reveal() == "https://ours.example/");
  CHECK(both.daemon.compat.webhook_variable == "WEBHOOK_URL");
  CHECK(both.daemon.compat.webhook_key == "b");
  CHECK(contains(note(both, "AUTOHEAL_WEBHOOK_URL"), "no effect"));
  CHECK(contains(note(both, "AUTOHEAL_WEBHOOK_KEY"), "no effect"));
}

TEST_CASE("AUTOHEAL_POST_ACTION is a script with three arguments") {
  const Settings settings = loaded({{"AUTOHEAL_POST_ACTION", "/opt/after.sh"}});
  CHECK(settings.daemon.compat.restart_script == "/opt/after.sh");
  CHECK(settings.daemon.compat.script_without_state);
  CHECK(contains(note(settings, "AUTOHEAL_POST_ACTION"), "name, id and stop timeout"));
  CHECK(contains(refused({{"AUTOHEAL_POST_ACTION", "after.sh"}}), "an absolute path"));
  const Settings both = loaded({{"AUTOHEAL_POST_ACTION", "/b.sh"}, {"POST_RESTART_SCRIPT", "/a.sh"}});
  CHECK(both.daemon.compat.restart_script == "/a.sh");
  CHECK(!both.daemon.compat.script_without_state);
}

TEST_CASE("what healer always logs and stores needs no variable") {
  for (const char* name :
       {"AUTOHEAL_LOG_ALL", "AUTOHEAL_LOG_EXCLUDED", "AUTOHEAL_LOG_PERSIST", "AUTOHEAL_HISTORY"})
    CHECK(contains(note(loaded({{name, "TRUE"}}), name), "always so here"));
}

TEST_CASE("a misspelt variable is noted with the nearest name, without its value") {
  const Settings settings = loaded({{"AUTOHEAL_WEBHOK_URL", "https://h.example/sEcReT"}});
  CHECK(contains(note(settings, "AUTOHEAL_WEBHOK_URL"), "did you mean AUTOHEAL_WEBHOOK_URL?"));
  CHECK(!contains(note(settings, "AUTOHEAL_WEBHOK_URL"), "sEcReT"));
}

TEST_CASE("AUTOHEAL_EXCLUDE_CONTAINERS lists names of containers") {
  const Settings settings = loaded({{"AUTOHEAL_EXCLUDE_CONTAINERS", "/db, cache"}});
  CHECK(settings.daemon.compat.excluded == std::vector<std::string>{"db", "cache"});
}

TEST_CASE("deunhealth's label, and the dependency it was asked for") {
  const Settings settings = loaded({});
  const std::string label = "deunhealth.restart.on.unhealthy";
  CHECK(selection(settings, {{label, "true"}}) == Selection::OptedIn);
  CHECK(resolved(settings, {{label, "true"}}).policy->probe.kind == ProbeKind::Engine);
  CHECK(!resolved(settings, {{label, "true"}}).policy->stop_timeout);
  CHECK(selection(settings, {{label, "True"}}) == Selection::Unlabelled);
  CHECK(resolved(settings, {{label, "True"}}).problems.size() == 1);
  CHECK(selection(settings, {{label, "false"}, {"monitored", "true"}}) == Selection::OptedOut);

  const ResolvedPolicy linked = resolved(settings, {{"deunhealth.restart.with.unhealthy.container", "/vpn"}});
  CHECK(linked.policy->selection == Selection::OptedIn);
  CHECK(linked.policy->dependencies.names == std::vector<std::string>{"vpn"});
}

TEST_CASE("deunhealth's variables are read") {
  const Settings settings = loaded({{"HEALTH_SERVER_ADDRESS", "127.0.0.1:9999"}, {"TZ", "America/Montreal"}});
  REQUIRE(settings.daemon.listen);
  CHECK(to_string(*settings.daemon.listen) == "127.0.0.1:9999");
  CHECK(contains(note(settings, "HEALTH_SERVER_ADDRESS"), "GET / answers 200"));
  CHECK(contains(note(settings, "TZ"), "UTC"));
  CHECK(loaded({{"TZ", "America/Montreal"}}).notes.empty());
  CHECK(loaded({{"LOG_LEVEL", "debug"}}).daemon.log_level == LogLevel::Debug);
  CHECK(loaded({{"LOG_LEVEL", "warning"}}).daemon.log_level == LogLevel::Warning);
  CHECK(loaded({{"DOCKER_HOST", "tcp://192.0.2.1:2375"}}).daemon.docker.host == "tcp://192.0.2.1:2375");
  CHECK(to_string(*loaded({{"HEALTH_SERVER_ADDRESS", "127.0.0.1:9999"}, {"HEALER_LISTEN", "127.0.0.1:1"}})
                       .daemon.listen) == "127.0.0.1:1");
}

TEST_CASE("the label and five variables of the guide's monitor are read") {
  const Settings settings = loaded({{"CHECK_INTERVAL", "20"},
                                    {"FAILURE_THRESHOLD", "4"},
                                    {"REQUEST_TIMEOUT", "6"},
                                    {"HEALTH_PATH", "/up"},
                                    {"SLACK_WEBHOOK_URL", "https://h.example/x"}});
  CHECK(settings.defaults.interval == 20s);
  CHECK(settings.defaults.failure_threshold == 4);
  CHECK(settings.defaults.timeout == 6s);
  CHECK(settings.defaults.probe.path == "/up");
  CHECK(!settings.daemon.slack_webhook.empty());
  const ResolvedPolicy result = resolved(settings, {{"monitored", "true"}});
  CHECK(result.policy->selection == Selection::OptedIn);
  CHECK(!result.policy->probe.kind);
  CHECK(result.policy->heal_exits);
}

TEST_CASE("COMPAT says whose names are understood") {
  const Environment theirs{{"AUTOHEAL_INTERVAL", "7"}, {"HEALTH_SERVER_ADDRESS", "127.0.0.1:9999"}};
  const auto with = [&](const std::string& compat) {
    Environment environment = theirs;
    environment["COMPAT"] = compat;
    return loaded(environment);
  };
  const Settings none = with("none");
  CHECK(none.notes.empty());
  CHECK(none.defaults.interval == Policy{}.interval);
  CHECK(selection(none, {{"autoheal", "true"}}) == Selection::Unlabelled);
  CHECK(selection(none, {{"deunhealth.restart.on.unhealthy", "true"}}) == Selection::Unlabelled);
  CHECK(selection(none, {{"monitored", "true"}}) == Selection::Unlabelled);
  CHECK(selection(none, {{"healer.enable", "true"}}) == Selection::OptedIn);
  CHECK(selection(none, {{"healer.enable", "true"}, {"monitored", "false"}}) == Selection::OptedOut);

  const Settings autoheal = with("autoheal");
  CHECK(autoheal.defaults.interval == 7s);
  CHECK(autoheal.daemon.listen == DaemonSettings{}.listen);
  CHECK(selection(autoheal, {{"autoheal", "true"}}) == Selection::OptedIn);
  CHECK(selection(autoheal, {{"deunhealth.restart.on.unhealthy", "true"}}) == Selection::Unlabelled);

  const Settings two = with("Deunhealth, guide");
  CHECK(two.daemon.listen->port == 9999);
  CHECK(selection(two, {{"monitored", "true"}}) == Selection::OptedIn);
  CHECK(show_compat(two.daemon.compat) == "deunhealth,guide");
  CHECK(show_compat(with("all").daemon.compat) == "autoheal,deunhealth,guide");
  CHECK(show_compat(none.daemon.compat) == "none");

  CHECK(contains(refused({{"COMPAT", "autoheel"}}), "did you mean 'autoheal'"));
  CHECK(contains(refused({{"COMPAT", "none,guide"}}), "'none' stands alone"));
}

TEST_CASE("healer's own label or probe wins over another tool's") {
  const Settings settings = loaded({});
  CHECK(!resolved(settings, {{"autoheal", "true"}, {"monitored", "true"}}).policy->probe.kind);
  CHECK(resolved(settings, {{"autoheal", "true"}, {"monitored", "true"}}).policy->heal_exits);
  CHECK(!resolved(settings, {{"autoheal", "true"}, {"healer.path", "/up"}}).policy->probe.kind);
  CHECK(resolved(settings, {{"autoheal", "true"}, {"healer.probe", "tcp"}}).policy->probe.kind ==
        ProbeKind::Tcp);
  CHECK(resolved(settings, {{"autoheal", "true"}, {"healer.probes.a.probe", "tcp"}})
            .policy->named_probes.size() == 1);
  CHECK(
      resolved(settings, {{"autoheal.action", "stop"}, {"autoheal", "true"}, {"healer.remedies", "restart"}})
          .policy->remedies.front()
          .kind == RemedyKind::Restart);
  const Settings tcp = loaded({}, "defaults: {probe: tcp}");
  CHECK(resolved(tcp, {{"autoheal", "true"}}).policy->probe.kind == ProbeKind::Tcp);
}

TEST_CASE("check-config shows another tool's label as the origin") {
  const Explanation explanation =
      explain(loaded({}), {{"autoheal", "true"}, {"autoheal.stop.timeout", "40"}});
  CHECK(explanation.selection == Selection::OptedIn);
  std::vector<std::string> rows;
  for (const EffectiveSetting& setting : explanation.settings)
    rows.push_back(std::string(setting.info->key) + "=" + setting.value + " " + to_string(setting.origin));
  for (const std::string wanted :
       {"probe=engine label autoheal", "stop_timeout=40s label autoheal.stop.timeout"}) {
    CAPTURE(wanted);
    CHECK(std::find(rows.begin(), rows.end(), wanted) != rows.end());
  }
}

TEST_CASE("equal sets of another tool's labels share one policy, unequal ones do not") {
  PolicyResolver resolver{Policy{}};
  const PolicyPtr one = resolver.resolve({{"autoheal", "true"}, {"x", "1"}}).policy;
  CHECK(resolver.resolve({{"autoheal", "true"}, {"x", "2"}}).policy == one);
  CHECK(resolver.resolve({{"autoheal", "False"}}).policy->selection == Selection::OptedOut);
  CHECK(resolver.resolve({}).policy->selection == Selection::Unlabelled);
}

TEST_CASE("the greeting is that of docker-autoheal") {
  CHECK(autoheal_greeting({}) == std::vector<std::string>{"AUTOHEAL_CONTAINER_LABEL=autoheal",
                                                          "AUTOHEAL_START_PERIOD=0", "AUTOHEAL_INTERVAL=5",
                                                          "AUTOHEAL_DEFAULT_STOP_TIMEOUT=10",
                                                          "AUTOHEAL_ONLY_MONITOR_RUNNING=false"});
  const auto later = autoheal_greeting({{"AUTOHEAL_START_PERIOD", "30"}});
  REQUIRE(later.size() == 6);
  CHECK(later[5] == "Monitoring containers for unhealthy status in 30 second(s)");
}

}  // namespace
}  // namespace healer
