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

/// Who looks after the containers of a world.
enum class Guard {
  Healer,
  ThreeFailures,  ///< restarts whatever failed three checks in a row, and remembers nothing
  EachUnhealthy,  ///< restarts at each bad verdict
};

struct Options {
  Guard guard = Guard::Healer;
  bool mirrored = false;    ///< feed each step to a second core, and compare (invariant 7)
  bool trace = false;       ///< keep what was heard, decided and done
  std::optional<int> only;  ///< look for this broken invariant alone
  std::map<std::string, std::string> settings;  ///< over those of the script
};

struct Outcome {
  Score score;
  std::optional<Broken> broken;
  std::vector<std::string> trace;
  std::uint64_t digest = 0;  ///< of all that was ordered and notified: equal runs have equal ones
};

/// Runs a world from its beginning to its end, or to the first broken invariant. The same script and options
/// give the same outcome.
Outcome run(const Script& script, const Options& options);

}  // namespace healer::simulation
