#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "model/container.hpp"
#include "model/event.hpp"
#include "model/probe.hpp"

namespace healer {

/// The engine's own HEALTHCHECK is listened to; nothing is asked over the network.
struct UseEngineHealth {
  bool operator==(const UseEngineHealth&) const = default;
};

/// Nothing to reach by configuration: said once, never counted as a failure.
struct Unreachable {
  std::string reason;  ///< what is missing and which label or option would give it
  bool operator==(const Unreachable&) const = default;
};

/// How a workload is asked from where healer stands.
struct TargetResolution {
  std::variant<Unreachable, UseEngineHealth, ProbeTargetPtr> how;
  ProbeKind kind = ProbeKind::Http;
  std::string text;  ///< for operators: "http 127.0.0.1:8080/health"

  /// Asks the very same question: an answer to the one is an answer to the other.
  bool same_target(const TargetResolution& other) const;
};

/// No target, for this reason.
TargetResolution unreachable(ProbeKind kind, const std::string& reason);

/// Finds the way to ask a container. docs/architecture.md, "Reaching a target": from the host the published
/// port on its host address, else the container's address on its network; from inside a container the address
/// on a network both share, never `localhost`; a host-network container on the host's loopback. Without a
/// probe kind: http on the first published port, else the HEALTHCHECK. HEALING.md 2.
///
/// A container that shares another one's network (NetworkKind::Shared) is asked where that one is:
/// at its published port for the wanted one, else at its address. `network_parent`: the facts of that one,
/// where they are known. An exec probe needs no network: the engine runs it in the container.
TargetResolution resolve_target(const Container& container, const ProbeSpec& spec,
                                const ProbeOrigin& probe_origin, const Container* network_parent = nullptr);

}  // namespace healer
