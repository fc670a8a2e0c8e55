// Tests of healer with the environment of docker-autoheal's own compose file, where only the image is
// changed.
#include <doctest/doctest.h>

#include <sys/stat.h>

#include <fstream>

#include "integration/engine_scene.hpp"

using namespace healer::testing;

namespace {

/// Unhealthy while /run/unhealthy exists; a restart deletes the file.
Make with_healthcheck(const std::vector<std::string>& labels) {
  Make make;
  make.monitored = false;
  make.options = {"--health-cmd",      "test ! -e /run/unhealthy",
                  "--health-interval", "1s",
                  "--health-retries",  "1",
                  "--tmpfs",           "/run"};
  for (const std::string& label : labels) {
    make.options.push_back("--label");
    make.options.push_back(label);
  }
  return make;
}

void begin_fault(EngineScene& scene, const std::string& name) {
  scene.docker()({"exec", name, "touch", "/run/unhealthy"});
}

std::string health(const EngineScene& scene, const std::string& name) {
  std::string text = scene.docker()({"inspect", "--format", "{{.State.Health.Status}}", name});
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

std::string short_id(const EngineScene& scene, const std::string& name) {
  return scene.docker()({"inspect", "--format", "{{.Id}}", name}).substr(0, 12);
}

/// docker-autoheal's environment: the webhook, the Apprise server, the script and the engine's address.
struct Theirs {
  std::unique_ptr<ScriptedServer> sink;
  std::string script;
  std::string said;

  explicit Theirs(EngineScene& scene) : script(scene.file("after.sh")), said(scene.file("after.said")) {
    sink = ScriptedServer::on_loopback(
        replying([](const SeenRequest&) { return answer(200, "ok", "text/plain"); }));
    std::ofstream out(script);
    out << "#!/bin/sh\nprintf '%s|' \"$#\" \"$@\" > " << said << ".part\nmv " << said << ".part " << said
        << "\n";
    out.close();
    ::chmod(script.c_str(), 0755);
  }

  Settings settings(const EngineScene& scene) const {
    const std::string base = "http://127.0.0.1:" + std::to_string(sink->port());
    Settings all{{"AUTOHEAL_CONTAINER_LABEL", "autoheal"},
                 {"AUTOHEAL_INTERVAL", "1"},
                 {"AUTOHEAL_START_PERIOD", "0"},
                 {"AUTOHEAL_DEFAULT_STOP_TIMEOUT", "1"},
                 {"WEBHOOK_URL", base + "/api/webhooks/7/token"},
                 {"APPRISE_URL", base + "/notify/key"},
                 {"CURL_TIMEOUT", "10"},
                 {"POST_RESTART_SCRIPT", script},
                 // None of healer's own settings.
                 {"CHECK_INTERVAL", ""},
                 {"FAST_INTERVAL", ""},
                 {"REQUEST_TIMEOUT", ""},
                 {"START_PERIOD", ""},
                 {"SLACK_WEBHOOK_URL", ""}};
    const std::string& host = scene.docker().host();
    if (host.starts_with("unix://")) {
      all["DOCKER_HOST"] = "";
      all["DOCKER_SOCK"] = host.substr(7);
    }
    return all;
  }

  std::string body(const std::string& target) const {
    for (const SeenRequest& request : sink->requests())
      if (request.target == target) return request.body;
    return {};
  }
};

}  // namespace

TEST_CASE(
    "a docker-autoheal setup heals, notifies and runs its script when only the image's name is changed") {
  EngineScene scene;
  Theirs theirs(scene);
  const std::string name = scene.app("theirs", with_healthcheck({"autoheal=true"}));
  const std::string refused = scene.app("optedout", with_healthcheck({"autoheal=false", "monitored=true"}));
  const std::string plain = scene.app("plain", with_healthcheck({}));
  const std::string paused = scene.app("paused", with_healthcheck({"autoheal=true"}));
  HealerProcess& healer = scene.healer(theirs.settings(scene), {"autoheal"});
  scene.wait_condition(name, "healthy");
  scene.wait_condition(paused, "healthy");
  REQUIRE(healer.said("AUTOHEAL_CONTAINER_LABEL=autoheal") >= 1);
  REQUIRE(healer.said("AUTOHEAL_INTERVAL=1: ") == 1);
  REQUIRE(healer.said("WEBHOOK_URL=<redacted>: ") == 1);
  REQUIRE(healer.condition(refused).empty());
  REQUIRE(healer.condition(plain).empty());

  scene.docker()({"pause", paused});
  scene.wait_condition(paused, "paused");
  begin_fault(scene, refused);
  begin_fault(scene, plain);
  begin_fault(scene, name);
  scene.wait_said(name + " — RECOVERED after 1 attempt");
  scene.wait("the webhooks are notified", [&] {
    return !theirs.body("/api/webhooks/7/token").empty() && !theirs.body("/notify/key").empty();
  });
  const std::string text = "Container " + name + " (" + short_id(scene, name) +
                           ") found to be unhealthy. Successfully restarted the container!";
  REQUIRE(theirs.body("/api/webhooks/7/token") == "{\"content\":\"" + text + "\"}");
  REQUIRE(theirs.body("/notify/key") == "{\"title\":\"Autoheal\",\"body\":\"" + text + "\"}");
  scene.wait("the script has run", [&] { return std::ifstream(theirs.said).good(); });
  REQUIRE(read_file(theirs.said) == "4|/" + name + "|" + short_id(scene, name) + "|running|1|");

  scene.wait(refused + " is unhealthy", [&] { return health(scene, refused) == "unhealthy"; });
  scene.wait(plain + " is unhealthy", [&] { return health(scene, plain) == "unhealthy"; });
  REQUIRE(scene.acts(name, "restart") == 1);
  REQUIRE(scene.acts(refused, "restart") == 0);
  REQUIRE(scene.acts(plain, "restart") == 0);
  REQUIRE(scene.acts(paused, "restart") == 0);
  scene.docker()({"unpause", paused});
}

TEST_CASE("a container that exits by itself is left alone, as by docker-autoheal") {
  EngineScene scene;
  Theirs theirs(scene);
  const std::string name = scene.app("ends", with_healthcheck({"autoheal=true"}));
  HealerProcess& healer = scene.healer(theirs.settings(scene));
  scene.wait_condition(name, "healthy");
  scene.ask(name, "POST", "/crash?code=7");
  scene.wait_said(name + " — exited by itself");
  REQUIRE(healer.said("left alone: only its health is watched") == 1);
  REQUIRE(scene.acts(name, "restart") == 0);
  REQUIRE(scene.acts(name, "start") == 1);
}

TEST_CASE("deunhealth's label heals, and COMPAT turns it off") {
  EngineScene scene;
  const std::string name = scene.app("linked", with_healthcheck({"deunhealth.restart.on.unhealthy=true"}));
  HealerProcess& healer = scene.healer({{"HEALER_LISTEN", ""}, {"HEALTH_SERVER_ADDRESS", "127.0.0.1:0"}});
  scene.wait_condition(name, "healthy");
  REQUIRE(healer.http("/").code == 200);
  begin_fault(scene, name);
  scene.wait_said(name + " — RECOVERED after 1 attempt");
  REQUIRE(scene.acts(name, "restart") == 1);

  const auto other = scene.make_healer({{"COMPAT", "none"},
                                        {"HEALER_STATE", scene.file("other.db")},
                                        {"HEALER_ADMIN_SOCKET", scene.file("other.sock")}});
  other->start();
  scene.wait("the other healer answers", [&] { return other->status().is_object(); });
  scene.wait("it is ready", [&] { return other->http("/readyz").code == 200; });
  REQUIRE(other->condition(name).empty());
}

TEST_CASE("hooks run before and after a remedy, and their output is logged") {
  EngineScene scene;
  const std::string before = scene.file("before.said");
  const std::string name = scene.app("hooked");
  HealerProcess& healer = scene.healer(
      {{"HEALER_HOOK_BEFORE", R"(["/bin/sh", "-c", "echo \"$1 $HEALER_REMEDY\" > )" + before +
                                  R"(; echo drained", "x", "{name}"])"},
       {"HEALER_HOOK_AFTER", R"(["/bin/sh", "-c", "echo \"outcome $HEALER_OUTCOME\"; exit 3"])"}});
  scene.wait_condition(name, "healthy");
  scene.instruct(name, "/break");
  scene.wait_said(name + " — RECOVERED after 1 attempt");
  REQUIRE(read_file(before) == name + " restart\n");
  REQUIRE(healer.said("the hook before the remedy: exit code 0: drained") == 1);
  scene.wait_said("the hook after the remedy: exit code 3: outcome done");
}
