#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "model/describe.hpp"

namespace healer {

/// What the engine says the process is doing (the engine's own names, `State.Status`).
BOOST_DEFINE_ENUM_CLASS(ContainerState, Created, Running, Paused, Restarting, Removing, Exited, Dead)

/// Verdict of the engine's own HEALTHCHECK. None: the container has no check.
BOOST_DEFINE_ENUM_CLASS(EngineHealth, None, Starting, Healthy, Unhealthy)

/// The engine's restart policy (`HostConfig.RestartPolicy`).
BOOST_DEFINE_ENUM_CLASS(RestartPolicy, No, Always, UnlessStopped, OnFailure)

/// As the engine writes them.
template <>
struct EnumDialect<RestartPolicy> {
  static constexpr std::array texts{EnumText<RestartPolicy>{RestartPolicy::UnlessStopped, "unless-stopped"},
                                    EnumText<RestartPolicy>{RestartPolicy::OnFailure, "on-failure"}};
};

/// One run of a container: the id survives a restart, the start time does not. Streaks and start period
/// belong to it.
struct InstanceId {
  std::string container_id;
  std::string started_at;  ///< the engine's text, compared, never parsed
  auto operator<=>(const InstanceId&) const = default;
};
HEALER_DESCRIBE(InstanceId, container_id, started_at);

struct PortBinding {
  std::uint16_t container_port = 0;
  bool tcp = true;
  std::string host_address;     ///< empty: not published; "0.0.0.0" and "::" mean every address
  std::uint16_t host_port = 0;  ///< 0: exposed, not published
  bool operator==(const PortBinding&) const = default;
};
HEALER_DESCRIBE(PortBinding, container_port, tcp, host_address, host_port);

/// Whose network a container uses: a private one, the host's, none, or that of another container.
BOOST_DEFINE_ENUM_CLASS(NetworkKind, Own, Host, None, Shared)

struct NetworkAttachment {
  std::string name;
  std::string address;  ///< numeric, empty while the container does not run
  bool operator==(const NetworkAttachment&) const = default;
};
HEALER_DESCRIBE(NetworkAttachment, name, address);

/// Which workload a container belongs to, as the tools of its engine name it.
struct Identity {
  std::string key;       ///< survives recreation, e.g. "project/service/number"; empty: the container's name
  std::string service;   ///< "project/service"; empty: the container belongs to no service
  bool one_off = false;  ///< started by hand for one task beside its service; never watched
  bool operator==(const Identity&) const = default;
};
HEALER_DESCRIBE(Identity, key, service, one_off);

/// The commands that an operator types about a container, in the words of its engine; empty: none is known.
struct Advice {
  std::string logs;   ///< "docker logs web"
  std::string start;  ///< "docker start web"
  bool operator==(const Advice&) const = default;
};
HEALER_DESCRIBE(Advice, logs, start);

/// The facts that one inspect gives about a container: what decisions are made on.
struct Container {
  std::string id;
  std::string name;  ///< without the leading '/'
  std::string image;
  std::map<std::string, std::string> labels;  ///< for settings only; no decision reads them
  Identity identity;
  std::vector<std::string> dependencies;  ///< services that must be healthy first, as "project/service"
  Advice advice;
  ContainerState state = ContainerState::Created;
  std::string started_at;            ///< engine's text; "0001-01-01T00:00:00Z" when it never ran
  std::optional<WallTime> started;   ///< the same, parsed, engine's clock; empty when it never ran
  std::optional<WallTime> finished;  ///< when it last exited
  int exit_code = 0;
  bool oom_killed = false;
  RestartPolicy restart_policy = RestartPolicy::No;
  unsigned maximum_retries = 0;          ///< of OnFailure; 0: no limit
  unsigned restart_count = 0;            ///< restarts the engine itself made by that policy
  std::optional<Duration> stop_timeout;  ///< the container's own; empty: the engine's default (10 s)
  EngineHealth health = EngineHealth::None;
  std::optional<WallTime> health_checked;  ///< end of the newest entry of the health log
  std::string health_output;               ///< that entry's output, at most 4 KiB
  Duration health_interval{0};             ///< HEALTHCHECK's interval and timeout, 0 without one
  Duration health_timeout{0};
  Duration health_start_period{0};
  NetworkKind network = NetworkKind::Own;
  std::string network_parent;      ///< Shared: the id of the container whose network it uses
  std::vector<PortBinding> ports;  ///< sorted by container port, published ones first
  std::vector<NetworkAttachment> networks;
  std::string memory_limit_note;  ///< e.g. "limit 64 MiB", empty without a limit

  InstanceId instance() const { return InstanceId{id, started_at}; }
  bool operator==(const Container&) const = default;
};
HEALER_DESCRIBE(Container, id, name, image, labels, identity, dependencies, advice, state, started_at,
                started, finished, exit_code, oom_killed, restart_policy, maximum_retries, restart_count,
                stop_timeout, health, health_checked, health_output, health_interval, health_timeout,
                health_start_period, network, network_parent, ports, networks, memory_limit_note);

/// What a list gives: enough to see which containers must be inspected.
struct ContainerSummary {
  std::string id;
  std::string name;
  std::string image;
  std::map<std::string, std::string> labels;
  Identity identity;
  ContainerState state = ContainerState::Created;
};
HEALER_DESCRIBE(ContainerSummary, id, name, image, labels, identity, state);

}  // namespace healer
