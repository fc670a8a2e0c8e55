#include "runtime/routed_prober.hpp"

#include <type_traits>
#include <variant>

namespace healer {

Prober& RoutedProber::part_for(const ProbeTarget& target) {
  return std::visit(
      [this](const auto& what) -> Prober& {
        using What = std::decay_t<decltype(what)>;
        if constexpr (std::is_same_v<What, ExecTarget>) {
          return parts_.execs;
        } else {
          static_assert(std::is_same_v<What, HttpTarget> || std::is_same_v<What, TcpTarget> ||
                        std::is_same_v<What, GrpcTarget>);
          return parts_.sockets;
        }
      },
      target);
}

void RoutedProber::start(ProbeId id, const ProbeTargetPtr& target, Duration timeout) {
  part_for(*target).start(id, target, timeout);
}

void RoutedProber::cancel(ProbeId id) {
  parts_.sockets.cancel(id);
  parts_.execs.cancel(id);
}

std::size_t RoutedProber::open() const {
  return parts_.sockets.open() + parts_.execs.open();
}

}  // namespace healer
