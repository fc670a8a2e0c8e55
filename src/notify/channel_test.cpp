#include "notify/channel_test.hpp"

#include <utility>

#include "notify/notification_text.hpp"

namespace healer {

ChannelTest::ChannelTest(std::vector<std::unique_ptr<Notifier>> channels, std::string host, Instant now,
                         std::function<void(std::vector<ChannelAnswer>)> done)
    : channels_(std::move(channels)),
      host_(std::move(host)),
      now_(now),
      done_(std::move(done)),
      self_(std::make_shared<ChannelTest*>(this)) {
  for (const auto& each : channels_)
    answers_.push_back({each->channel(), ChannelAnswer::Result::Failed, "not asked"});
}

ChannelTest::~ChannelTest() {
  *self_ = nullptr;
}

void ChannelTest::begin() {
  waiting_ = channels_.size();
  for (std::size_t i = 0; i < channels_.size(); ++i)
    channels_[i]->send(notification(), {}, [self = self_, i](Sent sent) {
      if (*self) (*self)->answered(i, std::move(sent));
    });
}

void ChannelTest::answered(std::size_t index, Sent sent) {
  ChannelAnswer& answer = answers_[index];
  answer.error = std::move(sent.error);
  switch (sent.result) {
    case Sent::Result::Delivered:
      answer.result = ChannelAnswer::Result::Delivered;
      break;
    case Sent::Result::Refused:
      answer.result = ChannelAnswer::Result::Refused;
      break;
    case Sent::Result::TryAgain:
      answer.result = ChannelAnswer::Result::Failed;
      break;
  }
  if (--waiting_ == 0) done_(std::move(answers_));
}

Notification ChannelTest::notification() const {
  Notification notification = test_notification();
  notification.dedup_key = "healer/" + host_ + "/test/" + std::to_string(wall_time_of(now_).unix_ms);
  notification.text =
      "This is a test of healer on " + host_ + ", requested by an operator. Nothing is unhealthy.";
  notification.host = host_;
  notification.created_at = now_;
  return notification;
}

}  // namespace healer
