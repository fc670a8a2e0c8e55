// Tests of every setting of the table: the values that it accepts and refuses, and its bounds.
#include <doctest/doctest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "adapter/config/samples.hpp"
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
    {"address", "192.0.2.7", "192.0.2.7"},
    {"address", "fd00::7", "fd00::7"},
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
    {"probe", "exec", "exec"},
    {"probe", "grpcs", "grpcs"},
    {"method", "head", "HEAD"},
    {"method", "OPTIONS", "OPTIONS"},
    {"headers", "Authorization: Bearer hunter2", "Authorization: <redacted>"},
    {"headers", "Accept: text/html, */*;q=0.8\nX-Empty:\n", "Accept: <redacted>; X-Empty: "},
    {"headers", R"(["A: b", "C: d,e"])", "A: <redacted>; C: <redacted>"},
    {"redirects", "0", "0"},
    {"redirects", "10", "10"},
    {"command", "/bin/check", "/bin/check"},
    {"command", "sh -c 'test -w /data && echo \"ok\"'", "sh -c 'test -w /data && echo \"ok\"'"},
    {"command", R"(a\ b "c \"d\" \e" '')", R"('a b' 'c "d" \e' '')"},
    {"command", R"(["/bin/x", "a b", "it's"])", R"(/bin/x 'a b' 'it'\''s')"},
    {"service", "shop.v1.Orders", "shop.v1.Orders"},
    {"window", "off", "off"},
    {"window", "3/10", "3/10"},
    {"window", " 1 / 1 ", "1/1"},
    {"window", "64/64", "64/64"},
    {"remedies", "restart", "restart"},
    {"remedies", " Auto ", "auto"},
    {"remedies", "replace,none", "replace,none"},
    {"remedies", "exec:/reload, Restart ,restart,recreate", "exec:/reload,restart,restart,recreate"},
    {"remedies", "kill:hup,kill:SIGUSR1,kill:15,kill:64,stop", "kill:HUP,kill:USR1,kill:TERM,kill:64,stop"},
    {"remedies", "exec:sh -c 'a,b; c',none", "exec:sh -c 'a,b; c',none"},
    {"remedies", R"(["exec:echo a,b", "restart"])", "exec:echo 'a,b',restart"},
    {"remedies", "webhook:https://h.example/hunter2?a=1,restart", "webhook:<redacted>,restart"},
    {"remedies", "webhook:'https://h.example/hunter2?a,b'", "webhook:<redacted>"},
    {"evidence", "off", "false"},
    {"depends_on", "db", "db"},
    {"depends_on", "db , cache,shop/db/1,db", "db,cache,shop/db/1"},
    {"dependency_hold", "0", "0s"},
    {"dependency_hold", "1d", "1d"},
    {"maintenance", "off", "off"},
    {"maintenance", "Sun 02:00-04:00 Europe/Berlin", "Sun 02:00-04:00 Europe/Berlin"},
    {"maintenance", "mon-fri 22:00-06:00;Sat,Sun 00:00-24:00 UTC",
     "mon-fri 22:00-06:00; Sat,Sun 00:00-24:00 UTC"},
    {"maintenance", "  daily   3:00-03:30 ", "daily 3:00-03:30"},
    {"maintenance", "23:59-00:00", "23:59-00:00"},
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
    {"alerts", "notify", "notify"},
    {"alerts", "OFF", "off"},
    {"alert_lookback", "600", "10m"},
    {"alertmanager_token", "s3cret-token-of-a-test", "<redacted>"},
    {"allowed_hosts", "healer.example.org, Web.lan", "healer.example.org,web.lan"},
    {"headers_for", "web-*, service:shop/api", "web-*,service:shop/api"},
    {"alert_labels", "container, pod_name", "container,pod_name"},
    {"alert_targets", "instance=web:8080 -> shop-web-1, a=b->c", "instance=web:8080 -> shop-web-1,a=b -> c"},
    {"alert_action", "notify", "notify"},
    {"alert_action", "act", "act"},
    {"alert_match", "host", "host"},
    {"alert_match", "Any", "any"},
    {"alert_match", "Web1.example.org, 10.0.0.5,2001:db8::5", "web1.example.org,10.0.0.5,2001:db8::5"},
    {"alert_alertmanager_url", "AUTO", "auto"},
    {"alert_alertmanager_url", "none", "none"},
    {"alert_alertmanager_url", "https://mon.example/alertmanager/", "https://mon.example/alertmanager"},
    {"notification_cooldown", "0", "0s"},
    {"notify", "team-a", "team-a"},
    {"notify", "none", "none"},
    {"notification_remind_every", "0", "0s"},
    {"notification_remind_every", "4h", "4h"},
    {"notification_quiet_hours", "off", "off"},
    {"notification_quiet_hours", "daily 22:00-07:00", "daily 22:00-07:00"},
    {"notification_link", "https://dash.example/{host}?i={incident}",
     "https://dash.example/{host}?i={incident}"},
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
    {"log_level", "WARN", "warning"},
    {"log_level", "err", "error"},
    {"log_level", "Fatal", "error"},
    {"log_level", "trace", "debug"},
    {"log_level", "notice", "info"},
    {"resync_interval", "5m", "5m"},
    {"retention", "90d", "90d"},
    {"retention", "1h", "1h"},
    {"mass_share", "50%", "0.5"},
    {"mass_share", "0.0000014", "0.000001"},
    {"mass_least", "1", "1"},
    {"mass_hold", "0", "0s"},
    {"mass_hold_max", "1h", "1h"},
    {"remedy_share", "1", "1"},
    {"connectivity_url", "off", "off"},
    {"connectivity_url", "http://192.0.2.1", "http://192.0.2.1:80/"},
    {"connectivity_url", "HTTPS://router.example/up?x=1#top", "https://router.example:443/up?x=1"},
    {"connectivity_url", "tcp://[2001:db8::1]:53", "tcp://[2001:db8::1]:53"},
    {"connectivity_interval", "1s", "1s"},
    {"connectivity_timeout", "10ms", "10ms"},
    {"host_pressure_limit", "0", "0"},
    {"host_pressure_limit", "60 %", "60"},
    {"evidence_size", "64MiB", "64MiB"},
    {"evidence_size", "1500k", "1500000"},
    {"evidence_size", "1048577", "1048577"},
    {"evidence_size", "2 gb", "1953125KiB"},
    {"evidence_size", "1024GiB", "1TiB"},
    {"compat", "all", "autoheal,deunhealth,guide"},
    {"compat", "Guide, autoheal", "autoheal,guide"},
    {"compat", "none", "none"},
    {"record", "off", "off"},
    {"record", "/var/lib/healer/events", "/var/lib/healer/events"},
    {"record_size", "1024KiB", "1MiB"},
    {"hook_before", "/usr/bin/logger -t 'a b'", "/usr/bin/logger -t 'a b'"},
    {"hook_after", R"(["/bin/x"])", "/bin/x"},
    {"hook_timeout", "100ms", "100ms"},
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
    {"address", {"", "web", "192.0.2", "192.0.2.256", "fd00:", "192.0.2.7:80"}},
    {"status", {"", "99", "600", "200-", "-200", "300-200", "200,", "200;201", "2xx", "200-300-400"}},
    {"body", {"", long_text + "x"}},
    {"banner", {"", long_text + "x"}},
    {"host", {"", "a b", "a\r\nX: y", std::string(256, 'a')}},
    {"tls_verify", {"", "maybe", "2"}},
    {"method", {"", "DELETE", "GET POST"}},
    {"headers",
     {"", "\n", "NoColon", "A b: c", ": x", "A: \x01", "Host: x", "content-length: 5", "[", "[[a]]"}},
    {"redirects", {"", "11", "-1"}},
    {"command",
     {"", "   ", "''", "a 'b", "a \"b", "a\\", "[", "[]", "[[x]]", R"([""])", std::string("a\0b", 3)}},
    {"service", {"", "a b", std::string(256, 'a')}},
    {"window", {"", "3", "0/5", "6/5", "3/65", "/", "3/", "/10", "3/10/2", "on"}},
    {"remedies",
     {"",
      ",",
      "restart,",
      "reboot",
      "none,restart",
      "stop,none",
      "kill",
      "kill:",
      "kill:HUPP",
      "kill:65",
      "kill:TERM HUP",
      "exec",
      "exec:",
      "exec: ",
      "exec:''",
      "exec:'x",
      "webhook",
      "webhook:",
      "webhook:ftp://h/",
      "webhook:https://",
      "webhook:h.example",
      "restart:now",
      "none:x",
      "[",
      "[]",
      "restart restart",
      "restart;start",
      "restart,restart,restart,restart,restart,restart,restart,restart,restart,restart,restart,restart,"
      "restart,restart,restart,restart,restart"}},
    {"evidence", {"", "always"}},
    {"depends_on", {"", "a b", ",", "a,", "a;b", std::string(256, 'a')}},
    {"dependency_hold", {"", "25h", "long"}},
    {"maintenance",
     {"",
      ";",
      "Sun",
      "Sun 02:00",
      "Sun 02:00-",
      "Sun 2-4",
      "Son 02:00-04:00",
      "Mon- 02:00-04:00",
      "Sun 02:60-04:00",
      "Sun 24:00-01:00",
      "Sun 02:00-24:01",
      "Sun 02:00-02:00",
      "Sun 02:00-04:00 Europe/Berln",
      "Sun 02:00-04:00 ../../etc/passwd",
      "Sun 02:00-04:00 /etc/passwd",
      "Sun 02:00-04:00 zone.tab",
      "Sun 02:00-04:00 posix/Europe/Berlin",
      "Sun 02:00-04:00 Europe",
      "Sun 02:00-04:00 UTC x",
      "02:00-04:00;",
      "off; 02:00-03:00",
      "'"}},
    {"stop_timeout", {"", "2h", "soon"}},
    {"backoff_max", {"", "999ms", "25h"}},
    {"backoff_jitter", {"", "1.01", "101%", "-0.1", "%", "a", "nan", "1e-1"}},
    {"backoff_decay", {"", "0", "8d"}},
    {"budget", {"", "5", "/", "5/", "/30m", "0/30m", "1001/30m", "5/999ms", "5/8d", "5/30m/1"}},
    {"breaker_open_for", {"", "0", "8d"}},
    {"verify_limit", {"", "0", "25h"}},
    {"alerts", {"", "yes", "heal"}},
    {"alert_lookback", {"", "0", "25h"}},
    {"alertmanager_token", {"", "short", "fifteen-letters", "with a space", "with\nanother line"}},
    {"allowed_hosts", {"", ",", "a b", "http://a", "a:80", "*.a"}},
    {"headers_for", {"", ",", "a b", "project:a", "a=b"}},
    {"alert_labels", {"", ",", "a,,b", "a-b"}},
    {"alert_targets", {"", ",", "a=b", "a -> b", "a-b=c -> d", "a= -> c", "a=b ->", "x -> y=z"}},
    {"alert_action", {"", "heal"}},
    {"alert_match", {"", ",", "a,,b", "a b", "any,web1", "http://web1"}},
    {"alert_alertmanager_url", {"", "am:9093", "ftp://am", "http://u:p@am", "http://am/?x=1"}},
    {"notification_cooldown", {"", "25h", "never"}},
    {"notify", {"", "two words", "a,b", std::string(101, 'a')}},
    {"notification_remind_every", {"", "31d", "never"}},
    {"notification_quiet_hours", {"", "night", "00:00-24:00"}},
    {"notification_link", {"", "dash.example", "https://x/{id}", "https://x/{host"}},
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
    {"log_level", {"", "loud", "3", "warn,err"}},
    {"resync_interval", {"", "999ms", "25h"}},
    {"retention", {"", "59m", "367d"}},
    {"mass_share", {"", "1.1", "half"}},
    {"mass_least", {"", "0", "100001"}},
    {"mass_hold", {"", "25h"}},
    {"mass_hold_max", {"", "0", "25h"}},
    {"remedy_share", {"", "-1", "101%"}},
    {"connectivity_url",
     {"", "192.0.2.1", "ftp://h/", "tcp://h", "tcp://h:1/x", "http://", "http://u:p@h/", "http://h:0/"}},
    {"connectivity_interval", {"", "999ms", "2h"}},
    {"connectivity_timeout", {"", "9ms", "61s"}},
    {"host_pressure_limit", {"", "-1", "101", "0.4", "%", "off"}},
    {"evidence_size",
     {"", "1023KiB", "2000GiB", "1.5MiB", "MiB", "-1", "5TiB", "99999999999999999999", "9999999999g"}},
    {"compat", {"", "autoheel", "none,guide", "all,autoheal", "guide,", "true"}},
    {"record", {"", std::string("a\0b", 3)}},
    {"record_size", {"", "0", "lots"}},
    {"hook_before", {"", "'x", "[[]]"}},
    {"hook_after", {"", "[", "''"}},
    {"hook_timeout", {"", "99ms", "2h"}},
    {"docker_host",
     {"", "/var/run/docker.sock", "unix://docker.sock", "ssh://me@host", "tcp://", "tcp://h:0", "tcp://h/x",
      "unix:///" + std::string(120, 'a')}},
    {"docker_tls_verify", {"", "maybe"}},
    {"docker_cert_path", {"", std::string("a\0b", 3)}},
    {"docker_api_version", {"", "1", "v1.41", "1.41.2", "x.y"}},
};

