#include "core/identity.hpp"

namespace healer {

const std::string& workload_key(const Container& container) {
  return container.identity.key.empty() ? container.name : container.identity.key;
}

bool is_watched(const Container& container, const Policy& policy, const ProbeOrigin& probe_origin) {
  return policy.selection == Selection::OptedIn && container.id != probe_origin.own_container_id &&
         !container.identity.one_off;
}

}  // namespace healer
