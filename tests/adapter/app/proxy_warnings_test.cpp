// The real healer in an environment with a proxy.
#include <doctest/doctest.h>

#include <csignal>
#include <memory>
#include <string>

#include "support/healer_process.hpp"
#include "support/scripted_server.hpp"
#include "support/wait.hpp"

namespace healer::testing {
namespace {

TEST_CASE("a proxy for a private host is warned about, and a loopback host is reached without it") {
  TemporaryFolder folder;
  const auto here =
      ScriptedServer::on_loopback(replying([](const SeenRequest&) { return answer(200, "ok"); }));
  HealerProcess healer({{"DOCKER_HOST", "unix://" + folder.file("no-engine.sock")},
                        {"HEALER_STATE", folder.file("healer.db")},
                        {"HEALER_ADMIN_SOCKET", folder.file("healer.sock")},
                        {"HEALER_LISTEN", "127.0.0.1:0"},
                        {"http_proxy", "http://user:PlantedProxy@127.0.0.1:9"},
                        {"no_proxy", "10.0.0.0/8"},
                        {"GOTIFY_URL", "http://gotify"},
                        {"GOTIFY_TOKEN", "x"},
                        {"NTFY_URL", "http://10.1.2.3/topic"},
                        {"SLACK_WEBHOOK_URL", "http://127.0.0.1:" + std::to_string(here->port()) + "/x"}},
                       folder.path());
  healer.start();
  // The engine is not there, which healer notifies.
  wait_until("the notification", [&] { return !here->requests().empty() || !healer.alive(); });
  REQUIRE_MESSAGE(healer.alive(), healer.log());
  healer.process().signal(SIGTERM);
  CHECK(healer.process().wait(std::chrono::seconds(30)) == 0);
  const std::string log = healer.whole_log();
  CHECK_MESSAGE(
      log.find("channel gotify: gotify is in a private network, but http_proxy is set") != std::string::npos,
      log);
  CHECK(log.find("add it to no_proxy") != std::string::npos);
  CHECK(log.find("channel ntfy: ") == std::string::npos);
  CHECK(log.find("channel slack: ") == std::string::npos);
  CHECK(log.find("PlantedProxy") == std::string::npos);
}

}  // namespace
}  // namespace healer::testing
