#pragma once

#include <map>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "support/invariants.hpp"
#include "support/scene.hpp"

namespace healer::testing {

/// One thing that happens in a random world: the kind decides what, the number how.
struct Op {
  static constexpr unsigned kinds = 43;

  unsigned kind = 0;
  unsigned box = 0;
  unsigned number = 0;
};

std::ostream& operator<<(std::ostream& out, const Op& op);

Dialect some_dialect(unsigned seed);

/// A scene under random operations, with the invariants checked after every step.
class RandomWorld {
 public:
  RandomWorld(unsigned seed, Dialect dialect, bool transcript);
  void perform(const Op& op);

  /// Ends every fault and waits: afterwards no incident may stay open without a reason.
  void quiet();
  std::string verdict() const;

  Scene scene;
  Invariants watch;
  std::vector<std::string> lost;
  std::set<std::string> by_heal;  ///< in remedy because an operator asked for it: beside the limit
  std::string seen;               ///< the transcript up to the first order that broke an invariant

 private:
  /// Gives some boxes several probes, or a failure window.
  static void add_checks(Box& box, unsigned number, unsigned port);

  /// Lets some boxes depend on the box before, or share its network.
  void depend(Box& box, unsigned number, unsigned seed);
  bool operator_is_called() const;
  static std::optional<Duration> pause_length(unsigned number);
  void look_for_ignored_pause(const ApplyRemedy& order);
  void stop(Box& box);

  /// Stops just before the event stream ends look like the engine's shutdown.
  void forgive_stops();
  Truth truth_of(const ApplyRemedy& order);
  void after(const Event& event, const Effects& effects);
  void look_for_lost_wakes();

  std::set<std::string> asked;  ///< workloads whose next remedy an operator requested
  std::map<std::string, Instant> last_pass;
  std::map<std::string, unsigned> failures;
};

}  // namespace healer::testing
