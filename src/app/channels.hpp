#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "config/daemon_settings.hpp"
#include "notify/channels.hpp"

namespace healer {

/// What the channels are made with. Everything outlives them.
struct ChannelParts {
  NotifierTools tools;
  /// The id of the container with this name; empty when there is none.
  std::function<std::string(const std::string& name)> container_id_of;
};

using Channels = std::vector<std::unique_ptr<Notifier>>;

/// Every channel of a configuration: those of `channels`, and the two that docker-autoheal's variables make.
/// The error names the channel, and holds no secret.
Result<Channels> make_channels(const DaemonSettings& settings, const ChannelParts& parts);

}  // namespace healer
