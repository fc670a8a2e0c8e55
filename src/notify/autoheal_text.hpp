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

/// The sentence that docker-autoheal sends. It knows two: a restart that was executed, and one that was
/// not. Ours are said later, and mean more: the container is healthy again, or healer gives up. Nothing for
/// notifications that it has no sentence for (the first of an incident, and those about the engine or
/// healer). A test is notified in its own words.
std::optional<std::string> autoheal_text(const Notification& notification, const std::string& container_id);

/// What the two channels that docker-autoheal has are made of.
struct AutohealChannel {
  net::CurlClient& client;  ///< outlives the notifier
  Secret url;
  Duration timeout = 30s;
  /// The id of the container with this name; empty when there is none any more.
  std::function<std::string(const std::string& name)> id_of;
  /// Calls the work soon, never from inside.
  std::function<void(std::function<void()>)> post;
};

/// Posts what `body` makes of the sentence, as JSON; notifications without a sentence count as delivered at
/// once.
class AutohealNotifier final : public Notifier {
 public:
  using Body = std::function<std::string(const std::string& text)>;

  /// InvalidInput when the URL is no http or https URL; the message does not contain it.
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
