#include "app/real_host.hpp"

#include <utility>

#include "net/interfaces.hpp"
#include "net/loop.hpp"

namespace healer {
namespace {

WallTime wall_now() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return WallTime{std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count()};
}

}  // namespace

RealHost::RealHost(net::Loop& loop)
    : loop_(loop),
      alarm_(std::make_unique<net::Timer>(loop)),
      steady_start_(std::chrono::steady_clock::now()),
      start_(instant_of(wall_now())),
      random_(std::random_device{}()) {}

RealHost::~RealHost() = default;

Instant RealHost::now() {
  return start_ + std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - steady_start_);
}

WallTime RealHost::wall() {
  return wall_now();
}

std::chrono::steady_clock::time_point RealHost::steady(Instant at) const {
  return steady_start_ + (at - start_);
}

void RealHost::set_alarm(Instant at) {
  alarm_->set(steady(at), [this]() { alarm_work_(); });
}

std::uint64_t RealHost::seed() {
  return random_();
}

void RealHost::post(std::function<void()> work) {
  loop_.post(std::move(work));
}

std::vector<std::string> RealHost::connected_networks() {
  return net::connected_networks();
}

}  // namespace healer
