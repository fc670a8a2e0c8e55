#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/shell_words.hpp"

namespace healer {

/// As split_words(), but a text that begins with '[' is a list of words: ["/bin/check", "--all"].
Words read_words_or_list(std::string_view text);

/// Why these words are not a command; empty when they are.
std::string refuse_command(const std::vector<std::string>& words);

}  // namespace healer
