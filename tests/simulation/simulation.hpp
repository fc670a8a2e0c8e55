#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "checker.hpp"
#include "score.hpp"
#include "script.hpp"

namespace healer::simulation {

/// The supervisor of a world's containers.
enum class Guard {
  Healer,
  ThreeFailures,  ///< restarts after three failed checks in a row, without memory
  EachUnhealthy,  ///< restarts after each failed check
};

struct Options {
  Guard guard = Guard::Healer;
  bool mirrored = false;    ///< give each event to a second core and compare its effects (invariant 7)
  bool trace = false;       ///< keep a trace of events, effects and orders
  bool orders = false;      ///< list orders and notifications
  std::optional<int> only;  ///< report only this invariant
  std::map<std::string, std::string> settings;  ///< they win over the script's settings
  std::string record;  ///< process N of healer is recorded to `record`.N.jsonl; empty: none is
};

struct Outcome {
  Score score;
  std::optional<Broken> broken;
  std::vector<std::string> trace;
  std::vector<std::string> orders;      ///< the lines of orders.hpp
  std::vector<std::string> recordings;  ///< paths, in the order of the processes
  std::uint64_t digest = 0;             ///< of all orders and notifications; equal for equal runs
};

/// Runs a world from its beginning to its end, or to the first broken invariant. The same script and options
/// give the same outcome.
Outcome run(const Script& script, const Options& options);

}  // namespace healer::simulation
