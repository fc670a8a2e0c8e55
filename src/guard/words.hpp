#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace healer::guard {

/// The arguments of a command in a label or a setting, as healer reads them: split like a POSIX shell's words
/// (quotes and backslashes, nothing else), or a list of texts that begins with '['. Empty: malformed.
std::optional<std::vector<std::string>> command_words(std::string_view text);

/// The parts of a list with commas between them; a comma within quotes does not separate.
std::optional<std::vector<std::string>> comma_parts(std::string_view text);

}  // namespace healer::guard
