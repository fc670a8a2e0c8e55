#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace healer {

/// Where a text stops being JSON (RFC 8259): the offset of the first byte that does not fit, or its size
/// where more should follow; nothing when it is JSON. At most 32 levels deep. Bytes beyond ASCII in strings
/// are not looked at.
std::optional<std::size_t> json_fault(std::string_view text);

}  // namespace healer
