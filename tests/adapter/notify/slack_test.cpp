// Tests of Slack's webhook with good and bad answers, over real sockets.
#include <cstdlib>
#include <filesystem>
#include <optional>

#include <doctest/doctest.h>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/json.hpp>

#include "adapter/notify/sink.hpp"
#include "net/curl_client.hpp"
#include "net/loop.hpp"
#include "notify/slack.hpp"
#include "support/loop_wait.hpp"

using namespace healer;
using namespace healer::testing;
namespace json = boost::json;

namespace {

const std::string secret_path = "/services/T00000000/B11111111/sEcReTtOkEn";

// The environment of the test process must not lead to a proxy or another certificate store.
struct NoProxies {
  NoProxies() {
    for (const char* name : {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy",
                             "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"})
      ::unsetenv(name);
  }
};

struct Client {
  NoProxies none;
  net::Loop loop;
  std::unique_ptr<net::CurlClient> curl;

  explicit Client(net::CurlTrust trust = {}) {
    auto made = net::CurlClient::create(loop, std::move(trust));
    REQUIRE(made.has_value());
    curl = std::move(*made);
  }

  template <class Condition>
  void run_until(Condition finished) {
    REQUIRE(testing::run_until(loop, finished));
  }

  Sent send(const std::string& url, Duration timeout = 20s, const Notification& notification = {}) {
    auto notifier = make_slack_notifier({*curl, {}, "slack", timeout}, {Secret{url}});
    if (!notifier) FAIL(notifier.error().message);
    std::optional<Sent> answer;
    (*notifier)->send(notification, "", [&](Sent sent) { answer = std::move(sent); });
    CHECK_FALSE(answer.has_value());
    run_until([&] { return answer.has_value(); });
    CHECK_MESSAGE(answer->error.find("sEcReT") == std::string::npos, answer->error);
    CHECK_MESSAGE(answer->error.find("B11111111") == std::string::npos, answer->error);
    return *answer;
  }
};

Notification an_notification() {
  Notification notification;
  notification.id = NotificationId{1};
  notification.kind = NotificationKind::Degraded;
  notification.event = "DEGRADED";
  notification.text = "web failed 3 consecutive health checks; restarting it";
  notification.host = "host1";
  notification.workload = "web";
  notification.image = "shop:1.0";
  notification.cause = "HTTP 503";
  notification.attempt = 1;
  notification.attempts_allowed = 5;
  notification.created_at = Instant{Duration{1'800'000'000'123}};
  return notification;
}

json::object attachment_of(const std::string& message) {
  return json::parse(message).at("attachments").at(0).as_object();
}

}  // namespace

