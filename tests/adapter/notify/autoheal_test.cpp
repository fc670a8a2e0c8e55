// docker-autoheal's two channels send its exact sentences and bodies, but escaped and with a time limit.
#include <cstdlib>
#include <optional>

#include <doctest/doctest.h>
#include <boost/json.hpp>

#include "adapter/notify/sink.hpp"
#include "net/curl_client.hpp"
#include "net/loop.hpp"
#include "notify/apprise.hpp"
#include "notify/webhook.hpp"
#include "support/loop_wait.hpp"

using namespace healer;
using namespace healer::testing;

namespace {

const std::string id = "0123456789abcdef0123456789abcdef";

Notification notification_of(NotificationKind kind, const std::string& event, unsigned attempt = 1) {
  Notification notification;
  notification.kind = kind;
  notification.event = event;
  notification.workload = "web";
  notification.attempt = attempt;
  return notification;
}

struct Client {
  net::Loop loop;
  std::unique_ptr<net::CurlClient> curl;

  Client() {
    for (const char* name : {"http_proxy", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"})
      ::unsetenv(name);
    auto made = net::CurlClient::create(loop, {});
    REQUIRE(made.has_value());
    curl = std::move(*made);
  }

  AutohealChannel channel(const std::string& url, Duration timeout = 20s) {
    return AutohealChannel{*curl, Secret{url}, timeout, [](const std::string&) { return id; },
                           [this](std::function<void()> work) { loop.post(std::move(work)); }};
  }

  Sent send(Result<std::unique_ptr<Notifier>> notifier, const Notification& notification) {
    if (!notifier) FAIL(notifier.error().message);
    std::optional<Sent> answer;
    (*notifier)->send(notification, "", [&](Sent sent) { answer = std::move(sent); });
    CHECK_FALSE(answer.has_value());
    REQUIRE(run_until(loop, [&] { return answer.has_value(); }));
    return *answer;
  }
};

std::string body_of(const std::string& request) {
  return request.substr(request.find("\r\n\r\n") + 4);
}

}  // namespace

TEST_CASE("a recovery and a failure have docker-autoheal's sentences, other notifications have none") {
  CHECK(autoheal_text(notification_of(NotificationKind::Recovered, "RECOVERED"), id) ==
        "Container web (0123456789ab) found to be unhealthy. Successfully restarted the container!");
  CHECK(autoheal_text(notification_of(NotificationKind::Critical, "GAVE UP"), id) ==
        "Container web (0123456789ab) found to be unhealthy. Failed to restart the container!");
  CHECK(autoheal_text(notification_of(NotificationKind::Info, "SUMMARY"), id) ==
        "Container web (0123456789ab) found to be unhealthy. Successfully restarted the container!");
  CHECK(!autoheal_text(notification_of(NotificationKind::Degraded, "DEGRADED"), id));
  CHECK(!autoheal_text(notification_of(NotificationKind::Recovered, "RECOVERED", 0),
                       id));  // recovered without a restart
  CHECK(!autoheal_text(notification_of(NotificationKind::Recovered, "KNOWN AGAIN"), id));
  CHECK(!autoheal_text(notification_of(NotificationKind::Info, "UNKNOWN"), id));
  Notification engine = notification_of(NotificationKind::Critical, "ENGINE DOWN");
  engine.workload.clear();
  CHECK(!autoheal_text(engine, id));
}

TEST_CASE("texts are escaped in both bodies") {
  CHECK(webhook_message("content", "a \"b\"\n\\c") == R"({"content":"a \"b\"\n\\c"})");
  CHECK(webhook_message("te\"xt", "a") == R"({"te\"xt":"a"})");
  CHECK(apprise_message("a \"b\"") == R"({"title":"Autoheal","body":"a \"b\""})");
}

