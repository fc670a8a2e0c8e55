#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <boost/mp11/list.hpp>

#include "base/choice.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"
#include "model/container.hpp"
#include "model/describe.hpp"
#include "model/error.hpp"
#include "model/operator_command.hpp"
#include "model/policy.hpp"
#include "model/probe.hpp"
#include "model/record.hpp"
#include "model/routing.hpp"

namespace healer {

/// How the engine was asked to end a container: by a signal to its process, by a stop, or by a restart.
BOOST_DEFINE_ENUM_CLASS(StopForm, Signal, Stop, Restart)

/// The engine was asked to end the container. Signals that end no process (HUP, USR1, ...) are not reported.
struct StopRequested {
  StopForm form = StopForm::Stop;
  int signal = 0;  ///< Signal: its number; 0 when the engine does not name it
};
HEALER_DESCRIBE(StopRequested, form, signal);

/// The container's process ended.
struct Ended {
  int exit_code = 0;
  bool oom = false;  ///< before the end, the kernel killed a process of the container for lack of memory
};
HEALER_DESCRIBE(Ended, exit_code, oom);

struct Started {};
HEALER_DESCRIBE(Started);

/// The engine's own HEALTHCHECK gave a verdict.
struct HealthReported {
  EngineHealth health = EngineHealth::None;
};
HEALER_DESCRIBE(HealthReported, health);

/// The container was paused, unpaused, renamed or updated, or connected to another network: an inspect shows
/// which.
struct Changed {};
HEALER_DESCRIBE(Changed);

struct Removed {};
HEALER_DESCRIBE(Removed);

/// A container was created. It does not run yet.
struct Created {};
HEALER_DESCRIBE(Created);

/// A report of an engine's event stream, the same for every engine. Trap: StopRequested usually comes before
/// the Ended that it causes, but some engines report it later or not at all: see StopReports.
using EngineReport = std::variant<StopRequested, Ended, Started, HealthReported, Changed, Removed, Created>;

struct EngineEvent {
  std::string container_id;
  std::string name;
  std::int64_t unix_nanoseconds = 0;  ///< when it happened, by the engine's clock
  EngineReport report;
  std::string service = {};  ///< Created, Removed: "project/service"; empty: none, or a one-off container
};
HEALER_DESCRIBE(EngineEvent, container_id, name, unix_nanoseconds, report, service);

/// Whether the report is about how an instance ends.
inline bool reports_an_end(const EngineEvent& event) {
  return std::holds_alternative<StopRequested>(event.report) || std::holds_alternative<Ended>(event.report);
}

/// A container as inspected, with the policy its labels give it.
struct ContainerObserved {
  Container container;
  PolicyPtr policy;
  std::vector<LabelProblem> problems;
};
HEALER_DESCRIBE(ContainerObserved, container, policy, problems);

/// The container does not exist any more.
struct ContainerGone {
  std::string container_id;
};
HEALER_DESCRIBE(ContainerGone, container_id);

/// An inspect failed for another reason than absence.
struct InspectFailed {
  std::string container_id;
  Error error;
};
HEALER_DESCRIBE(InspectFailed, container_id, error);

/// A full list of containers is complete: before this event, healer inspected every container of the list
/// that it had to inspect.
struct SyncCompleted {
  std::vector<std::string> container_ids;
};
HEALER_DESCRIBE(SyncCompleted, container_ids);

/// Whether an engine reports a stop before the exit that the stop causes (Docker), or after it or not at all
/// (Podman).
BOOST_DEFINE_ENUM_CLASS(StopReports, Reliable, Unreliable)

/// Whether the containers depend on the engine's process. If they do (Docker), a new engine process first
/// ends the containers that outlived a killed one, and reports those stops like an operator's.
BOOST_DEFINE_ENUM_CLASS(EngineProcess, HoldsContainers, LeavesContainers)

/// What an engine can do.
BOOST_DEFINE_ENUM_CLASS(Capability, Restart, Start, Stop, Kill, Exec, Recreate, Replace, Evidence)

inline std::vector<Capability> every_capability() {
  constexpr auto all = enum_values<Capability>();
  return {all.begin(), all.end()};
}

struct Capabilities {
  std::vector<Capability> can = every_capability();
  RemedyKind default_remedy = RemedyKind::Restart;  ///< if no setting names a remedy

