#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "model/effect.hpp"

namespace healer::replay {

/// One thing a step decided, ordered or notified.
struct EffectText {
  std::string kind;      ///< "decision", "evidence", "order", "notification"
  std::string workload;  ///< key; of a notification the name; empty: about the host
  std::string what;      ///< the rule, the step, the event
  std::string inputs;    ///< what it was given; empty: not notified
  std::string outcome;
};

/// What matters of an effect; nothing for those that only carry it out (probes, looks, wake-ups, records).
std::optional<EffectText> effect_text(const Effect& effect);
/// "decision web held: db is unhealthy [failures=3]"
std::string words(const EffectText& effect_text);
/// Of all of them that have any, in order.
std::vector<std::string> words(const Effects& effects);

/// "2026-11-22T14:03:05.120Z"
std::string time_text(Instant at);
/// The way back, also without the fraction or the Z: the time is UTC.
std::optional<Instant> parse_time(std::string_view text);

}  // namespace healer::replay
