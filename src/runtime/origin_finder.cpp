#include "runtime/origin_finder.hpp"

#include <utility>

#include <fmt/format.h>

namespace healer {

ProbeOrigin OriginFinder::on_host() const {
  ProbeOrigin origin;
  origin.connected = host_.connected_networks();
  origin.rootless = rootless_;
  return origin;
}

void OriginFinder::connected(bool rootless, std::function<void()> then) {
  rootless_ = rootless;
  if (own_id_.empty()) {
    found(on_host(), false);
    return then();
  }
  engine_.inspect(
      own_id_, [this, alive = std::weak_ptr<bool>(alive_), then = std::move(then)](Result<Container> self) {
        if (alive.expired()) return;
        answered(std::move(self), true);
        then();
      });
}

void OriginFinder::refresh() {
  if (own_id_.empty()) return found(on_host(), false);
  if (std::exchange(asking_, true)) {
    again_ = true;
    return;
  }
  engine_.inspect(own_id_, [this, alive = std::weak_ptr<bool>(alive_)](Result<Container> self) {
    if (alive.expired()) return;
    asking_ = false;
    answered(std::move(self), false);
    if (std::exchange(again_, false)) refresh();
  });
}

void OriginFinder::heard(const std::string& container_id) {
  stale_ = true;
  if (!own_id_.empty() && container_id == own_id_) refresh();
}

void OriginFinder::before_facts() {
  if (!std::exchange(stale_, false)) return;
  if (own_id_.empty()) return found(on_host(), false);
  if (!last_.host_network) return;
  ProbeOrigin origin = last_;
  origin.connected = host_.connected_networks();
  found(std::move(origin), false);
}

void OriginFinder::answered(Result<Container> self, bool connecting) {
  ProbeOrigin origin;
  origin.rootless = rootless_;
  if (self) {
    known_ = true;
    last_warning_.clear();
    origin.own_container_id = self->id;
    origin.host_network = self->network == NetworkKind::Host;
    for (const NetworkAttachment& network : self->networks) origin.networks.push_back(network.name);
    if (origin.host_network) origin.connected = host_.connected_networks();
    return found(std::move(origin), connecting);
  }
  std::string warning = fmt::format(
      "healer runs in a container ({}) that this engine does not know: {}; targets are reached as "
      "from the host",
      own_id_.substr(0, 12), self.error().message);
  const bool gone = self.error().code == ErrorCode::NotFound;
  if (known_ && !gone) {
    // A passing failure: what was found before still holds.
    origin = last_;
    origin.rootless = rootless_;
  } else if (last_warning_ != warning) {
    last_warning_ = warning;
    warn_(std::move(warning));
  }
  found(std::move(origin), connecting);
}

/// While connecting, the core gets the origin in any case: it may be a new process of the engine.
void OriginFinder::found(ProbeOrigin origin, bool connecting) {
  if (!connecting && origin == last_) return;
  last_ = origin;
  learned_(std::move(origin));
}

}  // namespace healer
