#include <doctest/doctest.h>

#include "support/one_container.hpp"

using namespace healer;
using namespace healer::testing;

namespace {

/// The number that a new process counts of three stored attempts, made one, two and three minutes ago.
unsigned attempts_counted(Instant reset_at) {
  StoredState stored;
  WorkloadRecord record;
  record.key = "web";
  record.name = "web";
  record.reset_at = reset_at;
  stored.workloads = {record};
  for (int i = 1; i <= 3; ++i) {
    Attempt attempt;
    attempt.id = AttemptId{static_cast<std::uint64_t>(i)};
    attempt.workload = record.key;
    attempt.ordered_at = OneContainer::start - i * Duration{1min};
    attempt.state = AttemptState::NotRecovered;
    stored.attempts.push_back(attempt);
  }
  return OneContainer({}, stored).status(OneContainer::start).remedies.attempts_in_window;
}

}  // namespace

TEST_CASE("after a restart of healer the attempts count, except those before an operator's reset") {
  CHECK(attempts_counted(Instant{}) == 3);
  CHECK(attempts_counted(OneContainer::start - 90s) == 1);
}
