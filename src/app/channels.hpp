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

/// The parts that channels are made with; all outlive the channels.
struct ChannelParts {
  NotifierTools tools;
  /// The id of the container with this name; empty when there is none.
  std::function<std::string(const std::string& name)> container_id_of;
};

using Channels = std::vector<std::unique_ptr<Notifier>>;

/// Every channel of a configuration: those of `channels`, and the two from docker-autoheal's variables. The
/// error names the channel, and holds no secret.
Result<Channels> make_channels(const DaemonSettings& settings, const ChannelParts& parts);

/// Whether every channel can be made; the error is that of make_channels().
Result<void> check_channels(const DaemonSettings& settings);

/// `healer test-notification`: one test at a time.
class ChannelTester {
 public:
  using Done = std::function<void(std::vector<ChannelAnswer>)>;

  explicit ChannelTester(ChannelParts parts) : parts_(std::move(parts)) {}

  /// Tests the channel of this name, or all if the name is empty. NotFound: no such channel, with the nearest
  /// name; Conflict: a test is under way. A request waits at most `longest_wait`, also if the channel's
  /// timeout is longer.
  Result<void> begin(const DaemonSettings& settings, const std::string& name, const std::string& host,
                     Done done);

  static constexpr Duration longest_wait = 10s;

 private:
  ChannelParts parts_;
  std::unique_ptr<ChannelTest> test_;
};

}  // namespace healer
