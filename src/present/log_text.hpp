#pragma once

#include <string>

#include "model/effect.hpp"

namespace healer::present {

/// The report as a line of the log: "web — unhealthy (1/3): HTTP 503".
LogLine log_line(const Report& report);

}  // namespace healer::present
