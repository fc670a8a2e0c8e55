#include "score.hpp"

#include <algorithm>
#include <numeric>

namespace healer::simulation {

const char* to_string(Worth worth) {
  switch (worth) {
    case Worth::Right:
      return "right";
    case Worth::Ineffective:
      return "ineffective";
    case Worth::Healthy:
      return "of the well";
    case Worth::Starting:
      return "of the starting";
    case Worth::NotTheCause:
      return "of dependents";
    case Worth::Shared:
      return "in shared outages";
    case Worth::Alone:
      return "of what passes alone";
    case Worth::Paused:
      return "of the paused";
    case Worth::Stopped:
      return "of the stopped";
  }
  return "?";
}

std::uint64_t Score::all_remedies() const {
  return std::accumulate(remedies.begin(), remedies.end(), std::uint64_t{0});
}

std::uint64_t Score::wrong() const {
  std::uint64_t wrong = 0;
  for (std::size_t i = 0; i < worths; ++i)
    if (is_wrong(static_cast<Worth>(i))) wrong += remedies[i];
  return wrong;
}

void Score::add(const Score& other) {
  hours += other.hours;
  worlds += other.worlds;
  steps += other.steps;
  happenings += other.happenings;
  probes += other.probes;
  engine_events += other.engine_events;
  kills += other.kills;
  for (std::size_t i = 0; i < worths; ++i) remedies[i] += other.remedies[i];
  asked_for += other.asked_for;
  episodes += other.episodes;
  curable += other.curable;
  healed += other.healed;
  missed += other.missed;
  notifications += other.notifications;
  unhealthy_hours += other.unhealthy_hours;
  heal_seconds.insert(heal_seconds.end(), other.heal_seconds.begin(), other.heal_seconds.end());
}

double Score::heal_quantile(double share) const {
  if (heal_seconds.empty()) return 0;
  std::vector<float> sorted = heal_seconds;
  const auto at = static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1));
  std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(at), sorted.end());
  return sorted[at];
}

}  // namespace healer::simulation