TEST_CASE("a webhook gets docker-autoheal's POST") {
  Sink sink({http("204 No Content")});
  Client client;
  const Sent sent =
      client.send(make_webhook_notifier(client.channel(sink.url("/api/webhooks/1/x")), "content"),
                  notification_of(NotificationKind::Recovered, "RECOVERED"));
  CHECK(sent.result == Sent::Result::Delivered);
  const auto requests = sink.requests();
  REQUIRE(requests.size() == 1);
  CHECK(requests[0].starts_with("POST /api/webhooks/1/x HTTP/1.1\r\n"));
  CHECK(requests[0].find("\r\nContent-Type: application/json\r\n") != std::string::npos);
  CHECK(body_of(requests[0]) ==
        R"({"content":"Container web (0123456789ab) found to be unhealthy. Successfully restarted the )"
        R"(container!"})");
}

TEST_CASE("an Apprise server gets docker-autoheal's title") {
  Sink sink({http("200 OK", "ok")});
  Client client;
  const Sent sent = client.send(make_apprise_notifier(client.channel(sink.url("/notify/key"))),
                                notification_of(NotificationKind::Critical, "GAVE UP"));
  CHECK(sent.result == Sent::Result::Delivered);
  const auto requests = sink.requests();
  REQUIRE(requests.size() == 1);
  CHECK(
      body_of(requests[0]) ==
      R"({"title":"Autoheal","body":"Container web (0123456789ab) found to be unhealthy. Failed to restart )"
      R"(the container!"})");
}

TEST_CASE("an Apprise server that notified nobody is a refusal that names the variable") {
  Sink nobody({http("204 No Content")});
  Client client;
  AutohealChannel channel = client.channel(nobody.url("/notify/key"));
  channel.setting_names = {{"url", "AUTOHEAL_APPRISE_URL"}};
  const Sent sent = client.send(make_apprise_notifier(std::move(channel)),
                                notification_of(NotificationKind::Critical, "GAVE UP"));
  CHECK(sent.result == Sent::Result::Refused);
  CHECK(sent.error ==
        "HTTP 204: the Apprise server notified nobody: it has no service configured under this key, or none "
        "with this tag; change AUTOHEAL_APPRISE_URL");
  Sink half({http("424 Failed Dependency")});
  CHECK(client
            .send(make_apprise_notifier(client.channel(half.url("/notify/key"))),
                  notification_of(NotificationKind::Critical, "GAVE UP"))
            .result == Sent::Result::TryAgain);
}

TEST_CASE("a channel of docker-autoheal carries what it has a sentence for") {
  Client client;
  const auto webhook = make_webhook_notifier(client.channel("http://127.0.0.1:9/x"), "text");
  REQUIRE(webhook);
  CHECK((*webhook)->carries(notification_of(NotificationKind::Critical, "GAVE UP")));
  CHECK_FALSE((*webhook)->carries(notification_of(NotificationKind::Degraded, "DEGRADED")));
}

TEST_CASE("a notification without a sentence sends no request and counts as delivered") {
  Sink sink({http("500 Oops")});
  Client client;
  const Sent sent = client.send(make_webhook_notifier(client.channel(sink.url("/x")), "text"),
                                notification_of(NotificationKind::Degraded, "DEGRADED"));
  CHECK(sent.result == Sent::Result::Delivered);
  CHECK(sink.requests().empty());
}

TEST_CASE("a webhook that hangs is tried again after its limit, one that refuses is not") {
  Client client;
  Sink silent({""});
  CHECK(client
            .send(make_webhook_notifier(client.channel(silent.url("/sEcReTpath"), 200ms), "text"),
                  notification_of(NotificationKind::Recovered, "RECOVERED"))
            .result == Sent::Result::TryAgain);
  Sink gone({http("404 Not Found", "no such hook")});
  const Sent sent = client.send(make_webhook_notifier(client.channel(gone.url("/sEcReTpath")), "text"),
                                notification_of(NotificationKind::Recovered, "RECOVERED"));
  CHECK(sent.result == Sent::Result::Refused);
  CHECK(sent.error.find("404") != std::string::npos);
  CHECK(sent.error.find("sEcReT") == std::string::npos);
}

TEST_CASE("an invalid address is refused, and the error does not show it") {
  Client client;
  const auto made = make_apprise_notifier(client.channel("sEcReT"));
  REQUIRE(!made);
  CHECK(made.error().message.find("sEcReT") == std::string::npos);
}
