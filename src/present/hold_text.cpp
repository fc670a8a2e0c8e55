// Why a due remedy waits, in words.
#include <fmt/format.h>

#include "present/reason_text.hpp"
#include "present/words.hpp"

namespace healer::present {
const char* lacks_text(NotReady lacks) {
  switch (lacks) {
    case NotReady::None:
      return "is ready";
    case NotReady::Gone:
      return "is gone";
    case NotReady::NotRunning:
      return "is not running";
    case NotReady::Paused:
      return "is paused";
    case NotReady::Restarting:
      return "is restarting";
    case NotReady::Stopped:
      return "is stopped";
    case NotReady::Exited:
      return "has exited";
    case NotReady::LostNetwork:
      return "has lost its network";
    case NotReady::Unhealthy:
      return "is unhealthy";
    case NotReady::InRemedy:
      return "is being healed";
    case NotReady::Failing:
      return "is failing";
    case NotReady::Starting:
      return "is starting";
  }
  return "";
}

namespace {

std::string of_parent(const Hold& hold) {
  const std::string parent = parent_of(hold.name) + ", whose network it shares, ";
  if (hold.of == HoldCase::ChangedJustNow)
    return parent + "was changed just now; whoever did may do the same to it";
  return parent + lacks_text(hold.lacks) + (hold.of == HoldCase::Awaited ? "; it is waited for" : "");
}

std::string of_dependency(const Hold& hold) {
  if (hold.of == HoldCase::Unwatched)
    return fmt::format("healer cannot judge {}, which it depends on, and a remedy did not help", hold.name);
  return fmt::format("{} {}; it is {}", hold.name, lacks_text(hold.lacks),
                     hold.of == HoldCase::Awaited ? "waited for" : "healed first");
}

std::string of_mass_failure(HoldCase of) {
  switch (of) {
    case HoldCase::Canaries:
      return "mass failure; only a few are remedied at a time";
    case HoldCase::InVain:
      return "mass failure; a restart did not help";
    default:
      return "mass failure; they probably share one cause";
  }
}

std::string of_alert(const Hold& hold) {
  switch (hold.of) {
    case HoldCase::Outlasted:
      return fmt::format("{} has not ended after an attempt, and no check fails; no second attempt follows",
                         hold.name);
    case HoldCase::Unconfirmed:
      return fmt::format("it is not known whether {} still fires ({}); one attempt follows each notification",
                         hold.name, alert_answer(hold.detail));
    default:
      return fmt::format("healer asks whether {} still fires", hold.name);
  }
}

}  // namespace

std::string hold_text(const Hold& hold) {
  const auto either = [&hold](HoldCase of, const char* then, const char* otherwise) {
    return std::string(hold.of == of ? then : otherwise);
  };
  switch (hold.kind) {
    case HoldKind::EngineDown:
      return either(HoldCase::Listing, "the engine's containers are being listed",
                    "the engine is unreachable");
    case HoldKind::Connectivity:
      return either(HoldCase::RanOut, "healer itself ran out of descriptors or memory",
                    "connectivity check fails: the control target does not answer");
    case HoldKind::Paused:
      return either(HoldCase::Everything, "everything is paused by an operator", "paused by an operator");
    case HoldKind::Maintenance:
      return "maintenance window " + hold.name;
    case HoldKind::Dependency:
      return of_dependency(hold);
    case HoldKind::NetworkParent:
      return of_parent(hold);
    case HoldKind::MassFailure:
      return of_mass_failure(hold.of);
    case HoldKind::Concurrency:
      return "as many as may be healed at a time are being healed";
    case HoldKind::Replica:
      return "another container of its service is being healed";
    case HoldKind::OperatorStopping:
      return "an operator is stopping it";
    case HoldKind::OperatorInside:
      return fmt::format("an operator runs {} inside", hold.name);
    case HoldKind::Deployment:
      return fmt::format("project {} is being deployed", hold.name);
    case HoldKind::Access:
      return either(HoldCase::NoPath, "it answers, and its health path is not there",
                    "it answers, and something stands in front of its health path");
    case HoldKind::Upstream:
      return "its proxy says that what is behind it does not answer";
    case HoldKind::Busy:
      return either(HoldCase::InMaintenance, "it says that it is in maintenance", "it asks for time");
    case HoldKind::Unproven:
      return either(HoldCase::CannotRun, "its HEALTHCHECK cannot run, and tells nothing of it",
                    "its check has not passed with this image");
    case HoldKind::Disk:
      return either(HoldCase::ByCheck, "its check says that a disk is full",
                    "the engine says that a disk is full");
    case HoldKind::Alert:
      return of_alert(hold);
  }
  return {};
}

HoldStatus hold_status(const Hold& hold) {
  return {hold.kind, hold_text(hold), hold.until};
}

}  // namespace healer::present
