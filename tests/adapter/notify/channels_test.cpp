// Tests of making channels from their settings, and of the test notification that an operator requests.
#include "notify/channels.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "adapter/notify/service.hpp"
#include "notify/autoheal_text.hpp"
#include "notify/channel_test.hpp"

namespace healer::testing {
namespace {

/// One channel of each type that uses HTTP, with secrets that begin with "Planted"; all of them point to
/// `base`.
std::vector<ChannelSettings> http_channels(const std::string& base) {
  const auto secret = [&](const std::string& path) { return Secret(base + path); };
  std::string with_user = base;
  with_user.insert(base.find("://") + 3, "user:PlantedPassword@");
  const std::vector<ChannelTarget> targets{
      SlackWebhookChannel{secret("/services/T0/B0/PlantedSlack12345")},
      PagerDutyChannel{Secret("PlantedPagerDuty0123456789abcdef"), base + "/v2/enqueue"},
      OpsgenieChannel{Secret("PlantedOpsgenie12345"), base},
      DiscordChannel{secret("/api/webhooks/1/PlantedDiscord12345")},
      TeamsChannel{secret("/workflows/1?sig=PlantedTeams12345")},
      TelegramChannel{Secret("12:PlantedTelegram12345"), "-100", base},
      NtfyChannel{secret("/PlantedTopic12345"), Secret("PlantedNtfy12345")},
      GotifyChannel{base, Secret("PlantedGotify12345")},
      AppriseChannel{secret("/notify/PlantedApprise12345")},
      AlertmanagerChannel{Secret(with_user), Secret("PlantedAm12345")},
      WebhookChannel{secret("/hook/PlantedHook12345"), "PUT", {{"X-Key", Secret("PlantedHeader12345")}}, ""}};
  std::vector<ChannelSettings> channels;
  for (const ChannelTarget& target : targets) {
    ChannelSettings channel;
    channel.name = std::string("my-") + type_name(target);
    channel.target = target;
    channel.timeout = 20s;
    channels.push_back(std::move(channel));
  }
  return channels;
}

/// A service that answers every request with `reply`, and the client for it.
struct World {
  net::Loop loop;
  std::unique_ptr<net::CurlClient> curl;
  std::unique_ptr<ScriptedServer> server;

