// Situations from public reports about other healers, engines, health paths and alerts.
#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "generate.hpp"
#include "generate_draws.hpp"

namespace healer::simulation {
namespace {

bool has_label(const Unit& unit, const std::string& prefix) {
  const auto found = unit.labels.lower_bound(prefix);
  return found != unit.labels.end() && found->first.starts_with(prefix);
}

std::string probe_label(const Unit& unit) {
  const auto found = unit.labels.find("healer.probe");
  return found == unit.labels.end() ? "" : found->second;
}

/// Its health path is asked over HTTP.
bool speaks_http(const Unit& unit) {
  return (probe_label(unit).empty() || probe_label(unit) == "http") && unit.check_interval == Duration{0} &&
         !has_label(unit, "healer.probes.") && unit.job == Duration{0};
}

/// The end of the process shows the fault, whatever a probe meets.
bool ends_process(Failure failure) {
  return failure == Failure::Crash || failure == Failure::OutOfMemory || failure == Failure::Loop;
}

class FieldGenerator : private WorldDraws {
 public:
  FieldGenerator(Script& script, double wildness)
      : WorldDraws(script.seed * 0xD1B54A32D192ED03ULL + 0xF1E1D), script_(script), wildness_(wildness) {
    hours_ = std::chrono::duration<double, std::ratio<3600>>(script.length).count();
    for (const Unit& unit : script.units) {
      if (!unit.network_of.empty()) shares_network_.insert({unit.network_of, unit.name});
      needed_.insert(unit.needs.begin(), unit.needs.end());
    }
  }
  void add() {
    script_.field = true;
    script_.silenced = 0.3;
    script_.unanswered = 0.05;
    for (Unit& unit : script_.units)
      if (!shares_network_.contains(unit.name)) kind_of(unit);
    collision();
    faults_as_seen();
    releases();
    answers();
    operators();
    host();
  }

 private:
  void kind_of(Unit& unit);
  void wrong_front(Unit& unit);
  void job(Unit& unit);
  void collision();
  void faults_as_seen();
  void releases();
  void answers();
  void operators();
  void host();
  Happening& at(What what, const std::string& unit = {}) {
    Happening happening;
    happening.what = what;
    happening.unit = unit;
    happening.at = between(2min, script_.length);
    script_.happenings.push_back(std::move(happening));
    return script_.happenings.back();
  }
  const Unit& anybody() { return script_.units[below(script_.units.size())]; }
  template <class F>
  void often(double mean_hours, F&& happen) {
    each(mean_hours, hours_, std::forward<F>(happen));
  }
  double containers() const { return static_cast<double>(script_.units.size()); }

