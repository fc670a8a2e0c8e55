#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "config/daemon_settings.hpp"
#include "model/channel_answer.hpp"
#include "notify/channel_test.hpp"
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

/// Whether every channel can be made. The error as make_channels() has it.
Result<void> check_channels(const DaemonSettings& settings);

/// `healer test-notification`: one test at a time.
class ChannelTester {
 public:
  using Done = std::function<void(std::vector<ChannelAnswer>)>;

  explicit ChannelTester(ChannelParts parts) : parts_(std::move(parts)) {}

  /// Tests the channel of this name, or all of them. NotFound: there is none, with the nearest name;
  /// Conflict: a test is under way. A request waits no longer than `longest_wait`, whatever the channel's own
  /// timeout.
  Result<void> begin(const DaemonSettings& settings, const std::string& name, const std::string& host,
                     Done done);

  static constexpr Duration longest_wait = 10s;

 private:
  ChannelParts parts_;
  std::unique_ptr<ChannelTest> test_;
};

}  // namespace healer
