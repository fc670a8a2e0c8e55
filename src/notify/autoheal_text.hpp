#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "base/secret.hpp"
#include "base/time.hpp"
#include "notify/notifier.hpp"

namespace healer::net {
class CurlClient;
}

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
};

/// Posts the JSON that `body` makes of the sentence. A notification without a sentence counts as delivered at
/// once.
class AutohealNotifier final : public Notifier {
 public:
  using Body = std::function<std::string(const std::string& text)>;

  /// InvalidInput when the URL is no http or https URL; the message does not contain the URL.
  static Result<std::unique_ptr<Notifier>> create(AutohealChannel channel, std::string name, Body body);

  const std::string& channel() const override { return name_; }
  void send(const Notification& notification, const std::string& receipt,
            std::function<void(Sent)> done) override;

 private:
  AutohealNotifier(AutohealChannel channel, std::string name, Body body)
      : channel_(std::move(channel)), name_(std::move(name)), body_(std::move(body)) {}

  AutohealChannel channel_;
  std::string name_;
  Body body_;
};

}  // namespace healer
