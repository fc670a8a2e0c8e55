// Time of one step of the core with many workloads, and memory per workload.
//
//   core_step [WORKLOADS [EVENTS]]      default 10000 10000000
//
// Runs the real core under a virtual clock: probes that pass, engine events, and one workload in fifty that
// becomes unhealthy and is restarted. Each step is timed. This program's own operator new counts the live
// heap bytes. Exits 1 when a goal of bench/README.md is missed.
#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <queue>
#include <string>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "core/supervisor.hpp"

namespace {

std::int64_t live_bytes = 0;

}  // namespace

[[gnu::noinline]] void* operator new(std::size_t size) {
  void* block = std::malloc(size);
  if (block == nullptr) throw std::bad_alloc();
  live_bytes += static_cast<std::int64_t>(malloc_usable_size(block));
  return block;
}
[[gnu::noinline]] void operator delete(void* block) noexcept {
  if (block != nullptr) live_bytes -= static_cast<std::int64_t>(malloc_usable_size(block));
  std::free(block);
}
[[gnu::noinline]] void operator delete(void* block, std::size_t) noexcept {
  operator delete(block);
}

namespace {

using namespace healer;
using Clock = std::chrono::steady_clock;

/// Number of steps per duration, in classes of 50 ns up to 1 ms.
class Histogram {
 public:
  void add(std::chrono::nanoseconds cost) {
    const auto slot = static_cast<std::size_t>(cost.count() / 50);
    ++counts_[std::min(slot, counts_.size() - 1)];
    ++total_;
  }
  double quantile_us(double share) const {
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      seen += counts_[i];
      if (static_cast<double>(seen) >= share * static_cast<double>(total_))
        return static_cast<double>(i + 1) * 0.05;
    }
    return 0;
  }

 private:
  std::vector<std::uint64_t> counts_ = std::vector<std::uint64_t>(20001);
  std::uint64_t total_ = 0;
};

/// The smallest simulated engine and prober that keep the core busy.
class BusyWorld {
 public:
  explicit BusyWorld(std::size_t workloads)
      : supervisor_(HostPolicy{.host_name = "bench"}, StoredState{}, 1) {
    Policy policy;
    policy.selection = Selection::OptedIn;
    policy.start_period = Duration{0};
    policy_ = std::make_shared<const Policy>(policy);
    SyncCompleted list;
    for (std::size_t i = 0; i < workloads; ++i) list.container_ids.push_back(id_of(i));
    started_.assign(workloads, 1);
    wakes_.resize(workloads);
    step(EngineConnected{"bench"});
    const std::int64_t before = live_bytes;
    for (std::size_t i = 0; i < workloads; ++i) step(observed(i));
    observed_bytes_ = live_bytes - before;
    step(Event(std::move(list)));
  }

  void run(std::uint64_t events) {
    const std::uint64_t end = steps_ + events;
    while (steps_ < end && !queue_.empty()) {
      Pending next = queue_.top();
      queue_.pop();
      now_ = std::max(now_, next.at);
      if (next.tick && wakes_[next.workload] != next.at) continue;  // a later effect replaced this wake
      step(next.tick ? Event(Tick{key_of(next.workload)}) : event_of(next));
    }
  }

  const Histogram& histogram() const { return histogram_; }
  void forget_times() { histogram_ = Histogram(); }
  std::int64_t observed_bytes() const { return observed_bytes_; }
  std::uint64_t restarts() const { return restarts_; }

 private:
  enum class What : std::uint8_t { Tick, Probe, Look, Restarted, Evidence };
  struct Pending {
    Instant at;
    std::uint64_t order;
    std::size_t workload;
    std::uint64_t id;
    What what;
    bool tick;
    bool operator<(const Pending& other) const {
      return at != other.at ? at > other.at : order > other.order;
    }
  };

  static std::vector<Pending> reserved() {
    std::vector<Pending> room;
    room.reserve(1'000'000);
    return room;
  }
  static std::string id_of(std::size_t i) { return fmt::format("{:064x}", i + 1); }
  static std::string key_of(std::size_t i) { return fmt::format("service-{}", i); }
  static std::size_t index_of(const std::string& key) { return std::stoul(key.substr(8)); }

  /// One workload in fifty is unhealthy for 10 of every 60 minutes, until its first restart.
  bool unhealthy(std::size_t i) const {
    return i % 50 == 7 && (now_.time_since_epoch() / 10min + static_cast<std::int64_t>(i)) % 6 == 0 &&
           started_[i] % 2 == 1;
  }

