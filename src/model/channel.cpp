#include "model/channel.hpp"

#include <array>

namespace healer {

const char* type_name(const ChannelTarget& target) {
  // In the order of the variant.
  static constexpr std::array<const char*, std::variant_size_v<ChannelTarget>> names{
      "slack", "slack_bot", "pagerduty", "opsgenie", "discord",      "teams",  "telegram",
      "ntfy",  "gotify",    "email",     "apprise",  "alertmanager", "webhook"};
  return names[target.index()];
}

}  // namespace healer
