#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "model/action.hpp"

namespace healer::replay {

/// One thing a step decided, ordered or told.
struct Deed {
  std::string kind;      ///< "decision", "evidence", "order", "alert"
  std::string workload;  ///< key; of an alert the name; empty: about the host
  std::string what;      ///< the rule, the rung, the event
  std::string inputs;    ///< what it was given; empty: not told
  std::string outcome;
};

/// What matters of an action; nothing for those that only carry it out (probes, looks, wake-ups, records).
std::optional<Deed> deed(const Action& action);
/// "decision web held: db is ill [failures=3]"
std::string words(const Deed& deed);
/// Of all of them that have any, in order.
std::vector<std::string> words(const Actions& actions);

/// "2026-11-22T14:03:05.120Z"
std::string time_text(Instant at);
/// The way back, also without the fraction or the Z: the time is UTC.
std::optional<Instant> parse_time(std::string_view text);

}  // namespace healer::replay
