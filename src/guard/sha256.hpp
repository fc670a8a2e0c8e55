#pragma once

#include <string>
#include <string_view>

namespace healer::guard {

/// SHA-256 (FIPS 180-4) as 64 hexadecimal digits. The guard links no cryptographic library for this one
/// function.
std::string sha256_hex(std::string_view bytes);

}  // namespace healer::guard
