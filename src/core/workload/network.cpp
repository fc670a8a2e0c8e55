#include "core/workload/network.hpp"

#include "core/host/host_contribution.hpp"
#include "core/workload/health.hpp"
#include "core/workload/out.hpp"

namespace healer {

const Container* present_parent(const View& view) {
  return view.host.networks.present(view.workload.network_parent);
}

std::string parent_name(const View& view) {
  const Container* parent = present_parent(view);
  if (parent != nullptr && !parent->name.empty()) return parent->name;
  return view.workload.network_parent;
}

NotReady parent_not_ready(const View& view) {
  const Container* parent = present_parent(view);
  if (parent == nullptr) return NotReady::Gone;
  if (parent->state != ContainerState::Running) return NotReady::NotRunning;
  if (const Workload* watched = view.host.find(view.workload.network_parent);
      watched != nullptr && watched->container.id == parent->id)
    return not_ready_reason(*watched, view.now);
  if (parent->health == EngineHealth::Starting) return NotReady::Starting;
  return parent->health == EngineHealth::Unhealthy ? NotReady::Unhealthy : NotReady::None;
}

SharedNetworkState network_of(const View& view) {
  const Workload& w = view.workload;
  const SharedNetworks& networks = view.host.networks;
  if (w.network_parent_id.empty()) return SharedNetworkState::Own;
  const Container* present = present_parent(view);
  const bool named = networks.facts(w.network_parent_id) != nullptr;
  if (!named && networks.is_awaited(w.network_parent_id)) return SharedNetworkState::Unknown;
  if (present == nullptr) return named ? SharedNetworkState::Unknown : SharedNetworkState::Gone;
  if (present->id != w.network_parent_id)
    return named ? SharedNetworkState::ParentDown : SharedNetworkState::Replaced;
  if (present->state != ContainerState::Running) return SharedNetworkState::ParentDown;
  const bool up = w.lifecycle.presence == Presence::Running && w.container.started && present->started;
  if (up && *present->started > *w.container.started) return SharedNetworkState::Restarted;
  return parent_not_ready(view) == NotReady::None ? SharedNetworkState::Fine
                                                  : SharedNetworkState::ParentNotReady;
}

void HealthMachine::network_due() {
  const SharedNetworkState state = network_of(view_);
  const Presence presence = w_.lifecycle.presence;
  const bool down = presence == Presence::Exited && !w_.lifecycle.stopped_by_operator && w_.incident;
  const bool lost = (state == SharedNetworkState::Restarted && presence == Presence::Running) ||
                    (state == SharedNetworkState::Replaced && (presence == Presence::Running || down));
  if (!lost || own_.in_start_period(now_)) {
    own_.network_loss.reset();
    return;
  }
  const bool replaced = state == SharedNetworkState::Replaced;
  RemedyKind remedy = replaced ? RemedyKind::Recreate : RemedyKind::Restart;
  if (!host_.capabilities.has(*traits_of(remedy).needs)) remedy = host_.capabilities.default_remedy;
  const std::string& id = present_parent(view_)->id;
  if (!own_.network_loss || own_.network_loss->remedy != remedy || own_.network_loss->parent_id != id)
    own_.network_loss = NetworkLoss{remedy, id, now_};
  if (w_.incident || w_.remediation.attempt || w_.remediation.in_flight) return;
  const reason::NetworkLost lost_by{parent_name(view_), replaced};
  out_.log(LogLevel::Warning, fact::Unhealthy{lost_by});
  out_.report(finding::IncidentDue{IncidentCause::NetworkLost, lost_by});
}

}  // namespace healer
