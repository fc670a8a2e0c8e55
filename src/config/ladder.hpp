#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/daemon_settings.hpp"
#include "config/setting.hpp"
#include "model/policy.hpp"

namespace healer {

inline constexpr std::size_t most_ladder_steps = 16;

/// The form of a ladder, for messages and the reference.
inline constexpr std::string_view ladder_accepted =
    "auto, or up to 16 of restart, start, stop, recreate, replace, none, kill:SIGNAL, exec:COMMAND and "
    "webhook:URL, with commas between them; none and stop only as the last";

/// Reads `restart,exec:/reload now,kill:HUP,webhook:"https://h/x",stop`: commas outside quotes separate, and
/// what follows a ':' is split like a shell's words. `auto` is the empty ladder: the engine's default remedy.
/// A text that begins with '[' is a list of steps.
Applied read_ladder(std::string_view text, std::vector<RemedyStep>& ladder);

/// The ladder of a label. A label is not the operator's word about where healer sends requests, so its
/// webhooks are names of `webhooks`, which the operator's file defines, and no URLs.
Applied read_label_ladder(std::string_view text, const std::vector<NamedWebhook>& webhooks,
                          std::vector<RemedyStep>& ladder);

/// As read_ladder(), with one item per step: a comma in an item is part of the step.
Applied read_ladder_steps(const std::vector<std::string>& ladder_steps, std::vector<RemedyStep>& ladder);

/// In the form that read_ladder() reads, but the webhooks' URLs are redacted.
std::string show_ladder(const std::vector<RemedyStep>& ladder);

/// Whether the text may name a webhook, also a misspelt one: then no message quotes the text.
bool ladder_may_hold_secret(std::string_view text);

}  // namespace healer
