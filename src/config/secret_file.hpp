#pragma once

#include <string>

#include "base/result.hpp"

namespace healer {

/// Reads a file that holds a secret (Docker's and Kubernetes' secrets): at most 64 KiB, without one line end.
/// The error (missing, not readable, empty, too long) never quotes the content.
Result<std::string> read_secret_file(const std::string& path);

}  // namespace healer
