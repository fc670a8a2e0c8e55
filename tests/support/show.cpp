#include "support/show.hpp"

#include <fmt/format.h>

#include "base/duration.hpp"

namespace healer::testing {
namespace {

struct ShowEvent {
  std::string operator()(const EngineEvent& e) const {
    std::string text = fmt::format("engine says {} {}", to_string(e.kind), e.container_id);
    if (e.kind == EngineEventKind::Die) text += fmt::format(" code {}", e.exit_code);
    if (e.kind == EngineEventKind::Kill) text += fmt::format(" signal {}", e.signal);
    if (e.kind == EngineEventKind::HealthStatus) text += std::string(" ") + to_string(e.health);
    return text;
  }
  std::string operator()(const ContainerObserved& e) const {
    return fmt::format("observed {} ({}) {} run {}", e.container.name, e.container.id,
                       to_string(e.container.state), e.container.started_at);
  }
  std::string operator()(const ContainerGone& e) const { return "gone " + e.container_id; }
  std::string operator()(const InspectFailed& e) const { return "inspect failed " + e.container_id; }
  std::string operator()(const SyncCompleted& e) const {
    return fmt::format("sync completed, {} containers", e.container_ids.size());
  }
  std::string operator()(const EngineConnected&) const { return "engine connected"; }
  std::string operator()(const VantageLearned&) const { return "vantage learned"; }
  std::string operator()(const EngineLost& e) const { return "engine lost: " + e.reason; }
  std::string operator()(const ProbeFinished& e) const {
    return fmt::format("probe {} of {}: {} {}", e.probe.value, e.workload, to_string(e.facts.end),
                       e.facts.status);
  }
  std::string operator()(const RemedyFinished& e) const {
    return fmt::format("remedy {} of {}: {} {}", e.attempt.value, e.workload, to_string(e.answer), e.error);
  }
  std::string operator()(const Tick& e) const { return "tick " + e.workload; }
  std::string operator()(const LoopStalled& e) const { return "stalled " + format_duration(e.lag); }
  std::string operator()(const OperatorReset& e) const { return "reset " + e.workload; }
  std::string operator()(const EvidenceCaptured& e) const { return "evidence of " + e.workload; }
  std::string operator()(const OperatorPause& e) const { return "pause " + e.workload; }
  std::string operator()(const OperatorResume& e) const { return "resume " + e.workload; }
  std::string operator()(const OperatorAck& e) const { return "ack " + e.workload; }
  std::string operator()(const OperatorHeal& e) const { return "heal " + e.workload; }
  std::string operator()(const SignalReported& e) const {
    return fmt::format("signal {} of {} {}", e.name, e.workload, e.firing ? "fires" : "is resolved");
  }
  std::string operator()(const WallClockMoved& e) const {
    return "wall clock ahead " + format_duration(e.ahead);
  }
  std::string operator()(const HostPolicyChanged&) const { return "host policy changed"; }
};

struct ShowRecord {
  std::string operator()(const WorkloadRecord& r) const {
    return fmt::format("workload {} level {} breaker {}{}", r.key, r.backoff_level, to_string(r.breaker),
                       r.stopped_by_person ? " stopped-by-person" : "");
  }
  std::string operator()(const Incident& r) const {
    return fmt::format("incident {} {}", r.id.value, to_string(r.outcome));
  }
  std::string operator()(const Attempt& r) const {
    return fmt::format("attempt {} {} {}", r.id.value, to_string(r.state), r.note);
  }
  std::string operator()(const RaisedAlert&) const { return "alert"; }
  std::string operator()(const Delivery&) const { return "delivery"; }
  std::string operator()(const Receipt&) const { return "receipt"; }
  std::string operator()(const EventCursor&) const { return "cursor"; }
  std::string operator()(const HostRecord&) const { return "host"; }
  std::string operator()(const Evidence& r) const { return "evidence of " + r.workload; }
  std::string operator()(const Decision& r) const {
    return fmt::format("decision {} {}: {} [{}]", to_string(r.rule), r.workload, r.outcome, r.inputs);
  }
};

struct ShowMetric {
  std::string operator()(const CountCheck& m) const {
    return fmt::format("check {} {}", to_string(m.outcome), to_string(m.cause));
  }
  std::string operator()(const CountRemedy& m) const {
    return fmt::format("remedy {} {}", to_string(m.remedy), to_string(m.outcome));
  }
  std::string operator()(const CountHold& m) const { return fmt::format("hold {}", to_string(m.kind)); }
  std::string operator()(const CountUnasked& m) const {
    return fmt::format("unasked {}", to_string(m.cause));
  }
  std::string operator()(const CountAlertRepeat& m) const {
    return fmt::format("{} {}", m.escalation ? "escalation" : "reminder", to_string(m.kind));
  }
  std::string operator()(const CountIncidentOpened& m) const {
    return fmt::format("incident opened {}", to_string(m.cause));
  }
  std::string operator()(const CountIncidentClosed& m) const {
    return fmt::format("incident closed {} after {}", to_string(m.outcome), format_duration(m.time_to_heal));
  }
};

struct ShowAction {
  std::string operator()(const CaptureEvidence& a) const { return "capture evidence of " + a.workload; }
  std::string operator()(const StartProbe& a) const {
    return fmt::format("probe {} {}", a.probe.value, a.workload);
  }
  std::string operator()(const CancelProbe& a) const { return fmt::format("cancel probe {}", a.probe.value); }
  std::string operator()(const Inspect& a) const { return "inspect " + a.container_id; }
  std::string operator()(const ApplyRemedy& a) const {
    return fmt::format("APPLY {} {} ({}) attempt {}", to_string(a.step), a.name, a.container_id,
                       a.attempt.value);
  }
  std::string operator()(const Wake& a) const {
    return fmt::format("wake {} at {}", a.workload, a.at.time_since_epoch().count());
  }
  std::string operator()(const Persist& a) const { return "persist " + std::visit(ShowRecord{}, a.record); }
  std::string operator()(const RaiseAlert& a) const {
    std::string to;
    for (const Destination& each : a.destinations) to += " " + each.channel;
    return fmt::format("ALERT {} {}: {} [{}] ->{}", to_string(a.alert.kind), a.alert.event, a.alert.text,
                       a.alert.dedup_key, to);
  }
  std::string operator()(const LogLine& a) const { return "log: " + a.message; }
  std::string operator()(const Count& a) const { return "count " + std::visit(ShowMetric{}, a.metric); }
};

}  // namespace

std::string show(const Event& event) {
  return std::visit(ShowEvent{}, event);
}

std::string show(const Action& action) {
  return std::visit(ShowAction{}, action);
}

}  // namespace healer::testing
