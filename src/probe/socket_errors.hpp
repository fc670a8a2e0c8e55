#pragma once

#include <string>

#include "model/probe.hpp"

namespace healer {

/// What an errno of a probe's socket means. `connected`: the connection had opened before.
ProbeEnd end_of_errno(int error, bool connected);

/// The errno in the system's words.
std::string text_of_errno(int error);

}  // namespace healer
