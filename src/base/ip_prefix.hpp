#pragma once

#include <string_view>

namespace healer {

/// Whether the numeric address lies in the prefix: "10.1.0.5" in "10.1.0.0/16", "fd00::5" in "fd00::/64".
/// False for anything that is no address or no prefix, and for an address of the other family.
bool in_prefix(std::string_view address, std::string_view prefix);

}  // namespace healer
