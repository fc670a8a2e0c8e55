#include "model/channel.hpp"

#include <array>

#include "model/channel_answer.hpp"

namespace healer {

const char* type_name(const ChannelTarget& target) {
  // In the order of the variant.
  static constexpr std::array<const char*, std::variant_size_v<ChannelTarget>> names{
      "slack", "slack_bot", "pagerduty", "opsgenie", "discord",      "teams",  "telegram",
      "ntfy",  "gotify",    "email",     "apprise",  "alertmanager", "webhook"};
  return names[target.index()];
}

const char* to_string(ChannelAnswer::Result result) {
  switch (result) {
    case ChannelAnswer::Result::Delivered:
      return "delivered";
    case ChannelAnswer::Result::Refused:
      return "refused";
    case ChannelAnswer::Result::Failed:
      return "failed";
  }
  return "unknown";
}

}  // namespace healer
