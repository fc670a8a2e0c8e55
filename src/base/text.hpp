#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace healer {

std::string lower(std::string_view text);
std::string_view trim(std::string_view text);
std::vector<std::string> split(std::string_view text, char separator);

/// true/yes/1/on and false/no/0/off in any case, spaces around them ignored; empty for any other text.
std::optional<bool> parse_bool(std::string_view text);

/// The candidate with the smallest edit distance, if that distance is at most a third of the candidate's
/// length (or 2, if that is more); otherwise empty.
std::optional<std::string> nearest_name(std::string_view seen, std::span<const std::string_view> candidates);

/// Text cut to at most `limit` bytes without splitting a UTF-8 sequence, with "..." when cut.
std::string clip(std::string_view text, std::size_t limit);

/// The sanitiser for one line: what a container, an engine or a peer wrote goes through it before it reaches
/// a terminal, a log, a notification or a page. The result is valid UTF-8. Terminal sequences, characters
/// without width and characters that change the direction of text are left out; line ends and tabs become
/// blanks; other control characters (U+0000 to U+001F, U+007F to U+009F) and invalid bytes become '?'.
std::string printable(std::string_view text);

/// The same for text of several lines: the line ends stay, "\r\n" as "\n".
std::string printable_lines(std::string_view text);

}  // namespace healer
