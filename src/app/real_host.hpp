#pragma once

#include <chrono>
#include <memory>
#include <random>

#include "runtime/host.hpp"

namespace healer {

namespace net {
class Loop;
class Timer;
}  // namespace net

/// The machine's clock, alarms and randomness. The core's timeline starts at the wall time of construction
/// and continues with the monotonic clock (base/time.hpp).
class RealHost final : public Host {
 public:
  explicit RealHost(net::Loop& loop);
  ~RealHost() override;

  Instant now() override;
  WallTime wall() override;
  void on_alarm(std::function<void()> work) override { alarm_work_ = std::move(work); }
  void set_alarm(Instant at) override;
  void post(std::function<void()> work) override;
  std::vector<std::string> connected_networks() override;

  /// A fresh random seed.
  std::uint64_t seed();
  /// The steady clock's time of an instant.
  std::chrono::steady_clock::time_point steady(Instant at) const;

 private:
  net::Loop& loop_;
  std::unique_ptr<net::Timer> alarm_;
  std::function<void()> alarm_work_;
  std::chrono::steady_clock::time_point steady_start_;
  Instant start_;
  std::mt19937_64 random_;
};

}  // namespace healer
