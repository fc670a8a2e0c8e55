// The rate of checks of the whole host, and its fair shares.
#include "runtime/fair_prober.hpp"

#include <algorithm>
#include <map>

#include <doctest/doctest.h>

#include "fakes.hpp"

using namespace healer;
using namespace healer::testing;

namespace {

/// All checks are of one address, as those of published ports.
const ProbeTargetPtr target = std::make_shared<const ProbeTarget>(TcpTarget{{"127.0.0.1", 80}});

/// Records what starts.
struct StartedChecks final : Prober {
  std::vector<ProbeId> started;
  std::vector<ProbeId> cancelled;
  void start(ProbeId id, const ProbeTargetPtr&, Duration) override { started.push_back(id); }
  void cancel(ProbeId id) override { cancelled.push_back(id); }
  std::size_t open() const override { return started.size(); }
};

struct Limited {
  VirtualHost host;
  StartedChecks inner;
  std::optional<Instant> alarm_at;
  std::function<void()> alarm;
  std::vector<Duration> late;
  std::map<std::uint64_t, std::string> workloads;
  FairProber prober;

  explicit Limited(unsigned per_second)
      : prober({inner, host,
                [this](Duration delay, std::function<void()> work) {
                  alarm_at = host.now() + delay;
                  alarm = std::move(work);
                },
                [this](ProbeId id) { return workloads.at(id.value); },
                [this](Duration waited) { late.push_back(waited); }},
               per_second) {}

  void start(std::uint64_t id, const std::string& workload) {
    workloads[id] = workload;
    prober.start(ProbeId{id}, target, 5s);
  }
  void pass(Duration time) {
    for (Duration step{0}; step < time; step += 1ms) {
      host.advance(1ms);
      if (!alarm_at || host.now() < *alarm_at) continue;
      alarm_at.reset();
      std::exchange(alarm, {})();
    }
  }
  std::size_t started_of(const std::string& workload) const {
    return static_cast<std::size_t>(
        std::count_if(inner.started.begin(), inner.started.end(),
                      [&](ProbeId id) { return workloads.at(id.value) == workload; }));
  }
};

}  // namespace

TEST_CASE("checks within the rate start at once, and those above it wait for room") {
  Limited at(10);
  for (std::uint64_t id = 1; id <= 25; ++id) at.start(id, "a");
  CHECK(at.inner.started.size() == 10);
  CHECK(at.prober.waiting() == 15);
  CHECK(at.prober.open() == 25);
  at.pass(500ms);
  CHECK(at.inner.started.size() == 15);
  at.pass(1s);
  CHECK(at.inner.started.size() == 25);
  CHECK(at.prober.waiting() == 0);
  // In the order in which they came.
  for (std::size_t index = 0; index < 25; ++index) CHECK(at.inner.started[index] == ProbeId{index + 1});
  // What was not used is saved for one second, and no longer.
  at.pass(10s);
  for (std::uint64_t id = 101; id <= 125; ++id) at.start(id, "a");
  CHECK(at.inner.started.size() == 35);
}

TEST_CASE("one workload that wants many checks delays its own and not those of others") {
  Limited at(10);
  std::uint64_t id = 0;
  const auto want = [&](const std::string& workload) { at.start(++id, workload); };
  for (unsigned times = 0; times < 200; ++times) want("greedy");
  const std::size_t before = at.inner.started.size();
  want("modest");
  want("quiet");
  at.pass(300ms);
  CHECK(at.inner.started.size() == before + 3);
  CHECK(at.started_of("modest") == 1);
  CHECK(at.started_of("quiet") == 1);
}

TEST_CASE("a check that waits can be cancelled, and is not started") {
  Limited at(1);
  at.start(1, "a");
  at.start(2, "a");
  at.start(3, "b");
  at.prober.cancel(ProbeId{2});
  CHECK(at.inner.cancelled.empty());
  at.prober.cancel(ProbeId{1});
  CHECK(at.inner.cancelled == std::vector<ProbeId>{ProbeId{1}});
  at.pass(5s);
  CHECK(at.inner.started == std::vector<ProbeId>{ProbeId{1}, ProbeId{3}});
  at.prober.cancel(ProbeId{4});  // unknown ids are the inner prober's to ignore
  CHECK(at.prober.waiting() == 0);
}

TEST_CASE("checks that wait for long are reported once a minute, and another rate applies at once") {
  Limited at(1);
  for (std::uint64_t id = 1; id <= 61; ++id) at.start(id, "a");
  at.pass(30s);
  REQUIRE(at.late.size() == 1);
  CHECK(at.late[0] == 1s);
  at.pass(40s);
  CHECK(at.inner.started.size() == 61);
  CHECK(at.late.size() == 1);
  for (std::uint64_t id = 101; id <= 200; ++id) at.start(id, "a");
  CHECK(at.prober.waiting() > 90);
  at.prober.set_rate(1000);  // also for those that wait
  at.pass(200ms);
  CHECK(at.prober.waiting() == 0);
}
