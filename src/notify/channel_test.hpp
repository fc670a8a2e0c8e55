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

/// Sends one notification to each channel that says it is a test (is_test()), all at once and outside the
/// outbox: nothing is written down, tried again, or counted. Each is sent by a notifier of its own, for those
/// of the outbox send in their own order.
class ChannelTest {
 public:
  /// `done` is called once with an answer of each channel, in their order, from within a completion: the test
  /// may not be destroyed inside it.
  ChannelTest(std::vector<std::unique_ptr<Notifier>> channels, std::string host, Instant now,
              std::function<void(std::vector<ChannelAnswer>)> done);
  ~ChannelTest();
  ChannelTest(const ChannelTest&) = delete;
  ChannelTest& operator=(const ChannelTest&) = delete;

  /// Once.
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
  std::shared_ptr<ChannelTest*> self_;  ///< late completions find it empty
};

}  // namespace healer