template <class Target>
void check_table(const Table<Target>& table) {
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
      if (!setting.info.secret && row.shown.find("<redacted>") == std::string::npos) {
        Target again;
        CHECK(setting.apply(again, row.shown));
        CHECK(again == target);
      }
    }
    // For a type with bounds, both values follow from the description.
    const auto by_type = testing::sample_by_type(setting.info);
    Target sampled;
    if (by_type) CHECK(setting.apply(sampled, *by_type));
    CHECK_MESSAGE((by_type || good_seen > 0), "a setting without a good value in this test");
    CHECK_MESSAGE((by_type || bad_values.contains(key)), "a setting without bad values in this test");
    const auto listed = bad_values.find(key);
    for (const std::string& text :
         listed == bad_values.end() ? std::vector<std::string>{"", "\x01", "-1"} : listed->second) {
      CAPTURE(text);
      Target target;
      CHECK_FALSE(setting.apply(target, text));
      CHECK(target == Target{});  // a refused value changes nothing
    }
  }
}

TEST_CASE("workload settings accept and refuse what they say") {
  check_table(workload_settings());
}

TEST_CASE("daemon settings accept and refuse the values of the table") {
  check_table(daemon_settings());
}

TEST_CASE("every setting has a variable, a description and a name that no other setting has") {
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
                                                  {"status", "200-299"},
                                                  {"remedies", "auto"},
                                                  {"window", "off"},
                                                  {"evidence", "true"},
                                                  {"dependency_hold", "5m"},
                                                  {"maintenance", "off"},
                                                  {"mass_share", "0.5"},
                                                  {"mass_least", "3"},
                                                  {"mass_hold", "1m"},
                                                  {"mass_hold_max", "30m"},
                                                  {"remedy_share", "0.3"},
                                                  {"connectivity_url", "off"},
                                                  {"evidence_size", "64MiB"},
                                                  {"hook_timeout", "30s"},
                                                  {"backoff_max", "5m"},
                                                  {"backoff_jitter", "0.25"},
                                                  {"backoff_decay", "10m"},
                                                  {"budget", "5/30m"},
                                                  {"breaker_open_for", "30m"},
                                                  {"verify_limit", "2m"},
                                                  {"notification_cooldown", "5m"},
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

TEST_CASE("the nearest name is found, in the form of its source") {
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
