#include "core/host/network_parents.hpp"

#include <variant>

namespace healer {

void NetworkParents::follow(Workload& workload, HostOut& out) {
  if (networks_.follow(workload, out.effects()) == SharedNetworks::Followed::OtherParent)
    revisits_.add(revisit_group::OtherParent{workload.key});
}

void NetworkParents::inspected(const Container& facts, const std::string& key) {
  if (const auto parent = networks_.inspected(facts, key, workloads_))
    revisits_.add(revisit_group::ParentChanged{*parent});
}

void NetworkParents::gone(const std::string& container_id) {
  if (networks_.is_awaited(container_id)) {
    // Its replacement may exist under the stored name.
    for (const std::string& parent : networks_.awaited_gone(container_id, workloads_))
      revisits_.add(revisit_group::ParentGone{parent});
  } else if (const auto parent = networks_.gone(container_id)) {
    revisits_.add(revisit_group::ParentChanged{*parent});
  }
}

void NetworkParents::reported(const EngineEvent& event, HostOut& out) {
  if (!networks_.is_known(event.container_id)) return;
  if (std::holds_alternative<Removed>(event.report))
    gone(event.container_id);
  else
    out.inspect(event.container_id);
}

void NetworkParents::inspect(const std::vector<std::string>& listed, HostOut& out) {
  for (const std::string& id : networks_.to_inspect(listed, workloads_)) out.inspect(id);
}

}  // namespace healer
