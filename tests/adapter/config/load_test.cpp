// Tests of environment, file and flags together: which source wins, and the errors for wrong values.
#include <doctest/doctest.h>
#include <rapidcheck.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "config/load.hpp"

namespace healer {
namespace {

const std::string ladder_words =
    "auto, or up to 16 of restart, start, stop, recreate, replace, none, kill:SIGNAL, exec:COMMAND and "
    "webhook:URL, with "
    "commas "
    "between them; none and stop only as the last";

ConfigText yaml(std::string text) {
  return ConfigText{"healer.yaml", std::move(text)};
}

Settings loaded(const Environment& environment, const std::optional<ConfigText>& file = {},
                const FlagOverrides& flags = {}) {
  auto settings = load_from(environment, file, flags);
  if (!settings)
    for (const ConfigError& error : settings.error()) MESSAGE(describe(error));
  REQUIRE(settings);
  return std::move(*settings);
}

std::vector<std::string> refusals(const Environment& environment, const std::optional<ConfigText>& file = {},
                                  const FlagOverrides& flags = {}) {
  const auto settings = load_from(environment, file, flags);
  std::vector<std::string> lines;
  if (!settings)
    for (const ConfigError& error : settings.error()) lines.push_back(describe(error));
  return lines;
}

std::string only(const std::vector<std::string>& lines) {
  for (const std::string& line : lines) CAPTURE(line);
  REQUIRE(lines.size() == 1);
  return lines.front();
}

const EffectiveSetting& effective(const Settings& settings, std::string_view key) {
  const auto found = std::find_if(settings.effective.begin(), settings.effective.end(),
                                  [&](const EffectiveSetting& setting) { return setting.info->key == key; });
  REQUIRE(found != settings.effective.end());
  return *found;
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("with nothing set, everything is its default") {
  const Settings settings = loaded({});
  CHECK(settings.defaults == Policy{});
  CHECK(settings.daemon == DaemonSettings{});
  CHECK(settings.warnings.empty());
  for (const EffectiveSetting& setting : settings.effective) CHECK(setting.origin == Origin{});
}

TEST_CASE("the file wins over the environment, a flag over both") {
  const Environment environment{{"CHECK_INTERVAL", "20"}, {"REQUEST_TIMEOUT", "2"}, {"HEALER_LISTEN", "off"}};
  const auto file = yaml("listen: 127.0.0.1:1\nstate: /a.db\ndefaults:\n  interval: 30s\n");
  FlagOverrides flags;
  flags.values["listen"] = "127.0.0.1:2";
  const Settings settings = loaded(environment, file, flags);
  CHECK(settings.defaults.interval == 30s);
  CHECK(settings.defaults.timeout == 2s);
  CHECK(settings.daemon.listen->port == 2);
  CHECK(settings.daemon.state_path == "/a.db");
  CHECK(to_string(effective(settings, "interval").origin) == "healer.yaml:4");
  CHECK(to_string(effective(settings, "timeout").origin) == "environment REQUEST_TIMEOUT");
  CHECK(to_string(effective(settings, "listen").origin) == "flag --listen");
  CHECK(to_string(effective(settings, "state").origin) == "healer.yaml:2");
  CHECK(to_string(effective(settings, "path").origin) == "default");
  CHECK(effective(settings, "interval").value == "30s");
}

TEST_CASE("every variable answers to both forms, and the prefixed one wins") {
  for (const SettingInfo* info : all_settings()) {
    if (info->env.starts_with("HEALER_")) continue;
    CAPTURE(std::string(info->env));
    const std::string value = info->default_text.empty() ? "https://host.example/x" : info->default_text;
    // This test is about the name. The value may not fit, but then the error names the setting.
    for (const std::string& name : env_names(*info)) {
      const auto settings = load_from({{name, value}}, {}, {});
      if (settings)
        CHECK(to_string(effective(*settings, info->key).origin) == "environment " + name);
      else
        CHECK(settings.error().front().accepted == info->accepted);
    }
  }
  const Settings settings = loaded({{"CHECK_INTERVAL", "20"}, {"HEALER_CHECK_INTERVAL", "40"}});
  CHECK(settings.defaults.interval == 40s);
  REQUIRE(settings.warnings.size() == 1);
  CHECK(settings.warnings.front() ==
        "HEALER_CHECK_INTERVAL and CHECK_INTERVAL are both set and differ; HEALER_CHECK_INTERVAL is used");
  CHECK(loaded({{"CHECK_INTERVAL", "20"}, {"HEALER_CHECK_INTERVAL", "20"}}).warnings.empty());
}

TEST_CASE("an empty variable counts as unset") {
  const Settings settings =
      loaded({{"SLACK_WEBHOOK_URL", ""}, {"HEALER_CHECK_INTERVAL", ""}, {"CHECK_INTERVAL", "3"}});
  CHECK(settings.daemon.slack_webhook.empty());
  CHECK(settings.defaults.interval == 3s);
  CHECK(settings.warnings.empty());
}

TEST_CASE("a bad variable is refused with its name, its value and what is accepted") {
  CHECK(only(refusals({{"CHECK_INTERVAL", "abc"}})) ==
        "environment CHECK_INTERVAL: 'abc' is not valid; accepted: a duration from 100ms to 1d, such as 15, "
        "1.5s or 1m30s");
  CHECK(only(refusals({{"HEALER_FAILURE_THRESHOLD", "0"}})) ==
        "environment HEALER_FAILURE_THRESHOLD: '0' is not valid; accepted: a whole number from 1 to 1000");
  CHECK(only(refusals({{"HEALER_REMEDIES", "restat"}})) ==
        "environment HEALER_REMEDIES: 'restat' is not valid: no remedy 'restat'; accepted: " + ladder_words +
            "; did you mean 'restart'?");
}

TEST_CASE("a bad value of a setting of the healing policy is refused with the exact error") {
  struct Row {
    std::string name;
    std::string value;
    std::string wanted;
  };
  const std::string size = "accepted: a size from 1MiB to 1TiB, such as 64MiB or 500k";
  const std::string share = "accepted: a share from 0 to 1, or a percentage from 0% to 100%";
  const std::string url =
      "accepted: off, http://host[:port][/path], https://host[:port][/path] or tcp://host:port";
  const std::string command =
      "accepted: a command and its arguments, as a shell splits them (quotes and backslashes, nothing else), "
      "or a list";
  const std::string names =
      "accepted: names of containers or compose services with commas between them, at most 64";
  const std::string seconds = ", such as 15, 1.5s or 1m30s";
  const std::vector<Row> rows{
      {"HEALTH_METHOD", "gte",
       "'gte' is not valid; accepted: GET, HEAD, POST, PUT or OPTIONS; did you mean 'GET'?"},
      {"HEALTH_REDIRECTS", "11", "'11' is not valid; accepted: a whole number from 0 to 10"},
      {"HEALTH_SERVICE", "a b", "'a b' is not valid; accepted: a name of 1 to 255 bytes without spaces"},
      {"HEALTH_COMMAND", "sh -c 'x", "'sh -c 'x' is not valid: a ' is not closed; " + command},
      {"HEALTH_PROBE", "grcp",
       "'grcp' is not valid; accepted: auto, http, https, tcp, engine, exec, grpc or grpcs; did you mean "
       "'grpc'?"},
      {"FAILURE_WINDOW", "11/10",
       "'11/10' is not valid; accepted: off, or failures and checks with a slash between them, at most 64, "
       "such as 3/10"},
      {"HEALER_REMEDIES", "restart,kill:HPU,stop",
       "'restart,kill:HPU,stop' is not valid: step 2: no signal 'HPU'; accepted: " + ladder_words +
           "; did you mean 'kill:HUP'?"},
      {"HEALER_REMEDIES", "webhook:https:///hunter2",
       "'<redacted>' is not valid: webhook needs an http:// or https:// URL with a host; accepted: " +
           ladder_words},
      {"HEALER_EVIDENCE", "always", "'always' is not valid; accepted: true, yes, 1, on, false, no, 0 or off"},
      {"HEALER_DEPENDS_ON", "db,a b", "'db,a b' is not valid: 'a b' is no name; " + names},
      {"DEPENDENCY_HOLD", "2d", "'2d' is not valid; accepted: a duration from 0s to 1d" + seconds},
      {"MASS_SHARE", "101%", "'101%' is not valid; " + share},
      {"REMEDY_SHARE", "half", "'half' is not valid; " + share},
      {"MASS_LEAST", "0", "'0' is not valid; accepted: a whole number from 1 to 100000"},
      {"MASS_HOLD", "2d", "'2d' is not valid; accepted: a duration from 0s to 1d" + seconds},
      {"MASS_HOLD_MAX", "0", "'0' is not valid; accepted: a duration from 1s to 1d" + seconds},
      {"CONNECTIVITY_URL", "tcp://h", "'tcp://h' is not valid: tcp:// needs a port; " + url},
      {"CONNECTIVITY_URL", "tcp://h:1/x", "'tcp://h:1/x' is not valid: tcp:// has no path; " + url},
      {"CONNECTIVITY_URL", "ftp://h/", "'ftp://h/' is not valid: no scheme 'ftp'; " + url},
      {"CONNECTIVITY_URL", "router", "'router' is not valid; " + url},
      {"CONNECTIVITY_INTERVAL", "0", "'0' is not valid; accepted: a duration from 1s to 1h" + seconds},
      {"CONNECTIVITY_TIMEOUT", "2m", "'2m' is not valid; accepted: a duration from 10ms to 1m" + seconds},
      {"HEALER_EVIDENCE_SIZE", "64", "'64' is not valid; " + size},
      {"HEALER_RECORD_SIZE", "1.5GiB", "'1.5GiB' is not valid; " + size},
      {"HEALER_HOOK_BEFORE", "[]", "'[]' is not valid: the command is empty; " + command},
      {"HEALER_HOOK_AFTER", "[x",
       "'[x' is not valid: it begins with '[' but is no list of texts; " + command},
      {"HEALER_HOOK_TIMEOUT", "2h", "'2h' is not valid; accepted: a duration from 100ms to 1h" + seconds},
  };
  for (const Row& row : rows)
    CHECK(only(refusals({{row.name, row.value}})) == "environment " + row.name + ": " + row.wanted);
}

TEST_CASE("an unknown HEALER_ variable is refused with the nearest name, other variables are ignored") {
  CHECK(only(refusals({{"HEALER_INTERVALL", "5"}, {"PATH", "/bin"}, {"INTERVAL", "x"}, {"HEALERX", "y"}})) ==
        "environment HEALER_INTERVALL: no such setting; did you mean 'HEALER_CHECK_INTERVAL'?");
}

TEST_CASE("all errors of all sources are reported at once") {
  FlagOverrides flags;
  flags.values["listen"] = "nowhere";
  const auto lines = refusals({{"CHECK_INTERVAL", "abc"}, {"HEALER_NONSENSE_NAME", "1"}},
                              yaml("stat: x\nlog_level: loud\ndefaults:\n  path: health\n"), flags);
  REQUIRE(lines.size() == 6);
  CHECK(contains(lines[0], "CHECK_INTERVAL"));
  CHECK(contains(lines[1], "HEALER_NONSENSE_NAME"));
  CHECK(contains(lines[2], "healer.yaml:4: path: 'health' is not valid"));
  CHECK(contains(lines[3], "healer.yaml:1: stat: no such setting; did you mean 'state'?"));
  CHECK(contains(lines[4], "healer.yaml:2: log_level: 'loud' is not valid"));
  CHECK(contains(lines[5], "flag --listen: 'nowhere' is not valid"));
}

TEST_CASE("a bad value is refused even where another source wins") {
  CHECK(refusals({{"CHECK_INTERVAL", "abc"}}, yaml("defaults: {interval: 5s}")).size() == 1);
}

TEST_CASE("a secret is in no error, no warning and no listing") {
  const std::string secret = "hunter2";
  const auto never = [&](const std::vector<std::string>& lines) {
    CHECK_FALSE(lines.empty());
    for (const std::string& line : lines) {
      CAPTURE(line);
      CHECK_FALSE(contains(line, secret));
    }
  };
  never(refusals({{"SLACK_WEBHOOK_URL", "hooks.slack.com/" + secret}}));
  never(refusals({{"HEALER_SLACK_WEBHOOK_URL", secret}}));
  never(refusals({{"HEALER_SLACK_WEBHOK_URL", "https://h/" + secret}}));
  never(refusals({}, yaml("slack_webhook_url: " + secret)));
  never(refusals({}, yaml("slack_webhook: https://h/" + secret)));
  never(refusals({}, yaml("slack_webhook_url: [https://h/" + secret + "]")));
  never(refusals({}, yaml("slack_webhook_url: {url: " + secret + "}")));
  never(refusals({}, yaml("slack_webhook_url: 'https://h/" + secret)));
  never(refusals({}, yaml("slack_webhook_url: !x " + secret)));
  never(refusals({}, yaml("slack_webhook_url: https://h/" + secret + "\nslack_webhook_url: " + secret)));
  never(refusals({}, yaml("defaults:\n  slack_webhook_url: https://h/" + secret)));
  const Settings settings = loaded(
      {{"SLACK_WEBHOOK_URL", "https://h/" + secret}, {"HEALER_SLACK_WEBHOOK_URL", "https://i/" + secret}});
  CHECK(settings.daemon.slack_webhook.reveal() == "https://i/" + secret);
  CHECK(effective(settings, "slack_webhook_url").value == "<redacted>");
  never(settings.warnings);
}

TEST_CASE("the docker variables follow the docker client") {
  CHECK_FALSE(loaded({{"DOCKER_TLS_VERIFY", ""}}).daemon.docker.tls_verify);
  CHECK(loaded({{"DOCKER_TLS_VERIFY", "0"}}).daemon.docker.tls_verify);
  CHECK(loaded({{"DOCKER_TLS_VERIFY", "anything"}}).daemon.docker.tls_verify);
  CHECK_FALSE(loaded({}, yaml("docker_tls_verify: false")).daemon.docker.tls_verify);
  CHECK(loaded({{"DOCKER_TLS_VERIFY", "1"}, {"HOME", "/home/a"}}).daemon.docker.cert_path ==
        "/home/a/.docker");
  CHECK(loaded({{"DOCKER_TLS_VERIFY", "1"}, {"HOME", "/home/a"}, {"DOCKER_CONFIG", "/d"}})
            .daemon.docker.cert_path == "/d");
  CHECK(loaded({{"HOME", "/home/a"}}).daemon.docker.cert_path.empty());
  CHECK(loaded({{"DOCKER_CERT_PATH", "/c"}, {"DOCKER_TLS_VERIFY", "1"}}).daemon.docker.cert_path == "/c");
}

TEST_CASE("a file may set everything, in every accepted form") {
  const Settings settings = loaded({}, yaml(R"(# a comment
listen: "off"
dry_run: yes
retention: 30d
slack_webhook_url: https://hooks.slack.com/services/x
defaults:
  interval: 2.5
  failure_threshold: 5
  status: [200-299, 401]
  start_period: auto
  body: " ok "
  backoff_jitter: 10%
)"));
  CHECK_FALSE(settings.daemon.listen);
  CHECK(settings.daemon.dry_run);
  CHECK(settings.daemon.retention == 30 * 24h);
  CHECK(settings.defaults.interval == 2500ms);
  CHECK(settings.defaults.failure_threshold == 5);
  CHECK(settings.defaults.probe.accepted == std::vector<StatusRange>{{200, 299}, {401, 401}});
  CHECK(settings.defaults.probe.body_match == " ok ");
  CHECK(settings.defaults.retry.backoff_jitter == doctest::Approx(0.1));
}

TEST_CASE("an empty file sets nothing") {
  for (const std::string text :
       {"", "\n\n", "# only a comment\n", "---\n", "defaults:\n", "defaults: {}\n", "{}"}) {
    CAPTURE(text);
    CHECK(loaded({}, yaml(text)).defaults == Policy{});
  }
}

TEST_CASE("a file with broken syntax is refused with its line") {
  struct Row {
    std::string text;
    std::string wanted;
  };
  const std::vector<Row> rows{
      {"listen: off\na: [", "healer.yaml:2: not valid YAML: end of sequence"},
      {"listen: off\n\tstate: x\n", "healer.yaml:"},
      {"listen: off\n---\nstate: /x\n", "healer.yaml:3: a second document"},
      {"listen: off\nstate: /x\nlisten: off\n", "healer.yaml:3: listen: written twice; first in line 1"},
      {"defaults:\n  interval: 5s\n  interval: 6s\n",
       "healer.yaml:3: interval: written twice; first in line 2"},
      {"defaults: {interval: 5s}\ndefaults: {}\n", "healer.yaml:2: defaults: written twice"},
      {"listen: &a off\nstate: *a\n", "healer.yaml:2: an alias"},
      {"defaults: &d {interval: 5s}\n<<: *d\n", "healer.yaml:2: an alias"},
      {"listen: !!binary aGVsbG8=\n", "healer.yaml:1: a tag"},
      {"a:\n  b:\n    c:\n      d: 1\n", "healer.yaml:4: nested too deeply"},
      {"- listen\n- state\n", "healer.yaml:1: the file is a list; a map"},
      {"just words\n", "healer.yaml:1: the file is a single value; a map"},
      {"listen:\n", "healer.yaml:1: listen: the value is missing"},
      {"listen: ~\n", "healer.yaml:1: listen: the value is missing"},
      {"listen: ''\n", "healer.yaml:1: listen: is not valid; accepted: a numeric address"},
      {"listen: {port: 1}\n", "healer.yaml:1: listen: a map; a single value is expected"},
      {"listen: [a]\n", "healer.yaml:1: listen: a list; a single value is expected"},
      {"defaults:\n  status: [200, [201]]\n", "nested too deeply"},
      {"defaults: 5\n", "healer.yaml:1: defaults: a single value; a map of settings is expected"},
      {"? [a, b]\n: c\n", "healer.yaml:1: a setting's name is expected"},
      {"interval: 5s\n", "healer.yaml:1: interval: belongs under 'defaults:'"},
      {"check_interval: 5s\n", "did you mean 'defaults: interval'?"},
      {"\ndefaults:\n  listen: off\n", "healer.yaml:3: listen: belongs at the file's top level"},
      {"defaults:\n  intervall: 5s\n",
       "healer.yaml:2: intervall: no such setting under 'defaults'; did you mean 'interval'?"},
      {"defaults:\n  failure_threshold: three\n", "healer.yaml:2: failure_threshold: 'three' is not valid"},
      {"defaults:\n  failure_threshold: 3.5\n", "healer.yaml:2: failure_threshold: '3.5' is not valid"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto lines = refusals({}, yaml(row.text));
    REQUIRE_FALSE(lines.empty());
    CAPTURE(lines.front());
    CHECK(contains(lines.front(), row.wanted));
  }
}

TEST_CASE("no text unfolds or nests into more than its size") {
  std::string bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n";
  for (char c = 'b'; c <= 'z'; ++c) {
    bomb += std::string(1, c) + ": &" + c + " [";
    for (int i = 0; i < 9; ++i) bomb += std::string(i ? "," : "") + "*" + static_cast<char>(c - 1);
    bomb += "]\n";
  }
  CHECK(contains(only(refusals({}, yaml(bomb))), "alias"));
  CHECK(contains(only(refusals({}, yaml(std::string(200'000, '[')))), "nested too deeply"));
  CHECK(contains(only(refusals({}, yaml(std::string(200'000, '{')))), "nested too deeply"));
  CHECK(contains(only(refusals({}, yaml(std::string(config_file_limit + 1, '#')))),
                 "larger than 1048576 bytes"));
  CHECK(refusals({}, yaml(std::string(config_file_limit, '#'))).empty());
}

class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& text) {
    char name[] = "/tmp/healer-config-XXXXXX";
    const int descriptor = mkstemp(name);
    REQUIRE(descriptor >= 0);
    close(descriptor);
    path_ = name;
    std::ofstream(path_) << text;
  }
  ~TemporaryFile() { std::filesystem::remove(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

TEST_CASE("the file of --config is read, else that of HEALER_CONFIG") {
  const TemporaryFile one("defaults: {interval: 11s}\n");
  const TemporaryFile two("defaults: {interval: 22s}\n");
  FlagOverrides flags;
  const auto by_variable = load({{"HEALER_CONFIG", one.path()}}, flags);
  REQUIRE(by_variable);
  CHECK(by_variable->defaults.interval == 11s);
  CHECK(by_variable->config_file == one.path());
  flags.config_file = two.path();
  const auto by_flag = load({{"HEALER_CONFIG", one.path()}}, flags);
  REQUIRE(by_flag);
  CHECK(by_flag->defaults.interval == 22s);
  CHECK_FALSE(load({}, {})->config_file);
}

TEST_CASE("a file that cannot be read is refused by name, together with the other errors") {
  FlagOverrides flags;
  flags.config_file = "/nonexistent/healer.yaml";
  const auto settings = load({{"CHECK_INTERVAL", "abc"}}, flags);
  REQUIRE_FALSE(settings);
  REQUIRE(settings.error().size() == 2);
  CHECK(describe(settings.error()[0]) ==
        "/nonexistent/healer.yaml: cannot be opened: No such file or directory");
  flags.config_file = "/tmp";
  const auto folder = load({}, flags);
  REQUIRE_FALSE(folder);
  CHECK(contains(describe(folder.error().front()), "/tmp: cannot be read: Is a directory"));
}

TEST_CASE("the environment is read from the system's strings") {
  const char* variables[] = {"A=1", "B=", "C=x=y", "broken", "=odd", nullptr};
  const Environment environment = environment_from(variables);
  CHECK(environment.at("A") == "1");
  CHECK(environment.at("B").empty());
  CHECK(environment.at("C") == "x=y");
  CHECK_FALSE(environment.contains("broken"));
  CHECK(environment_from(nullptr).empty());
}

TEST_CASE("no bytes make the loader throw, and every refusal has a description") {
  CHECK(rc::check("random file and environment", [](const std::string& text, const std::string& value) {
    const std::string bytes = *rc::gen::container<std::string>(rc::gen::arbitrary<char>());
    for (const std::string& file : {text, bytes, "listen: " + bytes, "defaults:\n  interval: " + text,
                                    "defaults: {" + text + ": " + bytes + "}"}) {
      const auto settings =
          load_from({{"CHECK_INTERVAL", value}, {"HEALER_" + value, bytes}, {"HEALER_LISTEN", bytes}},
                    ConfigText{"f", file}, {});
      if (settings) continue;
      RC_ASSERT(!settings.error().empty());
      for (const ConfigError& error : settings.error()) RC_ASSERT(!describe(error).empty());
    }
  }));
}

}  // namespace

TEST_CASE("variables of the scripts and of service links are not refused as misspelt settings") {
  for (const char* name :
       {"HEALER_ENGINE_OWN", "HEALER_ENGINE_DIR", "HEALER_IMAGE", "HEALER_AUTOHEAL_IMAGE",
        "HEALER_SERVICE_HOST", "HEALER_PORT", "HEALER_PORT_9180_TCP_ADDR", "HEALER_TEST_REQUIRE_ENGINE"}) {
    CAPTURE(name);
    CHECK(load_from({{name, "tcp://10.0.0.1:9180"}}, {}, {}).has_value());
  }
  CHECK_FALSE(load_from({{"HEALER_IMAG", "x"}}, {}, {}).has_value());
}

}  // namespace healer
