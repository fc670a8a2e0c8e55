#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/secret.hpp"
#include "base/time.hpp"
#include "model/action.hpp"

namespace healer {

/// Where the HTTP server (metrics, health) listens: a numeric address; port 0 picks a free one.
struct ListenAddress {
  std::string address = "127.0.0.1";
  std::uint16_t port = 9180;
  bool operator==(const ListenAddress&) const = default;
};

/// "127.0.0.1:9180", "[::1]:9180".
std::string to_string(const ListenAddress& listen);

enum class LogFormat { Auto, Text, Json };

const char* to_string(LogFormat format);

/// How to reach the engine, by the docker client's own names and conventions.
struct DockerConnection {
  std::string host = "unix:///var/run/docker.sock";  ///< unix:///path or tcp://host[:port]
  bool tls_verify = false;                           ///< DOCKER_TLS_VERIFY set to anything at all
  std::string cert_path;  ///< folder of ca.pem, cert.pem, key.pem; load() fills in ~/.docker with tls_verify
  std::string api_version;  ///< empty: negotiated, as it should be
  bool operator==(const DockerConnection&) const = default;
};

/// The settings of the process itself: environment, file and flag; flags win, then the file.
struct DaemonSettings {
  std::optional<ListenAddress> listen = ListenAddress{};  ///< empty: off
  std::string state_path = "/var/lib/healer/healer.db";
  std::string admin_socket = "/run/healer/healer.sock";
  Secret slack_webhook;  ///< empty: no Slack
  bool dry_run = false;
  LogFormat log_format = LogFormat::Auto;
  LogLevel log_level = LogLevel::Info;
  DockerConnection docker;
  Duration resync_interval = 60s;
  std::string host_name;          ///< shown in alerts; empty: the machine's own, which the caller knows
  Duration retention = 90 * 24h;  ///< how long closed incidents are kept
  bool operator==(const DaemonSettings&) const = default;
};

}  // namespace healer
