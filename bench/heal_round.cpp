#include "heal_round.hpp"

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <thread>

#include "support/unix_forwarder.hpp"
#include "support/wait.hpp"

namespace healer::bench {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds ready_limit{120};
// After three failures at an interval of one second no contestant acts within this time, whatever its phase.
constexpr milliseconds mid_outage{800};
constexpr seconds engine_away{10};
// A second restart would follow within three further checks.
constexpr seconds settle_time{4};

std::chrono::seconds limit_of(Contestant contestant, const Scenario& scenario) {
  if (scenario.shape.broken > 1) return seconds(120);
  return contestant == Contestant::Healer ? seconds(60) : seconds(20);
}

/// Waits, and keeps the contestant running meanwhile. Returns whether the condition holds in the end.
template <class Condition>
bool wait_with(Runner& runner, Clock::time_point end, Condition holds) {
  while (!holds()) {
    if (Clock::now() >= end) return false;
    runner.keep_running();
    std::this_thread::sleep_for(milliseconds(5));
  }
  return true;
}

void wait_ready(Runner& runner, const Scene& scene) {
  const std::vector<std::string> names = scene.names();
  testing::wait_until(
      "every container is healthy for the contestant",
      [&] {
        runner.keep_running();
        return runner.ready(names);
      },
      ready_limit);
}

std::string path_of(Fault fault) {
  switch (fault) {
    case Fault::ClosedPort:
      return "/close";
    case Fault::Drop:
      return "/drop";
    case Fault::Hang:
      return "/hang";
    case Fault::Crash:
      return "/crash?code=1";
    default:
      return "/break";
  }
}

/// Breaks the containers; returns the time from which the outage counts.
Clock::time_point break_all(const Scene& scene, const Scenario& scenario, Runner& runner,
                            testing::UnixForwarder* engine) {
  Clock::time_point from = Clock::now();
  if (scenario.fault == Fault::Parent) {
    scene.docker()({"restart", scene.parent()});
    return from;
  }
  if (engine) engine->close();
  for (const Target& target : scene.broken()) scene.instruct(target, path_of(scenario.fault));
  if (engine) {
    wait_with(runner, from + engine_away, [] { return false; });
    engine->open();
    from = Clock::now();
  }
  return from;
}

int unneeded_starts(const Scene& scene, const std::map<std::string, int>& before) {
  std::map<std::string, int> wanted;
  for (const Target& target : scene.broken()) wanted[target.name] = 1;
  if (!scene.parent().empty()) wanted[scene.parent()] = 1;  // the operator's restart
  int unneeded = 0;
  for (const auto& [name, count] : scene.starts()) {
    const auto earlier = before.find(name);
    const int now = count - (earlier == before.end() ? 0 : earlier->second);
    unneeded += std::max(0, now - wanted[name]);
  }
  return unneeded;
}

}  // namespace

const std::vector<Scenario>& scenarios() {
  static const std::vector<Scenario> all = {
      {"503", "503", Fault::Status503, 2.4, {}, {}},
      {"closed", "closed port", Fault::ClosedPort, 2.2, {1, 1, Network::Address}, {}},
      {"drop", "accepts and closes", Fault::Drop, 2.4, {}, {}},
      {"hang", "hangs", Fault::Hang, 5.2, {}, {}},
      {"crash", "crash, no restart policy", Fault::Crash, 1.3, {}, {}},
      {"killed", "monitor killed in mid-outage", Fault::KillMonitor, 4.5, {}, {}},
      {"engine", "after 10 s without the engine's socket", Fault::EngineGone, 1.0, {}, {}},
      {"parent", "network of a restarted parent", Fault::Parent, 4.0, {1, 1, Network::Parent}, {}},
      {"half", "ten of twenty hang: the last one", Fault::Hang, 9.0, {10, 10, Network::Published}, 3},
  };
  return all;
}

Round run_round(const Scene& scene, Contestant contestant, const Scenario& scenario, milliseconds phase) {
  const testing::TemporaryFolder folder;
  std::string socket = scene.docker().unix_socket();
  std::unique_ptr<testing::UnixForwarder> engine;
  if (scenario.fault == Fault::EngineGone) {
    engine = std::make_unique<testing::UnixForwarder>(folder.file("engine.sock"), socket);
    engine->open();
    socket = engine->path();
  }
  scene.repair();
  Runner runner(contestant, socket);
  runner.start();
  wait_ready(runner, scene);
  wait_with(runner, Clock::now() + seconds(1) + phase, [] { return false; });

  const std::map<std::string, int> before = scene.starts();
  const Clock::time_point from = break_all(scene, scenario, runner, engine.get());
  Round round;
  {
    const Watch watch(scene.broken_endpoints());
    const auto healed = [&] { return watch.all_good(); };
    if (scenario.fault == Fault::KillMonitor && !wait_with(runner, from + mid_outage, healed)) {
      runner.kill();
      runner.start();
    }
    if (wait_with(runner, from + limit_of(contestant, scenario), healed))
      round.seconds = std::chrono::duration<double>(watch.last_good() - from).count();
  }
  wait_with(runner, Clock::now() + settle_time, [] { return false; });
  if (round.seconds && contestant == Contestant::Healer) wait_ready(runner, scene);
  round.unneeded = unneeded_starts(scene, before);
  round.notifications = runner.notifications();
  round.log = runner.log();
  return round;
}

}  // namespace healer::bench
