// The container whose network this workload shares (NetworkKind::Shared): its network parent. When the parent
// is restarted, the children keep a network that no longer exists; when the parent is replaced, the
// children's configuration names a removed container. HEALING.md 5.
//
//   network        | facts                                            | what follows
//   ---------------+--------------------------------------------------+--------------------------------------
//   Own            | the workload shares no network                   |
//   Unknown        | the parent was not inspected yet                 |
//   Fine           | the parent is ready, and did not start after the |
//                  | workload                                         |
//   ParentNotReady | the parent runs, but is not ready                | hold, at most dependency_hold
//   ParentDown     | the parent does not run, or another container    | hold: a start could not join its
//                  | runs under its name before it is removed         | network
//   Restarted      | the parent runs, and started after the workload  | restart once the parent is ready
//   Replaced       | the parent was removed, and a new container has  | recreate, with the new container's
//                  | its name                                         | network, once that one is ready
//   Gone           | the parent was removed                           | hold
//
// Restarted and Replaced count after the workload's start period. They need a remedy even if all checks pass,
// so the remedy waits for no verdict. It waits for 10 s: a deployment that replaced the parent may replace
// the children, too. An engine that cannot do the remedy does its default remedy.
#include <algorithm>

#include <fmt/format.h>

#include "base/duration.hpp"
#include "core/host/host_contribution.hpp"
#include "core/workload/controller.hpp"

namespace healer {
namespace {

/// A deployment replaces the parent and its children within this time.
constexpr Duration replacement_lookback = 10s;

}  // namespace

const Container* WorkloadController::present_parent() const {
  const auto shared = host_state_.shared_networks.find(w_.network_parent);
  if (shared == host_state_.shared_networks.end() || shared->second.id.empty()) return nullptr;
  const auto facts = host_state_.network_parents.find(shared->second.id);
  return facts == host_state_.network_parents.end() ? nullptr : &facts->second;
}

std::string WorkloadController::parent_name() const {
  const Container* parent = present_parent();
  if (parent != nullptr && !parent->name.empty()) return parent->name;
  return w_.network_parent.empty() ? "the container" : w_.network_parent;
}

const char* WorkloadController::parent_not_ready() const {
  const Container* parent = present_parent();
  if (parent == nullptr) return "is gone";
  if (parent->state != ContainerState::Running) return "is not running";
  if (const Workload* watched = host_state_.find(w_.network_parent);
      watched != nullptr && watched->container.id == parent->id)
    return not_ready_reason(*watched, now_);
  if (parent->health == EngineHealth::Starting) return "is starting";
  return parent->health == EngineHealth::Unhealthy ? "is unhealthy" : nullptr;
}

WorkloadController::Network WorkloadController::network() const {
  if (w_.network_parent_id.empty()) return Network::Own;
  const Container* present = present_parent();
  const bool named = host_state_.network_parents.count(w_.network_parent_id) != 0;
  if (!named && host_state_.awaited_parents.count(w_.network_parent_id) != 0) return Network::Unknown;
  if (present == nullptr) return named ? Network::Unknown : Network::Gone;
  if (present->id != w_.network_parent_id) return named ? Network::ParentDown : Network::Replaced;
  if (present->state != ContainerState::Running) return Network::ParentDown;
  const bool up = w_.lifecycle.presence == Presence::Running && w_.container.started && present->started;
  if (up && *present->started > *w_.container.started) return Network::Restarted;
  return parent_not_ready() != nullptr ? Network::ParentNotReady : Network::Fine;
}

bool WorkloadController::remedies_network() const {
  return std::any_of(w_.remediation.ladder.steps.begin(), w_.remediation.ladder.steps.end(),
                     [](const RemedyStep& step) {
                       const RemedyTraits& traits = traits_of(step.kind);
                       return traits.needs && traits.instance != RemedyTraits::Instance::Ended;
                     });
}

void WorkloadController::network_changed() {
  if (w_.lifecycle.presence == Presence::Running) resolve_targets();
}

void WorkloadController::network_due() {
  const Network state = network();
  const bool down =
      w_.lifecycle.presence == Presence::Exited && !w_.lifecycle.stopped_by_operator && w_.incident;
  const bool lost = (state == Network::Restarted && w_.lifecycle.presence == Presence::Running) ||
                    (state == Network::Replaced && (w_.lifecycle.presence == Presence::Running || down));
  if (!lost || in_start_period()) {
    w_.remediation.network_loss.reset();
    return;
  }
  RemedyKind remedy = state == Network::Replaced ? RemedyKind::Recreate : RemedyKind::Restart;
  if (!host_state_.capabilities.has(*traits_of(remedy).needs))
    remedy = host_state_.capabilities.default_remedy;
  const std::string& id = present_parent()->id;
  if (!w_.remediation.network_loss || w_.remediation.network_loss->remedy != remedy ||
      w_.remediation.network_loss->parent_id != id)
    w_.remediation.network_loss = NetworkLoss{remedy, id, now_};
  if (w_.incident || w_.remediation.attempt || w_.remediation.in_flight) return;
  const std::string text = fmt::format("{}, whose network it shares, was {}", parent_name(),
                                       state == Network::Replaced ? "replaced" : "restarted");
  log(LogLevel::Warning, fmt::format("{} — {}", w_.name, text));
  open_incident(IncidentCause::NetworkLost, text);
  decide(Rule::Unhealthy, text, fmt::format("cause={}", to_string(IncidentCause::NetworkLost)));
}

std::optional<Hold> WorkloadController::network_hold() {
  const auto held = [this](const std::string& what) {
    return Hold{
        HoldKind::NetworkParent, fmt::format("{}, whose network it shares, {}", parent_name(), what), {}};
  };
  switch (network()) {
    case Network::Own:
    case Network::Unknown:
    case Network::Fine:
      return std::nullopt;
    case Network::Gone:
      return held("is gone");
    case Network::ParentDown:
      return held("is not running");
    case Network::ParentNotReady:
      return limited(held(fmt::format("{}; it is waited for", parent_not_ready())));
    case Network::Restarted:
    case Network::Replaced:
      break;
  }
  // While the parent does not run, a remedy could not join its network.
  if (const Container* parent = present_parent();
      parent == nullptr || parent->state != ContainerState::Running)
    return held("is not running");
  if (const char* why = parent_not_ready()) {
    if (auto found = limited(held(fmt::format("{}; it is waited for", why)))) return found;
  }
  if (!w_.remediation.network_loss) return std::nullopt;
  const Instant settled = w_.remediation.network_loss->since + replacement_lookback;
  if (now_ >= settled) return std::nullopt;
  Hold hold = held("was changed just now; whoever did may do the same to it");
  hold.until = settled;
  return hold;
}

}  // namespace healer
