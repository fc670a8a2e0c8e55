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

/// The text as valid UTF-8 without control characters: makes a container's output safe to show.
std::string printable(std::string_view text);

}  // namespace healer
