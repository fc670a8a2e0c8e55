#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "model/effect.hpp"

namespace healer::replay {

/// One decision, capture of evidence, attempt or notification of a step.
struct EffectText {
  std::string kind;      ///< "decision", "evidence", "order", "notification"
  std::string workload;  ///< key; for a notification the name; empty: about the host
  std::string what;      ///< the rule, the ladder step or the event
  std::string inputs;    ///< inputs of the decision; empty: none
  std::string outcome;
};

/// The text of an effect; empty for effects without one (checks, inspects, wake-ups, other records).
std::optional<EffectText> effect_text(const Effect& effect);
/// "decision web held: db is unhealthy [failures=3]"
std::string words(const EffectText& effect_text);
/// The texts of all effects that have one, in order.
std::vector<std::string> words(const Effects& effects);

/// "2026-11-22T14:03:05.120Z"
std::string time_text(Instant at);
/// Reads the form of time_text(); the fraction and the Z may be missing. The time is UTC.
std::optional<Instant> parse_time(std::string_view text);

}  // namespace healer::replay
