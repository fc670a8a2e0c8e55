// Tests of several containers together: which one has the incident, which one is healed first, and when none
// is. HEALING.md 3 and 5.
#include <doctest/doctest.h>

#include <algorithm>

#include "integration/compose_project.hpp"
#include "integration/engine_scene.hpp"

using namespace healer::testing;

namespace {

/// A container in another's network cannot publish a port itself.
Make in_network_of(const std::string& parent) {
  Make make;
  make.published = false;
  make.options = {"--network", "container:" + parent, "-e", "APP_PORT=9090", "--label", "healer.probe=exec",
                  "--label", "healer.command=/bin/sample-app healthcheck",
                  // A loaded engine takes seconds to run a command.
                  "--label", "healer.interval=5s", "--label", "healer.timeout=5s"};
  return make;
}

std::string network_of(const EngineScene& scene, const std::string& name) {
  return scene.docker()({"inspect", "-f", "{{.HostConfig.NetworkMode}}", name});
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

std::size_t titled(EngineScene& scene, const std::string& end) {
  const std::vector<SlackMessage> all = scene.slack().accepted();
  return static_cast<std::size_t>(std::count_if(
      all.begin(), all.end(), [&](const SlackMessage& message) { return message.title.ends_with(end); }));
}

/// A web server whose health follows /shared/state ("1 down", "2 up"). A new start makes it healthy, whatever
/// the file holds.
constexpr const char* shared_fate =
    "busybox mkdir -p /www; touch /www/health\n"
    "read last < /shared/state\n"
    "busybox httpd -f -p 8080 -h /www &\n"
    "trap 'exit 0' TERM\n"
    "while :; do\n"
    "  read now < /shared/state\n"
    "  if test \"$now\" != \"$last\"; then\n"
    "    last=$now\n"
    "    case $now in *down) rm -f /www/health;; *up) touch /www/health;; esac\n"
    "  fi\n"
    "  sleep 0.5\n"
    "done\n";

}  // namespace

TEST_CASE("when a container is restarted, the containers in its network are restarted after it") {
  EngineScene scene;
  const std::string parent = scene.app("parent");
  const std::string child = scene.app("child", in_network_of(parent));
  HealerProcess& healer = scene.healer();
  for (const std::string& name : {parent, child}) scene.wait_condition(name, "healthy");
  const ContainerFacts before = scene.facts(child);

  scene.docker()({"restart", parent});
  // From inside, the child seems healthy, but it has lost its network.
  scene.wait_said(child + " — RECOVERED after 1 attempt");
  scene.wait_condition(child, "healthy");
  REQUIRE(scene.facts(child).id == before.id);
  REQUIRE(scene.acts(child, "restart") == 1);
  REQUIRE(scene.acts(parent, "restart") == 1);  // the operator's restart
  REQUIRE(healer.metric("healer_remedies_total") == 1);
  REQUIRE(scene.slack().about(parent + ", whose network it shares, was restarted") >= 1);
}

TEST_CASE("when a container is replaced, the containers in its network are recreated in the new one's") {
  EngineScene scene;
  const std::string parent = scene.app("parent");
  const std::string child = scene.app("child", in_network_of(parent));
  HealerProcess& healer = scene.healer();
  for (const std::string& name : {parent, child}) scene.wait_condition(name, "healthy");
  const ContainerFacts before = scene.facts(child);

  scene.docker()({"rm", "-f", parent});
  scene.remake(parent);
  scene.wait_said(child + " — RECOVERED after 1 attempt");
  for (const std::string& name : {parent, child}) scene.wait_condition(name, "healthy");
  REQUIRE(scene.facts(child).id != before.id);
  REQUIRE(network_of(scene, child) == "container:" + scene.facts(parent).id);
  REQUIRE(healer.metric("healer_remedies_total") == 1);
  REQUIRE(healer.metric("healer_remedies_total", {"remedy=\"recreate\"", "outcome=\"recovered\""}) == 1);
}

TEST_CASE("of an unhealthy dependency and its dependents only the dependency is healed, and it is named") {
  EngineScene scene;
  // The remedy takes so long that the dependents become unhealthy meanwhile.
  Make slow;
  slow.options = {"-e", "APP_START_DELAY=6", "--label", "healer.start_period=40s"};
  const std::string database = scene.app("database", slow);
  const std::string address = scene.docker()({"inspect", "-f", "{{.NetworkSettings.IPAddress}}", database});
  Make follower;
  // Checked less often than the database, so that the database's incident opens first.
  follower.options = {
      "--label", "healer.depends_on=" + database,
      "--label", "healer.probe=exec",
      "--label", "healer.command=busybox wget -q -O /dev/null http://" + address + ":8080/health",
      "--label", "healer.interval=2s",
      "--label", "healer.fast_interval=1s",
      "--label", "healer.timeout=2s"};
  const std::vector<std::string> followers = {scene.app("web", follower), scene.app("worker", follower)};
  // Three of three would be a mass failure.
  HealerProcess& healer = scene.healer({{"MASS_LEAST", "10"}});
  scene.wait_condition(database, "healthy");
  for (const std::string& name : followers) scene.wait_condition(name, "healthy");

  scene.instruct(database, "/break");
  for (const std::string& name : followers) scene.wait_said(name + " — held: " + database);
  scene.wait_said(database + " — RECOVERED after 1 attempt");
  for (const std::string& name : followers) scene.wait_condition(name, "healthy");
  scene.wait_checks(9);
  REQUIRE(scene.acts(database, "restart") == 1);
  for (const std::string& name : followers) {
    REQUIRE(scene.acts(name, "restart") == 0);
    REQUIRE(scene.acts(name, "die") == 0);
  }
  REQUIRE(healer.metric("healer_remedies_total") == 1);
  for (const SlackMessage& message : scene.slack().accepted())
    if (message.color == SlackSink::degraded)
      // The database is unhealthy, or still starting when it was checked before its first answer.
      REQUIRE_MESSAGE(message.text.find(database + " is ") != std::string::npos, message.text);
}

TEST_CASE(
    "eight of ten that fail at once are held; when they stay unhealthy, they are healed one by one"
    "one") {
  EngineScene scene;
  Make make;
  make.command = {"/bin/sh", "-c", shared_fate};
  make.options = {"-v", "/shared"};
  const std::string disk = scene.app("fate-1", make);
  scene.docker()({"exec", disk, "sh", "-c", "echo '0 up' > /shared/state"});
  make.options = {"--volumes-from", disk};
  std::vector<std::string> names = {disk};
  for (int i = 2; i <= 8; ++i) names.push_back(scene.app("fate-" + std::to_string(i), make));
  const std::vector<std::string> others = {scene.app("fine-1"), scene.app("fine-2")};
  HealerProcess& healer = scene.healer({{"FAST_INTERVAL", "1s"}, {"MASS_HOLD", "8s"}});
  for (const std::string& name : names) scene.wait_condition(name, "healthy");
  for (const std::string& name : others) scene.wait_condition(name, "healthy");
  const auto all_are = [&](const std::string& state) {
    scene.docker()({"exec", disk, "sh", "-c", "echo '" + state + "' > /shared/state"});
  };

  all_are("1 down");
  scene.wait("one notification for all", [&] { return titled(scene, "— MASS FAILURE") == 1; });
  all_are("2 up");
  scene.wait("its end is notified", [&] { return titled(scene, "— MASS FAILURE OVER") == 1; });
  for (const std::string& name : names) scene.wait_condition(name, "healthy");
  REQUIRE(healer.metric("healer_remedies_total") == 0);
  REQUIRE(scene.slack().accepted().size() == 2);
  for (const std::string& name : names) REQUIRE(scene.acts(name, "die") == 0);

  all_are("3 down");
  for (const std::string& name : names) scene.wait_said(name + " — RECOVERED after 1 attempt");
  for (const std::string& name : names) {
    scene.wait_condition(name, "healthy");
    REQUIRE(scene.acts(name, "restart") == 1);
  }
  for (const std::string& name : others) REQUIRE(scene.acts(name, "die") == 0);
  const std::string log = healer.whole_log();
  const std::string before_first_recovery = log.substr(0, log.find(" — RECOVERED after "));
  REQUIRE(count(before_first_recovery, "\"RESTARTING ") == 1);
  REQUIRE(titled(scene, "— MASS FAILURE") == 2);
  REQUIRE(healer.metric("healer_remedies_total") == 8);
}

TEST_CASE("a rolling deployment by compose raises no notification and keeps the history") {
  EngineScene scene;
  auto project = ComposeProject::in(scene, "rolling");
  if (!project) return;
  const auto deploy = [&](const std::string& image) {
    project->up("  database:\n" + project->common(image) + "  web:\n" + project->common(image) +
                "    depends_on: [database]\n");
  };

  deploy(scene.lab().image());
  const std::vector<std::string> names = {project->containers("database").at(0),
                                          project->containers("web").at(0)};
  HealerProcess& healer = scene.healer();
  for (const std::string& name : names) scene.wait_condition(name, "healthy");
  scene.instruct(names[1], "/break");
  scene.wait_said(names[1] + " — RECOVERED after 1 attempt");
  scene.wait("both messages", [&] { return scene.slack().accepted().size() == 2; });

  const std::string next = scene.lab().image_name("sample-app-next");
  scene.docker()({"commit", "--pause=false", "--change", "LABEL version=next", names[0], next});
  std::vector<std::string> before;
  for (const std::string& name : names) before.push_back(scene.facts(name).id);
  deploy(next);
  for (std::size_t i = 0; i < names.size(); ++i) {
    REQUIRE(scene.facts(names[i]).id != before[i]);
    scene.wait("healer asks the new " + names[i], [&] {
      const boost::json::value one_of = healer.workload(names[i]);
      return one_of.is_object() && one_of.at("image").as_string() == next &&
             one_of.at("condition").as_string() == "healthy";
    });
  }
  scene.wait_checks(6);
  REQUIRE(scene.slack().accepted().size() == 2);
  REQUIRE(healer.metric("healer_incidents_total") == 1);
  REQUIRE(healer.metric("healer_remedies_total") == 1);
  REQUIRE(healer.workload(names[1]).at("attempts_in_window").to_number<int>() == 1);
  const Ran history = healer.command({"history", names[1]});
  REQUIRE(history.code == 0);
  REQUIRE_MESSAGE(history.output.find("HTTP 503") != std::string::npos, history.output);
}

TEST_CASE("of three replicas two fail at once: one is healed and verified before the other one's turn") {
  EngineScene scene;
  auto project = ComposeProject::in(scene, "replicas");
  if (!project) return;
  // A gate keeps each container from becoming healthy again for as long as the test wants.
  project->up("  web:\n" + project->common(scene.lab().image()) +
                  "    entrypoint: [\"/bin/sh\", \"-c\", \"while test -e /state/gate; do sleep 0.2; done; "
                  "exec /bin/sample-app\"]\n",
              {"--scale", "web=3"});
  std::vector<std::string> names = project->containers("web");
  REQUIRE(names.size() == 3);
  // REMEDY_SHARE lets all be in remedy at once; two of five that are unhealthy are no mass failure.
  const std::vector<std::string> others = {scene.app("fine-1"), scene.app("fine-2")};
  HealerProcess& healer = scene.healer({{"REMEDY_SHARE", "1"}, {"START_PERIOD", "2m"}});
  for (const std::string& name : names) scene.wait_condition(name, "healthy");
  for (const std::string& name : others) scene.wait_condition(name, "healthy");
  const std::string untouched = names.back();
  names.pop_back();

  for (const std::string& name : names) scene.docker()({"exec", name, "touch", "/state/gate"});
  for (const std::string& name : names) scene.instruct(name, "/break");
  scene.wait_said("RESTARTING ");
  const std::string log = healer.log();
  if (log.find("RESTARTING " + names[0]) == std::string::npos) std::swap(names[0], names[1]);
  const std::string first = names[0];
  const std::string second = names[1];
  const std::string why = "another container of its service is being healed";
  scene.wait(second + " waits", [&] {
    REQUIRE_MESSAGE(healer.said("RESTARTING " + second) == 0, "two of one service at once");
    return healer.said(second + " — held: " + why) == 1;
  });
  scene.wait("the first one's restart", [&] { return scene.acts(first, "restart") == 1; });
  // The second waits however long the first one takes.
  scene.wait_checks(20);
  REQUIRE(healer.said("RESTARTING " + second) == 0);
  REQUIRE(healer.condition(first) == "healing");
  REQUIRE(healer.workload(second).at("hold").at("reason").as_string() == "replica");
  const Ran explained = healer.command({"explain", second});
  REQUIRE(explained.code == 0);
  REQUIRE_MESSAGE(explained.output.find(why) != std::string::npos, explained.output);
  REQUIRE(scene.acts(second, "die") == 0);

  // The first one's gate last: when the first one is healthy, the second one's turn begins.
  for (const std::string& name : {second, first}) scene.docker()({"exec", name, "rm", "/state/gate"});
  for (const std::string& name : names) scene.wait_said(name + " — RECOVERED after 1 attempt");
  for (const std::string& name : names) scene.wait_condition(name, "healthy");
  const std::string whole = healer.log();
  REQUIRE(whole.find(first + " — RECOVERED") < whole.find("RESTARTING " + second));
  for (const std::string& name : names) REQUIRE(scene.acts(name, "restart") == 1);
  for (const std::string& name : {untouched, others[0], others[1]}) REQUIRE(scene.acts(name, "die") == 0);
  REQUIRE(healer.metric("healer_remedies_total") == 2);
}
