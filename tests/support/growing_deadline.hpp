#pragma once

#include <chrono>

namespace healer::testing {

/// attempt(deadline) with ever longer deadlines, until what it returns satisfies `reached`: on a busy machine
/// a short deadline may end before that was begun which it is to end. Gives the last result, which is that of
/// a minute when none was reached.
template <class Attempt, class Reached>
auto with_growing_deadline(std::chrono::milliseconds first, Attempt attempt, Reached reached) {
  for (std::chrono::milliseconds deadline = first;; deadline *= 4) {
    auto result = attempt(deadline);
    if (reached(result) || deadline >= std::chrono::minutes(1)) return result;
  }
}

}  // namespace healer::testing
