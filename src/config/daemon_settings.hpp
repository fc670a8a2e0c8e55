#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/secret.hpp"
#include "base/time.hpp"
#include "config/label_limits.hpp"
#include "model/alert_mapping.hpp"
#include "model/channel.hpp"
#include "model/describe.hpp"
#include "model/effect.hpp"
#include "model/policy.hpp"
#include "model/probe.hpp"
#include "model/prometheus_rule.hpp"
#include "model/routing.hpp"

namespace healer {

/// Where the HTTP server (metrics, health) listens: a numeric address; port 0 picks a free one.
struct ListenAddress {
  std::string address = "127.0.0.1";
  std::uint16_t port = 9180;
  bool operator==(const ListenAddress&) const = default;
};

/// "127.0.0.1:9180", "[::1]:9180".
std::string to_string(const ListenAddress& listen);

BOOST_DEFINE_ENUM_CLASS(LogFormat, Auto, Text, Json)

/// The connection to the engine, with the names and conventions of the docker client.
struct DockerConnection {
  std::string host = "unix:///var/run/docker.sock";  ///< unix:///path or tcp://host[:port]
  bool tls_verify = false;                           ///< DOCKER_TLS_VERIFY set to anything at all
  std::string cert_path;  ///< folder of ca.pem, cert.pem, key.pem; load() fills in ~/.docker with tls_verify
  std::string api_version;  ///< empty: negotiated (recommended)
  bool operator==(const DockerConnection&) const = default;
};
HEALER_DESCRIBE(DockerConnection, host, tls_verify, cert_path, api_version);

/// The control target of the connectivity check. It is shown to operators, so it holds no secret.
struct ConnectivityUrl {
  ProbeKind kind = ProbeKind::Http;  ///< Http, Https or Tcp
  std::string host;                  ///< a numeric address, or a name that the caller resolves
  std::uint16_t port = 80;
  std::string path = "/";  ///< with its query; empty for Tcp
  bool operator==(const ConnectivityUrl&) const = default;
};

/// "http://192.0.2.1:80/", "tcp://[2001:db8::1]:53".
std::string to_string(const ConnectivityUrl& url);

/// Settings from other tools' variables and labels. COMPAT selects the tools; config/compat.hpp reads them.
struct CompatSettings {
  bool autoheal = true;    ///< docker-autoheal and its descendants
  bool deunhealth = true;  ///< deunhealth
  bool guide = true;       ///< the label monitored=true

  std::string opt_in_label = "autoheal";  ///< AUTOHEAL_CONTAINER_LABEL: the label's name ...
  std::string opt_in_value = "true";      ///< ... and the exact value
  bool watch_all = false;                 ///< AUTOHEAL_CONTAINER_LABEL=all
  std::vector<std::string> excluded;      ///< names of containers that are not watched
  bool own_probe = false;  ///< the default probe is configured: it checks the other tools' containers, too

  Duration first_look_after{0};  ///< AUTOHEAL_START_PERIOD
  Secret webhook;                ///< WEBHOOK_URL; empty: none
  std::string webhook_variable;  ///< the variable that gave it
  std::string webhook_key = "content";
  Secret apprise;                     ///< APPRISE_URL; empty: none
  std::string apprise_variable;       ///< the variable that gave it
  Duration call_limit = 30s;          ///< timeout of a call to `webhook` or `apprise`
  std::string restart_script;         ///< POST_RESTART_SCRIPT, AUTOHEAL_POST_ACTION; empty: none
  bool script_without_state = false;  ///< AUTOHEAL_POST_ACTION: the arguments are NAME, ID and TIMEOUT
  bool operator==(const CompatSettings&) const = default;
};

/// A webhook of the operator's file, which labels may name: `webhook:NAME`.
struct NamedWebhook {
  std::string name;
  Secret url;
  bool operator==(const NamedWebhook&) const = default;
};
HEALER_DESCRIBE(NamedWebhook, name, url);

/// Which alerts are accepted, and what they are about.
struct AlertIntakeSettings {
  Secret token;                       ///< of Alertmanager; empty: no alerts are accepted
  std::vector<std::string> labels;    ///< that name a container, in this order; empty: the defaults
  std::vector<AlertMapping> targets;  ///< tried before `labels`
  bool act = false;                   ///< true: also alerts without the label healer_action act
  AlertMatch match;
  std::string alertmanager_url = "auto";  ///< "auto": the notification's; "none": Alertmanager is not asked
  bool operator==(const AlertIntakeSettings&) const = default;
};
HEALER_DESCRIBE(AlertIntakeSettings, token, labels, targets, act, match, alertmanager_url);

/// Commands on the host around each attempt, as argument lists; empty: none.
struct HookCommandSettings {
  std::vector<std::string> before;
  std::vector<std::string> after;
  Duration timeout = 30s;
  bool operator==(const HookCommandSettings&) const = default;
};
HEALER_DESCRIBE(HookCommandSettings, before, after, timeout);

/// The recording of every event, for `healer replay`.
struct RecordingSettings {
  std::string file;                  ///< empty: off
  std::uint64_t size = 64ULL << 20;  ///< largest size of that file in bytes
  bool operator==(const RecordingSettings&) const = default;
};
HEALER_DESCRIBE(RecordingSettings, file, size);

/// The settings of the process itself: environment, file and flag; flags win, then the file.
struct DaemonSettings {
  std::optional<ListenAddress> listen = ListenAddress{};  ///< empty: off
  std::vector<std::string> allowed_hosts;                 ///< names under which the HTTP server may be asked
  std::vector<std::string> headers_for;  ///< who gets secret HEALTH_HEADERS: config/header_subjects.hpp
  std::string state_path = "/var/lib/healer/healer.db";
  std::string admin_socket = "/run/healer/healer.sock";
  Secret slack_webhook;                   ///< of the channel "slack", which is among `channels`
  std::vector<ChannelSettings> channels;  ///< each name once
  AlertIntakeSettings alerts;
  NotificationRouting routing;         ///< which channels get a notification, and when
  PrometheusSettings prometheus;       ///< healer's own rules; set only in the file
  std::vector<NamedWebhook> webhooks;  ///< those that labels may name; set only in the file
  LabelTrust label_trust = LabelTrust::Limited;
  LabelLimits limits;  ///< with LabelTrust::Limited; set only in the file
  bool dry_run = false;
  LogFormat log_format = LogFormat::Auto;
  LogLevel log_level = LogLevel::Info;
  DockerConnection docker;
  Duration resync_interval = 60s;
  HostPolicy host;  ///< host_name empty: the machine's name; host_policy() adds the values found at run time
  Duration retention = 90 * 24h;                ///< how long closed incidents are kept
  std::optional<ConnectivityUrl> connectivity;  ///< empty: no connectivity check
  std::uint64_t evidence_size = 64ULL << 20;    ///< bytes of evidence kept; the oldest is deleted first
  RecordingSettings recording;
  HookCommandSettings hooks;
  CompatSettings compat;
  bool operator==(const DaemonSettings&) const = default;
};
HEALER_DESCRIBE(DaemonSettings, listen, allowed_hosts, headers_for, state_path, admin_socket, slack_webhook,
                channels, alerts, routing, prometheus, webhooks, label_trust, limits, dry_run, log_format,
                log_level, docker, resync_interval, host, retention, connectivity, evidence_size, recording,
                hooks, compat);

}  // namespace healer
