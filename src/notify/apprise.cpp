#include "notify/apprise.hpp"

#include <utility>

#include <boost/json.hpp>

namespace healer {

std::string apprise_message(const std::string& text) {
  return boost::json::serialize(boost::json::object{{"title", "Autoheal"}, {"body", text}});
}

Result<std::unique_ptr<Notifier>> make_apprise_notifier(AutohealChannel channel) {
  return AutohealNotifier::create(std::move(channel), "apprise", apprise_message);
}

}  // namespace healer