  Script& script_;
  double wildness_;
  double hours_ = 24;
  std::set<std::string> shares_network_;
  std::set<std::string> needed_;
};

void FieldGenerator::kind_of(Unit& unit) {
  const double kind = draw();
  const bool named = has_label(unit, "healer.probes.");
  if (kind < 0.06) {
    if (!named && unit.check_interval == Duration{0}) wrong_front(unit);
  } else if (kind < 0.10) {
    unit.owner =
        pick(std::array{Weighted<const char*>{"Docker Swarm", 3}, Weighted<const char*>{"AutoRemove", 2},
                        Weighted<const char*>{"systemd unit web.service", 1}});
    unit.restart = RestartPolicy::No;
  } else if (kind < 0.14) {
    if (!named && !needed_.contains(unit.name) && unit.check_interval == Duration{0}) job(unit);
  } else if (kind < 0.16) {
    if (named) return;
    unit.check_interval = 1min;
    unit.check_runs = false;
    unit.labels["healer.probe"] = "engine";
  } else if (kind < 0.30) {
    if (unit.check_interval > Duration{0} || named || probe_label(unit) == "exec") return;
    unit.published = false;
    unit.own_address = true;
  }
}

void FieldGenerator::wrong_front(Unit& unit) {
  unit.front = pick(std::array{Weighted<Front>{Front::WrongPath, 4}, Weighted<Front>{Front::WrongPort, 2},
                               Weighted<Front>{Front::NotHttp, 2}, Weighted<Front>{Front::Redirect, 1},
                               Weighted<Front>{Front::Login, 1}});
  if (probe_label(unit) == "exec") unit.front = Front::WrongPort;
  if (probe_label(unit).empty() && chance(0.5)) unit.labels["healer.probe"] = "http";
  if (chance(0.05)) unit.labels["healer.unproven"] = "act";
}

void FieldGenerator::job(Unit& unit) {
  unit.job = around(20s, 2h);
  unit.restart = pick(std::array{Weighted<RestartPolicy>{RestartPolicy::No, 4},
                                 Weighted<RestartPolicy>{RestartPolicy::OnFailure, 3},
                                 Weighted<RestartPolicy>{RestartPolicy::UnlessStopped, 3}});
  if (unit.restart == RestartPolicy::No && chance(0.3)) unit.job_code = 1;
  unit.front = Front::WrongPort;
  unit.labels.erase("healer.probe");
  unit.rule_for = Duration{0};
  const std::string name = unit.name;
  often(8, [&] { at(What::Start, name); });
}

/// A container whose image carries the compose labels of another one.
void FieldGenerator::collision() {
  if (!chance(0.4)) return;
  std::vector<std::size_t> of_compose;
  for (std::size_t i = 0; i < script_.units.size(); ++i) {
    const Unit& unit = script_.units[i];
    if (!unit.project.empty() && !shares_network_.contains(unit.name) && unit.network_of.empty())
      of_compose.push_back(i);
  }
  if (of_compose.empty()) return;
  Unit copy = script_.units[of_compose[below(of_compose.size())]];
  const std::string original = copy.name;
  const std::string name = copy.name += "-copy";
  copy.labels.erase("healer.port");
  script_.units.push_back(std::move(copy));
  often(12, [&] {
    const std::string& which = chance(0.7) ? name : original;
    const Duration removed = at(What::Remove, which).at;
    at(What::Deploy, which).at = removed + around(5s, 3h);
  });
}

/// What a remedy by the rules cannot end, or what nobody can see, is no fault that a remedy ends.
void FieldGenerator::faults_as_seen() {
  std::map<std::string, const Unit*> by_name;
  for (const Unit& unit : script_.units) by_name[unit.name] = &unit;
  std::erase_if(script_.happenings, [&](const Happening& one) {
    return one.what == What::Fault && by_name.at(one.unit)->job > Duration{0};
  });
  for (Happening& one : script_.happenings) {
    if (one.what != What::Fault || ends_process(one.failure)) continue;
    const Unit& unit = *by_name.at(one.unit);
    if (one.fixed_by == FixedBy::Operator || one.fixed_by == FixedBy::Alone) continue;
    if (!unit.owner.empty()) {
      one.fixed_by = FixedBy::Alone;  // its owner has checks, too
      one.lasts = around(20s, 5min);
    } else if (unit.front != Front::Right || !unit.check_runs) {
      one.fixed_by = FixedBy::Operator;
      one.lasts = around(10min, 2h);
    }
  }
}

void FieldGenerator::releases() {
  often(50 / containers(), [&] {
    const Unit unit = anybody();
    if (unit.job > Duration{0}) return;
    Happening& release = at(What::Release, unit.name);
    const double what = draw();
    if (what < 0.35) {
      release.lasts = around(5s, 3min);
    } else if (what < 0.45) {
      release.lasts = around(10min, 25min);  // it migrates its data
    } else if (what < 0.75 && speaks_http(unit) && unit.front == Front::Right) {
      release.count = chance(0.5) ? 1 : 3;
      const Duration moved = release.at;
      Happening& right = at(What::Release, unit.name);
      right.count = 2;
      right.at = moved + around(30min, 8h);
    }
  });
  std::map<std::string, std::vector<std::string>> projects;
  for (const Unit& unit : script_.units)
    if (!unit.project.empty() && unit.network_of.empty()) projects[unit.project].push_back(unit.name);
  for (const auto& [project, names] : projects)
    often(40, [&, &names = names] {
      Duration when = between(2min, script_.length);
      for (const std::string& name : names) {
        Happening& deploy = at(chance(0.5) ? What::Release : What::Deploy, name);
        deploy.at = when;
        when += around(500ms, 10s);
      }
    });
}

void FieldGenerator::answers() {
  often(60 / (wildness_ * containers()), [&] {
    const Unit unit = anybody();
    if (!speaks_http(unit) || !unit.owner.empty()) return;
    Happening& fault = at(What::Fault, unit.name);
    fault.failure = pick(
        std::array{Weighted<Failure>{Failure::RateLimited, 3}, Weighted<Failure>{Failure::Maintenance, 2},
                   Weighted<Failure>{Failure::Busy, 2}, Weighted<Failure>{Failure::Login, 2},
                   Weighted<Failure>{Failure::Missing, 2}, Weighted<Failure>{Failure::Gateway, 3}});
    fault.fixed_by = FixedBy::Alone;
    fault.lasts = around(30s, 2h);
    const double curable = fault.failure == Failure::Gateway   ? 0.5
                           : fault.failure == Failure::Missing ? 0.3
                                                               : 0;
    if (unit.front == Front::Right && chance(curable)) {
      fault.fixed_by = FixedBy::Restart;
      fault.lasts = Duration{0};
    }
  });
}

void FieldGenerator::operators() {
  often(150 / containers(), [&] {
    const Unit& unit = anybody();
    if (unit.job == Duration{0}) at(What::Inside, unit.name).lasts = around(20s, 30min);
  });
  std::vector<std::string> addressed;
  for (const Unit& unit : script_.units)
    if (unit.own_address) addressed.push_back(unit.name);
  if (addressed.size() >= 2) often(12, [&] { at(What::Move, addressed[below(addressed.size())]); });
  often(100 / containers(), [&] { at(What::Stranger, anybody().name).count = static_cast<int>(below(3)); });
  often(400 / containers(), [&] {
    const Unit& unit = anybody();
    if (!needed_.contains(unit.name) && !shares_network_.contains(unit.name)) at(What::Remove, unit.name);
  });
}

void FieldGenerator::host() {
  often(24, [&] {
    Happening& sleep = at(What::Suspend);
    sleep.lasts = around(1min, 8h);
    sleep.share = 0.3 + 0.7 * draw();
    sleep.count = static_cast<int>(around(1s, 20s).count());
  });
  often(24, [&] {
    Happening& pressure = at(What::Pressure);
    pressure.lasts = around(30s, 30min);
    pressure.share = 0.2 + 0.8 * draw();
  });
  // healer is away, a container ends, and the engine forgets it.
  often(24, [&] {
    Happening& die = at(What::Die);
    die.count = 1;
    die.lasts = around(20s, 5min);
    const Duration begins = die.at, away = die.lasts;
    for (int i = 0; i < 2; ++i) {
      const Unit& unit = anybody();
      if (unit.job > Duration{0}) continue;
      Happening& crash = at(What::Fault, unit.name);
      crash.failure = Failure::Crash;
      crash.fixed_by = FixedBy::Restart;
      crash.at = begins + away / 3;
    }
    at(What::Forget).at = begins + away * 2 / 3;
  });
}

}  // namespace

bool is_in_field(std::uint64_t seed) {
  return seed % 5 == 0 || seed % 5 == 3;
}

void add_field(Script& script, double wildness) {
  FieldGenerator(script, wildness).add();
}

}  // namespace healer::simulation
