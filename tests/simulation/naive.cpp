#include "naive.hpp"

namespace healer::simulation {

Naive::Naive(World& world, Agenda& agenda, Score& score, Guard guard, PolicyResolver& resolver)
    : world_(world), agenda_(agenda), score_(score), guard_(guard) {
  watched_.resize(world.places().size());
  for (const Place& place : world.places()) {
    const auto resolved = resolver.resolve(place.facts.labels);
    if (resolved.policy->selection != Selection::OptedIn) continue;
    Watched& watched = watched_[place.index];
    watched.interval = resolved.policy->interval;
    watched.by_engine = place.unit->check_interval > Duration{0};
    watched.port_only = resolved.policy->probe.kind == ProbeKind::Tcp;
    const double share = world.chance().draw(place.tag, 50);
    const Duration first{static_cast<Duration::rep>(share * static_cast<double>(watched.interval.count()))};
    agenda.put(world.now() + first, 0, [this, index = place.index] { ask(index); });
  }
}

bool Naive::bad(const Place& place) const {
  const Watched& watched = watched_[place.index];
  if (watched.by_engine) return place.facts.health == EngineHealth::Unhealthy;
  const Answer answer = world_.answer(place);
  return answer != Answer::Pass && !(watched.port_only && answer == Answer::Error);
}

void Naive::ask(std::uint32_t index) {
  Watched& watched = watched_[index];
  Place& place = world_.places()[index];
  agenda_.put(world_.now() + watched.interval, 0, [this, index] { ask(index); });
  ++score_.probes;
  if (world_.engine_mode() != World::EngineMode::Up || !(place.running() || place.paused())) return;
  if (!bad(place)) {
    watched.failures = 0;
    return;
  }
  const unsigned needed = guard_ == Guard::ThreeFailures && !watched.by_engine ? 3 : 1;
  if (++watched.failures < needed) return;
  watched.failures = 0;
  if (place.busy || world_.denies()) return;
  world_.count_remedy(place);
  ++score_.notifications;
  world_.engine().restart(place, By::Healer, Fate::Done, Duration{10s});
}

}  // namespace healer::simulation
