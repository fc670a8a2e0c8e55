#pragma once

#include <string>

#include "base/result.hpp"

namespace healer {

/// Reads a file that holds a secret (Docker's and Kubernetes' secrets): at most 64 KiB, without one line end.
/// The error (missing, not readable, empty, too long) never quotes the content.
Result<std::string> read_secret_file(const std::string& path);

/// A warning if others than the file's owner may read it; empty: they may not. The folders in which Docker
/// and Kubernetes mount secrets (/run/secrets, /var/run/secrets) are private to the container, so their files
/// need none.
std::string secret_file_warning(const std::string& path);

}  // namespace healer
