#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "model/container.hpp"
#include "model/event.hpp"
#include "model/probe.hpp"
#include "model/record.hpp"

namespace healer {

/// The workload's health is the engine's own HEALTHCHECK; healer opens no connection.
struct UseEngineHealth {
  bool operator==(const UseEngineHealth&) const = default;
};

/// The configuration gives no probe target. Reported once, never counted as a failure.
struct Unreachable {
  std::string reason;  ///< what is missing and which label or option would give it
  bool operator==(const Unreachable&) const = default;
};

/// How a workload is checked from healer's probe origin.
struct TargetResolution {
  std::variant<Unreachable, UseEngineHealth, ProbeTargetPtr> how;
  ProbeKind kind = ProbeKind::Http;
  std::string text;        ///< for operators: "http 127.0.0.1:8080/health"
  std::uint16_t port = 0;  ///< the container's port; 0: none, or not known
  /// The connection goes to a published port, where the engine's proxy answers for the container.
  bool published = false;

  /// Both describe the same check: a result of one is a result of the other.
  bool same_target(const TargetResolution& other) const;
};

/// A resolution without a target, for this reason.
TargetResolution unreachable(ProbeKind kind, const std::string& reason);

/// The targets among which the automatic selection looks for one that answers `spec.path` over HTTP: each
/// published TCP port, then each exposed one that can be reached, by number; only `spec.port`, if that is
/// set. Empty: no port can be reached. HEALING.md 2.
std::vector<TargetResolution> candidate_targets(const Container& container, const ProbeSpec& spec,
                                                const ProbeOrigin& probe_origin,
                                                const Container* network_parent, Duration timeout);

/// The target on this port, as the automatic selection has chosen it.
TargetResolution chosen_target(const Container& container, ProbeSpec spec, const TrustedProbe& chosen,
                               const ProbeOrigin& probe_origin, const Container* network_parent);

/// The same target over TLS.
TargetResolution over_tls(const TargetResolution& http);

TargetResolution by_engine_health();

/// Resolves the probe target of a container. docs/architecture.md, "Reaching a target": from the host, the
/// published port on its host address, else the container's address on its network, if a directly connected
/// route leads there; from inside a container,
/// the address on a network that both share, never `localhost`; for a host-network container, the host's
/// loopback. Without a probe kind: http on the first published port, else the HEALTHCHECK. HEALING.md 2.
///
/// A container that shares the network of another (NetworkKind::Shared) has the target of that network
/// parent: the parent's published port for the wanted port, else the parent's address. `network_parent`: the
/// parent's facts, null while they are not known. An exec probe needs no network: the engine runs it in the
/// container.
TargetResolution resolve_target(const Container& container, const ProbeSpec& spec,
                                const ProbeOrigin& probe_origin, const Container* network_parent = nullptr);

}  // namespace healer
