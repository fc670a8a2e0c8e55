// Tests of the environment's proxies: which one applies to a host, and that none applies to loopback.
#include <doctest/doctest.h>

#include <cstdlib>
#include <map>
#include <string>

#include "adapter/notify/service.hpp"
#include "net/proxies.hpp"
#include "notify/email.hpp"
#include "notify/slack.hpp"

namespace healer::testing {
namespace {

using net::host_place;
using net::HostPlace;

using Names = std::map<std::string, std::string>;

std::string variable_for(const std::string& scheme, const std::string& host, const Names& names) {
  return net::proxy_variable(scheme, host, [&](const char* name) -> std::string {
    const auto found = names.find(name);
    return found == names.end() ? "" : found->second;
  });
}

/// Variables of this process, unset at the end.
class Set {
 public:
  explicit Set(Names names) : names_(std::move(names)) {
    for (const auto& [name, value] : names_) ::setenv(name.c_str(), value.c_str(), 1);
  }
  ~Set() {
    for (const auto& each : names_) ::unsetenv(each.first.c_str());
  }
  Set(const Set&) = delete;
  Set& operator=(const Set&) = delete;

 private:
  Names names_;
};

TEST_CASE("a host is loopback, private or elsewhere") {
  for (const char* host : {"127.0.0.1", "127.8.9.1", "::1", "[::1]", "::ffff:127.0.0.1", "0.0.0.0",
                           "localhost", "LOCALHOST.", "app.localhost", "ip6-localhost"})
    CHECK_MESSAGE(host_place(host) == HostPlace::Loopback, host);
  for (const char* host : {"10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.5", "169.254.1.1",
                           "100.64.0.1", "fd00::1", "fe80::1", "fe80::1%eth0", "::ffff:10.0.0.1", "gotify",
                           "nas.local", "box.lan", "x.home.arpa", "a.internal"})
    CHECK_MESSAGE(host_place(host) == HostPlace::Private, host);
  for (const char* host : {"8.8.8.8", "172.32.0.1", "172.15.0.1", "11.0.0.1", "100.128.0.1", "2001:db8::1",
                           "hooks.slack.com", "localhost.example.org", "local.example.org", ""})
    CHECK_MESSAGE(host_place(host) == HostPlace::Elsewhere, host);
}

TEST_CASE("the variable of the proxy is found by libcurl's rules") {
  CHECK(variable_for("http", "h.example", {}).empty());
  CHECK(variable_for("http", "h.example", {{"http_proxy", "x"}}) == "http_proxy");
  CHECK_MESSAGE(variable_for("http", "h.example", {{"HTTP_PROXY", "x"}}).empty(),
                "a CGI client could set it");
  CHECK(variable_for("https", "h.example", {{"HTTPS_PROXY", "x"}}) == "HTTPS_PROXY");
  CHECK(variable_for("https", "h.example", {{"http_proxy", "x"}}).empty());
  CHECK(variable_for("https", "h.example", {{"ALL_PROXY", "x"}, {"HTTPS_PROXY", "y"}}) == "HTTPS_PROXY");
  CHECK(variable_for("smtp", "h.example", {{"all_proxy", "x"}}) == "all_proxy");
  CHECK(variable_for("http", "127.0.0.1", {{"http_proxy", "x"}, {"all_proxy", "x"}}).empty());
  const auto excepted = [](const std::string& host, const std::string& list) {
    return variable_for("http", host, {{"http_proxy", "x"}, {"no_proxy", list}}).empty();
  };
  CHECK(excepted("h.example", "*"));
  CHECK(excepted("h.example", "a, H.example"));
  CHECK(excepted("a.h.example", ".h.example"));
  CHECK(excepted("a.h.example", "h.example"));
  CHECK_FALSE(excepted("ah.example", "h.example"));
  CHECK(excepted("10.1.2.3", "10.0.0.0/8"));
  CHECK(excepted("10.1.2.3", "192.168.0.0/16 10.1.2.3"));
  CHECK_FALSE(excepted("11.1.2.3", "10.0.0.0/8"));
  CHECK(excepted("fd00::5", "fd00::/8"));
  CHECK_FALSE(excepted("10.1.2.3", ""));
  CHECK(variable_for("http", "h.example", {{"http_proxy", "x"}, {"NO_PROXY", "h.example"}}).empty());
}

TEST_CASE("a loopback host is reached although the environment has a proxy") {
  Service service;
  // Nobody listens at port 9.
  const Set set(Names{{"http_proxy", "http://127.0.0.1:9"}, {"all_proxy", "http://127.0.0.1:9"}});
  const auto make = [](HttpChannel channel, const std::string& base) {
    return make_slack_notifier(std::move(channel), SlackWebhookChannel{Secret{base + "/x"}});
  };
  CHECK(service.send(make, full_notification()).result == Sent::Result::Delivered);
  const std::string named = "http://localhost" + service.base().substr(service.base().rfind(':'));
  const auto by_name = [&](HttpChannel channel, const std::string&) {
    return make_slack_notifier(std::move(channel), SlackWebhookChannel{Secret{named + "/x"}});
  };
  CHECK(service.send(by_name, full_notification()).result == Sent::Result::Delivered);
  CHECK(service.requests().size() == 2);
}

TEST_CASE("a failure behind a proxy names the proxy's variable, and not its password") {
  Service service;
  const Set set(Names{{"all_proxy", "http://user:sEcReT@127.0.0.1:9"}});
  const auto far = [](HttpChannel channel, const std::string&) {
    return make_slack_notifier(std::move(channel), SlackWebhookChannel{Secret{"http://192.0.2.1/hook-x"}});
  };
  const Sent sent = service.send(far, full_notification());
  CHECK(sent.result == Sent::Result::TryAgain);
  CHECK_MESSAGE(sent.error.find("through the proxy of all_proxy") != std::string::npos, sent.error);
  CHECK_MESSAGE(sent.error.find("sEcReT") == std::string::npos, sent.error);
}

TEST_CASE("mail to a loopback host uses no proxy") {
  net::Loop loop;
  auto curl = net::CurlClient::create(loop, {});
  REQUIRE(curl.has_value());
  const Set set(Names{{"all_proxy", "http://127.0.0.1:9"}});
  const auto server = ScriptedServer::on_loopback([](Peer& peer) {
    peer.send("554 5.3.2 reached\r\n");
    peer.hang();
  });
  EmailChannel settings;
  settings.host = "127.0.0.1";
  settings.port = server->port();
  settings.security = EmailChannel::Security::None;
  settings.from = "h@example.org";
  settings.to = {"o@example.org"};
  auto notifier = make_email_notifier(MailChannel{**curl, "mail", 20s}, settings);
  REQUIRE(notifier.has_value());
  std::optional<Sent> sent;
  (*notifier)->send(full_notification(), "", [&](Sent result) { sent = std::move(result); });
  REQUIRE(run_until(loop, [&] { return sent.has_value(); }));
  CHECK_MESSAGE(sent->error.starts_with("SMTP 554 5.3.2 reached"), sent->error);
}

}  // namespace
}  // namespace healer::testing
