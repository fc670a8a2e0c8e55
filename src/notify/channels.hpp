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

/// What notifiers are made with. Everything outlives them.
struct NotifierTools {
  net::CurlClient& curl;
  net::Loop& loop;
  /// Calls the work soon, never from inside.
  std::function<void(std::function<void()>)> post;
  std::function<Instant()> now;
  /// Whether this incident is still open. Where that is not known yet: true.
  std::function<bool(IncidentId)> still_open;
};

/// The notifier of a channel, called as its settings say. InvalidInput when the settings cannot be used: what
/// is wrong, without any secret.
Result<std::unique_ptr<Notifier>> make_notifier(const ChannelSettings& settings, const NotifierTools& tools);

/// The least time between two messages to it: as configured, else what the service's own limit allows.
Duration gap_of(const ChannelSettings& settings);

}  // namespace healer
