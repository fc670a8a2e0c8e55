// The daemon's half of the table of settings.
#include "config/daemon_settings.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.hpp"
#include "config/characters.hpp"
#include "config/compat.hpp"
#include "config/header_subjects.hpp"
#include "config/maintenance.hpp"
#include "config/notification_routes.hpp"
#include "config/setting.hpp"
#include "config/setting_kinds.hpp"
#include "config/url.hpp"

namespace healer {

std::string to_string(const ListenAddress& listen) {
  return host_and_port(listen.address, listen.port);
}

std::string to_string(const ConnectivityUrl& url) {
  return fmt::format("{}://{}{}", to_string(url.kind), host_and_port(url.host, url.port), url.path);
}

namespace {

using namespace kinds;  // NOLINT: the table below is these names

/// A path that the system accepts: PATH_MAX is 4096 with the zero byte.
bool valid_path(std::string_view text) {
  return !text.empty() && text.size() <= 4095 && text.find('\0') == std::string_view::npos;
}

/// sun_path holds 108 bytes with the zero byte.
bool valid_socket_path(std::string_view text) {
  return valid_path(text) && text.size() <= 107;
}

std::optional<ListenAddress> read_listen(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || text.find('\0') != std::string_view::npos) return std::nullopt;
  const auto port = read_whole(text.substr(colon + 1), 0, 65535);
  if (!port) return std::nullopt;
  ListenAddress listen{std::string(text.substr(0, colon)), static_cast<std::uint16_t>(*port)};
  std::string& address = listen.address;
  if (address.starts_with('[') && address.ends_with(']') && address.size() > 2) {
    address = address.substr(1, address.size() - 2);
    if (!is_numeric_v6(address)) return std::nullopt;
    return listen;
  }
  if (address.empty()) address = "0.0.0.0";
  if (address == "localhost") address = "127.0.0.1";
  if (!is_numeric_v4(address)) return std::nullopt;
  return listen;
}

Kind<std::optional<ListenAddress>> listen_address() {
  return word_or(
      "off",
      parsed<ListenAddress>({"address"}, read_listen,
                            [](const ListenAddress& listen) { return to_string(listen); }),
      "a numeric address and a port from 0 to 65535, such as 127.0.0.1:9180 or [::1]:9180, or off");
}

bool is_label_name(std::string_view name) {
  return is_word(name, 100, "_");
}

using Names = std::vector<std::string>;

bool read_alert_labels(Names& labels, std::string_view text) {
  Names names;
  for (const std::string& part : split(text, ',')) names.emplace_back(trim(part));
  if (!std::all_of(names.begin(), names.end(), is_label_name)) return false;
  labels = std::move(names);
  return true;
}

bool read_host_names(Names& hosts, std::string_view text) {
  constexpr std::size_t most = 100;
  Names names;
  for (const std::string& part : split(text, ',')) names.push_back(lower(trim(part)));
  if (names.size() > most || !std::all_of(names.begin(), names.end(),
                                          [](const std::string& name) { return is_word(name, 253, "-._"); }))
    return false;
  hosts = std::move(names);
  return true;
}

bool read_header_patterns(Names& patterns, std::string_view text) {
  constexpr std::size_t most = 1000;
  Names read;
  for (const std::string& part : split(text, ',')) read.emplace_back(trim(part));
  if (read.size() > most || !std::all_of(read.begin(), read.end(), is_header_pattern)) return false;
  patterns = std::move(read);
  return true;
}

std::string show_names(const Names& names) {
  return fmt::format("{}", fmt::join(names, ","));
}

std::string show_alert_labels(const Names& labels) {
  return fmt::format("{}", fmt::join(labels, ","));
}

Applied read_alert_target(std::string_view text, AlertMapping& mapping) {
  constexpr std::string_view arrow = "->";
  const std::size_t equals = text.find('=');
  const std::size_t to = text.rfind(arrow);
  if (equals == std::string_view::npos || to == std::string_view::npos || to < equals)
    return Applied::refused(fmt::format("'{}' has no '=' and '->' after it", shown_value(text)));
  mapping.label = trim(text.substr(0, equals));
  mapping.value = trim(text.substr(equals + 1, to - equals - 1));
  mapping.container = trim(text.substr(to + arrow.size()));
  if (!is_label_name(mapping.label))
    return Applied::refused(fmt::format("'{}' is no label's name", shown_value(mapping.label)));
  for (const std::string* part : {&mapping.value, &mapping.container})
    if (part->empty() || part->size() > 256 || printable(*part) != *part)
      return Applied::refused(
          fmt::format("'{}' has an empty part, or one longer than 256 bytes", shown_value(text)));
  return true;
}

Kind<std::vector<AlertMapping>> alert_mappings() {
  using Mappings = std::vector<AlertMapping>;
  const auto read_list = [](Mappings& target, const Names& items) -> Applied {
    constexpr std::size_t most = 1000;
    if (items.size() > most)
      return Applied::refused(fmt::format("{} entries; at most {}", items.size(), most));
    Mappings mappings(items.size());
    for (std::size_t i = 0; i < items.size(); ++i)
      if (Applied applied = read_alert_target(items[i], mappings[i]); !applied) return applied;
    target = std::move(mappings);
    return true;
  };
  return {list_info("mappings", "LABEL=VALUE -> CONTAINER, with commas between several, or a list", ','),
          [=](Mappings& target, std::string_view text) { return read_list(target, split(text, ',')); },
          [](const Mappings& mappings) {
            std::string text;
            for (const AlertMapping& each : mappings)
              text += fmt::format("{}{}={} -> {}", text.empty() ? "" : ",", each.label, each.value,
                                  each.container);
            return text;
          },
          read_list};
}

bool read_alert_match(AlertMatch& match, std::string_view text) {
  AlertMatch read;
  const std::string word = lower(trim(text));
  if (word == "any") {
    read.any = true;
  } else if (word != "host") {
    for (const std::string& part : split(text, ',')) read.names.push_back(lower(trim(part)));
    if (!std::all_of(read.names.begin(), read.names.end(), [](const std::string& name) {
          return is_word(name, 253, "-._:") && name != "any" && name != "host";
        }))
      return false;
  }
  match = std::move(read);
  return true;
}

std::string show_alert_match(const AlertMatch& match) {
  if (match.any) return "any";
  return match.names.empty() ? "host" : fmt::format("{}", fmt::join(match.names, ","));
}

Applied read_alertmanager_url(std::string& target, std::string_view text) {
  if (const std::string word = lower(text); word == "auto" || word == "none") {
    target = word;
    return true;
  }
  const auto url = read_url(text);
  if (!url || (url->scheme != "http" && url->scheme != "https")) return false;
  if (url->has_user) return Applied::refused("it names a user, and the address is shown to operators");
  if (url->rest.find_first_of("?#") != std::string::npos)
    return Applied::refused("it has a query or a fragment");
  target = without_last_slashes(text);
  return true;
}

Kind<std::string> alertmanager_url() {
  KindInfo info{"URL", "auto, none, or an http:// or https:// URL with a host"};
  info.conceals = names_a_user;
  return special<std::string>(std::move(info), read_alertmanager_url,
                              [](const std::string& url) { return url; });
}

bool valid_docker_host(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return false;
  if (text.starts_with("unix://")) return text.size() > 8 && text.size() <= 7 + 107 && text[7] == '/';
  const auto url = read_url(text);
  // read_url() accepts a path; the address of an engine has none.
  return text.starts_with("tcp://") && url && url->rest.empty() && !url->has_user;
}

Applied read_connectivity(ConnectivityUrl& target, std::string_view text) {
  const auto url = read_url(text);
  if (!url) return false;
  if (url->has_user) return Applied::refused("it names a user, and the address is shown to operators");
  ConnectivityUrl connectivity{ProbeKind::Http, url->host, 80, url->rest};
  if (url->scheme == "tcp") {
    connectivity.kind = ProbeKind::Tcp;
    if (!url->port) return Applied::refused("tcp:// needs a port");
    if (!url->rest.empty()) return Applied::refused("tcp:// has no path");
  } else if (url->scheme == "https") {
    connectivity.kind = ProbeKind::Https;
    connectivity.port = 443;
  } else if (url->scheme != "http") {
    return Applied::refused(fmt::format("no scheme '{}'", url->scheme));
  }
  if (url->port) connectivity.port = *url->port;
  if (connectivity.kind != ProbeKind::Tcp) {
    connectivity.path = connectivity.path.substr(0, connectivity.path.find('#'));
    if (!connectivity.path.starts_with('/')) connectivity.path = "/" + connectivity.path;
  }
  target = std::move(connectivity);
  return true;
}

Kind<std::optional<ConnectivityUrl>> connectivity_url() {
  KindInfo info{"URL"};
  info.conceals = names_a_user;
  return word_or("off",
                 special<ConnectivityUrl>(std::move(info), read_connectivity,
                                          [](const ConnectivityUrl& url) { return to_string(url); }),
                 "off, http://host[:port][/path], https://host[:port][/path] or tcp://host:port");
}

bool read_record(std::string& path, std::string_view text) {
  if (lower(text) == "off")
    path.clear();
  else if (valid_path(text))
    path = text;
  else
    return false;
  return true;
}

std::string show_record(const std::string& path) {
  return path.empty() ? "off" : path;
}

bool valid_api_version(std::string_view text) {
  const auto dot = text.find('.');
  return dot != std::string_view::npos && read_whole(text.substr(0, dot), 1, 99) &&
         read_whole(text.substr(dot + 1), 0, 999);
}

/// With the words that other programs have for these levels.
Kind<LogLevel> log_level() {
  return with_synonyms(choice<LogLevel>(), {{"trace", "debug"},
                                            {"verbose", "debug"},
                                            {"notice", "info"},
                                            {"information", "info"},
                                            {"warn", "warning"},
                                            {"err", "error"},
                                            {"crit", "error"},
                                            {"critical", "error"},
                                            {"fatal", "error"}});
}

Table<DaemonSettings> process_settings() {
  using Daemon = DaemonSettings;
  return {
      {"listen", "HEALER_LISTEN", &Daemon::listen, listen_address(),
       "Where `/metrics`, `/healthz` and `/readyz` are served. Port 0 picks a free one and logs it.",
       Traits{.flag = "--listen", .after_restart = true}},
      {"allowed_hosts", "HEALER_ALLOWED_HOSTS", &Daemon::allowed_hosts,
       special<Names>(list_info("names", "up to 100 host names, with commas between them, or a list", ','),
                      read_host_names, show_names),
       "Names under which browsers and Prometheus may ask `listen`. Addresses, `localhost` and names without "
       "a dot are always "
       "accepted; any other name is refused, for a page of another site may stand behind it.",
       Traits{.after_restart = true}},
      {"state", "HEALER_STATE", &Daemon::state_path, text("a file's path", valid_path),
       "The state file: incidents, attempts, budgets, pending notifications.",
       Traits{.flag = "--state", .after_restart = true}},
      {"admin_socket", "HEALER_ADMIN_SOCKET", &Daemon::admin_socket,
       text("a path of at most 107 bytes", valid_socket_path),
       "The unix socket that connects `healer status` and the other commands to the daemon.",
       Traits{.flag = "--admin-socket", .after_restart = true}},
      {"headers_for", "HEALTH_HEADERS_FOR", &Daemon::headers_for,
       special<Names>(
           list_info("patterns", "names of containers, or service:PROJECT/SERVICE, with * for any characters",
                     ','),
           read_header_patterns, show_names),
       "The containers that get those of `HEALTH_HEADERS` whose name is that of a secret, such as "
       "`Authorization`. Unset, none "
       "gets them: whoever opts a container in would read them. Other headers are sent to all."},
      {"dry_run", "HEALER_DRY_RUN", &Daemon::dry_run, boolean(),
       "Decide, log and count as always, but never touch a container.",
       Traits{.flag = "--dry-run", .after_restart = true}},
      {"slack_webhook_url", "SLACK_WEBHOOK_URL", &Daemon::slack_webhook, secret_url(),
       "Slack incoming webhook that notifications go to. A secret: it has no flag and is never printed."},
  };
}

Table<AlertIntakeSettings> alert_settings() {
  using Alerts = AlertIntakeSettings;
  return {
      {"alertmanager_token", "ALERTMANAGER_TOKEN", &Alerts::token,
       secret("text", "16 to 1024 printable ASCII characters without spaces", (is_graphic<1024, 16>)),
       "The bearer token that Alertmanager's webhook must send to `POST /api/v1/alertmanager`. A secret; "
       "unset, no alerts are accepted."},
      {"alert_labels", "ALERT_LABELS", &Alerts::labels,
       special<Names>(list_info("label names", "label names with commas between them", ','),
                      read_alert_labels, show_alert_labels),
       "The alert labels that name a container, in the order in which they are tried. Unset, the labels of "
       "cAdvisor, of compose, and the plain `container` and `name`."},
      {"alert_targets", "ALERT_TARGETS", &Alerts::targets, alert_mappings(),
       "Alert labels whose value means a container, tried before `alert_labels`: `instance=web:8080 -> "
       "shop-web-1`."},
      {"alert_action", "ALERT_ACTION", &Alerts::act, choice<bool>({{"act", true}, {"notify", false}}),
       "What an alert without the label `healer_action` does: `act` starts a remedy, `notify` only "
       "notifies."},
      {"alert_match", "ALERT_MATCH", &Alerts::match,
       special<AlertMatch>(
           list_info("names", "host, any, or names and addresses with commas between them", ','),
           read_alert_match, show_alert_match),
       "Which alerts are about this host: with `host`, the labels `instance`, `host` and `node` must name "
       "this "
       "host or a container of its engine. Names and addresses are further ones of this host. `any`: healer "
       "does "
       "not look at these labels."},
      {"alert_alertmanager_url", "ALERT_ALERTMANAGER_URL", &Alerts::alertmanager_url, alertmanager_url(),
       "The URL of the Alertmanager that healer asks before each remedy whether the alert still fires. "
       "`auto`: "
       "the `externalURL` of the alert's notification; `none`: healer does not ask, and one attempt follows "
       "each "
       "notification."},
  };
}

Table<DaemonSettings> log_and_store_settings() {
  using Daemon = DaemonSettings;
  return {
      {"log_format", "LOG_FORMAT", &Daemon::log_format, choice<LogFormat>(),
       "`auto` is text on a terminal and JSON lines otherwise.", Traits{.after_restart = true}},
      {"log_level", "LOG_LEVEL", &Daemon::log_level, log_level(),
       "The least important lines that are logged."},
      {"resync_interval", "HEALER_RESYNC_INTERVAL", &Daemon::resync_interval, duration(1s, 24h),
       "How often the full list of containers is read again, beside the event stream.",
       Traits{.after_restart = true}},
      {"retention", "HEALER_RETENTION", &Daemon::retention, duration(1h, 366 * 24h),
       "How long closed incidents are kept in the state file."},
      {"label_trust", "LABEL_TRUST", &Daemon::label_trust, choice<LabelTrust>(),
       "How far the labels of containers are believed: `full` without limits, `limited` within `limits:` of "
       "the file, `opt_in_only` for nothing but opting in and out."},
      {"compat", "COMPAT", &Daemon::compat,
       special<CompatSettings>(
           list_info("list", "all, none, or a list of autoheal, deunhealth and guide", ','),
           [](CompatSettings& compat, std::string_view text) { return read_compat(text, compat); },
           show_compat),
       "Other tools whose labels and variables are understood, see [migrating.md](migrating.md): "
       "docker-autoheal, deunhealth, and the guide's `monitored` label.",
       Traits{.after_restart = true}},
  };
}

Table<NotificationRouting> routing_settings() {
  return {
      {"notification_remind_every", "NOTIFICATION_REMIND_EVERY", &NotificationRouting::remind_every,
       duration(0s, 30 * 24h),
       "Time between two reminders of an open incident, until `healer ack` acknowledges it. 0 is never."},
      {"notification_quiet_hours", "NOTIFICATION_QUIET_HOURS", &NotificationRouting::quiet,
       windows(read_quiet_hours),
       "Times of the week that hold all but critical notifications until their end, see "
       "[Maintenance windows](#maintenance-windows) for their form."},
      {"notification_link", "NOTIFICATION_LINK", &NotificationRouting::link,
       text(std::string(notification_link_accepted), is_notification_link),
       "A link to the incident, for notifications. healer replaces `{incident}`, `{workload}` and `{host}`; "
       "a notification that lacks one of these has no link."},
  };
}

Table<HostPolicy> host_settings() {
  using Host = HostPolicy;
  return {
      {"host_name", "HEALER_HOST_NAME", &Host::host_name,
       text("text of 1 to 255 bytes without control characters", is_line<255>),
       "The host's name in notifications. Unset, it is the machine's own.", Traits{.after_restart = true}},
      {"mass_share", "MASS_SHARE", &Host::mass_share, share(),
       "When more than this share of the watched containers fails at once, it is a mass failure: nothing is "
       "restarted, and one notification is sent."},
      {"mass_least", "MASS_LEAST", &Host::mass_least, number(1, 100'000),
       "Fewer failures than this are never a mass failure."},
      {"mass_hold", "MASS_HOLD", &Host::mass_hold, duration(0s, 24h),
       "How long a mass failure holds every remedy before one container is healed as a canary."},
      {"mass_hold_max", "MASS_HOLD_MAX", &Host::mass_hold_max, duration(1s, 24h),
       "The longest hold of a mass failure. Each canary that does not help doubles the hold."},
      {"remedy_share", "REMEDY_SHARE", &Host::remedy_share, share(),
       "At most this share of the watched containers is healed at the same time, but at least one."},
      {"connectivity_interval", "CONNECTIVITY_INTERVAL", &Host::connectivity_interval, duration(1s, 1h),
       "Time from one connectivity check to the next."},
      {"connectivity_timeout", "CONNECTIVITY_TIMEOUT", &Host::connectivity_timeout, duration(10ms, 1min),
       "How long the answer to a connectivity check may take."},
      {"host_pressure_limit", "HOST_PRESSURE_LIMIT", &Host::pressure_limit, per_cent(),
       "Timeouts are unknown while the host is under more pressure: per cent of the time in which all its "
       "processes wait for CPU, memory or disks (`full avg10` in `/proc/pressure`). 0 never reads it."},
  };
}

constexpr std::uint64_t mebibyte = 1ULL << 20;
constexpr std::uint64_t tebibyte = 1ULL << 40;

Table<DaemonSettings> file_settings() {
  using Daemon = DaemonSettings;
  return {
      {"connectivity_url", "CONNECTIVITY_URL", &Daemon::connectivity, connectivity_url(),
       "A target that always answers, such as the router. While it does not answer, failing checks are "
       "unknown. Operators see the URL, so it must hold no secret."},
      {"evidence_size", "HEALER_EVIDENCE_SIZE", &Daemon::evidence_size, byte_size(mebibyte, tebibyte),
       "How much evidence the state file keeps; the oldest is deleted first. Evidence is also deleted with "
       "its incident, after `retention`."},
  };
}

Table<RecordingSettings> recording_settings() {
  return {
      {"record", "HEALER_RECORD", &RecordingSettings::file,
       special<std::string>({"path", "off, or a file's path"}, read_record, show_record),
       "File that every event is recorded in, for `healer replay`.", Traits{.after_restart = true}},
      {"record_size", "HEALER_RECORD_SIZE", &RecordingSettings::size, byte_size(mebibyte, tebibyte),
       "How large the recording may grow.", Traits{.after_restart = true}},
  };
}

Table<HookCommandSettings> hook_settings() {
  return {
      {"hook_before", "HEALER_HOOK_BEFORE", &HookCommandSettings::before, arguments(),
       "A command that runs on the host before each remedy, see [Hooks](#hooks). No label can set it."},
      {"hook_after", "HEALER_HOOK_AFTER", &HookCommandSettings::after, arguments(),
       "A command that runs on the host after each remedy. No label can set it."},
      {"hook_timeout", "HEALER_HOOK_TIMEOUT", &HookCommandSettings::timeout, duration(100ms, 1h),
       "How long a hook may run before it is ended."},
  };
}

Table<DockerConnection> docker_settings() {
  using Docker = DockerConnection;
  return {
      {"docker_host", "DOCKER_HOST", &Docker::host,
       text("unix:///path of at most 107 bytes, or tcp://host:port", valid_docker_host),
       "The engine's socket, as the docker client names it. Podman's socket works too.",
       Traits{.flag = "--docker-host", .after_restart = true}},
      {"docker_tls_verify", "DOCKER_TLS_VERIFY", &Docker::tls_verify, boolean(),
       "Whether the connection to a `tcp://` engine uses TLS and checks the engine's certificate. As with "
       "the docker client, any value of the variable, even 0, means yes.",
       Traits{.after_restart = true, .env_is_presence = true}},
      {"docker_cert_path", "DOCKER_CERT_PATH", &Docker::cert_path, text("a folder's path", valid_path),
       "Folder of `ca.pem`, `cert.pem` and `key.pem`. Unset with `docker_tls_verify`, it is "
       "`$DOCKER_CONFIG`, else `~/.docker`.",
       Traits{.after_restart = true}},
      {"docker_api_version", "DOCKER_API_VERSION", &Docker::api_version,
       text("a version such as 1.41", valid_api_version),
       "The version of the engine's API. Leave it unset: healer negotiates it with the engine.",
       Traits{.after_restart = true}},
  };
}

}  // namespace

const Table<DaemonSettings>& daemon_settings() {
  static const Table<DaemonSettings> table = joined<DaemonSettings>(
      Scope::Daemon,
      {process_settings(), within<DaemonSettings>(&DaemonSettings::alerts, alert_settings()),
       log_and_store_settings(), within<DaemonSettings>(&DaemonSettings::routing, routing_settings()),
       within<DaemonSettings>(&DaemonSettings::host, host_settings()), file_settings(),
       within<DaemonSettings>(&DaemonSettings::recording, recording_settings()),
       within<DaemonSettings>(&DaemonSettings::hooks, hook_settings()),
       within<DaemonSettings>(&DaemonSettings::docker, docker_settings())});
  return table;
}

std::vector<std::string_view> take_reloadable(DaemonSettings& now, const DaemonSettings& after) {
  std::vector<std::string_view> kept;
  DaemonSettings next = after;
  for (const Setting<DaemonSettings>& row : daemon_settings()) {
    if (!row.info.after_restart) continue;
    if (!row.sets.equal(now, after)) kept.push_back(row.info.key);
    row.sets.copy(next, now);
  }
  now = std::move(next);
  return kept;
}

}  // namespace healer
