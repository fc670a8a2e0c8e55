#pragma once

#include <array>

#include "model/policy.hpp"

namespace healer::present {

struct RemedyWords {
  RemedyKind kind = RemedyKind::None;
  const char* log_verb = "";  ///< as in "RESTARTING web"
  const char* sentence = "";  ///< for notifications
};

namespace detail {

/// In the order of RemedyKind.
inline constexpr std::array<RemedyWords, enum_count<RemedyKind>> remedy_words{{
    {RemedyKind::Restart, "RESTARTING", "It is being restarted."},
    {RemedyKind::Start, "STARTING", "It is being started."},
    {RemedyKind::Stop, "STOPPING", "It is being stopped, as healer.remedies says."},
    {RemedyKind::None, "LEAVING", "It is not touched, as healer.remedies says."},
    {RemedyKind::Kill, "SIGNALLING", "It is sent a signal."},
    {RemedyKind::Exec, "RUNNING A COMMAND IN", "A command is executed in it."},
    {RemedyKind::Recreate, "RECREATING", "It is being recreated."},
    {RemedyKind::Replace, "REPLACING", "It is being replaced."},
    {RemedyKind::Webhook, "CALLING A WEBHOOK FOR", "The configured webhook is called."},
}};

constexpr bool words_in_order() {
  for (std::size_t i = 0; i < remedy_words.size(); ++i)
    if (remedy_words[i].kind != static_cast<RemedyKind>(i)) return false;
  return true;
}
static_assert(words_in_order(), "each remedy has its row, in the order of RemedyKind");

}  // namespace detail

constexpr const RemedyWords& words_of(RemedyKind kind) {
  return detail::remedy_words[static_cast<std::size_t>(kind)];
}

}  // namespace healer::present
