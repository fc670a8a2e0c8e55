#include "generate.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/duration.hpp"
#include "generate_draws.hpp"

namespace healer::simulation {
namespace {

class Generator : private WorldDraws {
 public:
  explicit Generator(std::uint64_t seed) : WorldDraws(seed * 0x9E3779B97F4A7C15ULL + 0x1234567) {
    script_.seed = seed;
  }
  Script make();

 private:
  void host();
  void units();
  void lone();
  void project(std::size_t size);
  Unit& unit(const std::string& name);
  void labels(Unit& unit);
  void faults();
  void operators();
  void surroundings();
  void troubles_of_healer();
  Happening& at(What what, const std::string& unit = {});
  const std::string& anybody() { return script_.units[below(script_.units.size())].name; }
  /// Calls `happen` for each event of a kind with this mean time between two events.
  template <class F>
  void each(double mean_hours, F&& happen);

  Script script_;
  double wildness_ = 1;
  double hours_ = 24;
};

void Generator::host() {
  script_.dialect =
      pick(std::array{Weighted<Dialect>{Dialect::Docker20, 5}, Weighted<Dialect>{Dialect::Docker26, 3},
                      Weighted<Dialect>{Dialect::Podman, 2}});
  script_.resync = pick(
      std::array{Weighted<Duration>{1min, 2}, Weighted<Duration>{5min, 4}, Weighted<Duration>{15min, 4}});
  hours_ = std::round(12 + draw() * 36);
  script_.length = Duration{static_cast<Duration::rep>(hours_ * 3'600'000)};
  wildness_ = pick(std::array{Weighted<double>{0.3, 3}, Weighted<double>{1, 5}, Weighted<double>{4, 2}});
  if (chance(0.5)) script_.settings["CONNECTIVITY_URL"] = "tcp://192.0.2.1:80";
  if (chance(0.2)) script_.settings["MASS_HOLD"] = format_duration(around(10s, 5min));
  if (chance(0.1)) script_.settings["REMEDY_SHARE"] = fmt::format("{}%", 10 + below(90));
  if (chance(0.5)) script_.lost_resolves = 0.1;
  if (wildness_ > 0.5) {
    script_.noise = 0.01 * wildness_;
    script_.lost_orders = 0.03 * wildness_;
  }
}

Unit& Generator::unit(const std::string& name) {
  Unit unit;
  unit.name = name;
  unit.restart = pick(std::array{Weighted<RestartPolicy>{RestartPolicy::No, 4},
                                 Weighted<RestartPolicy>{RestartPolicy::UnlessStopped, 4},
                                 Weighted<RestartPolicy>{RestartPolicy::Always, 1},
                                 Weighted<RestartPolicy>{RestartPolicy::OnFailure, 1}});
  unit.starts_in = around(300ms, 40s);
  if (chance(0.15)) unit.recovers_in = around(20s, 4min);
  unit.stops_in = chance(0.1) ? between(8s, 25s) : around(50ms, 3s);
  labels(unit);
  if (chance(0.1)) {
    unit.check_interval = pick(
        std::array{Weighted<Duration>{30s, 1}, Weighted<Duration>{1min, 2}, Weighted<Duration>{5min, 2}});
    unit.published = chance(0.3);
    unit.labels["healer.probe"] = "engine";
  } else {
    unit.published = chance(0.9);
  }
  if (chance(0.1)) unit.rule_for = around(1min, 10min);
  script_.units.push_back(std::move(unit));
  return script_.units.back();
}

void Generator::labels(Unit& unit) {
  auto& labels = unit.labels;
  labels["monitored"] = chance(0.97) ? "true" : "false";
  const Duration interval =
      pick(std::array{Weighted<Duration>{5s, 0.5}, Weighted<Duration>{15s, 3.5}, Weighted<Duration>{1min, 16},
                      Weighted<Duration>{5min, 40}, Weighted<Duration>{15min, 40}});
  if (interval != Duration{15s}) labels["healer.interval"] = format_duration(interval);
  if (chance(0.15)) labels["healer.failure_threshold"] = std::to_string(1 + below(5));
  if (chance(0.1)) labels["healer.success_threshold"] = std::to_string(1 + below(4));
  if (chance(0.15)) labels["healer.start_period"] = format_duration(around(5s, 5min));
  if (chance(0.1)) labels["healer.timeout"] = format_duration(around(500ms, 5s));
  if (chance(0.1)) labels["healer.fast_interval"] = format_duration(around(1s, 20s));
  if (chance(0.05))
    labels["healer.budget"] = fmt::format("{}/{}", 1 + below(8), format_duration(around(5min, 2h)));
  if (chance(0.05)) labels["healer.stop_timeout"] = format_duration(around(1s, 30s));
  if (chance(0.12)) labels["healer.probe"] = "tcp";
  if (chance(0.1)) labels["healer.window"] = fmt::format("{}/10", 3 + below(4));
  if (chance(0.05)) labels["healer.alerts"] = chance(0.5) ? "notify" : "off";
  if (chance(0.05)) labels["healer.alert_lookback"] = format_duration(around(1min, 30min));
  if (chance(0.03))
    labels["healer.maintenance"] = fmt::format("{:02}:00-{:02}:00", below(12), 12 + below(12));
  if (chance(0.05)) {
    labels["healer.probe"] = "exec";
    labels["healer.command"] = "/check";
  } else if (chance(0.04)) {
    labels["healer.probe"] = "grpc";
  } else if (chance(0.04)) {
    labels["healer.probes.port.probe"] = "tcp";
    labels["healer.probes.web.path"] = "/ready";
  }
  if (chance(0.25)) {
    labels["healer.remedies"] = pick(std::array{
        Weighted<const char*>{"exec:/reload,restart,restart,recreate", 3},
        Weighted<const char*>{"kill:HUP,restart", 2},
        Weighted<const char*>{"restart,restart,recreate,none", 2},
        Weighted<const char*>{"webhook:http://hook.example/heal,restart", 2},
        Weighted<const char*>{"restart,recreate", 2}, Weighted<const char*>{"restart,restart,stop", 1}});
    return;
  }
  if (chance(0.04))
    labels["healer.remedies"] =
        pick(std::array{Weighted<const char*>{"none", 2}, Weighted<const char*>{"stop", 1},
                        Weighted<const char*>{"start", 1}});
}

void Generator::project(std::size_t size) {
  const std::string project = fmt::format("p{}", script_.units.size());
  // Stores, services that need a store, and a front that needs the services.
  std::vector<std::string> stores, services;
  while (size > 0) {
    const double layer = draw();
    const bool store = stores.empty() || layer < 0.1;
    const std::string service = fmt::format("{}{}",
                                            store          ? "db"
                                            : layer < 0.75 ? "api"
                                                           : "web",
                                            script_.units.size());
    const std::size_t replicas = !store && chance(0.25) ? std::min<std::size_t>(size, 2 + below(4)) : 1;
    std::vector<std::string> needs;
    if (!store) {
      if (chance(0.7)) needs.push_back(stores[below(stores.size())]);
      if (layer >= 0.75 && !services.empty() && chance(0.8))
        needs.push_back(services[below(services.size())]);
    }
    for (std::size_t number = 1; number <= replicas; ++number) {
      Unit& made = unit(fmt::format("{}-{}-{}", project, service, number));
      made.project = project;
      made.service = service;
      made.number = static_cast<unsigned>(number);
      made.needs = needs;
      if (store && chance(0.5)) made.recovers_in = around(30s, 3min);
      if (number == 1) (store ? stores : services).push_back(made.name);
      --size;
    }
    if (!store && size > 0 && chance(0.05)) {
      script_.units.back().published = true;
      script_.units.back().labels["healer.port"] = std::to_string(9000 + script_.units.size() - 1);
      const std::string parent = script_.units.back().name;
      Unit& side = unit(fmt::format("{}-side{}", project, script_.units.size()));
      side.network_of = parent;
      side.check_interval = Duration{0};
      side.labels.erase("healer.probe");
      side.labels["healer.port"] = std::to_string(9000 + script_.units.size() - 1);
      --size;
    }
  }
}

void Generator::units() {
  // Small hosts are as frequent as large ones, so most containers are on large ones.
  const auto count = static_cast<std::size_t>(std::exp(draw() * std::log(200.0)) + 0.5);
  while (script_.units.size() < count) {
    const std::size_t left = count - script_.units.size();
    if (left > 2 && chance(0.6))
      project(std::min(left, 2 + below(std::min<std::size_t>(left, 25))));
    else
      lone();
  }
}

void Generator::lone() {
  const std::size_t others = script_.units.size();
  const std::string needed = others > 0 && chance(0.2) ? anybody() : "";
  Unit& made = unit(fmt::format("c{}", others));
  if (needed.empty()) return;
  made.needs = {needed};
  made.labels["healer.depends_on"] = needed;
}

Happening& Generator::at(What what, const std::string& unit) {
  Happening happening;
  happening.what = what;
  happening.unit = unit;
  happening.at = between(2min, script_.length);
  script_.happenings.push_back(std::move(happening));
  return script_.happenings.back();
}

template <class F>
void Generator::each(double mean_hours, F&& happen) {
  WorldDraws::each(mean_hours, hours_, std::forward<F>(happen));
}

void Generator::faults() {
  const double containers = static_cast<double>(script_.units.size());
  each(30 / (wildness_ * containers), [&] {
    const std::string name = anybody();
    const auto& plan = *std::find_if(script_.units.begin(), script_.units.end(),
                                     [&](const Unit& unit) { return unit.name == name; });
    const auto probe = plan.labels.find("healer.probe");
    const bool port_only = probe != plan.labels.end() && probe->second == "tcp";
    Happening& fault = at(What::Fault, name);
    fault.failure =
        port_only ? pick(std::array{Weighted<Failure>{Failure::Refuse, 4},
                                    Weighted<Failure>{Failure::Crash, 4}, Weighted<Failure>{Failure::Loop, 1},
                                    Weighted<Failure>{Failure::OutOfMemory, 1}})
                  : pick(std::array{Weighted<Failure>{Failure::Error, 5}, Weighted<Failure>{Failure::Hang, 5},
                                    Weighted<Failure>{Failure::Refuse, 2},
                                    Weighted<Failure>{Failure::Crash, 4}, Weighted<Failure>{Failure::Loop, 1},
                                    Weighted<Failure>{Failure::OutOfMemory, 1.5},
                                    Weighted<Failure>{Failure::Flap, 1}});
    fault.fixed_by =
        pick(std::array{Weighted<FixedBy>{FixedBy::Restart, 14}, Weighted<FixedBy>{FixedBy::Alone, 4},
                        Weighted<FixedBy>{FixedBy::Operator, 2}});
    const auto ladder = plan.labels.find("healer.remedies");
    if (ladder != plan.labels.end() && fault.fixed_by == FixedBy::Restart) {
      const bool reloads = ladder->second.find("exec:") == 0 || ladder->second.find("kill:") == 0 ||
                           ladder->second.find("webhook:") == 0;
      if (reloads && chance(0.5)) fault.fixed_by = FixedBy::Reload;
      if (ladder->second.find("recreate") != std::string::npos && chance(0.2))
        fault.fixed_by = FixedBy::Recreate;
    }
    if (plan.rule_for > Duration{0} && chance(0.3)) fault.failure = Failure::Slow;
    if (fault.failure == Failure::Crash || fault.failure == Failure::OutOfMemory)
      fault.fixed_by = FixedBy::Restart;
    if (fault.failure == Failure::Loop || fault.failure == Failure::Flap) fault.fixed_by = FixedBy::Operator;
    if (fault.fixed_by == FixedBy::Alone) fault.lasts = around(10s, 10min);
    if (fault.fixed_by == FixedBy::Operator) fault.lasts = around(10min, 6h);
  });
}

void Generator::operators() {
  const double containers = static_cast<double>(script_.units.size());
  each(60 / containers, [&] {
    const std::string name = anybody();
    const double what = draw();
    if (what < 0.25) {
      Happening& restart = at(What::Restart, name);
      (void)restart;
    } else if (what < 0.5) {
      const Duration begins = at(What::Stop, name).at;
      at(What::Start, name).at = begins + around(5s, 8h);
    } else if (what < 0.7) {
      const Duration begins = at(What::Pause, name).at;
      at(What::Unpause, name).at = begins + around(5s, 4h);
    } else if (what < 0.9) {
      at(What::Deploy, name);
    } else if (what < 0.93) {
      at(What::Kill, name);
    } else if (what < 0.96) {
      at(What::Hup, name);
    } else {
      const Duration begins = at(What::Remove, name).at;
      at(What::Deploy, name).at = begins + around(5s, 2h);
    }
  });
  each(80 / containers, [&] {
    const std::string name = chance(0.95) ? anybody() : "";
    const double what = draw();
    if (what < 0.3 && !name.empty()) {
      at(What::OpReset, name);
    } else if (what < 0.5 && !name.empty()) {
      at(What::OpHeal, name);
    } else if (what < 0.9) {
      at(What::OpPause, name).lasts = around(10s, 3h);
    } else {
      const Duration begins = at(What::OpPause, name).at;
      at(What::OpResume, name).at = begins + around(10s, 4h);
    }
  });
}

void Generator::surroundings() {
  each(12 / wildness_, [&] {
    Happening& blip = at(What::Blip);
    blip.share = 0.1 + 0.9 * draw();
    blip.lasts = around(2s, 5min);
  });
  each(24 / wildness_, [&] {
    Happening& outage = at(What::Outage);
    outage.share = 0.2 + 0.8 * draw();
    outage.lasts = around(20s, 1h);
  });
  each(24 / wildness_, [&] {
    at(pick(std::array{Weighted<What>{What::NoRoute, 1}, Weighted<What>{What::NoFiles, 1}})).lasts =
        around(5s, 10min);
  });
  each(8 / wildness_, [&] {
    const What what = pick(std::array{Weighted<What>{What::Cut, 4}, Weighted<What>{What::Lost, 2},
                                      Weighted<What>{What::Shutdown, 1}, Weighted<What>{What::Killed, 1},
                                      Weighted<What>{What::Hangs, 2}, Weighted<What>{What::Errors, 2},
                                      Weighted<What>{What::Denies, 1}});
    at(what).lasts = what == What::Cut ? Duration{0} : around(1s, 10min);
  });
}

void Generator::troubles_of_healer() {
  each(16 / wildness_, [&] {
    Happening& die = at(What::Die);
    die.count = 1 + static_cast<int>(below(40));
    if (chance(0.4)) die.count = -1 - static_cast<int>(below(8));
    die.lasts = around(200ms, 10min);
  });
  each(24 / wildness_, [&] { at(What::Stall).lasts = around(200ms, 40s); });
  each(24 / wildness_, [&] { at(What::SlowStore).lasts = around(10s, 20min); });
  each(48 / wildness_, [&] { at(What::Unwritable).lasts = around(10s, 20min); });
  each(24 / wildness_, [&] { at(What::Silence).lasts = around(1min, 4h); });
  each(72 / wildness_, [&] {
    Happening& clock = at(What::Clock);
    clock.lasts = around(1s, 2h);
    clock.count = chance(0.5) ? -1 : 1;
  });
}

Script Generator::make() {
  host();
  units();
  faults();
  operators();
  surroundings();
  troubles_of_healer();
  if (is_in_field(script_.seed)) add_field(script_, wildness_);
  auto& all = script_.happenings;
  all.erase(
      std::remove_if(all.begin(), all.end(), [&](const Happening& one) { return one.at >= script_.length; }),
      all.end());
  std::stable_sort(all.begin(), all.end(),
                   [](const Happening& a, const Happening& b) { return a.at < b.at; });
  return std::move(script_);
}

}  // namespace

Script generate(std::uint64_t seed) {
  return Generator(seed).make();
}

}  // namespace healer::simulation
