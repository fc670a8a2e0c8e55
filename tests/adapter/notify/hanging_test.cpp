// Tests of services that accept a connection and never answer, all with one HTTP client.
#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapter/notify/service.hpp"
#include "notify/slack.hpp"

using namespace healer;
using namespace healer::testing;

TEST_CASE("any number of hanging channels delay no other channel") {
  Service service;
  const auto silent = ScriptedServer::on_loopback([](Peer& peer) { peer.hang(); });
  const std::string nowhere = "http://127.0.0.1:" + std::to_string(silent->port());
  std::vector<std::unique_ptr<Notifier>> hanging;
  std::size_t answered = 0;
  for (int i = 0; i < 100; ++i) {
    // Far longer than the test's own limit, so waiting for one of them would fail the test.
    auto made = make_slack_notifier({service.channel().client, {}, "slack", 1h}, {Secret{nowhere}});
    REQUIRE(made.has_value());
    hanging.push_back(std::move(*made));
    hanging.back()->send(full_notification(), "", [&](Sent) { ++answered; });
  }
  REQUIRE(run_until(service.loop(), [&] { return silent->connections() == 100; }));
  auto made = make_slack_notifier({service.channel().client, {}, "slack", 1h}, {Secret{service.base()}});
  REQUIRE(made.has_value());
  std::optional<Sent> sent;
  (*made)->send(full_notification(), "", [&](Sent result) { sent = std::move(result); });
  REQUIRE(run_until(service.loop(), [&] { return sent.has_value(); }));
  CHECK(sent->result == Sent::Result::Delivered);
  CHECK(answered == 0);
}