  explicit World(ScriptedServer::Reply reply) {
    for (const char* name : {"http_proxy", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"})
      ::unsetenv(name);
    auto made = net::CurlClient::create(loop, {});
    REQUIRE(made.has_value());
    curl = std::move(*made);
    server = ScriptedServer::on_loopback(replying(std::move(reply)));
  }
  std::string base() const { return "http://127.0.0.1:" + std::to_string(server->port()); }
  NotifierTools tools() {
    return {*curl, loop, [this](std::function<void()> work) { loop.post(std::move(work)); },
            [] { return Instant{Duration{1'800'000'000'000}}; }, [](IncidentId) { return true; }};
  }
  std::unique_ptr<Notifier> make(const ChannelSettings& settings) {
    auto made = make_notifier(settings, tools());
    if (!made) FAIL(made.error().message);
    return std::move(*made);
  }
  std::vector<ChannelAnswer> test(std::vector<std::unique_ptr<Notifier>> channels) {
    std::optional<std::vector<ChannelAnswer>> answers;
    ChannelTest test(std::move(channels), "host1", Instant{Duration{1'800'000'000'000}},
                     [&](std::vector<ChannelAnswer> all) { answers = std::move(all); });
    test.begin();
    REQUIRE(run_until(loop, [&] { return answers.has_value(); }));
    return *answers;
  }
  std::vector<ChannelAnswer> test_all(const std::vector<ChannelSettings>& settings) {
    std::vector<std::unique_ptr<Notifier>> tested;
    for (const ChannelSettings& each : settings) tested.push_back(make(each));
    return test(std::move(tested));
  }
};

TEST_CASE("a channel has the name and the gap of its settings") {
  World world([](const SeenRequest&) { return answer(200, "{}"); });
  for (ChannelSettings& settings : http_channels(world.base())) {
    CAPTURE(settings.name);
    CHECK(world.make(settings)->channel() == settings.name);
    CHECK(world.make(settings)->gap() == gap_of(settings));
    CHECK(gap_of(settings) >= 100ms);
    settings.gap = 7s;
    CHECK(world.make(settings)->gap() == 7s);
  }
}

TEST_CASE("settings that cannot be used are refused without their secrets") {
  World world([](const SeenRequest&) { return answer(200, "{}"); });
  for (ChannelSettings settings : http_channels("nonsense://PlantedHost")) {
    CAPTURE(settings.name);
    const auto made = make_notifier(settings, world.tools());
    REQUIRE_FALSE(made.has_value());
    CHECK(made.error().code == ErrorCode::InvalidInput);
    CHECK_MESSAGE(made.error().message.find("Planted") == std::string::npos, made.error().message);
  }
}

TEST_CASE("a test notification reaches every service and is marked as a test") {
  World world([](const SeenRequest& request) {
    return answer(request.target.find("/v2/alerts") == 0 ? 202 : 200, R"({"ok":true,"id":1,"result":"x"})");
  });
  const auto channels = http_channels(world.base());
  const auto answers = world.test_all(channels);
  REQUIRE(answers.size() == channels.size());
  for (const ChannelAnswer& each : answers) {
    CAPTURE(each.channel);
    CAPTURE(each.error);
    CHECK(each.result == ChannelAnswer::Result::Delivered);
  }
  // It leaves nothing open: for PagerDuty and Opsgenie a second request closes it at once.
  std::map<std::string, unsigned> requests;
  for (const SeenRequest& request : world.server->requests()) {
    ++requests[request.target.substr(0, 11)];
    CAPTURE(request.target);
    const bool says_test = request.body.find("TEST") != std::string::npos ||
                           request.body.find("HealerTest") != std::string::npos ||
                           request.body.find("resolve") != std::string::npos ||
                           request.target.find("/close") != std::string::npos;
    CHECK_MESSAGE(says_test, request.body);
  }
  CHECK(requests.at("/v2/enqueue") == 2);
  CHECK(requests.at("/v2/alerts/") == 1);
  CHECK(world.server->requests().size() == channels.size() + 2);
}

TEST_CASE("each channel names the setting that a refusal is about, as the operator wrote it") {
  struct Row {
    std::string channel;
    int status;
    std::string wanted;
  };
  const std::vector<Row> rows{{"my-slack", 404, "; change X_webhook_url"},
                              {"my-slack", 410, "; change X_webhook_url"},
                              {"my-discord", 401, "; change X_webhook_url"},
                              {"my-teams", 400, "; change X_webhook_url"},
                              {"my-pagerduty", 400, "; change X_routing_key"},
                              {"my-pagerduty", 404, "; change X_url"},
                              {"my-opsgenie", 401, "; change X_api_key"},
                              {"my-opsgenie", 404, "; change X_api_url"},
                              {"my-ntfy", 403, "; change X_token"},
                              {"my-ntfy", 404, "; change X_url"},
                              {"my-gotify", 401, "; change X_token"},
                              {"my-apprise", 404, "; change X_url"},
                              {"my-alertmanager", 401, "; change X_token"},
                              {"my-webhook", 401, "; change X_headers or X_url"},
                              {"my-webhook", 422, "; change X_body or X_url"},
                              {"my-webhook", 308, "; change X_url"}};
  for (const Row& row : rows) {
    CAPTURE(row.channel);
    CAPTURE(row.status);
    World world([&](const SeenRequest&) { return answer(row.status, "no", "text/plain"); });
    for (ChannelSettings& settings : http_channels(world.base())) {
      if (settings.name != row.channel) continue;
      for (const char* key :
           {"webhook_url", "url", "api_url", "token", "api_key", "routing_key", "headers", "body"})
        settings.setting_names.emplace(key, std::string("X_") + key);
      const auto answers = world.test_all({settings});
      CHECK(answers.front().result == ChannelAnswer::Result::Refused);
      CHECK_MESSAGE(answers.front().error.ends_with(row.wanted), answers.front().error);
    }
  }
}

TEST_CASE("a channel carries what it sends a request for") {
  World world([](const SeenRequest&) { return answer(200, "{}"); });
  for (const ChannelSettings& settings : http_channels(world.base())) {
    CAPTURE(settings.name);
    const bool no_info = settings.name == "my-pagerduty" || settings.name == "my-opsgenie" ||
                         settings.name == "my-alertmanager";
    CHECK(world.make(settings)->carries(full_notification(NotificationKind::Critical)));
    CHECK(world.make(settings)->carries(full_notification(NotificationKind::Info)) != no_info);
  }
}

TEST_CASE("a test distinguishes a channel that refuses from one that fails") {
  World world([](const SeenRequest& request) {
    return request.target.find("/services/") == 0 ? answer(404, "no_service", "text/plain")
                                                  : answer(503, "later", "text/plain");
  });
  for (const ChannelAnswer& each : world.test_all(http_channels(world.base()))) {
    CAPTURE(each.channel);
    if (each.channel == "my-slack") {
      CHECK(each.result == ChannelAnswer::Result::Refused);
      CHECK(each.error == "HTTP 404: no_service");
    } else {
      CHECK(each.result == ChannelAnswer::Result::Failed);
      CHECK(each.error.find("HTTP 503") != std::string::npos);
    }
  }
}

TEST_CASE("no channel's error repeats a secret that the service echoes") {
  for (const int status : {400, 401, 404, 500}) {
    World world([status](const SeenRequest& request) {
      return answer(status, request.target + "\n" + request.head + "\n" + request.body, "text/plain");
    });
    for (const ChannelAnswer& each : world.test_all(http_channels(world.base()))) {
      CAPTURE(each.channel);
      CHECK(each.result != ChannelAnswer::Result::Delivered);
      CHECK_MESSAGE(each.error.find("Planted") == std::string::npos, each.error);
      CHECK_MESSAGE(each.error.find("user:") == std::string::npos, each.error);
    }
    // docker-autoheal's channels, too.
    for (const char* path : {"/hook/PlantedHook12345", "/notify?key=PlantedApprise12345"}) {
      AutohealChannel channel{*world.curl, Secret(world.base() + path), 20s,
                              [](const std::string&) { return std::string(); }, world.tools().post};
      auto made = AutohealNotifier::create(std::move(channel), "theirs", [](const std::string& text) {
        return "{\"content\":\"" + text + "\"}";
      });
      REQUIRE(made.has_value());
      std::vector<std::unique_ptr<Notifier>> tested;
      tested.push_back(std::move(*made));
      const auto answers = world.test(std::move(tested));
      CHECK(answers.front().result != ChannelAnswer::Result::Delivered);
      CHECK_MESSAGE(answers.front().error.find("Planted") == std::string::npos, answers.front().error);
    }
  }
}

TEST_CASE("a test that cannot close its own incident reports the refusal") {
  World world([](const SeenRequest& request) {
    return answer(request.body.find("resolve") == std::string::npos ? 202 : 400, "{}");
  });
  const auto channels = http_channels(world.base());
  const auto answers = world.test_all({channels[1]});
  CHECK(answers.front().result == ChannelAnswer::Result::Refused);
  CHECK(answers.front().error.starts_with("HTTP 400"));
}

TEST_CASE("a destroyed test calls no callback") {
  World world([](const SeenRequest&) { return answer(200, "{}"); });
  bool reported = false;
  {
    std::vector<std::unique_ptr<Notifier>> tested;
    tested.push_back(world.make(http_channels(world.base())[0]));
    ChannelTest test(std::move(tested), "host1", Instant{},
                     [&](const std::vector<ChannelAnswer>&) { reported = true; });
    test.begin();
  }
  REQUIRE(run_until(world.loop, [&] { return world.server->requests().size() == 1; }));
  bool later = false;
  world.loop.post([&] { later = true; });
  REQUIRE(run_until(world.loop, [&] { return later; }));
  CHECK_FALSE(reported);
}

}  // namespace
}  // namespace healer::testing
