#pragma once

#include <functional>
#include <memory>

#include "base/result.hpp"
#include "base/time.hpp"
#include "model/channel.hpp"
#include "notify/notifier.hpp"

namespace healer::net {
class CurlClient;
class Loop;
}  // namespace healer::net

namespace healer {

/// Parts that notifiers are made with; all outlive the notifiers.
struct NotifierTools {
  net::CurlClient& curl;
  net::Loop& loop;
  /// Calls the work soon, never before post() returns.
  std::function<void(std::function<void()>)> post;
  std::function<Instant()> now;
  /// Whether this incident is still open; true while that is not known yet.
  std::function<bool(IncidentId)> still_open;
};

/// The notifier of a channel, with the name from its settings. InvalidInput when the settings cannot be used;
/// the message holds no secret.
Result<std::unique_ptr<Notifier>> make_notifier(const ChannelSettings& settings, const NotifierTools& tools);

/// The least time between two messages to the channel: as configured, else by the service's limit.
Duration gap_of(const ChannelSettings& settings);

}  // namespace healer
