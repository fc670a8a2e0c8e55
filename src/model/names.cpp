// The text of every closed choice of the model: one switch each, so that a new value cannot be forgotten.
#include "model/action.hpp"
#include "model/event.hpp"
#include "model/record.hpp"
#include "model/status.hpp"

namespace healer {

const char* to_string(ContainerState value) {
  switch (value) {
    case ContainerState::Created:
      return "created";
    case ContainerState::Running:
      return "running";
    case ContainerState::Paused:
      return "paused";
    case ContainerState::Restarting:
      return "restarting";
    case ContainerState::Removing:
      return "removing";
    case ContainerState::Exited:
      return "exited";
    case ContainerState::Dead:
      return "dead";
  }
  return "unknown";
}

const char* to_string(EngineHealth value) {
  switch (value) {
    case EngineHealth::None:
      return "none";
    case EngineHealth::Starting:
      return "starting";
    case EngineHealth::Healthy:
      return "healthy";
    case EngineHealth::Unhealthy:
      return "unhealthy";
  }
  return "unknown";
}

const char* to_string(RestartPolicy value) {
  switch (value) {
    case RestartPolicy::No:
      return "no";
    case RestartPolicy::Always:
      return "always";
    case RestartPolicy::UnlessStopped:
      return "unless-stopped";
    case RestartPolicy::OnFailure:
      return "on-failure";
  }
  return "unknown";
}

const char* to_string(ProbeKind value) {
  switch (value) {
    case ProbeKind::Http:
      return "http";
    case ProbeKind::Https:
      return "https";
    case ProbeKind::Tcp:
      return "tcp";
    case ProbeKind::Engine:
      return "engine";
    case ProbeKind::Exec:
      return "exec";
    case ProbeKind::Grpc:
      return "grpc";
    case ProbeKind::Grpcs:
      return "grpcs";
  }
  return "unknown";
}

const char* to_string(ProbeEnd value) {
  switch (value) {
    case ProbeEnd::Answered:
      return "answered";
    case ProbeEnd::Refused:
      return "refused";
    case ProbeEnd::Reset:
      return "reset";
    case ProbeEnd::ConnectTimeout:
      return "connect_timeout";
    case ProbeEnd::AnswerTimeout:
      return "answer_timeout";
    case ProbeEnd::TlsFailed:
      return "tls_failed";
    case ProbeEnd::Malformed:
      return "malformed";
    case ProbeEnd::NoRoute:
      return "no_route";
    case ProbeEnd::NoResources:
      return "no_resources";
    case ProbeEnd::Cancelled:
      return "cancelled";
    case ProbeEnd::Denied:
      return "denied";
    case ProbeEnd::EngineFailed:
      return "engine_failed";
    case ProbeEnd::NotRunning:
      return "not_running";
    case ProbeEnd::StillOpen:
      return "still_open";
  }
  return "unknown";
}

const char* to_string(Outcome value) {
  switch (value) {
    case Outcome::Pass:
      return "pass";
    case Outcome::Fail:
      return "fail";
    case Outcome::Unknown:
      return "unknown";
  }
  return "unknown";
}

const char* to_string(Cause value) {
  switch (value) {
    case Cause::None:
      return "none";
    case Cause::Refused:
      return "refused";
    case Cause::Reset:
      return "reset";
    case Cause::ConnectTimeout:
      return "connect_timeout";
    case Cause::AnswerTimeout:
      return "answer_timeout";
    case Cause::Status:
      return "status";
    case Cause::BodyMismatch:
      return "body_mismatch";
    case Cause::BannerMismatch:
      return "banner_mismatch";
    case Cause::Tls:
      return "tls";
    case Cause::Malformed:
      return "malformed";
    case Cause::EngineUnhealthy:
      return "engine_unhealthy";
    case Cause::NoRoute:
      return "no_route";
    case Cause::NoResources:
      return "no_resources";
    case Cause::EngineDown:
      return "engine_down";
    case Cause::Starved:
      return "starved";
    case Cause::Stale:
      return "stale";
    case Cause::ExecFailed:
      return "exec_failed";
    case Cause::NotServing:
      return "not_serving";
    case Cause::Denied:
      return "denied";
    case Cause::EngineFailed:
      return "engine_failed";
    case Cause::NotRunning:
      return "not_running";
    case Cause::StillOpen:
      return "still_open";
    case Cause::Control:
      return "control";
  }
  return "unknown";
}

const char* to_string(RemedyKind value) {
  switch (value) {
    case RemedyKind::Restart:
      return "restart";
    case RemedyKind::Start:
      return "start";
    case RemedyKind::Stop:
      return "stop";
    case RemedyKind::None:
      return "none";
    case RemedyKind::Kill:
      return "kill";
    case RemedyKind::Exec:
      return "exec";
    case RemedyKind::Recreate:
      return "recreate";
    case RemedyKind::Webhook:
      return "webhook";
  }
  return "unknown";
}

const char* to_string(IncidentCause value) {
  switch (value) {
    case IncidentCause::ProbeFailed:
      return "probe_failed";
    case IncidentCause::EngineUnhealthy:
      return "engine_unhealthy";
    case IncidentCause::Crashed:
      return "crashed";
    case IncidentCause::OutOfMemory:
      return "out_of_memory";
    case IncidentCause::CrashLoop:
      return "crash_loop";
    case IncidentCause::NotBackAfterEngine:
      return "not_back_after_engine";
    case IncidentCause::NetworkLost:
      return "network_lost";
    case IncidentCause::Signalled:
      return "signalled";
    case IncidentCause::ByOperator:
      return "by_operator";
  }
  return "unknown";
}

const char* to_string(IncidentOutcome value) {
  switch (value) {
    case IncidentOutcome::Open:
      return "open";
    case IncidentOutcome::Recovered:
      return "recovered";
    case IncidentOutcome::RecoveredAlone:
      return "recovered_alone";
    case IncidentOutcome::StoppedByPerson:
      return "stopped_by_person";
    case IncidentOutcome::StoppedByHealer:
      return "stopped_by_healer";
    case IncidentOutcome::Removed:
      return "removed";
    case IncidentOutcome::OptedOut:
      return "opted_out";
  }
  return "unknown";
}

const char* to_string(AttemptState value) {
  switch (value) {
    case AttemptState::Ordered:
      return "ordered";
    case AttemptState::Verifying:
      return "verifying";
    case AttemptState::Cured:
      return "cured";
    case AttemptState::NotCured:
      return "not_cured";
    case AttemptState::Failed:
      return "failed";
    case AttemptState::NotCarriedOut:
      return "not_carried_out";
    case AttemptState::Dropped:
      return "dropped";
  }
  return "unknown";
}

const char* to_string(BreakerState value) {
  switch (value) {
    case BreakerState::Closed:
      return "closed";
    case BreakerState::Open:
      return "open";
    case BreakerState::HalfOpen:
      return "half_open";
  }
  return "unknown";
}

const char* to_string(AlertKind value) {
  switch (value) {
    case AlertKind::Degraded:
      return "degraded";
    case AlertKind::Recovered:
      return "recovered";
    case AlertKind::Critical:
      return "critical";
    case AlertKind::Info:
      return "info";
  }
  return "unknown";
}

const char* to_string(DeliveryState value) {
  switch (value) {
    case DeliveryState::Pending:
      return "pending";
    case DeliveryState::Delivered:
      return "delivered";
    case DeliveryState::Refused:
      return "refused";
    case DeliveryState::Expired:
      return "expired";
  }
  return "unknown";
}

const char* to_string(DropReason value) {
  switch (value) {
    case DropReason::TooOld:
      return "too_old";
    case DropReason::TooMany:
      return "too_many";
    case DropReason::Overtaken:
      return "overtaken";
  }
  return "unknown";
}

const char* to_string(EngineEventKind value) {
  switch (value) {
    case EngineEventKind::Create:
      return "create";
    case EngineEventKind::Start:
      return "start";
    case EngineEventKind::Die:
      return "die";
    case EngineEventKind::Kill:
      return "kill";
    case EngineEventKind::Oom:
      return "oom";
    case EngineEventKind::Stop:
      return "stop";
    case EngineEventKind::Restart:
      return "restart";
    case EngineEventKind::Pause:
      return "pause";
    case EngineEventKind::Unpause:
      return "unpause";
    case EngineEventKind::Rename:
      return "rename";
    case EngineEventKind::Update:
      return "update";
    case EngineEventKind::HealthStatus:
      return "health_status";
    case EngineEventKind::Destroy:
      return "destroy";
  }
  return "unknown";
}

const char* to_string(RemedyAnswer value) {
  switch (value) {
    case RemedyAnswer::Done:
      return "done";
    case RemedyAnswer::Refused:
      return "refused";
    case RemedyAnswer::Lost:
      return "lost";
    case RemedyAnswer::SkippedDryRun:
      return "skipped_dry_run";
    case RemedyAnswer::Begun:
      return "begun";
  }
  return "unknown";
}

const char* to_string(Condition value) {
  switch (value) {
    case Condition::Starting:
      return "starting";
    case Condition::Healthy:
      return "healthy";
    case Condition::Suspect:
      return "suspect";
    case Condition::Unhealthy:
      return "unhealthy";
    case Condition::Healing:
      return "healing";
    case Condition::GivenUp:
      return "given_up";
    case Condition::Paused:
      return "paused";
    case Condition::Stopped:
      return "stopped";
    case Condition::Crashed:
      return "crashed";
    case Condition::Unreachable:
      return "unreachable";
    case Condition::Unknown:
      return "unknown";
  }
  return "unknown";
}

const char* to_string(HoldKind value) {
  switch (value) {
    case HoldKind::EngineDown:
      return "engine_down";
    case HoldKind::Unasked:
      return "unasked";
    case HoldKind::OperatorPause:
      return "operator_pause";
    case HoldKind::Maintenance:
      return "maintenance";
    case HoldKind::Dependency:
      return "dependency";
    case HoldKind::NetworkParent:
      return "network_parent";
    case HoldKind::MassFailure:
      return "mass_failure";
    case HoldKind::Concurrency:
      return "concurrency";
    case HoldKind::Replica:
      return "replica";
    case HoldKind::PersonActs:
      return "person_acts";
  }
  return "unknown";
}

const char* to_string(Rule value) {
  switch (value) {
    case Rule::FellIll:
      return "fell_ill";
    case Rule::Crashed:
      return "crashed";
    case Rule::Held:
      return "held";
    case Rule::Released:
      return "released";
    case Rule::Planned:
      return "planned";
    case Rule::Dropped:
      return "dropped";
    case Rule::Acted:
      return "acted";
    case Rule::Verified:
      return "verified";
    case Rule::NotCured:
      return "not_cured";
    case Rule::SkippedRung:
      return "skipped_rung";
    case Rule::GaveUp:
      return "gave_up";
    case Rule::Recovered:
      return "recovered";
    case Rule::Closed:
      return "closed";
    case Rule::ByOperator:
      return "by_operator";
    case Rule::MassHold:
      return "mass_hold";
    case Rule::MassCanary:
      return "mass_canary";
    case Rule::MassOver:
      return "mass_over";
    case Rule::Escalated:
      return "escalated";
  }
  return "unknown";
}

const char* to_string(LogLevel value) {
  switch (value) {
    case LogLevel::Debug:
      return "debug";
    case LogLevel::Info:
      return "info";
    case LogLevel::Warning:
      return "warning";
    case LogLevel::Error:
      return "error";
  }
  return "unknown";
}

}  // namespace healer
