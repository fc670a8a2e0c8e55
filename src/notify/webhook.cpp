#include "notify/webhook.hpp"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "base/text.hpp"
#include "model/notification_template.hpp"
#include "notify/notification_json.hpp"

namespace healer {
namespace {

constexpr std::size_t shortest_word = 8;

// A token of HTTP (RFC 9110, 5.6.2).
bool is_field_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

tl::unexpected<Error> refuse(std::string message) {
  return failure(ErrorCode::InvalidInput, std::move(message));
}

}  // namespace

Result<std::unique_ptr<Notifier>> make_webhook_notifier(HttpChannel channel, const WebhookChannel& settings) {
  if (settings.method != "POST" && settings.method != "PUT")
    return refuse(
        fmt::format("its method is \"{}\"; accepted: POST, PUT", clip(printable(settings.method), 60)));
  auto body = read_notification_template(settings.body);
  if (!body) return refuse("its template is not valid: " + body.error().reason);
  if (const auto checked = check_json(*body); !checked)
    return refuse("its template is not valid: it " + checked.error().message);
  HttpService service;
  service.url = settings.url;
  bool typed = false;
  for (const auto& [name, value] : settings.headers) {
    if (!is_field_name(name))
      return refuse(fmt::format("\"{}\" is no name of a header; accepted: letters, digits and \"-\"",
                                clip(printable(name), 60)));
    for (const char* ours : {"content-length", "transfer-encoding", "host"})
      if (lower(name) == ours) return refuse(fmt::format("the header \"{}\" is healer's own to set", name));
    typed = typed || lower(name) == "content-type";
    service.secrets.push_back(value);
    // "Bearer abc": an answer may repeat the token without the scheme, so each long word is a secret, too.
    for (const std::string& word : split(value.reveal(), ' '))
      if (word.size() >= shortest_word && word != value.reveal()) service.secrets.emplace_back(word);
  }
  service.blamed = [](int status, const std::string&) -> SettingKeys {
    if (status == 401 || status == 403) return {"headers", "url"};
    if (status == 404 || status == 410 || status < 400) return {"url"};
    if (status == 405) return {"method", "url"};
    return {"body", "url"};
  };
  service.requests = [settings, body = std::move(*body), typed](const Notification& notification) {
    net::CurlRequest request = json_request(settings.url, fill(body, notification));
    request.method = settings.method;
    if (typed) request.headers.clear();
    for (const auto& [name, value] : settings.headers) add_header(request, name, value.reveal());
    return std::vector<net::CurlRequest>{std::move(request)};
  };
  return make_http_notifier(std::move(channel), std::move(service));
}

std::string webhook_message(const std::string& key, const std::string& text) {
  return boost::json::serialize(boost::json::object{{key, text}});
}

Result<std::unique_ptr<Notifier>> make_webhook_notifier(AutohealChannel channel, std::string key) {
  return AutohealNotifier::create(
      std::move(channel), "webhook",
      [key = std::move(key)](const std::string& text) { return webhook_message(key, text); });
}

}  // namespace healer
