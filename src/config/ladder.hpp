#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/setting.hpp"
#include "model/policy.hpp"

namespace healer {

inline constexpr std::size_t most_ladder_steps = 16;

/// What a ladder is written as, for messages and the reference.
inline constexpr std::string_view ladder_accepted =
    "up to 16 of restart, start, stop, recreate, none, kill:SIGNAL, exec:COMMAND and webhook:URL, with "
    "commas "
    "between them; none and stop only as the last";

/// Reads `restart,exec:/reload now,kill:HUP,webhook:"https://h/x",stop`: commas outside quotes separate, and
/// what follows a ':' is split like a shell's words. A text that begins with '[' is a list of steps.
Applied read_ladder(std::string_view text, std::vector<RemedyStep>& ladder);

/// The same, one item a step: its commas are its own.
Applied read_ladder_steps(const std::vector<std::string>& ladder_steps, std::vector<RemedyStep>& ladder);

/// As read_ladder() reads it, but for the webhooks' addresses, which are never shown.
std::string show_ladder(const std::vector<RemedyStep>& ladder);

/// Whether the text may name a webhook, however misspelt: then nothing of it is quoted.
bool ladder_may_hold_secret(std::string_view text);

}  // namespace healer
