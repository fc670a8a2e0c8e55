#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/ids.hpp"
#include "base/time.hpp"
#include "model/container.hpp"
#include "model/describe.hpp"
#include "model/error.hpp"
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
  bool oom = false;  ///< the kernel killed a process of the container for lack of memory before
};
HEALER_DESCRIBE(Ended, exit_code, oom);

struct Started {};
HEALER_DESCRIBE(Started);

/// The engine's own HEALTHCHECK gave a verdict.
struct HealthReported {
  EngineHealth health = EngineHealth::None;
};
HEALER_DESCRIBE(HealthReported, health);

/// The container was paused, unpaused, renamed or updated: an inspect shows which.
struct Changed {};
HEALER_DESCRIBE(Changed);

struct Removed {};
HEALER_DESCRIBE(Removed);

/// What an engine's event stream reports, in words that every engine shares. Where an engine has a report of
/// each, StopRequested comes before the Ended that it causes; EngineConnected says whether it may come late.
using EngineReport = std::variant<StopRequested, Ended, Started, HealthReported, Changed, Removed>;

struct EngineEvent {
  std::string container_id;
  std::string name;
  std::int64_t unix_nanoseconds = 0;  ///< when it happened, by the engine's clock
  EngineReport report;
};
HEALER_DESCRIBE(EngineEvent, container_id, name, unix_nanoseconds, report);

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

/// The engine knows no such container any more.
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

/// A full list of what exists has been worked through: every container of it was observed before this.
struct SyncCompleted {
  std::vector<std::string> container_ids;
};
HEALER_DESCRIBE(SyncCompleted, container_ids);

/// Whether an engine reports a stop before the exit that the stop causes (Docker), or after it or not at all
/// (Podman).
BOOST_DEFINE_ENUM_CLASS(StopReports, Reliable, Unreliable)

/// Whether the containers live in the process that answers. Where they do (Docker), a new process ends what
/// outlived a killed one before it answers, and reports those stops like an operator's.
BOOST_DEFINE_ENUM_CLASS(EngineProcess, HoldsContainers, LeavesContainers)

/// What an engine can be asked for.
BOOST_DEFINE_ENUM_CLASS(Capability, Restart, Start, Stop, Kill, Exec, Recreate, Replace, Evidence)

inline std::vector<Capability> every_capability() {
  constexpr auto all = enum_values<Capability>();
  return {all.begin(), all.end()};
}

struct Capabilities {
  std::vector<Capability> can = every_capability();
  RemedyKind default_remedy = RemedyKind::Restart;  ///< where no setting names a remedy

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

/// From where healer asks: the host itself, or inside a container of this engine. docs/architecture.md,
/// "Reaching a target".
struct ProbeOrigin {
  std::string own_container_id;       ///< empty: on the host
  bool host_network = false;          ///< inside a container that shares the host's network
  std::vector<std::string> networks;  ///< names of the networks the own container is on
  bool on_host() const { return own_container_id.empty() || host_network; }
  bool operator==(const ProbeOrigin&) const = default;
};
HEALER_DESCRIBE(ProbeOrigin, own_container_id, host_network, networks);

struct ProbeOriginLearned {
  ProbeOrigin probe_origin;
};
HEALER_DESCRIBE(ProbeOriginLearned, probe_origin);

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

/// How the engine answered an ordered remedy. Lost: no answer, it may have been executed. Begun is no
/// end: the hook before it is over, and the engine is asked only now.
BOOST_DEFINE_ENUM_CLASS(RemedyAnswer, Done, Refused, Lost, SkippedDryRun, Begun)

struct RemedyFinished {
  AttemptId attempt;
  std::string workload;
  RemedyAnswer answer = RemedyAnswer::Done;
  std::string error;
  std::string new_container_id = {};  ///< Recreate, done: the container that took its place
};
HEALER_DESCRIBE(RemedyFinished, attempt, workload, answer, error, new_container_id);

/// The evidence asked for is on its way to the store, or could not be had in time; either way the remedy
/// goes on.
struct EvidenceCaptured {
  std::string workload;
  IncidentId incident;
  std::string excerpt;  ///< the last lines of the log, redacted, at most 400 bytes
  std::string missing;  ///< what could not be had, and why; empty: nothing
};
HEALER_DESCRIBE(EvidenceCaptured, workload, incident, excerpt, missing);

/// A workload's wake-up, asked for by Wake. Late, early and duplicate ones are harmless: what is due is
/// state. An empty workload wakes what belongs to none.
struct Tick {
  std::string workload;
};
HEALER_DESCRIBE(Tick, workload);

/// The loop stood still for this long just before now: what timed out meanwhile says nothing about the
/// targets.
struct LoopStalled {
  Duration lag{0};
};
HEALER_DESCRIBE(LoopStalled, lag);

/// `healer reset NAME`: close the breaker, forget the backoff.
struct OperatorReset {
  std::string workload;
};
HEALER_DESCRIBE(OperatorReset, workload);

/// `healer pause NAME`: watch, but do nothing. An empty workload: all of them.
struct OperatorPause {
  std::string workload;
  std::optional<Duration> length;  ///< empty: until resumed
};
HEALER_DESCRIBE(OperatorPause, workload, length);

/// `healer resume NAME`. An empty workload ends the pause of all, not those of single ones.
struct OperatorResume {
  std::string workload;
};
HEALER_DESCRIBE(OperatorResume, workload);

/// `healer heal NAME`: the first step now, whatever its health says. What an operator stopped or paused, and
/// what is not opted in, stays untouched all the same.
struct OperatorHeal {
  std::string workload;
};
HEALER_DESCRIBE(OperatorHeal, workload);

/// `healer ack NAME`: an operator knows of the open incident; no reminders, no escalation.
struct OperatorAck {
  std::string workload;
  std::string by;  ///< who, for operators; empty: not said
};
HEALER_DESCRIBE(OperatorAck, workload, by);

/// A rule of Prometheus about one workload, as Alertmanager notified it or as healer's own query found it.
/// Said again, it is the same alert; who asked in vain says nothing, for unknown is never unhealthy.
struct AlertReported {
  std::string workload;  ///< key
  std::string source;    ///< "alertmanager", "prometheus"
  std::string id;        ///< which of its source; at most 64 bytes
  std::string name;      ///< the rule's, for operators
  std::string text;      ///< what it says: one line, redacted, at most 300 bytes
  bool firing = true;    ///< false: resolved
  bool act = true;       ///< false: operators are notified, and nothing is done
};
HEALER_DESCRIBE(AlertReported, workload, source, id, name, text, firing, act);

/// The wall clock was compared with the core's timeline and differs by this much more than was known: for
/// maintenance windows and for times that the engine says.
struct WallClockMoved {
  Duration ahead{0};  ///< wall time minus wall_time_of(now)
};
HEALER_DESCRIBE(WallClockMoved, ahead);

/// The host's settings changed.
struct HostPolicyChanged {
  HostPolicy policy;
};
HEALER_DESCRIBE(HostPolicyChanged, policy);

using Event = std::variant<EngineEvent, ContainerObserved, ContainerGone, InspectFailed, SyncCompleted,
                           EngineConnected, ProbeOriginLearned, EngineLost, ProbeFinished, EvidenceCaptured,
                           RemedyFinished, Tick, LoopStalled, OperatorReset, OperatorPause, OperatorResume,
                           OperatorHeal, OperatorAck, AlertReported, WallClockMoved, HostPolicyChanged>;

}  // namespace healer
