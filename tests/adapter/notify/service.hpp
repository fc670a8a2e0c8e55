#pragma once

#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <boost/json.hpp>

#include "net/curl_client.hpp"
#include "net/loop.hpp"
#include "notify/http_notifier.hpp"
#include "support/loop_wait.hpp"
#include "support/scripted_server.hpp"

namespace healer::testing {

/// A notification with every field set, as for the second attempt of an incident.
inline Notification full_notification(NotificationKind kind = NotificationKind::Degraded) {
  Notification notification;
  notification.id = NotificationId{17};
  notification.kind = kind;
  notification.dedup_key = "healer/host1/shop/web/1/42";
  notification.event = kind == NotificationKind::Critical    ? "GAVE UP"
                       : kind == NotificationKind::Recovered ? "RECOVERED"
                       : kind == NotificationKind::Info      ? "SUMMARY"
                                                             : "DEGRADED";
  notification.text = "web is unhealthy: HTTP 503. It is being restarted.";
  notification.host = "host1";
  notification.workload = "web";
  notification.image = "shop:1.0";
  notification.cause = "HTTP 503";
  notification.attempt = 2;
  notification.attempts_allowed = 5;
  notification.excerpt = "starting\nERROR: no connection to db";
  notification.created_at = Instant{Duration{1'800'000'000'123}};
  notification.incident = IncidentId{42};
  notification.project = "shop";
  notification.route = "team-a";
  notification.unhealthy_since = notification.created_at - Duration{270'500};
  notification.advice = "Look at `docker logs web`.";
  notification.link = "https://healer.example/incidents/42";
  return notification;
}

/// The notification with which an operator tests a channel.
inline Notification test_notification() {
  Notification notification;
  notification.id = NotificationId{18};
  notification.kind = NotificationKind::Info;
  notification.event = "TEST";
  notification.dedup_key = "healer/host1/test/1";
  notification.text = "A test.";
  notification.host = "host1";
  notification.created_at = full_notification().created_at;
  return notification;
}

/// A notification in which every text is this one.
inline Notification notification_saying(const std::string& text,
                                        NotificationKind kind = NotificationKind::Critical) {
  Notification notification = full_notification(kind);
  for (std::string* field :
       {&notification.dedup_key, &notification.event, &notification.text, &notification.host,
        &notification.workload, &notification.image, &notification.cause, &notification.excerpt,
        &notification.project, &notification.route, &notification.advice, &notification.link})
    *field = text;
  return notification;
}

/// Texts that containers may write, and texts that attack a channel.
inline std::vector<Notification> hostile_notifications() {
  std::string bytes;
  for (int c = 0; c < 256; ++c) bytes += static_cast<char>(c);
  std::string large;
  while (large.size() < 100'000) large += "\xF0\x9F\x90\xB3\" \\ @everyone <b>*x*</b>\n";
  std::vector<Notification> all;
  for (const std::string& text : std::vector<std::string>{
           "", "\"quoted\" \\ back", "\"}],\"x\":[{\"", bytes, "\xC3", "\xF0\x9F\x90", "@everyone @here <@1>",
           "<b>bold</b> & <a href=\"x\">y</a>", "*bold* _it_ `code` ```block``` [text](http://evil) # h > q",
           "{{text}} {{", "${x} %s %n {0}", "javascript:alert(1)", "https://x/\r\nX-Bad: 1",
           std::string(100'000, 'x'), std::string(100'000, '"'), std::string(100'000, '@'),
           std::string(100'000, '_'), std::string(100'000, '\n'), large})
    for (const NotificationKind kind :
         {NotificationKind::Critical, NotificationKind::Recovered, NotificationKind::Info})
      all.push_back(notification_saying(text, kind));
  all.push_back(Notification{});
  return all;
}

/// Length in code points, the unit of several services' limits. The text is valid UTF-8.
inline std::size_t characters(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
  return count;
}

/// A service on loopback that answers every request with `reply`, and the client for it.
class Service {
 public:
  using Make = std::function<Result<std::unique_ptr<Notifier>>(HttpChannel, const std::string& base)>;

  explicit Service(std::string reply = answer(200, "{}"))
      : Service([reply = std::move(reply)](const SeenRequest&) { return reply; }) {}
  explicit Service(ScriptedServer::Reply reply) {
    for (const char* name : {"http_proxy", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"})
      ::unsetenv(name);
    auto made = net::CurlClient::create(loop_, {});
    REQUIRE(made.has_value());
    curl_ = std::move(*made);
    server_ = ScriptedServer::on_loopback(replying(std::move(reply)));
  }

  std::string base() const { return "http://127.0.0.1:" + std::to_string(server_->port()); }
  HttpChannel channel(std::string name = "it") {
    return HttpChannel{*curl_, [this](std::function<void()> work) { loop_.post(std::move(work)); },
                       std::move(name), 20s};
  }

  Sent send(const Make& make, const Notification& notification) {
    auto notifier = make(channel(), base());
    if (!notifier) FAIL(notifier.error().message);
    CHECK((*notifier)->channel() == "it");
    return send(**notifier, notification);
  }
  Sent send(Notifier& notifier, const Notification& notification, const std::string& receipt = {}) {
    std::optional<Sent> sent;
    notifier.send(notification, receipt, [&](Sent result) { sent = std::move(result); });
    CHECK_FALSE(sent.has_value());
    REQUIRE(run_until(loop_, [&] { return sent.has_value(); }));
    return *sent;
  }

  std::vector<SeenRequest> requests() const { return server_->requests(); }
  /// The only request so far.
  SeenRequest request() const {
    REQUIRE(requests().size() == 1);
    return requests().front();
  }
  net::Loop& loop() { return loop_; }

 private:
  net::Loop loop_;
  std::unique_ptr<net::CurlClient> curl_;
  std::unique_ptr<ScriptedServer> server_;
};

/// Sends one notification to a service with this answer.
inline Sent sent_to(const Service::Make& make, const std::string& reply,
                    const Notification& notification = full_notification()) {
  Service service(reply);
  return service.send(make, notification);
}

/// Checks that hold for every HTTP service: which answers are final, and that no error shows a secret, even
/// if the service repeats it.
inline void check_answers(const Service::Make& make, const std::string& secret) {
  using enum Sent::Result;
  for (const int status : {200, 201, 202, 204}) CHECK(sent_to(make, answer(status, "")).result == Delivered);
  for (const int status : {400, 401, 403, 404, 410, 413, 422})
    CHECK(sent_to(make, answer(status, "")).result == Refused);
  for (const int status : {408, 429, 500, 502, 503})
    CHECK(sent_to(make, answer(status, "")).result == TryAgain);
  const Sent limited = sent_to(make, answer(429, "", "text/plain", "Retry-After: 7\r\n"));
  CHECK(limited.retry_after == 7s);
  for (const std::string& reported : {"bad key " + secret, std::string(190, 'x') + secret + secret}) {
    const Sent refused = sent_to(make, answer(401, reported, "text/plain"));
    CHECK(refused.result == Refused);
    CHECK_MESSAGE(refused.error.find(secret.substr(0, 6)) == std::string::npos, refused.error);
  }
  Service gone;
  const auto nobody = [&make](HttpChannel channel, const std::string&) {
    return make(std::move(channel), "http://no-such-host.invalid");
  };
  const Sent lost = gone.send(nobody, full_notification());
  CHECK(lost.result == TryAgain);
  CHECK_MESSAGE(lost.error.find(secret.substr(0, 6)) == std::string::npos, lost.error);
}

inline std::string text_at(const boost::json::value& value, const char* name) {
  return std::string(value.at(name).as_string());
}

}  // namespace healer::testing
