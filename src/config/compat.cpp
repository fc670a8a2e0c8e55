// Reads other tools' variables. compat_labels.cpp reads their labels.
#include "config/compat.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/duration.hpp"
#include "base/text.hpp"
#include "config/compat_reader.hpp"
#include "config/service_links.hpp"

namespace healer {
namespace {

/// For "did you mean".
constexpr std::string_view their_names[] = {"AUTOHEAL_APPRISE_URL",
                                            "AUTOHEAL_BACKOFF_MAX",
                                            "AUTOHEAL_BACKOFF_RESET_AFTER",
                                            "AUTOHEAL_CONNECTION_TYPE",
                                            "AUTOHEAL_CONTAINER_LABEL",
                                            "AUTOHEAL_DEFAULT_STOP_TIMEOUT",
                                            "AUTOHEAL_EXCLUDE_CONTAINERS",
                                            "AUTOHEAL_INTERVAL",
                                            "AUTOHEAL_MONITOR_ALL",
                                            "AUTOHEAL_ONLY_MONITOR_RUNNING",
                                            "AUTOHEAL_PEM_PATH",
                                            "AUTOHEAL_POST_ACTION",
                                            "AUTOHEAL_RESTART_BUDGET",
                                            "AUTOHEAL_RESTART_WINDOW",
                                            "AUTOHEAL_START_DELAY",
                                            "AUTOHEAL_START_PERIOD",
                                            "AUTOHEAL_STOP_TIMEOUT",
                                            "AUTOHEAL_TCP_HOST",
                                            "AUTOHEAL_TCP_PORT",
                                            "AUTOHEAL_UNHEALTHY_THRESHOLD",
                                            "AUTOHEAL_WEBHOOK_KEY",
                                            "AUTOHEAL_WEBHOOK_URL",
                                            "NOTIFY_DISCORD_WEBHOOK",
                                            "NOTIFY_HOSTNAME",
                                            "NOTIFY_RATE_LIMIT",
                                            "NOTIFY_SLACK_WEBHOOK"};

/// Reads the environment once. Each method applies the variables of one subject, and notes or refuses each.
class AutohealReader : public CompatReader {
 public:
  using CompatReader::CompatReader;

  void read_autoheal() {
    read_selection();
    read_timing();
    read_engine();
    read_channels();
    if (const std::string* script = find("POST_RESTART_SCRIPT")) {
      if (script->front() != '/') {
        refuse("POST_RESTART_SCRIPT", *script, "an absolute path");
      } else {
        compat_.restart_script = *script;
        note("POST_RESTART_SCRIPT", *script,
             "runs after each remedy with the container's name, id, state and stop timeout; ended after "
             "hook_timeout");
      }
    }
    read_tmknight_variables(*this);
    read_guardian();
    note_strangers();
  }

  void read_deunhealth() {
    if (const std::string* address = find("HEALTH_SERVER_ADDRESS"))
      use(settings_.daemon, daemon_settings(), "listen", "HEALTH_SERVER_ADDRESS", *address, *address,
          "GET / answers 200 there, and /metrics, /healthz and /readyz are served, too");
  }

  /// Other programs use TZ too, so it is noted only if another variable of these tools is noted.
  void note_zone() {
    const std::string* zone = find("TZ");
    if (zone && !settings_.notes.empty()) note("TZ", *zone, "no effect: the log's times are in UTC");
  }

 private:
  // --- which containers -----------------------------------------------------------------------------------

