#include "notify/channel_test.hpp"

#include <utility>

namespace healer {

ChannelTest::ChannelTest(std::vector<TestedChannel> channels, std::string host, Instant now,
                         std::function<void(std::vector<ChannelAnswer>)> done)
    : channels_(std::move(channels)),
      host_(std::move(host)),
      now_(now),
      done_(std::move(done)),
      self_(std::make_shared<ChannelTest*>(this)) {
  for (const TestedChannel& each : channels_)
    answers_.push_back({each.notifier->channel(), ChannelAnswer::Result::Failed, "not asked"});
}

ChannelTest::~ChannelTest() {
  *self_ = nullptr;
}

void ChannelTest::begin() {
  waiting_ = channels_.size();
  for (std::size_t i = 0; i < channels_.size(); ++i)
    send(i, channels_[i].only_incidents ? AlertKind::Degraded : AlertKind::Info, {});
}

void ChannelTest::send(std::size_t index, AlertKind kind, const std::string& receipt) {
  channels_[index].notifier->send(alert(kind), receipt, [self = self_, index, kind](Sent sent) {
    if (*self) (*self)->answered(index, kind, std::move(sent));
  });
}

void ChannelTest::answered(std::size_t index, AlertKind kind, Sent sent) {
  if (sent.result == Sent::Result::Delivered && kind == AlertKind::Degraded)
    return send(index, AlertKind::Recovered, sent.receipt.value_or(""));
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
  if (answer.result != ChannelAnswer::Result::Delivered && kind == AlertKind::Recovered)
    answer.error = "opened, but not closed again: " + answer.error;
  if (--waiting_ == 0) done_(std::move(answers_));
}

Alert ChannelTest::alert(AlertKind kind) const {
  Alert alert;
  alert.kind = kind;
  alert.event = test_alert_event;
  alert.dedup_key = "healer/" + host_ + "/test/" + std::to_string(wall_time_of(now_).unix_ms);
  alert.text = kind == AlertKind::Recovered
                   ? "This was a test of healer on " + host_ + ". Nothing is ill."
                   : "This is a test of healer on " + host_ + ", asked for by a person. Nothing is ill.";
  alert.host = host_;
  alert.raised_at = now_;
  return alert;
}

}  // namespace healer
