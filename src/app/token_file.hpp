#pragma once

#include <string>

#include "base/result.hpp"

namespace healer {

/// 48 hexadecimal digits from the kernel's random numbers.
std::string random_token();

/// Writes the token to a new file of mode 0640: another service of the same group may read it. What already
/// stands at `path` is left alone, and so is everything if `path` is empty. Several processes may call this
/// at once: one token stays, and the file is never seen half written.
Result<void> make_token_file(const std::string& path, const std::string& token);

}  // namespace healer
