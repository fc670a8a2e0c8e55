#include "notify/opsgenie.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "base/encode.hpp"
#include "base/text.hpp"
#include "notify/notification_text.hpp"

namespace healer {
namespace {

namespace json = boost::json;

constexpr std::size_t alias_limit = 512;
constexpr std::size_t message_limit = 130;
constexpr std::size_t description_limit = 15'000;
constexpr std::size_t source_limit = 100;
constexpr std::size_t note_limit = 2000;

// Opsgenie interprets HTML in its texts, and has no option for plain text.
std::string without_tags(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<')
      out += "\u2039";
    else if (c == '>')
      out += "\u203A";
    else
      out += c;
  }
  return out;
}

const char* priority_of(NotificationKind kind) {
  if (kind == NotificationKind::Critical) return "P1";
  return kind == NotificationKind::Info ? "P5" : "P3";
}

}  // namespace

std::string opsgenie_alias(const Notification& notification) {
  std::string alias = short_key(notification.dedup_key, alias_limit);
  std::replace(alias.begin(), alias.end(), '/', ':');
  return alias;
}

std::string opsgenie_create(const Notification& notification) {
  json::object details;
  for (const NotificationFact& fact : notification_facts(notification))
    details[fact.title] = without_tags(fact.value);
  if (const std::string link = notification_link(notification); !link.empty()) details["Link"] = link;
  const std::string host = printable(notification.host);
  json::object create;
  create["message"] = clip(without_tags(notification_title(notification)), message_limit);
  create["alias"] = opsgenie_alias(notification);
  create["description"] = clip(without_tags(plain_text(notification, description_limit)), description_limit);
  create["priority"] = priority_of(notification.kind);
  create["source"] = clip(host.empty() ? "healer" : "healer on " + host, source_limit);
  if (!notification.workload.empty())
    create["entity"] = clip(printable(notification.workload), notification_fact_limit);
  create["tags"] = json::array{"healer", to_string(notification.kind)};
  create["details"] = std::move(details);
  return json::serialize(create);
}

std::vector<net::CurlRequest> opsgenie_requests(const Notification& notification,
                                                const OpsgenieChannel& settings) {
  const auto request = [&](const std::string& path, std::string body) {
    net::CurlRequest made = json_request(joined_url(settings.api_url, "/v2/alerts" + path), std::move(body));
    add_header(made, "Authorization", "GenieKey " + settings.api_key.reveal());
    return made;
  };
  const auto about_alias = [&](const char* what) {
    return "/" + percent_encoded(opsgenie_alias(notification)) + "/" + what + "?identifierType=alias";
  };
  const auto closing = [&] {
    return request(
        about_alias("close"),
        json::serialize(json::object{
            {"source", "healer"}, {"note", clip(without_tags(printable(notification.text)), note_limit)}}));
  };
  std::vector<net::CurlRequest> requests;
  switch (notification.kind) {
    case NotificationKind::Info:
      if (!is_test(notification)) break;
      requests.push_back(request("", opsgenie_create(notification)));
      requests.push_back(closing());
      break;
    case NotificationKind::Recovered:
      requests.push_back(closing());
      break;
    case NotificationKind::Degraded:
      requests.push_back(request("", opsgenie_create(notification)));
      break;
    case NotificationKind::Critical:
      requests.push_back(request("", opsgenie_create(notification)));
      requests.push_back(request(about_alias("priority"), json::serialize(json::object{{"priority", "P1"}})));
      requests.back().method = "PUT";
      break;
  }
  return requests;
}

Result<std::unique_ptr<Notifier>> make_opsgenie_notifier(HttpChannel channel,
                                                         const OpsgenieChannel& settings) {
  HttpService service;
  service.url = Secret{settings.api_url};
  service.secrets = {settings.api_key};
  service.blamed = blames("api_url", "api_key");
  service.requests = [settings](const Notification& notification) {
    return opsgenie_requests(notification, settings);
  };
  return make_http_notifier(std::move(channel), std::move(service));
}

}  // namespace healer
