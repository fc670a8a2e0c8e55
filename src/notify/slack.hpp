#pragma once

#include <memory>
#include <string>

#include "base/result.hpp"
#include "base/secret.hpp"
#include "base/time.hpp"
#include "notify/notifier.hpp"

namespace healer::net {
class CurlClient;
}

namespace healer {

/// Tells a Slack incoming webhook (or one that takes Slack's messages).
class SlackNotifier final : public Notifier {
 public:
  /// InvalidInput when the URL is no http or https URL; the message does not contain it. The client must
  /// outlive the notifier.
  static Result<std::unique_ptr<Notifier>> create(net::CurlClient& client, Secret url, Duration timeout = 10s,
                                                  std::string name = "slack", Duration gap = 1s);

  const std::string& channel() const override { return channel_; }
  Duration gap() const override { return gap_; }

  /// 2xx is delivered; 408, 425, 429, 5xx, 407, temporary redirects and every failure on the way are tried
  /// again; all others are refused, with the start of Slack's own word ("invalid_token", "no_service").
  void send(const Alert& alert, const std::string& receipt, std::function<void(Sent)> done) override;

 private:
  SlackNotifier(net::CurlClient& client, Secret url, Duration timeout, std::string name, Duration gap);
  net::CurlClient& client_;
  Secret url_;
  Duration timeout_;
  std::string channel_;
  Duration gap_;
};

/// The message as JSON: one attachment with color, title, text, the alert's facts as fields,
/// footer and ts; advice, link and excerpt where it has them. Everything that
/// comes from outside is escaped (a container cannot mention a channel) and clipped.
std::string slack_message(const Alert& alert);

}  // namespace healer
