#pragma once

#include <cstdint>
#include <vector>

#include "agenda.hpp"
#include "config/policy_resolver.hpp"
#include "simulation.hpp"
#include "world.hpp"

namespace healer::simulation {

/// Simple restart scripts in the same worlds, for comparison. They check at the same intervals as healer and
/// see the containers that `docker ps` lists (running and paused). They have no start period, no backoff, no
/// budget and no dependencies, and notify of every restart.
class Naive {
 public:
  Naive(World& world, Agenda& agenda, Score& score, Guard guard, PolicyResolver& resolver);

 private:
  void ask(std::uint32_t index);
  bool bad(const Place& place) const;

  World& world_;
  Agenda& agenda_;
  Score& score_;
  Guard guard_;
  struct Watched {
    Duration interval{0};
    bool by_engine = false;
    bool port_only = false;
    unsigned failures = 0;
  };
  std::vector<Watched> watched_;
};

}  // namespace healer::simulation
