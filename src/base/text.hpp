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

/// true/yes/1/on and false/no/0/off in any case, spaces around ignored; nothing for anything else.
std::optional<bool> parse_bool(std::string_view text);

/// The candidate with the smallest edit distance, if it is near enough to be what was meant
/// (a third of its length, at least 2); nothing otherwise. Used by every "did you mean".
std::optional<std::string> nearest_name(std::string_view seen, std::span<const std::string_view> candidates);

/// Text cut to at most `limit` bytes without splitting a UTF-8 sequence, with "..." when cut.
std::string clip(std::string_view text, std::size_t limit);

/// Valid UTF-8 without control characters: anything a container says, made safe to show.
std::string printable(std::string_view text);

}  // namespace healer
