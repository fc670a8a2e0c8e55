#pragma once

#include <string>
#include <vector>

#include "core/host/host_out.hpp"
#include "core/host/revisits.hpp"
#include "core/host/shared_networks.hpp"
#include "core/host/workloads.hpp"
#include "model/event.hpp"

namespace healer {

/// What a change of a network parent, watched or not, means for the workloads that share its network: which
/// are revisited, and which parents are inspected. shared_networks.hpp has the parents' states.
class NetworkParents {
 public:
  NetworkParents(SharedNetworks& networks, Workloads& workloads, Revisits& revisits)
      : networks_(networks), workloads_(workloads), revisits_(revisits) {}

  /// The workload's container was inspected.
  void follow(Workload& workload, HostOut& out);
  /// Any container was inspected; `key`: of its workload.
  void inspected(const Container& facts, const std::string& key);
  void gone(const std::string& container_id);
  void reported(const EngineEvent& event, HostOut& out);
  /// Inspects the parents of which a full list, sorted, shows too little.
  void inspect(const std::vector<std::string>& listed, HostOut& out);

 private:
  SharedNetworks& networks_;
  Workloads& workloads_;
  Revisits& revisits_;
};

}  // namespace healer
