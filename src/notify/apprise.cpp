#include "notify/apprise.hpp"

#include <utility>
#include <vector>

#include <boost/json.hpp>

#include "base/text.hpp"
#include "notify/alert_text.hpp"
#include "notify/answer.hpp"

namespace healer {
namespace {

namespace json = boost::json;

constexpr std::size_t title_limit = 250;
constexpr std::size_t body_limit = 8 * 1024;

const char* type_of(AlertKind kind) {
  switch (kind) {
    case AlertKind::Critical:
      return "failure";
    case AlertKind::Degraded:
      return "warning";
    case AlertKind::Recovered:
      return "success";
    case AlertKind::Info:
      break;
  }
  return "info";
}

Sent meaning(Result<net::CurlAnswer> answer) {
  const int status = answer ? answer->status : 0;
  Sent sent = sent_of(std::move(answer));
  if (status == 424) sent.result = Sent::Result::TryAgain;
  if (status == 204) {
    sent.result = Sent::Result::Refused;
    sent.error = "HTTP 204: the Apprise server has no configuration under this key";
  }
  return sent;
}

}  // namespace

std::string apprise_alert(const Alert& alert) {
  json::object message;
  message["title"] = clip(alert_title(alert), title_limit);
  message["body"] = plain_text(alert, body_limit);
  message["type"] = type_of(alert.kind);
  message["format"] = "text";
  return json::serialize(message);
}

Result<std::unique_ptr<Notifier>> make_apprise_notifier(HttpChannel channel, const AppriseChannel& settings) {
  HttpService service;
  service.url = settings.url;
  service.requests = [url = settings.url](const Alert& alert) {
    return std::vector<net::CurlRequest>{json_request(url, apprise_alert(alert))};
  };
  service.meaning = meaning;
  return make_http_notifier(std::move(channel), std::move(service));
}

std::string apprise_message(const std::string& text) {
  return boost::json::serialize(boost::json::object{{"title", "Autoheal"}, {"body", text}});
}

Result<std::unique_ptr<Notifier>> make_apprise_notifier(AutohealChannel channel) {
  return AutohealNotifier::create(std::move(channel), "apprise", apprise_message);
}

}  // namespace healer