TEST_CASE("a message has Slack's fields") {
  const json::object a = attachment_of(slack_message(an_notification()));
  CHECK(a.at("color") == "#ff9900");
  CHECK(a.at("title") == "🐳 Self-Healing Infrastructure — DEGRADED");
  CHECK(a.at("text") == "web failed 3 consecutive health checks; restarting it");
  CHECK(a.at("footer") == "healer on host1");
  CHECK(a.at("ts") == 1'800'000'000);
  std::vector<std::string> fields;
  for (const json::value& field : a.at("fields").as_array())
    fields.push_back(std::string(field.at("title").as_string()) + "=" +
                     std::string(field.at("value").as_string()));
  CHECK(fields == std::vector<std::string>{"Host=host1", "Workload=web", "Image=shop:1.0", "Cause=HTTP 503",
                                           "Attempt=1 of 5"});
}

TEST_CASE("a message shows project, time unhealthy, incident, advice, link and excerpt if they are known") {
  Notification notification = an_notification();
  CHECK_FALSE(attachment_of(slack_message(notification)).contains("title_link"));
  notification.project = "shop";
  notification.incident = IncidentId{42};
  notification.unhealthy_since = notification.created_at - Duration{61'500};
  notification.advice = "Look at `docker logs web` & the database.";
  notification.link = "https://healer.example/incidents/42";
  notification.excerpt = "starting\nERROR: <none> ```left```";
  const json::object a = attachment_of(slack_message(notification));
  CHECK(a.at("title_link") == "https://healer.example/incidents/42");
  std::vector<std::string> fields;
  for (const json::value& field : a.at("fields").as_array())
    fields.push_back(std::string(field.at("title").as_string()) + "=" +
                     std::string(field.at("value").as_string()));
  CHECK(fields ==
        std::vector<std::string>{"Host=host1", "Workload=web", "Project=shop", "Image=shop:1.0",
                                 "Cause=HTTP 503", "Attempt=1 of 5", "Unhealthy for=1m1s", "Incident=42",
                                 "What to do=Look at `docker logs web` &amp; the database.",
                                 "Last lines of its log=```\nstarting\nERROR: &lt;none&gt; '''left'''\n```"});
}

TEST_CASE("each kind has its colour") {
  Notification notification = an_notification();
  const std::pair<NotificationKind, const char*> colors[] = {{NotificationKind::Recovered, "#36a64f"},
                                                             {NotificationKind::Degraded, "#ff9900"},
                                                             {NotificationKind::Critical, "#ff0000"},
                                                             {NotificationKind::Info, "#cccccc"}};
  for (const auto& [kind, color] : colors) {
    notification.kind = kind;
    CHECK(attachment_of(slack_message(notification)).at("color") == color);
  }
}

TEST_CASE("a container's text cannot mention anybody, break the JSON or flood the channel") {
  Notification notification = an_notification();
  notification.text =
      "<!channel> & <https://evil|click> \"quoted\" \\ \x01\xff\n" + std::string(100'000, 'x');
  notification.workload = "<!here>";
  notification.cause = std::string(5000, 'y');
  notification.excerpt = std::string(100'000, 'z');
  notification.advice = std::string(100'000, 'a');
  notification.attempt = 0;
  const std::string message = slack_message(notification);
  CHECK(message.size() < 12'000);
  const json::object a = attachment_of(message);
  const std::string text(a.at("text").as_string());
  CHECK(text.starts_with("&lt;!channel&gt; &amp; &lt;https://evil|click&gt; \"quoted\" \\ ??"));
  CHECK(message.find("<!") == std::string::npos);
  CHECK(a.at("fields").as_array().size() == 6);
}

TEST_CASE("a delivered notification is one POST of JSON to the webhook's path") {
  Client client;
  Sink sink({http("200 OK", "ok")});
  const Sent sent = client.send(sink.url(secret_path), 20s, an_notification());
  CHECK(sent.result == Sent::Result::Delivered);
  CHECK(sent.error.empty());
  const auto requests = sink.requests();
  REQUIRE(requests.size() == 1);
  CHECK(requests[0].starts_with("POST " + secret_path + " HTTP/1.1\r\n"));
  CHECK(requests[0].find("Content-Type: application/json; charset=utf-8\r\n") != std::string::npos);
  CHECK(requests[0].find("User-Agent: healer/") != std::string::npos);
  CHECK(requests[0].find("Expect:") == std::string::npos);
  const std::string body = requests[0].substr(requests[0].find("\r\n\r\n") + 4);
  CHECK(body == slack_message(an_notification()));
}

TEST_CASE("each status is delivered, refused or tried again") {
  Client client;
  const auto result = [&](const std::string& answer) {
    Sink sink({answer});
    return client.send(sink.url(secret_path));
  };
  CHECK(result(http("204 No Content")).result == Sent::Result::Delivered);
  for (const char* status :
       {"500 Oops", "502 Bad Gateway", "503 Unavailable", "408 Late", "425 Early", "407 Proxy"})
    CHECK(result(http(status)).result == Sent::Result::TryAgain);
  for (const char* status : {"400 Bad", "401 No", "403 No", "404 No", "410 Gone", "301 Moved", "308 Moved"})
    CHECK(result(http(status)).result == Sent::Result::Refused);
  CHECK(result(http("404 Not Found", "no_service")).error == "HTTP 404: no_service");
  CHECK(result(http("403 Forbidden", "invalid_token\n")).error == "HTTP 403: invalid_token");
  CHECK(result(http("400 Bad", std::string(5000, 'z'))).error.size() < 300);
}

TEST_CASE("Retry-After is read as seconds or as a date") {
  Client client;
  const auto wish = [&](const std::string& value) {
    Sink sink({http("429 Too Many Requests", "", "Retry-After: " + value + "\r\n")});
    const Sent sent = client.send(sink.url(secret_path));
    CHECK(sent.result == Sent::Result::TryAgain);
    return sent.retry_after;
  };
  CHECK(wish("30") == 30s);
  CHECK(wish("Fri, 31 Dec 2199 23:59:59 GMT") == 366 * 24h);
  CHECK_FALSE(wish("soon").has_value());
  CHECK_FALSE(wish("-5").has_value());
  CHECK_FALSE(wish("Fri, 31 Dec 1999 23:59:59 GMT").has_value());
}

TEST_CASE("a redirect is not followed") {
  Client client;
  Sink other({http("200 OK", "ok")});
  Sink sink({http("302 Found", "", "Location: " + other.url("/elsewhere") + "\r\n")});
  CHECK(client.send(sink.url(secret_path)).result == Sent::Result::TryAgain);
  CHECK(other.requests().empty());
}

TEST_CASE("every broken answer is tried again") {
  Client client;
  std::string answer;
  bool endless = false;
  SUBCASE("garbage") {
    answer = "SSH-2.0-OpenSSH_9.2\r\n\r\n";
  }
  SUBCASE("the peer closes at once") {
    answer = "H";
  }
  SUBCASE("a body that is cut short") {
    answer = "HTTP/1.1 500 Oops\r\nContent-Length: 100\r\n\r\nshort";
  }
  SUBCASE("an endless head") {
    answer = "HTTP/1.1 200 OK\r\n" + [] {
      std::string many;
      for (int i = 0; i < 20'000; ++i) many += "X-" + std::to_string(i) + ": yyyyyyyyyy\r\n";
      return many;
    }();
  }
  SUBCASE("an endless body") {
    endless = true;
    answer = http("500 Oops", std::string(3'000'000, 'b'));
  }
  Sink sink({answer});
  const Sent sent = client.send(sink.url(secret_path));
  CHECK(sent.result == Sent::Result::TryAgain);
  CHECK_FALSE(sent.error.empty());
  if (endless) CHECK(sent.error.starts_with("HTTP 500: bbb"));
}

TEST_CASE("a silent peer is given up at the timeout, and the loop keeps running meanwhile") {
  Client client;
  Sink sink({""});
  net::Timer beat(client.loop);
  int beats = 0;
  std::function<void()> again = [&] {
    ++beats;
    beat.set_after(std::chrono::milliseconds(5), again);
  };
  again();
  const Sent sent = client.send(sink.url(secret_path), 300ms);
  CHECK(sent.result == Sent::Result::TryAgain);
  CHECK(sent.error.find("timed out") != std::string::npos);
  CHECK(beats >= 3);
}

TEST_CASE("a closed port and an unknown host are tried again") {
  Client client;
  std::string url;
  {
    Sink sink({""});
    url = sink.url(secret_path);
  }
  CHECK(client.send(url).result == Sent::Result::TryAgain);
  const Sent sent = client.send("http://no-such-host.invalid" + secret_path, 30s);
  CHECK(sent.result == Sent::Result::TryAgain);
}

TEST_CASE("an answer that repeats the address is redacted") {
  Client client;
  Sink sink({http("403 Forbidden", "<p>http://127.0.0.1" + secret_path + "?x=1 and sEcReTtOkEn</p>")});
  const Sent sent = client.send(sink.url(secret_path));
  CHECK(sent.result == Sent::Result::Refused);
  CHECK(sent.error.find("<redacted>") != std::string::npos);
}

TEST_CASE("the environment's proxies and their exceptions are used") {
  Client client;
  Sink proxy({http("200 OK", "ok")});
  Sink direct({http("200 OK", "ok")});
  ::setenv("http_proxy", proxy.url("").c_str(), 1);
  CHECK(client.send("http://hooks.example.test" + secret_path).result == Sent::Result::Delivered);
  REQUIRE(proxy.requests().size() == 1);
  CHECK(proxy.requests()[0].starts_with("POST http://hooks.example.test" + secret_path + " HTTP/1.1\r\n"));
  ::setenv("no_proxy", "127.0.0.1", 1);
  CHECK(client.send(direct.url(secret_path)).result == Sent::Result::Delivered);
  CHECK(direct.requests().size() == 1);
  CHECK(proxy.requests().size() == 1);

  SUBCASE("a proxy refuses the tunnel: the notification is tried again") {
    Sink refusing({http("403 Forbidden", "not allowed")});
    ::setenv("https_proxy", refusing.url("").c_str(), 1);
    const Sent sent = client.send("https://hooks.example.test" + secret_path);
    CHECK(sent.result == Sent::Result::TryAgain);
    REQUIRE(refusing.requests().size() == 1);
    CHECK(refusing.requests()[0].starts_with("CONNECT hooks.example.test:443 HTTP/1.1\r\n"));
    CHECK(refusing.requests()[0].find("sEcReT") == std::string::npos);
  }
}

TEST_CASE("an untrusted certificate is refused, a trusted one accepted") {
  namespace asio = boost::asio;
  std::string folder = (std::filesystem::temp_directory_path() / "healer-tls-XXXXXX").string();
  REQUIRE(::mkdtemp(folder.data()) != nullptr);
  const std::string make =
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=t "
      "-addext subjectAltName=IP:127.0.0.1 -keyout " +
      folder + "/key.pem -out " + folder + "/cert.pem >/dev/null 2>&1";
  REQUIRE(std::system(make.c_str()) == 0);
  asio::io_context io;
  asio::ip::tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});
  const std::string url =
      "https://127.0.0.1:" + std::to_string(acceptor.local_endpoint().port()) + secret_path;
  std::thread server([&] {
    asio::ssl::context tls(asio::ssl::context::tls_server);
    tls.use_certificate_chain_file(folder + "/cert.pem");
    tls.use_private_key_file(folder + "/key.pem", asio::ssl::context::pem);
    for (int i = 0; i < 2; ++i) {
      boost::system::error_code error;
      asio::ssl::stream<asio::ip::tcp::socket> stream(acceptor.accept(), tls);
      stream.handshake(asio::ssl::stream_base::server, error);
      if (error) continue;
      char buffer[8192];
      std::string seen;
      while (seen.find("\"attachments\"") == std::string::npos && !error)
        seen.append(buffer, stream.read_some(asio::buffer(buffer), error));
      asio::write(stream, asio::buffer(http("200 OK", "ok")), error);
      stream.shutdown(error);
    }
  });
  {
    Client client;
    const Sent sent = client.send(url);
    CHECK(sent.result == Sent::Result::TryAgain);
    CHECK(sent.error.find("certificate") != std::string::npos);
  }
  {
    Client client(net::CurlTrust{folder + "/cert.pem", ""});
    CHECK(client.send(url).result == Sent::Result::Delivered);
  }
  server.join();
  std::filesystem::remove_all(folder);
}

TEST_CASE("a client destroyed during a request calls no callback") {
  NoProxies none;
  net::Loop loop;
  Sink sink({""});
  int answered = 0, looked_up = 0, before = 0;
  {
    auto made = net::CurlClient::create(loop);
    REQUIRE(made.has_value());
    net::CurlRequest request;
    request.url = Secret{sink.url("/")};
    (*made)->send(request, [&](Result<net::CurlAnswer>) { ++answered; });
    request.url = Secret{"http://no-such-host.invalid/"};
    (*made)->send(request, [&](Result<net::CurlAnswer>) { ++looked_up; });
    while (sink.requests().empty()) loop.context().run_one_for(std::chrono::milliseconds(10));
    before = looked_up;  // a resolver may report at once that the host does not exist
  }
  loop.context().restart();
  loop.context().run();
  CHECK(answered == 0);
  CHECK(looked_up == before);
}

TEST_CASE("many requests at once are all answered") {
  Client client;
  Sink sink({http("200 OK", "ok")});
  int answered = 0;
  for (int i = 0; i < 60; ++i) {
    net::CurlRequest request;
    request.url = Secret{sink.url("/x")};
    request.timeout = 60s;
    client.curl->send(request, [&](Result<net::CurlAnswer> answer) {
      if (!answer) FAIL(answer.error().message);
      CHECK(answer->status == 200);
      ++answered;
    });
  }
  client.run_until([&] { return answered == 60; });
  CHECK(sink.requests().size() == 60);
}

TEST_CASE("a webhook that is no URL is refused, and the error does not repeat it") {
  Client client;
  for (const std::string bad : {"", "hooks.slack.com", "ftp://host/sEcReT", "https://", "https:///sEcReT",
                                "file:///sEcReT", "https://ho st/sEcReT", "https://host:99999/sEcReT",
                                " https://host/sEcReT", "https://host/sEc\nReT", "javascript:sEcReT"}) {
    const auto made = make_slack_notifier({*client.curl, {}, "slack"}, {Secret{bad}});
    INFO(bad);
    REQUIRE_FALSE(made.has_value());
    CHECK(made.error().code == ErrorCode::InvalidInput);
    CHECK(made.error().message.find("sEcReT") == std::string::npos);
    CHECK(made.error().message.find("https://") != std::string::npos);
  }
  CHECK(make_slack_notifier({*client.curl, {}, "slack"}, {Secret{"https://hooks.slack.com" + secret_path}})
            .has_value());
}
