// Every channel gets its own planted secret, and the services repeat whatever they receive: no secret may
// appear in any output. Also `healer test-notification`, and channels that cannot be used.
#include <doctest/doctest.h>
#include <boost/json.hpp>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "adapter/app/smtp_echo.hpp"
#include "config/channel_settings.hpp"
#include "support/healer_process.hpp"
#include "support/scripted_server.hpp"
#include "support/wait.hpp"

namespace healer::testing {
namespace {

/// The value of each secret variable; `base` is the service that all of them point to.
std::map<std::string, std::string> secrets(const std::string& base) {
  return {{"SLACK_WEBHOOK_URL", base + "/services/T0/B0/PlantedSlack0123456789"},
          {"PAGERDUTY_ROUTING_KEY", "PlantedPagerDuty0123456789abcdef"},
          {"OPSGENIE_API_KEY", "PlantedOpsgenie0123456789"},
          {"DISCORD_WEBHOOK_URL", base + "/api/webhooks/1/PlantedDiscord0123456789"},
          {"TEAMS_WEBHOOK_URL", base + "/workflows/1?sig=PlantedTeams0123456789"},
          {"TELEGRAM_BOT_TOKEN", "12:PlantedTelegram0123456789"},
          {"NTFY_URL", base + "/PlantedTopic0123456789"},
          {"NTFY_TOKEN", "PlantedNtfy0123456789"},
          {"GOTIFY_TOKEN", "PlantedGotify0123456789"},
          {"NOTIFICATION_APPRISE_URL", base + "/notify/PlantedApprise0123456789"},
          {"ALERTMANAGER_URL", "http://user:PlantedPassword@" + base.substr(7)},
          {"ALERTMANAGER_SEND_TOKEN", "PlantedAlertmanager0123456789"},
          {"NOTIFICATION_WEBHOOK_URL", base + "/hook/PlantedHook0123456789"},
          {"NOTIFICATION_WEBHOOK_HEADERS", "X-Key: PlantedHeader0123456789"},
          {"SLACK_BOT_TOKEN", "xoxb-PlantedBot0123456789"},
          {"SMTP_PASSWORD", "PlantedMail0123456789"}};
}

std::map<std::string, std::string> others(const std::string& base, const std::string& smtp_port) {
  return {{"PAGERDUTY_URL", base + "/v2/enqueue"},
          {"OPSGENIE_API_URL", base},
          {"TELEGRAM_API_URL", base},
          {"TELEGRAM_CHAT_ID", "-100"},
          {"GOTIFY_URL", base},
          {"SLACK_API_URL", base},
          {"SLACK_CHANNEL", "C0123"},
          {"SMTP_HOST", "127.0.0.1"},
          {"SMTP_PORT", smtp_port},
          {"SMTP_SECURITY", "none"},
          {"SMTP_USER", "mailer"},
          {"SMTP_FROM", "healer@host.example"},
          {"SMTP_TO", "ops@host.example"}};
}

/// A service that answers with this status and repeats the whole request.
std::unique_ptr<ScriptedServer> echoing(int status) {
  return ScriptedServer::on_loopback(replying([status](const SeenRequest& request) {
    return answer(status, request.target + "\n" + request.head + "\n" + request.body, "text/plain");
  }));
}

Settings common(const TemporaryFolder& folder) {
  return {{"DOCKER_HOST", "unix://" + folder.file("no-engine.sock")},
          {"HEALER_STATE", folder.file("healer.db")},
          {"HEALER_ADMIN_SOCKET", folder.file("healer.sock")},
          {"HEALER_LISTEN", "127.0.0.1:0"},
          {"LOG_LEVEL", "debug"},
          {"no_proxy", "*"}};
}

void wait_for_socket(HealerProcess& healer, const std::string& path) {
  wait_until("the admin socket is there", [&] { return std::filesystem::exists(path) || !healer.alive(); });
  REQUIRE_MESSAGE(healer.alive(), healer.log());
}

void check_absent(const std::string& text, const std::string& where) {
  // The second is the mail server's user and password in base64, as AUTH PLAIN sends them.
  for (const char* secret : {"Planted", "AG1haWxlcgBQbGFudGVkTWFpbDAx"}) {
    const auto at = text.find(secret);
    CAPTURE(where);
    CHECK_MESSAGE(at == std::string::npos, text.substr(at > 200 ? at - 200 : 0, 400));
  }
}

TEST_CASE("planted secrets are nowhere: log, metrics, store, admin socket, check-config, test-notification") {
  for (const int status : {404, 503}) {
    for (const bool by_file : {false, true}) {
      CAPTURE(status);
      CAPTURE(by_file);
      TemporaryFolder folder;
      const auto sink = echoing(status);
      const SmtpEcho mail;
      const std::string base = "http://127.0.0.1:" + std::to_string(sink->port());
      Settings settings = common(folder);
      for (const auto& [name, value] : others(base, std::to_string(mail.port()))) settings[name] = value;
      settings["WEBHOOK_URL"] = base + "/theirs/PlantedWebhook0123456789";
      settings["APPRISE_URL"] = base + "/theirs/PlantedTheirApprise0123";
      for (const auto& [name, value] : secrets(base)) {
        if (!by_file) {
          settings[name] = value;
          continue;
        }
        std::ofstream(folder.file(name)) << value << '\n';
        settings[name + "_FILE"] = folder.file(name);
      }
      HealerProcess healer(settings, folder.path());
      healer.start();
      wait_for_socket(healer, folder.file("healer.sock"));

      const Ran tested = healer.command({"test-notification"});
      CHECK(tested.code == 1);
      // secrets() and others() cover every type of channel.
      for (const ChannelType& type : channel_types())
        CHECK_MESSAGE(tested.output.find(type.from_env) != std::string::npos, type.from_env);
      check_absent(tested.output, "test-notification");
      check_absent(healer.command({"test-notification", "--json"}).output, "test-notification --json");
      check_absent(healer.command({"check-config"}).output, "check-config");

      // The notification about the engine goes through the outbox, which stores each service's answer.
      wait_until("every channel has answered to the notification about the engine", [&] {
        const boost::json::value now = healer.status();
        if (!now.is_object()) return false;
        for (const boost::json::value& channel : now.at("notifications").at("channels").as_array())
          if (channel.at("delivered").as_int64() + channel.at("refused").as_int64() +
                  channel.at("failed_tries").as_int64() ==
              0)
            return false;
        return true;
      });
      check_absent(healer.command({"status"}).output, "status");
      check_absent(healer.command({"status", "--json"}).output, "status --json");
      check_absent(healer.command({"history"}).output, "history");
      check_absent(healer.http("/metrics").output, "/metrics");
      healer.process().signal(SIGTERM);
      CHECK(healer.process().wait(std::chrono::seconds(30)) == 0);
      check_absent(healer.whole_log(), "log");
      bool stored = false;
      for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
        const std::string name = entry.path().filename().string();
        if (!name.starts_with("healer.db")) continue;
        const std::string bytes = read_file(entry.path().string());
        stored = stored || bytes.find("ENGINE DOWN") != std::string::npos;
        check_absent(bytes, name);
      }
      CHECK_MESSAGE(stored, "the notification is in the store, so its channels' errors could be");
    }
  }
}

TEST_CASE("test-notification shows a result for each channel, and fails when no daemon answers") {
  TemporaryFolder folder;
  const auto healthy =
      ScriptedServer::on_loopback(replying([](const SeenRequest&) { return answer(200, "ok"); }));
  const auto unhealthy = echoing(500);
  Settings settings = common(folder);
  settings["SLACK_WEBHOOK_URL"] = "http://127.0.0.1:" + std::to_string(healthy->port()) + "/services/x";
  settings["NTFY_URL"] = "http://127.0.0.1:" + std::to_string(unhealthy->port()) + "/topic";
  HealerProcess healer(settings, folder.path());
  const Ran alone = healer.command({"test-notification"});
  CHECK(alone.code == 1);
  CHECK(alone.output.starts_with("healer: no healer answers on " + folder.file("healer.sock")));

  healer.start();
  wait_for_socket(healer, folder.file("healer.sock"));
  const Ran slack = healer.command({"test-notification", "slack"});
  CHECK_MESSAGE(slack.code == 0, slack.output);
  CHECK(slack.output.find("delivered") != std::string::npos);
  REQUIRE(healthy->requests().size() == 1);
  CHECK(healthy->requests().front().body.find("This is a test of healer") != std::string::npos);
  CHECK(unhealthy->requests().empty());
  const Ran all = healer.command({"test-notification"});
  CHECK(all.code == 1);
  CHECK(all.output.find("delivered") != std::string::npos);
  CHECK(all.output.find("HTTP 500") != std::string::npos);
  const Ran misspelt = healer.command({"test-notification", "slak"});
  CHECK(misspelt.code == 1);
  CHECK(misspelt.output == "healer: no channel is named \"slak\"; did you mean \"slack\"?\n");
  // A test notification does not go through the outbox.
  CHECK(healer.metric("healer_notifications_total", {"channel=\"slack\"", "outcome=\"delivered\""}) == 0);
}

TEST_CASE("SIGHUP makes the channels anew, but a bad file changes nothing") {
  TemporaryFolder folder;
  const auto sink =
      ScriptedServer::on_loopback(replying([](const SeenRequest&) { return answer(200, "ok"); }));
  const auto configure = [&](const std::string& channels) {
    std::ofstream(folder.file("healer.yaml")) << channels;
  };
  const std::string url = "http://127.0.0.1:" + std::to_string(sink->port()) + "/x";
  configure("channels:\n  first: {type: slack, webhook_url: '" + url + "'}\n");
  Settings settings = common(folder);
  settings["HEALER_CONFIG"] = folder.file("healer.yaml");
  HealerProcess healer(settings, folder.path());
  healer.start();
  wait_for_socket(healer, folder.file("healer.sock"));
  CHECK(healer.command({"test-notification", "first"}).code == 0);

  configure("channels:\n  second: {type: slak, webhook_url: '" + url + "'}\n");
  healer.process().signal(SIGHUP);
  wait_until("the bad file is refused", [&] { return healer.said("configuration not reloaded") > 0; });
  configure("channels:\n  second: {type: webhook, url: '" + url + "', body: '{\"a\": {{evnt}}}'}\n");
  healer.process().signal(SIGHUP);
  wait_until("the bad template is refused", [&] { return healer.said("channels.second.body") > 0; });
  CHECK(healer.command({"test-notification", "--config", "/dev/null", "first"}).code == 0);

  configure("channels:\n  second: {type: slack, webhook_url: '" + url + "'}\n");
  healer.process().signal(SIGHUP);
  wait_until("the good file is taken", [&] { return healer.said("configuration reloaded") > 0; });
  CHECK(healer.command({"test-notification", "second"}).code == 0);
  CHECK(healer.command({"test-notification", "first"}).code == 1);
  CHECK(sink->requests().size() == 3);
}

TEST_CASE("a channel that cannot be used ends the start with exit code 2, and the error names the channel") {
  struct Row {
    Settings settings;
    std::string wanted;
  };
  const std::vector<Row> rows{
      {{{"PAGERDUTY_ROUTING_KEY", "PlantedShort"}},
       "environment PAGERDUTY_ROUTING_KEY: '<redacted>' is not valid"},
      {{{"SLACK_BOT_TOKEN", "xoxb-Planted"}}, "environment SLACK_CHANNEL: is not set"},
      {{{"GOTIFY_TOKEN_FILE", "/nowhere/gotify"}, {"GOTIFY_URL", "http://g.example"}},
       "environment GOTIFY_TOKEN_FILE: '/nowhere/gotify' cannot be read"},
      {{{"NOTIFICATION_WEBHOOK_URL", "http://h.example/Planted"},
        {"NOTIFICATION_WEBHOOK_BODY", "{\"a\": {{evnt}}}"}},
       "environment NOTIFICATION_WEBHOOK_BODY: "},
      {{{"NTFY_URL", "http://n.example/"}}, "channel ntfy: "}};
  for (const Row& row : rows) {
    CAPTURE(row.wanted);
    TemporaryFolder folder;
    Settings settings = common(folder);
    for (const auto& [name, value] : row.settings) settings[name] = value;
    HealerProcess healer(settings, folder.path());
    for (const std::vector<std::string>& how : {std::vector<std::string>{}, {"check-config"}}) {
      const Ran ran = healer.command(how);
      CHECK_MESSAGE(ran.code == 2, ran.output);
      CHECK_MESSAGE(ran.output.find(row.wanted) != std::string::npos, ran.output);
      check_absent(ran.output, row.wanted);
    }
  }
}

}  // namespace
}  // namespace healer::testing
