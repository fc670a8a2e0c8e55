#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/time.hpp"

namespace healer::simulation {

/// What a remedy was worth, judged by what was true when it was ordered.
enum class Worth {
  Right,        ///< ill of something a remedy cures, or down by itself
  Futile,       ///< ill of something no remedy cures
  Well,         ///< wrong, and so are the rest: there was nothing wrong with it
  Starting,     ///< it was on its way up
  NotTheCause,  ///< what it needs was ill, not it
  Shared,       ///< something outside was gone, or the network was
  Alone,        ///< it would have recovered by itself
  Paused,       ///< a person had paused it
  Stopped,      ///< a person had stopped it
};
constexpr std::size_t worths = 9;
const char* to_string(Worth worth);
inline bool is_wrong(Worth worth) {
  return worth != Worth::Right && worth != Worth::Futile;
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
  std::uint64_t curable = 0;   ///< of these, those a remedy cures
  std::uint64_t healed = 0;    ///< by a remedy
  std::uint64_t missed = 0;    ///< curable, and ill for an hour with nobody keeping healer from it
  std::uint64_t alerts = 0;
  double ill_hours = 0;             ///< of curable episodes
  std::vector<float> heal_seconds;  ///< of the healed: from the fault to the first good answer

  std::uint64_t all_remedies() const;
  std::uint64_t wrong() const;
  std::uint64_t futile() const { return remedies[static_cast<std::size_t>(Worth::Futile)]; }
  void add(const Score& other);
  /// 0.5 is the median; 0 when nothing was healed.
  double heal_quantile(double share) const;
};

}  // namespace healer::simulation
