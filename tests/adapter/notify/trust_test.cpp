// Tests of the authorities that a channel trusts: its own and the client's, beside the system's.
#include <doctest/doctest.h>

#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "adapter/notify/service.hpp"
#include "notify/channels.hpp"
#include "support/certificates.hpp"

namespace healer::testing {
namespace {

const Certificates& certificates() {
  static const Certificates made;
  return made;
}

/// A server whose certificate only ca.pem vouches for, and a client.
struct World {
  net::Loop loop;
  std::unique_ptr<net::CurlClient> curl;
  std::unique_ptr<ScriptedServer> server = ScriptedServer::on_loopback_tls(
      replying([](const SeenRequest&) { return answer(200, "{}"); }), certificates().file("server.pem"),
      certificates().file("server-key.pem"));

  explicit World(const net::CurlTrust& trust = {}) {
    auto made = net::CurlClient::create(loop, trust);
    REQUIRE(made.has_value());
    curl = std::move(*made);
  }
  Result<std::unique_ptr<Notifier>> make(const std::string& ca_file) {
    ChannelSettings settings;
    settings.name = "hook";
    settings.timeout = 20s;
    settings.ca_file = ca_file;
    settings.setting_names = {{"ca_file", "NOTIFICATION_WEBHOOK_CA_FILE"}};
    settings.target =
        WebhookChannel{Secret("https://127.0.0.1:" + std::to_string(server->port()) + "/x"), "POST", {}, ""};
    return make_notifier(settings,
                         {*curl, loop, [this](std::function<void()> work) { loop.post(std::move(work)); },
                          [] { return Instant{}; }, [](IncidentId) { return true; }});
  }
  Sent send(const std::string& ca_file) {
    auto notifier = make(ca_file);
    if (!notifier) FAIL(notifier.error().message);
    std::optional<Sent> sent;
    (*notifier)->send(full_notification(), {}, [&](Sent result) { sent = std::move(result); });
    REQUIRE(run_until(loop, [&] { return sent.has_value(); }));
    return *sent;
  }
};

TEST_CASE("a channel's own authorities are trusted for that channel alone") {
  World world;
  CHECK(world.send(certificates().file("ca.pem")).result == Sent::Result::Delivered);
  const Sent other = world.send("");
  CHECK(other.result == Sent::Result::TryAgain);
  CHECK_MESSAGE(other.error.find("certificate") != std::string::npos, other.error);
  CHECK(world.send(certificates().file("stranger.pem")).result == Sent::Result::TryAgain);
  CHECK(world.send(certificates().file("ca.pem")).result == Sent::Result::Delivered);
}

TEST_CASE("own authorities are added: the channel's to the client's, and both to the system's") {
  World world({certificates().file("ca.pem"), ""});
  CHECK(world.send("").result == Sent::Result::Delivered);
  CHECK(world.send(certificates().file("stranger.pem")).result == Sent::Result::Delivered);
  const std::string system = net::system_authorities();
  const std::string whole = *world.curl->trusting("MORE");
  CHECK_MESSAGE(whole.starts_with(system), "the system's stay trusted");
  CHECK(whole.ends_with("MORE"));
  CHECK(whole.find(*net::read_authorities(certificates().file("ca.pem"))) != std::string::npos);
}

TEST_CASE("a file that holds no authority stops the channel, and names setting, file and reason") {
  World world;
  TemporaryFolder folder;
  std::ofstream(folder.file("text.pem")) << "no certificate";
  const auto refusal = [&](const std::string& path) {
    const auto made = world.make(path);
    REQUIRE_FALSE(made.has_value());
    CHECK(made.error().code == ErrorCode::InvalidInput);
    return made.error().message;
  };
  CHECK(refusal(folder.file("none.pem"))
            .starts_with("NOTIFICATION_WEBHOOK_CA_FILE: \"" + folder.file("none.pem") +
                         "\" cannot be read (No such file or directory); accepted: "));
  CHECK(refusal(folder.file("text.pem")).find("holds no certificate") != std::string::npos);
  CHECK(refusal(folder.path()).find("cannot be read") != std::string::npos);
}

TEST_CASE("a client whose own file cannot be read trusts the system's, and says why") {
  const net::CurlTrust trust{"/nonexistent/ca.pem", ""};
  CHECK(trust.problem().find("/nonexistent/ca.pem") != std::string::npos);
  CHECK(net::CurlTrust{}.problem().empty());
  CHECK(net::CurlTrust{certificates().file("ca.pem"), ""}.problem().empty());
  World world(trust);
  CHECK(world.send(certificates().file("ca.pem")).result == Sent::Result::Delivered);
}

}  // namespace
}  // namespace healer::testing
