// The daemon's half of the table of settings.
#include "config/daemon_settings.hpp"

#include <algorithm>
#include <cctype>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.hpp"

#include "config/alert_routes.hpp"
#include "config/compat.hpp"
#include "config/setting.hpp"
#include "config/setting_kinds.hpp"
#include "config/url.hpp"

namespace healer {

std::string to_string(const ListenAddress& listen) {
  return host_and_port(listen.address, listen.port);
}

std::string to_string(const ControlUrl& url) {
  return fmt::format("{}://{}{}", to_string(url.kind), host_and_port(url.host, url.port), url.path);
}

const char* to_string(LogFormat format) {
  switch (format) {
    case LogFormat::Auto:
      return "auto";
    case LogFormat::Text:
      return "text";
    case LogFormat::Json:
      return "json";
  }
  return "unknown";
}

namespace {

using namespace kinds;  // NOLINT: the table below is these names

/// A file's path as the system takes it.
bool valid_path(std::string_view text) {
  return !text.empty() && text.size() <= 4095 && text.find('\0') == std::string_view::npos;
}

/// sun_path holds 108 bytes with its end.
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

bool apply_listen(DaemonSettings& settings, std::string_view text) {
  if (lower(text) == "off") {
    settings.listen.reset();
    return true;
  }
  auto listen = read_listen(text);
  if (!listen) return false;
  settings.listen = std::move(listen);
  return true;
}

std::string show_listen(const DaemonSettings& settings) {
  return settings.listen ? to_string(*settings.listen) : "off";
}

bool apply_slack(DaemonSettings& settings, std::string_view text) {
  if (!is_http_url(text)) return false;
  settings.slack_webhook = Secret(std::string(text));
  return true;
}

std::string show_slack(const DaemonSettings& settings) {
  return to_string(settings.slack_webhook);
}

bool apply_token(DaemonSettings& settings, std::string_view text) {
  if (text.size() < 8 || text.size() > 1024) return false;
  if (std::any_of(text.begin(), text.end(), [](char c) { return c <= ' ' || c > '~'; })) return false;
  settings.alertmanager_token = Secret(std::string(text));
  return true;
}

std::string show_token(const DaemonSettings& settings) {
  return to_string(settings.alertmanager_token);
}

bool is_label_name(std::string_view name) {
  const auto fits = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
  return !name.empty() && name.size() <= 100 && std::all_of(name.begin(), name.end(), fits);
}

bool apply_signal_labels(DaemonSettings& settings, std::string_view text) {
  std::vector<std::string> names;
  for (const std::string& part : split(text, ',')) {
    const std::string_view name = trim(part);
    if (!is_label_name(name)) return false;
    names.emplace_back(name);
  }
  settings.signal_labels = std::move(names);
  return true;
}

std::string show_signal_labels(const DaemonSettings& settings) {
  return fmt::format("{}", fmt::join(settings.signal_labels, ","));
}

Applied read_signal_target(std::string_view text, SignalMapping& mapping) {
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

Applied apply_signal_targets(DaemonSettings& settings, const std::vector<std::string>& items) {
  constexpr std::size_t most = 1000;
  if (items.size() > most) return Applied::refused(fmt::format("{} entries; at most {}", items.size(), most));
  std::vector<SignalMapping> mappings(items.size());
  for (std::size_t i = 0; i < items.size(); ++i)
    if (Applied applied = read_signal_target(items[i], mappings[i]); !applied) return applied;
  settings.signal_targets = std::move(mappings);
  return true;
}

std::string show_signal_targets(const DaemonSettings& settings) {
  std::string text;
  for (const SignalMapping& each : settings.signal_targets)
    text += fmt::format("{}{}={} -> {}", text.empty() ? "" : ",", each.label, each.value, each.container);
  return text;
}

bool valid_docker_host(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return false;
  if (text.starts_with("unix://")) return text.size() > 8 && text.size() <= 7 + 107 && text[7] == '/';
  const auto url = read_url(text);
  // A path would be an URL's too, and no engine is under one.
  return text.starts_with("tcp://") && url && url->rest.empty() && !url->has_user;
}

Applied apply_control(DaemonSettings& settings, std::string_view text) {
  if (lower(text) == "off") {
    settings.control.reset();
    return true;
  }
  const auto url = read_url(text);
  if (!url) return false;
  if (url->has_user) return Applied::refused("it names a user, and the address is shown to people");
  ControlUrl control{ProbeKind::Http, url->host, 80, url->rest};
  if (url->scheme == "tcp") {
    control.kind = ProbeKind::Tcp;
    if (!url->port) return Applied::refused("tcp:// needs a port");
    if (!url->rest.empty()) return Applied::refused("tcp:// has no path");
  } else if (url->scheme == "https") {
    control.kind = ProbeKind::Https;
    control.port = 443;
  } else if (url->scheme != "http") {
    return Applied::refused(fmt::format("no scheme '{}'", url->scheme));
  }
  if (url->port) control.port = *url->port;
  if (control.kind != ProbeKind::Tcp) {
    control.path = control.path.substr(0, control.path.find('#'));
    if (!control.path.starts_with('/')) control.path = "/" + control.path;
  }
  settings.control = std::move(control);
  return true;
}

std::string show_control(const DaemonSettings& settings) {
  return settings.control ? to_string(*settings.control) : "off";
}

/// A user and password in an URL, where the URL is otherwise shown.
bool names_a_user(std::string_view text) {
  return text.find('@') != std::string_view::npos;
}

bool apply_record(DaemonSettings& settings, std::string_view text) {
  if (lower(text) == "off")
    settings.record.clear();
  else if (valid_path(text))
    settings.record = text;
  else
    return false;
  return true;
}

std::string show_record(const DaemonSettings& settings) {
  return settings.record.empty() ? "off" : settings.record;
}

bool valid_api_version(std::string_view text) {
  const auto dot = text.find('.');
  return dot != std::string_view::npos && read_whole(text.substr(0, dot), 1, 99) &&
         read_whole(text.substr(dot + 1), 0, 999);
}

bool valid_host_name(std::string_view text) {
  return !text.empty() && text.size() <= 255 && printable(text) == text;
}

Setting<DaemonSettings> signal_targets() {
  auto setting = special<DaemonSettings>(
      {.key = "signal_targets",
       .env = "SIGNAL_TARGETS",
       .description = "Alert labels that stand for a container, looked at before `signal_labels`: "
                      "`instance=web:8080 -> shop-web-1`.",
       .list_separator = ','},
      "mappings", "LABEL=VALUE -> CONTAINER, with commas between several, or a list",
      [](DaemonSettings& settings, std::string_view text) {
        return apply_signal_targets(settings, split(text, ','));
      },
      show_signal_targets);
  setting.apply_list = apply_signal_targets;
  return setting;
}

std::vector<Setting<DaemonSettings>> process_settings() {
  return {
      special<DaemonSettings>(
          {.key = "listen",
           .env = "HEALER_LISTEN",
           .flag = "--listen",
           .description =
               "Where `/metrics`, `/healthz` and `/readyz` are served. Port 0 picks a free one and "
               "logs it."},
          "address",
          "a numeric address and a port from 0 to 65535, such as 127.0.0.1:9180 or [::1]:9180, or off",
          apply_listen, show_listen),
      text<DaemonSettings>(
          {.key = "state",
           .env = "HEALER_STATE",
           .flag = "--state",
           .description = "The state file: incidents, attempts, budgets, pending alerts."},
          "a file's path", valid_path, [](auto& d) -> auto& { return d.state_path; }),
      text<DaemonSettings>(
          {.key = "admin_socket",
           .env = "HEALER_ADMIN_SOCKET",
           .flag = "--admin-socket",
           .description = "The unix socket by which `healer status` and `healer reset` ask the daemon."},
          "a path of at most 107 bytes", valid_socket_path, [](auto& d) -> auto& { return d.admin_socket; }),
      boolean<DaemonSettings>(
          {.key = "dry_run",
           .env = "HEALER_DRY_RUN",
           .flag = "--dry-run",
           .description = "Decide, log and count as always, but never touch a container."},
          [](auto& d) -> auto& { return d.dry_run; }),
      special<DaemonSettings>(
          {.key = "slack_webhook_url",
           .env = "SLACK_WEBHOOK_URL",
           .description =
               "Slack incoming webhook that alerts go to. A secret: it has no flag and is never printed.",
           .secret = true},
          "URL", "an http:// or https:// URL with a host", apply_slack, show_slack),
      special<DaemonSettings>(
          {.key = "alertmanager_token",
           .env = "ALERTMANAGER_TOKEN",
           .description = "The bearer token that Alertmanager's webhook must send to "
                          "`POST /api/v1/alertmanager`. A secret; unset, no signals are taken in.",
           .secret = true},
          "text", "8 to 1024 printable ASCII characters without spaces", apply_token, show_token),
      special<DaemonSettings>(
          {.key = "signal_labels",
           .env = "SIGNAL_LABELS",
           .description = "The alert labels that name a container, in the order they are looked at. Unset, "
                          "those of cAdvisor, of compose and the plain `container` and `name`.",
           .list_separator = ','},
          "label names", "label names with commas between them", apply_signal_labels, show_signal_labels),
      signal_targets(),
      choice<DaemonSettings, bool>(
          {.key = "signal_action",
           .env = "SIGNAL_ACTION",
           .description = "What a signal does whose alert has no label `healer_action`: heal, or only tell."},
          {{"act", true}, {"tell", false}}, [](auto& d) -> auto& { return d.signals_act; }),
      text<DaemonSettings>(
          {.key = "host_name",
           .env = "HEALER_HOST_NAME",
           .description = "The host's name in alerts. Unset, it is the machine's own."},
          "text of 1 to 255 bytes without control characters", valid_host_name,
          [](auto& d) -> auto& { return d.host_name; }),
      choice<DaemonSettings, LogFormat>(
          {.key = "log_format",
           .env = "LOG_FORMAT",
           .description = "`auto` is text on a terminal and JSON lines otherwise."},
          {{"auto", LogFormat::Auto}, {"text", LogFormat::Text}, {"json", LogFormat::Json}},
          [](auto& d) -> auto& { return d.log_format; }),
      choice<DaemonSettings, LogLevel>(
          {.key = "log_level",
           .env = "LOG_LEVEL",
           .description = "The least important lines that are logged."},
          {{"debug", LogLevel::Debug},
           {"info", LogLevel::Info},
           {"warning", LogLevel::Warning},
           {"error", LogLevel::Error}},
          [](auto& d) -> auto& { return d.log_level; }),
      duration<DaemonSettings>(
          {.key = "resync_interval",
           .env = "HEALER_RESYNC_INTERVAL",
           .description = "How often the full list of containers is read again, beside the event stream."},
          1s, 24h, [](auto& d) -> auto& { return d.resync_interval; }),
      duration<DaemonSettings>(
          {.key = "retention",
           .env = "HEALER_RETENTION",
           .description = "How long closed incidents are kept in the state file."},
          1h, 366 * 24h, [](auto& d) -> auto& { return d.retention; }),
      special<DaemonSettings>(
          {.key = "compat",
           .env = "COMPAT",
           .description =
               "Other tools whose labels and variables are understood, see [migrating.md](migrating.md): "
               "docker-autoheal, deunhealth, and the guide's `monitored` label.",
           .list_separator = ','},
          "list", "all, none, or a list of autoheal, deunhealth and guide",
          [](DaemonSettings& d, std::string_view text) { return read_compat(text, d.compat); },
          [](const DaemonSettings& d) { return show_compat(d.compat); }),
  };
}

std::vector<Setting<DaemonSettings>> guard_settings() {
  return {
      share<DaemonSettings>(
          {.key = "mass_share",
           .env = "MASS_SHARE",
           .description = "When more than this share of the watched containers fails at once, it is no fault "
                          "of theirs: nothing is restarted, one alert goes out."},
          [](auto& d) -> auto& { return d.mass_share; }),
      number<DaemonSettings>(
          {.key = "mass_least",
           .env = "MASS_LEAST",
           .description = "Fewer failures than this are never a mass failure."},
          1, 100'000, [](auto& d) -> auto& { return d.mass_least; }),
      duration<DaemonSettings>(
          {.key = "mass_hold",
           .env = "MASS_HOLD",
           .description = "How long a mass failure holds every remedy before one container is tried."},
          0s, 24h, [](auto& d) -> auto& { return d.mass_hold; }),
      duration<DaemonSettings>(
          {.key = "mass_hold_max",
           .env = "MASS_HOLD_MAX",
           .description = "The longest such hold. Each try that does not help doubles it."},
          1s, 24h, [](auto& d) -> auto& { return d.mass_hold_max; }),
      share<DaemonSettings>(
          {.key = "remedy_share",
           .env = "REMEDY_SHARE",
           .description = "At most this share of the watched containers is in remedy at one time, though "
                          "always one."},
          [](auto& d) -> auto& { return d.remedy_share; }),
      special<DaemonSettings>(
          {.key = "control_url",
           .env = "CONTROL_URL",
           .description =
               "Something that always answers, such as the router. While it does not, healer "
               "doubts itself, and no check counts. It is shown to people: no secret belongs in it.",
           .conceals = names_a_user},
          "URL", "off, http://host[:port][/path], https://host[:port][/path] or tcp://host:port",
          apply_control, show_control),
      duration<DaemonSettings>(
          {.key = "control_interval",
           .env = "CONTROL_INTERVAL",
           .description = "Time from one question to the control URL to the next."},
          1s, 1h, [](auto& d) -> auto& { return d.control_interval; }),
      duration<DaemonSettings>(
          {.key = "control_timeout",
           .env = "CONTROL_TIMEOUT",
           .description = "How long its answer may take."},
          10ms, 1min, [](auto& d) -> auto& { return d.control_timeout; }),
  };
}

std::vector<Setting<DaemonSettings>> keeping_settings() {
  constexpr std::uint64_t mebibyte = 1ULL << 20;
  constexpr std::uint64_t tebibyte = 1ULL << 40;
  return {
      byte_size<DaemonSettings>(
          {.key = "evidence_size",
           .env = "HEALER_EVIDENCE_SIZE",
           .description = "How much evidence the state file keeps; the oldest goes first. It also ends with "
                          "its incident's `retention`."},
          mebibyte, tebibyte, [](auto& d) -> auto& { return d.evidence_size; }),
      special<DaemonSettings>({.key = "record",
                               .env = "HEALER_RECORD",
                               .description = "File that every event is recorded in, for `healer replay`."},
                              "path", "off, or a file's path", apply_record, show_record),
      byte_size<DaemonSettings>(
          {.key = "record_size",
           .env = "HEALER_RECORD_SIZE",
           .description = "How large the recording may grow."},
          mebibyte, tebibyte, [](auto& d) -> auto& { return d.record_size; }),
      arguments<DaemonSettings>(
          {.key = "hook_before",
           .env = "HEALER_HOOK_BEFORE",
           .description = "A command that runs on the host before each remedy, see "
                          "[Hooks](#hooks). No label can set it."},
          [](auto& d) -> auto& { return d.hook_before; }),
      arguments<DaemonSettings>(
          {.key = "hook_after", .env = "HEALER_HOOK_AFTER", .description = "The same after each remedy."},
          [](auto& d) -> auto& { return d.hook_after; }),
      duration<DaemonSettings>(
          {.key = "hook_timeout",
           .env = "HEALER_HOOK_TIMEOUT",
           .description = "How long a hook may run before it is ended."},
          100ms, 1h, [](auto& d) -> auto& { return d.hook_timeout; }),
  };
}

std::vector<Setting<DaemonSettings>> docker_settings() {
  return {
      text<DaemonSettings>(
          {.key = "docker_host",
           .env = "DOCKER_HOST",
           .flag = "--docker-host",
           .description = "The engine's socket, as the docker client names it. Podman's socket works too."},
          "unix:///path of at most 107 bytes, or tcp://host:port", valid_docker_host,
          [](auto& d) -> auto& { return d.docker.host; }),
      boolean<DaemonSettings>(
          {.key = "docker_tls_verify",
           .env = "DOCKER_TLS_VERIFY",
           .description = "Whether a `tcp://` engine is asked by TLS and must prove who it is. As with the "
                          "docker client, the variable set to anything at all, even 0, means yes.",
           .env_is_presence = true},
          [](auto& d) -> auto& { return d.docker.tls_verify; }),
      text<DaemonSettings>(
          {.key = "docker_cert_path",
           .env = "DOCKER_CERT_PATH",
           .description =
               "Folder of `ca.pem`, `cert.pem` and `key.pem`. Unset with `docker_tls_verify`, it is "
               "`$DOCKER_CONFIG`, else `~/.docker`."},
          "a folder's path", valid_path, [](auto& d) -> auto& { return d.docker.cert_path; }),
      text<DaemonSettings>(
          {.key = "docker_api_version",
           .env = "DOCKER_API_VERSION",
           .description = "The API version to speak. Leave it unset: healer agrees on one with the engine."},
          "a version such as 1.41", valid_api_version, [](auto& d) -> auto& { return d.docker.api_version; }),
  };
}

}  // namespace

std::span<const Setting<DaemonSettings>> daemon_settings() {
  static const std::vector<Setting<DaemonSettings>> table = [] {
    std::vector<Setting<DaemonSettings>> all = process_settings();
    for (auto part : {alert_settings, guard_settings, keeping_settings, docker_settings})
      for (Setting<DaemonSettings>& setting : part()) all.push_back(std::move(setting));
    return finished(Scope::Daemon, std::move(all));
  }();
  return table;
}

}  // namespace healer
