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

/// An alert with every field, as an incident's second attempt raises it.
inline Alert full_alert(AlertKind kind = AlertKind::Degraded) {
  Alert alert;
  alert.id = AlertId{17};
  alert.kind = kind;
  alert.dedup_key = "healer/host1/shop/web/1/42";
  alert.event = kind == AlertKind::Critical    ? "GAVE UP"
                : kind == AlertKind::Recovered ? "RECOVERED"
                : kind == AlertKind::Info      ? "SUMMARY"
                                               : "DEGRADED";
  alert.text = "web is ill: HTTP 503. It is being restarted.";
  alert.host = "host1";
  alert.workload = "web";
  alert.image = "shop:1.0";
  alert.cause = "HTTP 503";
  alert.attempt = 2;
  alert.attempts_allowed = 5;
  alert.excerpt = "starting\nERROR: no connection to db";
  alert.raised_at = Instant{Duration{1'800'000'000'123}};
  alert.incident = IncidentId{42};
  alert.project = "shop";
  alert.route = "team-a";
  alert.ill_since = alert.raised_at - Duration{270'500};
  alert.advice = "Look at `docker logs web`.";
  alert.link = "https://healer.example/incidents/42";
  return alert;
}

/// What a person sends to see whether a channel works.
inline Alert test_alert() {
  Alert alert;
  alert.id = AlertId{18};
  alert.kind = AlertKind::Info;
  alert.event = "TEST";
  alert.dedup_key = "healer/host1/test/1";
  alert.text = "A test.";
  alert.host = "host1";
  alert.raised_at = full_alert().raised_at;
  return alert;
}

/// Every text of it is this.
inline Alert alert_saying(const std::string& text, AlertKind kind = AlertKind::Critical) {
  Alert alert = full_alert(kind);
  for (std::string* field :
       {&alert.dedup_key, &alert.event, &alert.text, &alert.host, &alert.workload, &alert.image, &alert.cause,
        &alert.excerpt, &alert.project, &alert.route, &alert.advice, &alert.link})
    *field = text;
  return alert;
}

/// What containers may say, and what nobody says at all.
inline std::vector<Alert> hostile_alerts() {
  std::string bytes;
  for (int c = 0; c < 256; ++c) bytes += static_cast<char>(c);
  std::string large;
  while (large.size() < 100'000) large += "\xF0\x9F\x90\xB3\" \\ @everyone <b>*x*</b>\n";
  std::vector<Alert> all;
  for (const std::string& text : std::vector<std::string>{
           "", "\"quoted\" \\ back", "\"}],\"x\":[{\"", bytes, "\xC3", "\xF0\x9F\x90", "@everyone @here <@1>",
           "<b>bold</b> & <a href=\"x\">y</a>", "*bold* _it_ `code` ```block``` [text](http://evil) # h > q",
           "{{text}} {{", "${x} %s %n {0}", "javascript:alert(1)", "https://x/\r\nX-Bad: 1",
           std::string(100'000, 'x'), std::string(100'000, '"'), std::string(100'000, '@'),
           std::string(100'000, '_'), std::string(100'000, '\n'), large})
    for (const AlertKind kind : {AlertKind::Critical, AlertKind::Recovered, AlertKind::Info})
      all.push_back(alert_saying(text, kind));
  all.push_back(Alert{});
  return all;
}

/// Characters as a service counts them that counts code points. The text is valid UTF-8.
inline std::size_t characters(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
  return count;
}

/// A service on loopback that answers every request with `reply`, and the client that asks it.
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

  Sent send(const Make& make, const Alert& alert) {
    auto notifier = make(channel(), base());
    if (!notifier) FAIL(notifier.error().message);
    CHECK((*notifier)->channel() == "it");
    return send(**notifier, alert);
  }
  Sent send(Notifier& notifier, const Alert& alert, const std::string& receipt = {}) {
    std::optional<Sent> sent;
    notifier.send(alert, receipt, [&](Sent result) { sent = std::move(result); });
    CHECK_FALSE(sent.has_value());
    REQUIRE(run_until(loop_, [&] { return sent.has_value(); }));
    return *sent;
  }

  std::vector<SeenRequest> requests() const { return server_->requests(); }
  /// The only one so far.
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

/// Sends one alert to a service that answers so.
inline Sent sent_to(const Service::Make& make, const std::string& reply, const Alert& alert = full_alert()) {
  Service service(reply);
  return service.send(make, alert);
}

/// What holds for every HTTP service: which answers are final, and that no error holds a secret, even where
/// the service repeats it.
inline void check_answers(const Service::Make& make, const std::string& secret) {
  using enum Sent::Result;
  for (const int status : {200, 201, 202, 204}) CHECK(sent_to(make, answer(status, "")).result == Delivered);
  for (const int status : {400, 401, 403, 404, 410, 413, 422})
    CHECK(sent_to(make, answer(status, "")).result == Refused);
  for (const int status : {408, 429, 500, 502, 503})
    CHECK(sent_to(make, answer(status, "")).result == TryAgain);
  const Sent limited = sent_to(make, answer(429, "", "text/plain", "Retry-After: 7\r\n"));
  CHECK(limited.retry_after == 7s);
  for (const std::string& told : {"bad key " + secret, std::string(190, 'x') + secret + secret}) {
    const Sent refused = sent_to(make, answer(401, told, "text/plain"));
    CHECK(refused.result == Refused);
    CHECK_MESSAGE(refused.error.find(secret.substr(0, 6)) == std::string::npos, refused.error);
  }
  Service gone;
  const auto nobody = [&make](HttpChannel channel, const std::string&) {
    return make(std::move(channel), "http://no-such-host.invalid");
  };
  const Sent lost = gone.send(nobody, full_alert());
  CHECK(lost.result == TryAgain);
  CHECK_MESSAGE(lost.error.find(secret.substr(0, 6)) == std::string::npos, lost.error);
}

inline std::string text_at(const boost::json::value& value, const char* name) {
  return std::string(value.at(name).as_string());
}

}  // namespace healer::testing
