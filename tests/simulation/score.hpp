#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/time.hpp"

namespace healer::simulation {

/// What a remedy was worth, judged by what was true when it was ordered.
enum class Worth {
  Right,        ///< unhealthy of something a remedy remedies, or down by itself
  Ineffective,  ///< unhealthy of something no remedy remedies
  Healthy,      ///< wrong, and so are the rest: there was nothing wrong with it
  Starting,     ///< it was on its way up
  NotTheCause,  ///< what it needs was unhealthy, not it
  Shared,       ///< something outside was gone, or the network was
  Alone,        ///< it would have recovered by itself
  Paused,       ///< an operator had paused it
  Stopped,      ///< an operator had stopped it
};
constexpr std::size_t worths = 9;
const char* to_string(Worth worth);
inline bool is_wrong(Worth worth) {
  return worth != Worth::Right && worth != Worth::Ineffective;
}

/// What came of the worlds that were run. Sums, so that those of several worlds add up.
struct Score {
  double hours = 0;  ///< of containers
  std::uint64_t worlds = 0;
  std::uint64_t steps = 0;       ///< of the core
  std::uint64_t happenings = 0;  ///< of the world's agenda
  std::uint64_t probes = 0;
  std::uint64_t engine_events = 0;
  std::uint64_t kills = 0;  ///< of healer
  std::array<std::uint64_t, worths> remedies{};
  std::uint64_t episodes = 0;  ///< times that something was really wrong with one container
  std::uint64_t curable = 0;   ///< of these, those a remedy remedies
  std::uint64_t healed = 0;    ///< by a remedy
  std::uint64_t missed = 0;    ///< curable, and unhealthy for an hour with nobody keeping healer from it
  std::uint64_t notifications = 0;
  double unhealthy_hours = 0;       ///< of curable episodes
  std::vector<float> heal_seconds;  ///< of the healed: from the fault to the first good answer

  std::uint64_t all_remedies() const;
  std::uint64_t wrong() const;
  std::uint64_t ineffective() const { return remedies[static_cast<std::size_t>(Worth::Ineffective)]; }
  void add(const Score& other);
  /// 0.5 is the median; 0 when nothing was healed.
  double heal_quantile(double share) const;
};

}  // namespace healer::simulation
