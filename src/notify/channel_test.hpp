#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "model/channel_answer.hpp"
#include "model/record.hpp"
#include "notify/notifier.hpp"

namespace healer {

inline constexpr std::string_view test_alert_event = "TEST";

/// One channel to be tested, by a notifier of its own: those of the outbox send in their own order.
struct TestedChannel {
  std::unique_ptr<Notifier> notifier;
  /// It tells of incidents alone, and would not send an alert about none: one is opened and closed again.
  bool only_incidents = false;
};

/// Sends one alert to each channel that says it is a test, all at once and outside the outbox: nothing is
/// written down, tried again, or counted.
class ChannelTest {
 public:
  /// `done` is called once with an answer of each channel, in their order, from within a completion: the test
  /// may not be destroyed inside it.
  ChannelTest(std::vector<TestedChannel> channels, std::string host, Instant now,
              std::function<void(std::vector<ChannelAnswer>)> done);
  ~ChannelTest();
  ChannelTest(const ChannelTest&) = delete;
  ChannelTest& operator=(const ChannelTest&) = delete;

  /// Once.
  void begin();

 private:
  void send(std::size_t index, AlertKind kind, const std::string& receipt);
  void answered(std::size_t index, AlertKind kind, Sent sent);
  Alert alert(AlertKind kind) const;

  std::vector<TestedChannel> channels_;
  std::string host_;
  Instant now_;
  std::function<void(std::vector<ChannelAnswer>)> done_;
  std::vector<ChannelAnswer> answers_;
  std::size_t waiting_ = 0;
  std::shared_ptr<ChannelTest*> self_;  ///< late completions find it empty
};

}  // namespace healer
