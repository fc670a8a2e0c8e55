#pragma once

#include <memory>
#include <string>

#include "base/result.hpp"

namespace healer::net {

/// Certificates of authorities as PEM text. Requests share it. Null: libcurl's own, the system's authorities.
using Authorities = std::shared_ptr<const std::string>;

/// The PEM text of a file. The error says why the file cannot be used: it cannot be read, is larger than
/// 4 MiB, or holds no certificate that can be read.
Result<std::string> read_authorities(const std::string& path);

/// The text of the bundle that libcurl trusts by default; empty when the system has none.
std::string system_authorities();

/// These authorities and more.
Authorities joined_authorities(const std::string& those, const std::string& more);

}  // namespace healer::net
