#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "model/channel_answer.hpp"
#include "model/record.hpp"
#include "notify/notifier.hpp"

namespace healer {

/// Sends a test notification (is_test()) to each channel, all at once and outside the outbox: nothing is
/// stored, tried again, or counted. It needs notifiers of its own, because the outbox sends one notification
/// at a time with each of its notifiers.
class ChannelTest {
 public:
  /// `done` is called once with the answers in the order of `channels`. It is called from a completion, so it
  /// must not destroy the test.
  ChannelTest(std::vector<std::unique_ptr<Notifier>> channels, std::string host, Instant now,
              std::function<void(std::vector<ChannelAnswer>)> done);
  ~ChannelTest();
  ChannelTest(const ChannelTest&) = delete;
  ChannelTest& operator=(const ChannelTest&) = delete;

  /// Call it once.
  void begin();

 private:
  void answered(std::size_t index, Sent sent);
  Notification notification() const;

  std::vector<std::unique_ptr<Notifier>> channels_;
  std::string host_;
  Instant now_;
  std::function<void(std::vector<ChannelAnswer>)> done_;
  std::vector<ChannelAnswer> answers_;
  std::size_t waiting_ = 0;
  std::shared_ptr<ChannelTest*> self_;  ///< holds null after destruction, for late completions
};

}  // namespace healer
