#pragma once

#include <chrono>

namespace healer::testing {

/// Calls attempt(deadline) with growing deadlines until the result satisfies `reached`: on a busy machine a
/// short deadline may pass before the state that it should end is reached. Returns the last result; the
/// longest deadline is the first one of a minute or more.
template <class Attempt, class Reached>
auto with_growing_deadline(std::chrono::milliseconds first, Attempt attempt, Reached reached) {
  for (std::chrono::milliseconds deadline = first;; deadline *= 4) {
    auto result = attempt(deadline);
    if (reached(result) || deadline >= std::chrono::minutes(1)) return result;
  }
}

}  // namespace healer::testing
