#include "shrink.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace healer::simulation {
namespace {

/// The script without these units, their happenings, and what refers to them.
Script without(const Script& script, const std::set<std::string>& units) {
  Script smaller = script;
  std::erase_if(smaller.units, [&](const Unit& unit) {
    return units.count(unit.name) != 0 || units.count(unit.network_of) != 0;
  });
  std::set<std::string> left;
  for (const Unit& unit : smaller.units) left.insert(unit.name);
  for (Unit& unit : smaller.units)
    std::erase_if(unit.needs, [&](const std::string& needed) { return left.count(needed) == 0; });
  std::erase_if(smaller.happenings, [&](const Happening& happening) {
    return !happening.unit.empty() && left.count(happening.unit) == 0;
  });
  return smaller;
}

class Shrinker {
 public:
  Shrinker(Script script, const std::function<bool(const Script&)>& broken, unsigned runs)
      : script_(std::move(script)), broken_(broken), left_(runs) {}

  Script shrink() {
    for (bool again = true; again && left_ > 0;) {
      again = false;
      again |= drop_parts([this] { return script_.units.size(); },
                          [this](std::size_t from, std::size_t to) {
                            std::set<std::string> names;
                            for (std::size_t i = from; i < to; ++i) names.insert(script_.units[i].name);
                            return without(script_, names);
                          });
      again |= drop_parts([this] { return script_.happenings.size(); },
                          [this](std::size_t from, std::size_t to) {
                            Script smaller = script_;
                            smaller.happenings.erase(
                                smaller.happenings.begin() + static_cast<std::ptrdiff_t>(from),
                                smaller.happenings.begin() + static_cast<std::ptrdiff_t>(to));
                            return smaller;
                          });
      again |= simplify();
    }
    return script_;
  }

 private:
  bool keep_if_broken(Script smaller) {
    if (left_ == 0 || smaller.units.empty() || smaller == script_) return false;
    --left_;
    if (!broken_(smaller)) return false;
    script_ = std::move(smaller);
    return true;
  }

  /// Removes halves, quarters, ... single items; from the end first, where most items came after the fault.
  template <class Size, class Cut>
  bool drop_parts(Size&& size, Cut&& cut) {
    bool any = false;
    for (std::size_t part = std::max<std::size_t>(1, size() / 2); left_ > 0; part /= 2) {
      for (std::size_t to = size(); to > 0 && left_ > 0; to = std::min(to, size())) {
        const std::size_t from = to > part ? to - part : 0;
        any |= keep_if_broken(cut(from, to));
        to = from;
      }
      if (part <= 1) break;
    }
    return any;
  }

  bool simplify() {
    bool any = false;
    Script smaller = script_;
    smaller.noise = 0;
    any |= keep_if_broken(smaller);
    smaller = script_;
    smaller.lost_orders = 0;
    any |= keep_if_broken(smaller);
    smaller = script_;
    smaller.lost_resolves = 0;
    any |= keep_if_broken(smaller);
    for (std::size_t i = 0; i < script_.units.size() && left_ > 0; ++i) {
      const auto labels = script_.units[i].labels;
      for (const auto& [name, value] : labels) {
        if (name == "monitored") continue;
        smaller = script_;
        smaller.units[i].labels.erase(name);
        any |= keep_if_broken(smaller);
      }
      smaller = script_;
      smaller.units[i].needs.clear();
      any |= keep_if_broken(smaller);
      smaller = script_;
      smaller.units[i].rule_for = Duration{0};
      any |= keep_if_broken(smaller);
      smaller = script_;
      smaller.units[i].recovers_in = Duration{0};
      any |= keep_if_broken(smaller);
    }
    return any;
  }

  Script script_;
  const std::function<bool(const Script&)>& broken_;
  unsigned left_;
};

}  // namespace

Script shrink(Script script, const std::function<bool(const Script&)>& broken, unsigned runs) {
  return Shrinker(std::move(script), broken, runs).shrink();
}

}  // namespace healer::simulation
