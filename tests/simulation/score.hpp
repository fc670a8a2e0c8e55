#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/time.hpp"

namespace healer::simulation {

/// The verdict on a remedy, by the true state of the container when the remedy was ordered.
enum class Worth {
  Right,        ///< a fault that a remedy ends, or an exit by itself
  Ineffective,  ///< a fault that no remedy ends
  Healthy,      ///< wrong, as are all below: the container was healthy
  Starting,     ///< the container was starting
  NotTheCause,  ///< only a dependency was unhealthy
  Shared,       ///< a shared outage, or no network
  Alone,        ///< the container would have recovered by itself
  Paused,       ///< an operator had paused the container
  Stopped,      ///< an operator had stopped the container
};
constexpr std::size_t worths = 9;
const char* to_string(Worth worth);
inline bool is_wrong(Worth worth) {
  return worth != Worth::Right && worth != Worth::Ineffective;
}

/// Sums over the worlds that were run.
struct Score {
  double hours = 0;  ///< container-hours
  std::uint64_t worlds = 0;
  std::uint64_t steps = 0;       ///< of the core
  std::uint64_t happenings = 0;  ///< entries of the agenda
  std::uint64_t probes = 0;
  std::uint64_t engine_events = 0;
  std::uint64_t kills = 0;  ///< of healer
  std::array<std::uint64_t, worths> remedies{};
  std::uint64_t asked_for = 0;  ///< remedies that an operator ordered; not judged, and not among `remedies`
  std::uint64_t episodes = 0;   ///< faults of one container
  std::uint64_t curable = 0;    ///< of these, faults that a remedy ends
  std::uint64_t healed = 0;     ///< of these, faults that a remedy did end
  std::uint64_t missed = 0;     ///< curable faults that lasted an hour although nothing excused healer
  std::uint64_t notifications = 0;
  double unhealthy_hours = 0;       ///< of curable episodes
  std::vector<float> heal_seconds;  ///< of the healed: from the fault to the first pass

  std::uint64_t all_remedies() const;
  std::uint64_t wrong() const;
  std::uint64_t right() const { return remedies[static_cast<std::size_t>(Worth::Right)]; }
  std::uint64_t ineffective() const { return remedies[static_cast<std::size_t>(Worth::Ineffective)]; }
  void add(const Score& other);
  /// A quantile of heal_seconds, 0.5 for the median; 0 if nothing was healed.
  double heal_quantile(double share) const;
};

}  // namespace healer::simulation
