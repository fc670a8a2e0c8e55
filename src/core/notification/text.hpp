#pragma once

#include <string>

#include "base/time.hpp"

namespace healer {

/// "75s", "4m 10s": whole seconds from 10 s on.
std::string rounded(Duration duration);
/// "1 attempt", "3 attempts".
std::string times(unsigned count, const char* what);

}  // namespace healer
