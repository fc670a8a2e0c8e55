#include "notify/webhook.hpp"

#include <utility>

#include <boost/json.hpp>

namespace healer {

std::string webhook_message(const std::string& key, const std::string& text) {
  return boost::json::serialize(boost::json::object{{key, text}});
}

Result<std::unique_ptr<Notifier>> make_webhook_notifier(AutohealChannel channel, std::string key) {
  return AutohealNotifier::create(
      std::move(channel), "webhook",
      [key = std::move(key)](const std::string& text) { return webhook_message(key, text); });
}

}  // namespace healer