  void read_selection() {
    if (const std::string* label = find("AUTOHEAL_CONTAINER_LABEL")) {
      const auto equals = label->find('=');
      if (*label == "all") {
        compat_.watch_all = true;
        note("AUTOHEAL_CONTAINER_LABEL", *label,
             "every container is watched that does not opt out; opting out always wins");
      } else if (equals == 0) {
        refuse("AUTOHEAL_CONTAINER_LABEL", *label,
               "all, a label's name, or a label and its value, LABEL=VALUE");
      } else {
        compat_.opt_in_label = label->substr(0, equals);
        if (equals != std::string::npos) compat_.opt_in_value = label->substr(equals + 1);
        note("AUTOHEAL_CONTAINER_LABEL", *label,
             fmt::format("containers labelled {}={} are watched", shown_value(compat_.opt_in_label),
                         shown_value(compat_.opt_in_value)));
      }
    }
    if (const std::string* names = find("AUTOHEAL_EXCLUDE_CONTAINERS")) {
      for (const std::string& part : split(*names, ',')) {
        std::string_view name = trim(part);
        if (name.starts_with('/')) name.remove_prefix(1);
        if (!name.empty()) compat_.excluded.emplace_back(name);
      }
      note("AUTOHEAL_EXCLUDE_CONTAINERS", *names, "these containers are not watched");
    }
    if (const std::string* only = find("AUTOHEAL_ONLY_MONITOR_RUNNING"))
      note("AUTOHEAL_ONLY_MONITOR_RUNNING", *only,
           lower(*only) == "false" ? "made safer: a paused container is never restarted, whatever this says"
                                   : "always so here: a paused container is never restarted");
  }

  // --- when -----------------------------------------------------------------------------------------------