  bool has(Capability capability) const { return std::find(can.begin(), can.end(), capability) != can.end(); }
  bool operator==(const Capabilities&) const = default;
};
HEALER_DESCRIBE(Capabilities, can, default_remedy);

struct EngineConnected {
  std::string description;  ///< "Docker Engine 20.10.24 (API 1.41)"
  StopReports stop_reports = StopReports::Reliable;
  EngineProcess process = EngineProcess::HoldsContainers;
  Capabilities capabilities = {};
};
HEALER_DESCRIBE(EngineConnected, description, stop_reports, process, capabilities);

/// Where healer's checks come from: the host, or a container of this engine. docs/architecture.md, "Reaching
/// a target".
struct ProbeOrigin {
  std::string own_container_id;       ///< empty: on the host
  bool host_network = false;          ///< healer's container uses the host's network
  std::vector<std::string> networks;  ///< names of the networks of healer's container
  /// On the host: the directly connected routes, as "10.1.0.0/16"; empty: not known, every address may be
  /// reachable.
  std::vector<std::string> connected = {};
  bool rootless = false;  ///< the engine's networks are in another network namespace than the host's
  bool on_host() const { return own_container_id.empty() || host_network; }
  bool operator==(const ProbeOrigin&) const = default;
};
HEALER_DESCRIBE(ProbeOrigin, own_container_id, host_network, networks, connected, rootless);

struct ProbeOriginLearned {
  ProbeOrigin probe_origin;
};
HEALER_DESCRIBE(ProbeOriginLearned, probe_origin);

/// The engine could not repeat every event since the last one that healer saw: an exit that nobody saw is
/// ambiguous.
struct EventsLost {};
HEALER_DESCRIBE(EventsLost);

struct EngineLost {
  std::string reason;
};
HEALER_DESCRIBE(EngineLost, reason);

struct ProbeFinished {
  ProbeId probe;
  std::string workload;
  ProbeFacts facts;
};
HEALER_DESCRIBE(ProbeFinished, probe, workload, facts);

/// How the engine answered an ordered remedy. Lost: no answer, the remedy may have been executed. Begun is
/// not an answer: the hook before the remedy has ended, and healer calls the engine now.
BOOST_DEFINE_ENUM_CLASS(RemedyAnswer, Done, Refused, Lost, SkippedDryRun, Begun)

struct RemedyFinished {
  AttemptId attempt;
  std::string workload;
  RemedyAnswer answer = RemedyAnswer::Done;
  std::string error;
  std::string new_container_id = {};  ///< Recreate, done: the new container
};
HEALER_DESCRIBE(RemedyFinished, attempt, workload, answer, error, new_container_id);

/// The evidence is on its way to the store, or could not be captured in time. The remedy continues in both
/// cases.
struct EvidenceCaptured {
  std::string workload;
  IncidentId incident;
  std::string excerpt;  ///< the last lines of the log, redacted, at most 400 bytes
  std::string missing;  ///< parts that could not be captured, and why; empty: none
};
HEALER_DESCRIBE(EvidenceCaptured, workload, incident, excerpt, missing);

/// The wake-up that the effect Wake requested. A late, early or duplicate Tick is harmless: the core's state
/// says what is due. An empty workload: for the host.
struct Tick {
  std::string workload;
};
HEALER_DESCRIBE(Tick, workload);

/// The event loop stood still for `lag` just before now. Timeouts during the stall are not about the targets.
struct LoopStalled {
  Duration lag{0};
};
HEALER_DESCRIBE(LoopStalled, lag);

/// A rule of Prometheus fires or stops firing about one workload, reported by Alertmanager or found by
/// healer's query. A repeated alert is the same alert. A query that failed sends no event: unknown never
/// opens an incident.
struct AlertReported {
  std::string workload;     ///< key
  std::string source;       ///< "alertmanager", "prometheus"
  std::string id;           ///< unique within the source; at most 64 bytes
  std::string name;         ///< of the rule, for operators
  std::string text;         ///< the alert's text: one line, redacted, at most 300 bytes
  bool firing = true;       ///< false: resolved
  bool act = true;          ///< false: healer notifies operators, and executes no remedy
  std::string ask_at = {};  ///< base URL of the Alertmanager that sent it; empty: none that healer may ask
  std::vector<AlertLabel> labels = {};  ///< sorted by name; empty: they are too large to be kept
};
HEALER_DESCRIBE(AlertReported, workload, source, id, name, text, firing, act, ask_at, labels);

/// Whether an alert fires now. Over: resolved, silenced, inhibited or unknown at its source.
BOOST_DEFINE_ENUM_CLASS(AlertAnswer, Fires, Over, Unknown)

/// The answer to ConfirmAlert. An answer that is not awaited is ignored.
struct AlertConfirmed {
  std::string workload;
  std::string source;
  std::string id;
  AlertAnswer answer = AlertAnswer::Unknown;
  std::string why;  ///< Over, Unknown: the reason, for operators
};
HEALER_DESCRIBE(AlertConfirmed, workload, source, id, answer, why);

/// The wall clock was set since the process began. For maintenance windows and the engine's timestamps.
struct WallClockMoved {
  Duration ahead{0};  ///< wall time minus wall_time_of(now)
};
HEALER_DESCRIBE(WallClockMoved, ahead);

/// The host is under pressure (Linux PSI, `full avg10`), or no longer: while it is, timeouts are not about
/// the targets.
struct HostPressure {
  bool high = false;
  std::string text;  ///< "memory 62 %"
};
HEALER_DESCRIBE(HostPressure, high, text);

/// The settings of the host changed.
struct HostPolicyChanged {
  HostPolicy policy;
};
HEALER_DESCRIBE(HostPolicyChanged, policy);

struct Event : boost::mp11::mp_append<
                   std::variant<EngineEvent, ContainerObserved, ContainerGone, InspectFailed, SyncCompleted,
                                EngineConnected, ProbeOriginLearned, EventsLost, EngineLost, ProbeFinished,
                                EvidenceCaptured, RemedyFinished, Tick, LoopStalled, AlertReported,
                                WallClockMoved, HostPressure, HostPolicyChanged, AlertConfirmed>,
                   OperatorCommand> {
  HEALER_CHOICE(Event);
};

}  // namespace healer
