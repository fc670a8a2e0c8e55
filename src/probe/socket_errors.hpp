#pragma once

#include <string>

#include "model/probe.hpp"

namespace healer {

/// The end of a probe whose socket has this errno. `connected`: the connection was open before.
ProbeEnd end_of_errno(int error, bool connected);

/// The system's text for the errno.
std::string text_of_errno(int error);

}  // namespace healer
