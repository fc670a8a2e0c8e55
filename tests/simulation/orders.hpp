#pragma once

#include <string>
#include <vector>

#include "base/time.hpp"
#include "model/effect.hpp"

namespace healer::simulation {

/// One line per order and per notification of a step, in the order they were decided:
///
///     1h10m5s230ms  p1-api4-1  order restart, attempt 2
///     1h10m5s230ms  p1-api4-1  notification degraded, DEGRADED, attempt 2
///
/// `at` is the time since the world began. Texts for operators are left out: a better sentence is no other
/// decision.
std::vector<std::string> order_lines(const Effects& effects, Duration at);

/// A line of the same form about healer itself.
std::string order_line(Duration at, const std::string& what);

}  // namespace healer::simulation