  Event observed(std::size_t i) const {
    Container facts;
    facts.id = id_of(i);
    facts.name = key_of(i);
    facts.image = "registry/team/service:1.2.3";
    facts.state = ContainerState::Running;
    facts.started_at = fmt::format("2026-11-22T10:00:00.{:09}Z", started_[i]);
    facts.started = WallTime{static_cast<std::int64_t>(started_[i])};
    facts.ports = {PortBinding{8080, true, "127.0.0.1", static_cast<std::uint16_t>(1024 + i % 60000)}};
    facts.networks = {NetworkAttachment{"bridge", fmt::format("172.17.{}.{}", i / 250 % 250, i % 250 + 2)}};
    return ContainerObserved{std::move(facts), policy_, {}};
  }

  Event event_of(const Pending& pending) {
    const std::size_t i = pending.workload;
    switch (pending.what) {
      case What::Probe: {
        ProbeFacts facts;
        facts.status = unhealthy(i) ? 503 : 200;
        facts.duration = std::chrono::microseconds{800};
        return ProbeFinished{ProbeId{pending.id}, key_of(i), std::move(facts)};
      }
      case What::Restarted:
        ++started_[i];
        ++restarts_;
        return RemedyFinished{AttemptId{pending.id}, key_of(i), RemedyAnswer::Done, {}, {}};
      case What::Evidence:
        return EvidenceCaptured{key_of(i), IncidentId{pending.id}, "the last line of its log", {}};
      case What::Look:
      case What::Tick:
        break;
    }
    return observed(i);
  }

  void step(const Event& event) {
    effects_.clear();
    ++steps_;
    const auto begin = Clock::now();
    supervisor_.step(event, now_, effects_);
    histogram_.add(Clock::now() - begin);
    for (const Effect& effect : effects_) perform(effect);
  }

  void later(Duration after, std::size_t workload, What what, std::uint64_t id) {
    queue_.push({now_ + after, ++order_, workload, id, what, what == What::Tick});
  }

  void perform(const Effect& effect) {
    if (const auto* wake = std::get_if<Wake>(&effect)) {
      if (wake->workload.empty()) return;
      const std::size_t i = index_of(wake->workload);
      wakes_[i] = wake->at;
      queue_.push({wake->at, ++order_, i, 0, What::Tick, true});
    } else if (const auto* probe = std::get_if<StartProbe>(&effect)) {
      later(1ms, index_of(probe->workload), What::Probe, probe->probe.value);
    } else if (const auto* inspect = std::get_if<Inspect>(&effect)) {
      later(1ms, std::stoul(inspect->container_id.substr(48), nullptr, 16) - 1, What::Look, 0);
    } else if (const auto* order = std::get_if<ApplyRemedy>(&effect)) {
      later(300ms, index_of(order->workload), What::Restarted, order->attempt.value);
    } else if (const auto* capture = std::get_if<CaptureEvidence>(&effect)) {
      later(5ms, index_of(capture->workload), What::Evidence, capture->incident.value);
    }
  }

  Supervisor supervisor_;
  PolicyPtr policy_;
  Instant now_{Duration{1'790'000'000'000}};
  std::priority_queue<Pending> queue_{std::less<Pending>(),
                                      reserved()};  // reserved, so that its growth is not counted
  std::vector<Instant> wakes_;
  std::vector<std::uint64_t> started_;
  Effects effects_;
  Histogram histogram_;
  std::uint64_t steps_ = 0;
  std::uint64_t order_ = 0;
  std::uint64_t restarts_ = 0;
  std::int64_t observed_bytes_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  const std::size_t workloads = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 10000;
  const std::uint64_t events = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 10'000'000;
  if (workloads == 0 || events < 100) {
    std::fprintf(stderr, "core_step: WORKLOADS at least 1, EVENTS at least 100\n");
    return 2;
  }
  BusyWorld world(workloads);
  const std::int64_t each = world.observed_bytes() / static_cast<std::int64_t>(workloads);
  world.run(events / 10);  // warm-up: each of the failing workloads was unhealthy once
  world.forget_times();
  const std::int64_t before = live_bytes;
  world.run(events);
  const std::int64_t grown = (live_bytes - before) / static_cast<std::int64_t>(workloads);

  const Histogram& times = world.histogram();
  fmt::print("| {} workloads, {} events, {} restarts | wanted | measured |\n|---|---|---|\n", workloads,
             events, world.restarts());
  fmt::print("| step, median | <= 10 us | {:.2f} us |\n", times.quantile_us(0.5));
  fmt::print("| step, p99 | | {:.2f} us |\n", times.quantile_us(0.99));
  fmt::print("| step, p99.9 | | {:.2f} us |\n", times.quantile_us(0.999));
  fmt::print("| heap per workload, observed | <= 4096 bytes | {} bytes |\n", each);
  fmt::print("| heap growth per workload over all events | 0 | {} bytes |\n", grown);
  const bool met =
      times.quantile_us(0.5) <= 10 && each + std::max<std::int64_t>(grown, 0) <= 4096 && grown < 256;
  return met ? 0 : 1;
}
