#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "model/describe.hpp"

namespace healer {

/// The container's state, in the engine's own words (`State.Status`).
BOOST_DEFINE_ENUM_CLASS(ContainerState, Created, Running, Paused, Restarting, Removing, Exited, Dead)

/// Result of the engine's own HEALTHCHECK. None: the container has no HEALTHCHECK.
BOOST_DEFINE_ENUM_CLASS(EngineHealth, None, Starting, Healthy, Unhealthy)

/// The engine's restart policy (`HostConfig.RestartPolicy`).
BOOST_DEFINE_ENUM_CLASS(RestartPolicy, No, Always, UnlessStopped, OnFailure)

/// As the engine writes the values.
template <>
struct EnumDialect<RestartPolicy> {
  static constexpr std::array texts{EnumText<RestartPolicy>{RestartPolicy::UnlessStopped, "unless-stopped"},
                                    EnumText<RestartPolicy>{RestartPolicy::OnFailure, "on-failure"}};
};

/// One life of a container: the id survives a restart, the start time does not. Streaks and start period
/// belong to one instance.
struct InstanceId {
  std::string container_id;
  std::string started_at;  ///< the engine's text; only compared
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
  std::string address;      ///< numeric, empty while the container does not run
  std::string driver = {};  ///< "bridge", "macvlan", "overlay"; empty: not known
  bool operator==(const NetworkAttachment&) const = default;
};
HEALER_DESCRIBE(NetworkAttachment, name, address, driver);

/// The workload that a container belongs to, by the tools of its engine.
struct Identity {
  std::string key;       ///< survives recreation, e.g. "project/service/number"; empty: the container's name
  std::string service;   ///< "project/service"; empty: the container belongs to no service
  bool one_off = false;  ///< started by an operator for one task (compose run); never watched
  std::string problem;   ///< for operators: why the labels give no key; empty: nothing is wrong
  bool operator==(const Identity&) const = default;
};
HEALER_DESCRIBE(Identity, key, service, one_off, problem);

/// Commands of the container's engine for an operator to type; empty: none.
struct Advice {
  std::string logs;   ///< "docker logs web"
  std::string start;  ///< "docker start web"
  bool operator==(const Advice&) const = default;
};
HEALER_DESCRIBE(Advice, logs, start);

/// Who else starts and stops the container: an orchestrator, a unit of the service manager, or the
/// engine, which removes it at its end. Their decisions and healer's would contradict each other.
struct Owner {
  std::string name;    ///< for operators: "Docker Swarm", "systemd unit web.service"; empty: nobody
  bool stable = true;  ///< false: a removal of the container is the owner's daily work, and no loss
  bool operator==(const Owner&) const = default;
};
HEALER_DESCRIBE(Owner, name, stable);

/// Which services of its project the container's start waits for, each as "project/service".
struct StartOrder {
  std::vector<std::string> dependencies;    ///< must be healthy first
  std::vector<std::string> awaited_jobs;    ///< must have completed first
  std::vector<std::string> restarted_with;  ///< those of `dependencies` after whose restart it is restarted
  bool operator==(const StartOrder&) const = default;
};
HEALER_DESCRIBE(StartOrder, dependencies, awaited_jobs, restarted_with);

/// What the engine's own restart policy does.
struct EngineRestarts {
  RestartPolicy policy = RestartPolicy::No;
  unsigned maximum_retries = 0;  ///< of OnFailure; 0: no limit
  unsigned count = 0;            ///< restarts by the policy
  bool operator==(const EngineRestarts&) const = default;
};
HEALER_DESCRIBE(EngineRestarts, policy, maximum_retries, count);

/// The container's HEALTHCHECK: the newest entry of its log, and its times (0 without one).
struct HealthCheck {
  std::optional<WallTime> checked;  ///< end of the newest entry
  std::string output;               ///< of that entry, at most 4 KiB
  std::optional<int> exit_code;     ///< of that entry's command
  Duration interval{0};
  Duration timeout{0};
  Duration start_period{0};
  bool operator==(const HealthCheck&) const = default;
};
HEALER_DESCRIBE(HealthCheck, checked, output, exit_code, interval, timeout, start_period);

/// The facts about a container from one inspect. Decisions are made on them.
struct Container {
  std::string id;
  std::string name;  ///< without the leading '/'
  std::string image;
  std::string image_id;                       ///< the image's content; empty: the engine does not tell
  std::map<std::string, std::string> labels;  ///< for the settings; no decision reads a label
  Identity identity;
  Owner owner;
  StartOrder start_order;
  Advice advice;
  ContainerState state = ContainerState::Created;
  std::string started_at;            ///< the engine's text; "0001-01-01T00:00:00Z": it never ran
  std::optional<WallTime> started;   ///< the same, parsed, by the engine's clock; empty: it never ran
  std::optional<WallTime> finished;  ///< last exit, by the engine's clock
  int exit_code = 0;
  bool oom_killed = false;
  EngineRestarts engine_restarts;
  std::optional<Duration> stop_timeout;  ///< the container's own; empty: the engine's default (10 s)
  EngineHealth health = EngineHealth::None;
  HealthCheck health_check;
  NetworkKind network = NetworkKind::Own;
  std::string network_parent;      ///< Shared: the id of the container whose network it uses
  std::vector<PortBinding> ports;  ///< sorted by container port, published ones first
  std::vector<NetworkAttachment> networks;
  std::string memory_limit_note;  ///< e.g. "limit 64 MiB"; empty: no limit
  /// A command that runs inside and is neither the HEALTHCHECK nor one of healer's: its first word; empty:
  /// none.
  std::string operator_command;

  InstanceId instance() const { return InstanceId{id, started_at}; }
  bool operator==(const Container&) const = default;
};
HEALER_DESCRIBE(Container, id, name, image, image_id, labels, identity, owner, start_order, advice, state,
                started_at, started, finished, exit_code, oom_killed, engine_restarts, stop_timeout, health,
                health_check, network, network_parent, ports, networks, memory_limit_note, operator_command);

/// One entry of a list: enough to decide whether the container must be inspected.
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
