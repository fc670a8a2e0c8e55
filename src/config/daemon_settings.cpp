// The daemon's half of the table of settings.
#include "config/daemon_settings.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <optional>

#include "config/setting.hpp"
#include "config/setting_kinds.hpp"

namespace healer {

std::string to_string(const ListenAddress& listen) {
  const bool v6 = listen.address.find(':') != std::string::npos;
  return fmt::format(fmt::runtime(v6 ? "[{}]:{}" : "{}:{}"), listen.address, listen.port);
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

bool is_graphic(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

/// A file's path as the system takes it.
bool valid_path(std::string_view text) {
  return !text.empty() && text.size() <= 4095 && text.find('\0') == std::string_view::npos;
}

/// sun_path holds 108 bytes with its end.
bool valid_socket_path(std::string_view text) {
  return valid_path(text) && text.size() <= 107;
}

bool is_numeric_address(int family, const std::string& address) {
  unsigned char bytes[sizeof(in6_addr)];
  return inet_pton(family, address.c_str(), bytes) == 1;
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
    if (!is_numeric_address(AF_INET6, address)) return std::nullopt;
    return listen;
  }
  if (address.empty()) address = "0.0.0.0";
  if (address == "localhost") address = "127.0.0.1";
  if (!is_numeric_address(AF_INET, address)) return std::nullopt;
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

/// scheme://host[:port][/...]: enough to know that a request can be sent there.
bool is_http_url(std::string_view text) {
  const std::string start = lower(text.substr(0, 8));
  std::string_view rest;
  if (start.starts_with("https://"))
    rest = text.substr(8);
  else if (start.starts_with("http://"))
    rest = text.substr(7);
  else
    return false;
  if (text.size() > 2048 || !is_graphic(text)) return false;
  std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  if (const auto at = authority.rfind('@'); at != std::string_view::npos) authority.remove_prefix(at + 1);
  std::string_view host = authority;
  std::optional<std::string_view> port;
  if (host.starts_with('[')) {
    const auto close = host.find(']');
    if (close == std::string_view::npos) return false;
    const std::string_view after = host.substr(close + 1);
    if (!after.empty() && after.front() != ':') return false;
    if (!after.empty()) port = after.substr(1);
    host = host.substr(1, close - 1);
    if (!is_numeric_address(AF_INET6, std::string(host))) return false;
  } else {
    if (const auto colon = host.find(':'); colon != std::string_view::npos) {
      port = host.substr(colon + 1);
      host = host.substr(0, colon);
    }
    const auto in_a_name = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
             c == '.' || c == '_';
    };
    if (host.empty() || !std::all_of(host.begin(), host.end(), in_a_name)) return false;
  }
  return !port || read_whole(*port, 1, 65535).has_value();
}

bool apply_slack(DaemonSettings& settings, std::string_view text) {
  if (!is_http_url(text)) return false;
  settings.slack_webhook = Secret(std::string(text));
  return true;
}

std::string show_slack(const DaemonSettings& settings) {
  return to_string(settings.slack_webhook);
}

bool valid_docker_host(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return false;
  if (text.starts_with("unix://")) return text.size() > 8 && text.size() <= 7 + 107 && text[7] == '/';
  if (!text.starts_with("tcp://") || !is_graphic(text)) return false;
  // The rest is a host and port as in an URL; a path would be an URL's too, and no engine is under one.
  const std::string_view authority = text.substr(6);
  return authority.find_first_of("/?#@") == std::string_view::npos &&
         is_http_url("http://" + std::string(authority));
}

bool valid_api_version(std::string_view text) {
  const auto dot = text.find('.');
  return dot != std::string_view::npos && read_whole(text.substr(0, dot), 1, 99) &&
         read_whole(text.substr(dot + 1), 0, 999);
}

bool valid_host_name(std::string_view text) {
  return !text.empty() && text.size() <= 255 && printable(text) == text;
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
  };
}

std::vector<Setting<DaemonSettings>> docker_settings() {
  return {
      text<DaemonSettings>(
          {.key = "docker_host",
           .env = "DOCKER_HOST",
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
    for (Setting<DaemonSettings>& setting : docker_settings()) all.push_back(std::move(setting));
    return finished(Scope::Daemon, std::move(all));
  }();
  return table;
}

}  // namespace healer
