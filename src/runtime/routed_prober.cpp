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
        } else if constexpr (std::is_same_v<What, GrpcTarget>) {
          return parts_.grpc;
        } else {
          static_assert(std::is_same_v<What, HttpTarget> || std::is_same_v<What, TcpTarget>);
          return parts_.sockets;
        }
      },
      target);
}

void RoutedProber::start(ProbeId id, const ProbeTargetPtr& target, Duration timeout) {
  part_for(*target).start(id, target, timeout);
}

void RoutedProber::cancel(ProbeId id) {
  for (Prober* part : {&parts_.sockets, &parts_.execs, &parts_.grpc}) part->cancel(id);
}

std::size_t RoutedProber::open() const {
  return parts_.sockets.open() + parts_.execs.open() + parts_.grpc.open();
}

}  // namespace healer
