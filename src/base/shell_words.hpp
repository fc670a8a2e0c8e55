#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

namespace healer {

/// A list of words, or the reason why the text is not valid.
using Words = tl::expected<std::vector<std::string>, std::string>;

/// Splits like a POSIX shell splits a line: blanks between words, 'single' and "double" quotes, backslashes.
/// Nothing is expanded, and no character is special beyond these.
Words split_words(std::string_view text);

/// One text that split_words() splits into these words again.
std::string show_words(const std::vector<std::string>& words);

/// Cuts at a separator outside quotes; the parts keep their quotes, without the blanks around them.
Words split_outside_quotes(std::string_view text, char separator);

}  // namespace healer
