// Every setting of the table: what it accepts, what it refuses, where its bounds are.
#include <doctest/doctest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "config/setting.hpp"

namespace healer {
namespace {

struct Good {
  std::string key;
  std::string text;
  std::string shown;
};

const std::string long_text(1024, 'x');

const std::vector<Good> good_values{
    {"interval", "15", "15s"},
    {"interval", "1.5", "1s500ms"},
    {"interval", "1m30s", "1m30s"},
    {"interval", "100ms", "100ms"},
    {"interval", "24h", "1d"},
    {"timeout", "0.25", "250ms"},
    {"timeout", "10ms", "10ms"},
    {"failure_threshold", "1", "1"},
    {"failure_threshold", "1000", "1000"},
    {"success_threshold", "7", "7"},
    {"fast_interval", "auto", "auto"},
    {"fast_interval", "AUTO", "auto"},
    {"fast_interval", "500ms", "500ms"},
    {"start_period", "auto", "auto"},
    {"start_period", "0", "0s"},
    {"start_period", "2m", "2m"},
    {"probe", "auto", "auto"},
    {"probe", "HTTPS", "https"},
    {"probe", "http", "http"},
    {"probe", "tcp", "tcp"},
    {"probe", "engine", "engine"},
    {"path", "/", "/"},
    {"path", "/ready?full=1", "/ready?full=1"},
    {"port", "1", "1"},
    {"port", "65535", "65535"},
    {"port", "auto", "auto"},
    {"status", "200", "200"},
    {"status", "200-399,401", "200-399,401"},
    {"status", " 204 , 301 - 302 ", "204,301-302"},
    {"status", "100-599", "100-599"},
    {"body", "\"ok\": true", "\"ok\": true"},
    {"body", long_text, long_text},
    {"banner", "220 ", "220 "},
    {"host", "shop.example:8443", "shop.example:8443"},
    {"tls_verify", "Yes", "true"},
    {"tls_verify", "off", "false"},
    {"action", "restart", "restart"},
    {"action", "start", "start"},
    {"action", "stop", "stop"},
    {"action", "None", "none"},
    {"stop_timeout", "auto", "auto"},
    {"stop_timeout", "30", "30s"},
    {"stop_timeout", "0", "0s"},
    {"backoff_max", "1s", "1s"},
    {"backoff_jitter", "0", "0"},
    {"backoff_jitter", "1", "1"},
    {"backoff_jitter", "0.5", "0.5"},
    {"backoff_jitter", "25%", "0.25"},
    {"backoff_jitter", "100 %", "1"},
    {"backoff_decay", "7d", "7d"},
    {"budget", "5/30m", "5/30m"},
    {"budget", "1000 / 7d", "1000/7d"},
    {"budget", "1/1", "1/1s"},
    {"breaker_open_for", "1h30m", "1h30m"},
    {"verify_limit", "120", "2m"},
    {"alert_cooldown", "0", "0s"},
    {"listen", "127.0.0.1:9180", "127.0.0.1:9180"},
    {"listen", "localhost:0", "127.0.0.1:0"},
    {"listen", ":9180", "0.0.0.0:9180"},
    {"listen", "[::1]:65535", "[::1]:65535"},
    {"listen", "Off", "off"},
    {"state", "/tmp/x.db", "/tmp/x.db"},
    {"admin_socket", "/run/x.sock", "/run/x.sock"},
    {"dry_run", "1", "true"},
    {"slack_webhook_url", "https://hooks.slack.com/services/T0/B0/x", "<redacted>"},
    {"slack_webhook_url", "HTTP://127.0.0.1:8080/hook", "<redacted>"},
    {"slack_webhook_url", "http://[::1]:8080/hook", "<redacted>"},
    {"slack_webhook_url", "https://user:pass@hooks.example", "<redacted>"},
    {"host_name", "rack 7 / host 3", "rack 7 / host 3"},
    {"log_format", "json", "json"},
    {"log_format", "TEXT", "text"},
    {"log_level", "warning", "warning"},
    {"log_level", "debug", "debug"},
    {"resync_interval", "5m", "5m"},
    {"retention", "90d", "90d"},
    {"retention", "1h", "1h"},
    {"docker_host", "unix:///run/podman/podman.sock", "unix:///run/podman/podman.sock"},
    {"docker_host", "tcp://10.0.0.1:2376", "tcp://10.0.0.1:2376"},
    {"docker_host", "tcp://[::1]:2375", "tcp://[::1]:2375"},
    {"docker_host", "tcp://engine", "tcp://engine"},
    {"docker_tls_verify", "true", "true"},
    {"docker_cert_path", "/certs", "/certs"},
    {"docker_api_version", "1.41", "1.41"},
};

const std::map<std::string, std::vector<std::string>> bad_values{
    {"interval",
     {"", "abc", "0", "99ms", "24h1ms", "-5", "+5", "15 apples", "1m30", "1e3", "nan", "inf",
      "9999999999999999999999"}},
    {"timeout", {"", "9ms", "25h", "five"}},
    {"failure_threshold", {"", "0", "1001", "3.0", "-1", "3x", " 3", "99999999999999999999"}},
    {"success_threshold", {"", "0", "1001", "two"}},
    {"fast_interval", {"", "99ms", "automatic", "25h"}},
    {"start_period", {"", "learned", "25h"}},
    {"probe", {"", "htttp", "ping", "http,tcp"}},
    {"path", {"", "health", "/a b", "/a\r\nHost: x", "/\x7f", "/\xc3\xa9", "http://x/"}},
    {"port", {"", "0", "65536", "80/tcp", "-1", "http"}},
    {"status", {"", "99", "600", "200-", "-200", "300-200", "200,", "200;201", "2xx", "200-300-400"}},
    {"body", {"", long_text + "x"}},
    {"banner", {"", long_text + "x"}},
    {"host", {"", "a b", "a\r\nX: y", std::string(256, 'a')}},
    {"tls_verify", {"", "maybe", "2"}},
    {"action", {"", "reboot", "restart,start"}},
    {"stop_timeout", {"", "2h", "soon"}},
    {"backoff_max", {"", "999ms", "25h"}},
    {"backoff_jitter", {"", "1.01", "101%", "-0.1", "%", "a", "nan", "1e-1"}},
    {"backoff_decay", {"", "0", "8d"}},
    {"budget", {"", "5", "/", "5/", "/30m", "0/30m", "1001/30m", "5/999ms", "5/8d", "5/30m/1"}},
    {"breaker_open_for", {"", "0", "8d"}},
    {"verify_limit", {"", "0", "25h"}},
    {"alert_cooldown", {"", "25h", "never"}},
    {"listen",
     {"", "9180", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "example.com:80", "::1:80", "[::1]", "[x]:80",
      "1.2.3:80"}},
    {"state", {"", std::string("a\0b", 3)}},
    {"admin_socket", {"", "/" + std::string(107, 'a')}},
    {"dry_run", {"", "perhaps"}},
    {"slack_webhook_url",
     {"", "hooks.slack.com/x", "ftp://a/b", "https://", "https:///x", "https://:80/", "https://a b/",
      "https://a:0/", "https://a:x/", "https://[::g]/", "https://user@/x", "https://h\n/"}},
    {"host_name", {"", "a\nb", std::string(256, 'a')}},
    {"log_format", {"", "xml"}},
    {"log_level", {"", "trace", "3"}},
    {"resync_interval", {"", "999ms", "25h"}},
    {"retention", {"", "59m", "367d"}},
    {"docker_host",
     {"", "/var/run/docker.sock", "unix://docker.sock", "ssh://me@host", "tcp://", "tcp://h:0", "tcp://h/x",
      "unix:///" + std::string(120, 'a')}},
    {"docker_tls_verify", {"", "maybe"}},
    {"docker_cert_path", {"", std::string("a\0b", 3)}},
    {"docker_api_version", {"", "1", "v1.41", "1.41.2", "x.y"}},
};

template <class Target>
void check_table(std::span<const Setting<Target>> table) {
  for (const Setting<Target>& setting : table) {
    const std::string key(setting.info.key);
    CAPTURE(key);
    std::size_t good_seen = 0;
    for (const Good& row : good_values) {
      if (row.key != key) continue;
      CAPTURE(row.text);
      ++good_seen;
      Target target;
      CHECK(setting.apply(target, row.text));
      CHECK(setting.show(target) == row.shown);
      if (!setting.info.secret) {
        Target again;
        CHECK(setting.apply(again, row.shown));
        CHECK(again == target);
      }
    }
    CHECK_MESSAGE(good_seen > 0, "a setting without a good value in this test");
    REQUIRE_MESSAGE(bad_values.contains(key), "a setting without bad values in this test");
    for (const std::string& text : bad_values.at(key)) {
      CAPTURE(text);
      Target target;
      CHECK_FALSE(setting.apply(target, text));
      CHECK(target == Target{});  // what is refused changes nothing
    }
  }
}

TEST_CASE("workload settings accept and refuse what they say") {
  check_table(workload_settings());
}

TEST_CASE("daemon settings accept and refuse what they say") {
  check_table(daemon_settings());
}

TEST_CASE("every setting can be named from everywhere it should be") {
  std::set<std::string> names;
  for (const SettingInfo* info : all_settings()) {
    CAPTURE(std::string(info->key));
    CHECK_FALSE(info->env.empty());
    CHECK_FALSE(info->description.empty());
    CHECK_FALSE(info->accepted.empty());
    CHECK_FALSE(info->type.empty());
    if (info->scope == Scope::Workload) CHECK(info->label == "healer." + std::string(info->key));
    CHECK(names.insert(std::string(info->key)).second);
    for (const std::string& name : env_names(*info)) CHECK(names.insert(name).second);
  }
}

TEST_CASE("defaults are those of the policy, in a form that is accepted") {
  const std::map<std::string, std::string> wanted{{"interval", "15s"},
                                                  {"timeout", "5s"},
                                                  {"failure_threshold", "3"},
                                                  {"success_threshold", "2"},
                                                  {"fast_interval", "auto"},
                                                  {"start_period", "auto"},
                                                  {"path", "/health"},
                                                  {"status", "200"},
                                                  {"action", "restart"},
                                                  {"backoff_max", "5m"},
                                                  {"backoff_jitter", "0.25"},
                                                  {"backoff_decay", "10m"},
                                                  {"budget", "5/30m"},
                                                  {"breaker_open_for", "30m"},
                                                  {"verify_limit", "2m"},
                                                  {"alert_cooldown", "5m"},
                                                  {"listen", "127.0.0.1:9180"},
                                                  {"state", "/var/lib/healer/healer.db"},
                                                  {"admin_socket", "/run/healer/healer.sock"},
                                                  {"retention", "90d"},
                                                  {"resync_interval", "1m"}};
  std::size_t seen = 0;
  for (const SettingInfo* info : all_settings()) {
    const auto found = wanted.find(std::string(info->key));
    if (found == wanted.end()) continue;
    ++seen;
    CHECK(info->default_text == found->second);
  }
  CHECK(seen == wanted.size());
  for (const auto& setting : workload_settings()) {
    if (setting.info.default_text.empty()) continue;
    CAPTURE(std::string(setting.info.key));
    Policy policy;
    CHECK(setting.apply(policy, setting.info.default_text));
    CHECK(policy == Policy{});
  }
}

TEST_CASE("the nearest name is found, in the form of the place") {
  struct Row {
    NameKind kind;
    std::string seen;
    std::string wanted;
  };
  const std::vector<Row> rows{
      {NameKind::Env, "HEALER_CHECK_INTERVALL", "HEALER_CHECK_INTERVAL"},
      {NameKind::Env, "HEALER_INTERVAL", "HEALER_CHECK_INTERVAL"},
      {NameKind::Env, "HEALER_TIMEOUT", "HEALER_REQUEST_TIMEOUT"},
      {NameKind::Env, "HEALER_PORT", "HEALER_HEALTH_PORT"},
      {NameKind::Env, "HEALER_SLACK_WEBHOOK", "HEALER_SLACK_WEBHOOK_URL"},
      {NameKind::Env, "HEALER_CONFG", "HEALER_CONFIG"},
      {NameKind::Env, "HEALER_XYZZY_PLUGH_ABRACADABRA", ""},
      {NameKind::Label, "healer.intervall", "healer.interval"},
      {NameKind::Label, "healer.check_interval", "healer.interval"},
      {NameKind::Label, "healer.failure-threshold", "healer.failure_threshold"},
      {NameKind::Label, "Healer.Port", "healer.port"},
      {NameKind::Label, "healer.prot", "healer.port"},
      {NameKind::Label, "healer.tmieout", "healer.timeout"},
      {NameKind::Label, "healer.enabled", "healer.enable"},
      {NameKind::Label, "Monitored", "monitored"},
      {NameKind::FileDefaults, "intervl", "interval"},
      {NameKind::FileDefaults, "REQUEST_TIMEOUT", "timeout"},
      {NameKind::FileTop, "lisen", "listen"},
      {NameKind::FileTop, "default", "defaults"},
      {NameKind::FileTop, "admin-socket", "admin_socket"},
      {NameKind::Flag, "--lisen", "--listen"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.seen);
    CHECK(suggest_name(row.kind, row.seen) == row.wanted);
  }
}

}  // namespace
}  // namespace healer
