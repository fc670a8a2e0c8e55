#pragma once

#include <string>

#include "base/result.hpp"

namespace healer {

/// What a file of a secret holds (Docker's and Kubernetes' secrets): its bytes without one line's end, 64 KiB
/// at most. The error says what is wrong, never what was read: missing, not readable, empty, too long.
Result<std::string> read_secret_file(const std::string& path);

}  // namespace healer