  void read_timing() {
    if (const std::string* interval = find("AUTOHEAL_INTERVAL")) {
      const auto length = parse_duration(trim(*interval));
      const bool none = length && *length < 1s;
      use(settings_.defaults, workload_settings(), "interval", "AUTOHEAL_INTERVAL", *interval,
          none ? "1s" : trim(*interval),
          none ? "made safer: the interval is 1s; the engine reports an unhealthy container at once"
               : "the interval of checks, and the first wait between two attempts; the engine reports an "
                 "unhealthy container at once");
    }
    if (const auto period = seconds("AUTOHEAL_START_PERIOD", 0, 86'400)) {
      compat_.first_look_after = *period;
      note("AUTOHEAL_START_PERIOD", *find("AUTOHEAL_START_PERIOD"),
           *period == 0s ? "containers are watched from the start"
                         : fmt::format("containers are first looked at after {}", format_duration(*period)));
    }
    if (const std::string* stop = find("AUTOHEAL_DEFAULT_STOP_TIMEOUT"))
      use(settings_.defaults, workload_settings(), "stop_timeout", "AUTOHEAL_DEFAULT_STOP_TIMEOUT", *stop,
          trim(*stop),
          "passed with each restart, in the place of stop_grace_period; unset, the container's own "
          "would "
          "hold");
    if (const auto limit = seconds("CURL_TIMEOUT", 1, 3600)) {
      compat_.call_limit = *limit;
      note(
          "CURL_TIMEOUT", *find("CURL_TIMEOUT"),
          "the limit of a webhook call; made safer: a restart has the container's stop timeout and 20s more");
    }
  }

  // --- the engine -----------------------------------------------------------------------------------------

  void read_engine() {
    const std::string* sock = find("DOCKER_SOCK");
    if (!sock) return;
    const bool tls = sock->starts_with("tcps://");
    std::string host;
    if (sock->front() == '/')
      host = "unix://" + *sock;
    else
      host = tls ? "tcp://" + sock->substr(7) : *sock;
    auto& daemon = settings_.daemon;
    if (!use(daemon, daemon_settings(), "docker_host", "DOCKER_SOCK", *sock, host,
             tls ? "the engine, by TLS with the certificates in /certs" : "the engine") ||
        !tls)
      return;
    apply(daemon, daemon_settings(), "docker_tls_verify", "DOCKER_SOCK", *sock, "true");
    apply(daemon, daemon_settings(), "docker_cert_path", "DOCKER_SOCK", *sock, "/certs");
  }

  // --- notifications --------------------------------------------------------------------------------------

  void read_channels() {
    if (const std::string* key = find("WEBHOOK_JSON_KEY")) {
      compat_.webhook_key = *key;
      note("WEBHOOK_JSON_KEY", *key, "the name of the webhook's only field");
    }
    url("WEBHOOK_URL", compat_.webhook, compat_.webhook_variable,
        fmt::format("notified with {{\"{}\": text}} after a restart that helped, and when healer gives up",
                    shown_value(compat_.webhook_key)));
    url("APPRISE_URL", compat_.apprise, compat_.apprise_variable,
        "notified after a restart that helped, and when healer gives up");
  }

  // --- variables that descendants of docker-autoheal added ------------------------------------------------

  void read_guardian() {
    auto& defaults = settings_.defaults;
    if (const std::string* count = find("AUTOHEAL_UNHEALTHY_THRESHOLD"))
      use(defaults, workload_settings(), "failure_threshold", "AUTOHEAL_UNHEALTHY_THRESHOLD", *count, *count,
          "failed checks before healer acts; a HEALTHCHECK's own retries are counted by the engine");
    if (const std::string* factor = find("AUTOHEAL_BACKOFF_MULTIPLIER"))
      note("AUTOHEAL_BACKOFF_MULTIPLIER", *factor, "no effect: each wait is twice the one before");
    if (const std::string* most = find("AUTOHEAL_BACKOFF_MAX"))
      use(defaults, workload_settings(), "backoff_max", "AUTOHEAL_BACKOFF_MAX", *most, *most,
          "the longest wait between two attempts");
    if (const std::string* reset = find("AUTOHEAL_BACKOFF_RESET_AFTER"))
      use(defaults, workload_settings(), "backoff_decay", "AUTOHEAL_BACKOFF_RESET_AFTER", *reset, *reset,
          "made safer: after each such time the wait gets one step shorter, not shortest");
    read_budget();
    guardian_channels();
  }

  void read_budget() {
    const std::string* attempts = find("AUTOHEAL_RESTART_BUDGET");
    const std::string* window = find("AUTOHEAL_RESTART_WINDOW");
    if (attempts && *attempts == "0") {
      note("AUTOHEAL_RESTART_BUDGET", *attempts,
           "made safer: the budget cannot be unlimited; the default holds");
      return;
    }
    if (!attempts && !window) return;
    const std::string budget = fmt::format("{}/{}", attempts ? *attempts : "5", window ? *window : "300");
    const char* name = attempts ? "AUTOHEAL_RESTART_BUDGET" : "AUTOHEAL_RESTART_WINDOW";
    use(settings_.defaults, workload_settings(), "budget", name, attempts ? *attempts : *window, budget,
        fmt::format("budget {}: attempts, and the time they are counted in", shown_value(budget)));
  }

  void guardian_channels() {
    if (const std::string* slack = find("NOTIFY_SLACK_WEBHOOK"))
      use(settings_.daemon, daemon_settings(), "slack_webhook_url", "NOTIFY_SLACK_WEBHOOK", "<redacted>",
          *slack, "notifications go to Slack");
    if (find("NOTIFY_DISCORD_WEBHOOK")) {
      if (!compat_.webhook.empty()) {
        note("NOTIFY_DISCORD_WEBHOOK", "<redacted>",
             fmt::format("no effect: {} is set", compat_.webhook_variable));
      } else {
        compat_.webhook_key = "content";
        url("NOTIFY_DISCORD_WEBHOOK", compat_.webhook, compat_.webhook_variable,
            "notified after a restart that helped, and when healer gives up");
      }
    }
    if (const std::string* host = find("NOTIFY_HOSTNAME"))
      use(settings_.daemon, daemon_settings(), "host_name", "NOTIFY_HOSTNAME", *host, *host,
          "the host's name in notifications");
    if (const std::string* rate = find("NOTIFY_RATE_LIMIT"))
      use(settings_.defaults, workload_settings(), "notification_cooldown", "NOTIFY_RATE_LIMIT", *rate, *rate,
          "the time between two notifications about one container");
  }

  /// Notes variables with another tool's prefix that have no effect. A value may be a secret, so it is not
  /// shown.
  void note_strangers() {
    for (const auto& [name, value] : environment_) {
      const bool theirs = name.starts_with("AUTOHEAL_") || name.starts_with("NOTIFY_");
      if (!theirs || value.empty() || known_.contains(name) || is_service_link(name, value)) continue;
      const auto nearest = nearest_name(name, their_names);
      settings_.notes.push_back(
          fmt::format("{}: not known here, no effect; {}docs/migrating.md lists what is", shown_value(name),
                      nearest ? fmt::format("did you mean {}? ", *nearest) : ""));
    }
  }
};

}  // namespace

Applied read_compat(std::string_view text, CompatSettings& compat) {
  static constexpr std::string_view words[] = {"autoheal", "deunhealth", "guide", "all", "none"};
  bool autoheal = false;
  bool deunhealth = false;
  bool guide = false;
  const auto parts = split(lower(text), ',');
  for (const std::string& part : parts) {
    const std::string word(trim(part));
    const bool alone = parts.size() == 1;
    if ((word == "all" || word == "none") && !alone)
      return Applied::refused(fmt::format("'{}' stands alone", word));
    if (word == "all")
      autoheal = deunhealth = guide = true;
    else if (word == "autoheal")
      autoheal = true;
    else if (word == "deunhealth")
      deunhealth = true;
    else if (word == "guide")
      guide = true;
    else if (word != "none")
      return Applied::refused(
          fmt::format("no tool '{}'", shown_value(word)),
          nearest_name(word, std::vector<std::string_view>(std::begin(words), std::end(words))).value_or(""));
  }
  compat.autoheal = autoheal;
  compat.deunhealth = deunhealth;
  compat.guide = guide;
  return true;
}

std::string show_compat(const CompatSettings& compat) {
  std::vector<std::string_view> names;
  if (compat.autoheal) names.push_back("autoheal");
  if (compat.deunhealth) names.push_back("deunhealth");
  if (compat.guide) names.push_back("guide");
  return names.empty() ? "none" : fmt::format("{}", fmt::join(names, ","));
}

void read_compat_variables(const Environment& environment, Settings& settings, ConfigErrors& errors) {
  CompatSettings& compat = settings.daemon.compat;
  AutohealReader reader(environment, settings, errors);
  if (compat.autoheal) reader.read_autoheal();
  if (compat.deunhealth) reader.read_deunhealth();
  if (compat.autoheal || compat.deunhealth) reader.note_zone();
  for (const EffectiveSetting& setting : settings.effective)
    if (setting.info->of_probe && setting.info->key == "probe" &&
        setting.origin.kind != Origin::Kind::Default)
      compat.own_probe = true;
}

std::vector<std::string> autoheal_greeting(const Environment& environment) {
  const auto value = [&](const std::string& name, std::string_view otherwise) {
    const auto set = environment.find(name);
    const bool is_set = set != environment.end() && !set->second.empty();
    return shown_value(is_set ? std::string_view(set->second) : otherwise);
  };
  std::vector<std::string> lines;
  const std::pair<std::string, std::string_view> names[] = {{"AUTOHEAL_CONTAINER_LABEL", "autoheal"},
                                                            {"AUTOHEAL_START_PERIOD", "0"},
                                                            {"AUTOHEAL_INTERVAL", "5"},
                                                            {"AUTOHEAL_DEFAULT_STOP_TIMEOUT", "10"},
                                                            {"AUTOHEAL_ONLY_MONITOR_RUNNING", "false"}};
  for (const auto& [name, otherwise] : names)
    lines.push_back(fmt::format("{}={}", name, value(name, otherwise)));
  const std::string period = value("AUTOHEAL_START_PERIOD", "0");
  if (kinds::read_whole(period, 1, 86'400))
    lines.push_back(fmt::format("Monitoring containers for unhealthy status in {} second(s)", period));
  return lines;
}

}  // namespace healer
