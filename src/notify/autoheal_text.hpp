#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "base/secret.hpp"
#include "base/time.hpp"
#include "net/curl_client.hpp"
#include "notify/answer.hpp"
#include "notify/notifier.hpp"
#include "notify/setting_advice.hpp"

namespace healer {

/// docker-autoheal's sentence for the notification. docker-autoheal has two: a restart was executed, or
/// failed. healer sends them later: when the container is healthy again, or when healer gives up. Empty
/// optional for other notifications (the first of an incident, and those about the engine or healer). A test
/// keeps its own text.
std::optional<std::string> autoheal_text(const Notification& notification, const std::string& container_id);

/// The parts of docker-autoheal's two channels.
struct AutohealChannel {
  net::CurlClient& client;  ///< outlives the notifier
  Secret url;
  Duration timeout = 30s;
  /// The id of the container with this name; empty when the container is gone.
  std::function<std::string(const std::string& name)> id_of;
  /// Calls the work soon, never before post() returns.
  std::function<void(std::function<void()>)> post;
  SettingNames setting_names = {};  ///< of "url"
};

/// Posts the JSON that `body` makes of the sentence. A notification without a sentence counts as delivered at
/// once.
class AutohealNotifier final : public Notifier {
 public:
  using Body = std::function<std::string(const std::string& text)>;
  using Meaning = std::function<Sent(Result<net::CurlAnswer>)>;

  /// InvalidInput when the URL is no http or https URL; the message does not contain the URL.
  static Result<std::unique_ptr<Notifier>> create(AutohealChannel channel, std::string name, Body body,
                                                  Meaning meaning = sent_of);

  const std::string& channel() const override { return name_; }
  bool carries(const Notification& notification) const override {
    return autoheal_text(notification, {}).has_value();
  }
  void send(const Notification& notification, const std::string& receipt,
            std::function<void(Sent)> done) override;

 private:
  AutohealNotifier(AutohealChannel channel, std::string name, Body body, Meaning meaning)
      : channel_(std::move(channel)),
        name_(std::move(name)),
        body_(std::move(body)),
        meaning_(std::move(meaning)) {}

  AutohealChannel channel_;
  std::string name_;
  Body body_;
  Meaning meaning_;
};

}  // namespace healer
