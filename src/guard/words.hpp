#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace healer::guard {

/// The arguments of a command in a label or a setting, split as healer splits them (base/shell_words.hpp), or
/// a JSON list of texts. healer also reads other lists of YAML; here they are malformed. Empty: malformed.
std::optional<std::vector<std::string>> command_words(std::string_view text);

/// The parts of a list with commas between them; a comma within quotes does not separate.
std::optional<std::vector<std::string>> comma_parts(std::string_view text);

}  // namespace healer::guard
