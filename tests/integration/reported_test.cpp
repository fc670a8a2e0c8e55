// Situations from public reports on a real engine. The same situations, and more of their kinds, are in
// tests/field on a scripted engine; here the engine plays its own part.
#include <doctest/doctest.h>

#include <algorithm>

#include "integration/compose_project.hpp"
#include "integration/engine_scene.hpp"

using namespace healer::testing;

namespace {

/// Proves that this healer heals. What it would have done to another container before has been done by then.
void require_heals(EngineScene& scene, const std::string& canary) {
  scene.wait_condition(canary, "healthy");
  scene.instruct(canary, "/break");
  scene.wait_said(canary + " — RECOVERED after 1 attempt");
}

/// No remedy and no notification of healer was about the container.
void require_left_alone(EngineScene& scene, const std::string& name, const ContainerFacts& before) {
  REQUIRE(scene.facts(name) == before);
  REQUIRE(scene.healer().said("STARTING " + name) == 0);  // also "RESTARTING"
  REQUIRE(scene.slack().about(name) == 0);
}

std::vector<std::string> service_labels(const std::string& project, const std::string& service) {
  std::vector<std::string> options;
  for (const std::string& label :
       {"project=" + project, "service=" + service, std::string("container-number=1"),
        "config-hash=" + project + service, std::string("oneoff=False")})
    options.insert(options.end(), {"--label", "com.docker.compose." + label});
  return options;
}

/// A job of the project: it ends with 0 once /state/go exists.
Make job_of(const std::string& project, const std::string& service) {
  Make make;
  make.options = service_labels(project, service);
  make.command = {"/bin/sh", "-c", "until test -e /state/go; do sleep 0.1; done"};
  make.published = false;
  return make;
}

}  // namespace

TEST_CASE("reported: a one-shot that others await ends with 0 and is left alone") {
  // apache/airflow's airflow-init. One ends while healer watches, another one had ended before.
  EngineScene scene;
  const std::string project = scene.lab().name("airflow");
  const std::string before = scene.app("migrate", job_of(project, "migrate"));
  const std::string init = scene.app("init", job_of(project, "init"));
  Make awaits;
  awaits.options = service_labels(project, "web");
  awaits.options.insert(awaits.options.end(),
                        {"--label",
                         "com.docker.compose.depends_on=init:service_completed_successfully:false,"
                         "migrate:service_completed_successfully:false"});
  const std::string web = scene.app("web", awaits);
  const std::string canary = scene.app("canary");
  scene.docker()({"exec", before, "touch", "/state/go"});
  scene.docker()({"wait", before});
  HealerProcess& healer = scene.healer();
  for (const std::string& name : {web, canary}) scene.wait_condition(name, "healthy");

  scene.docker()({"exec", init, "touch", "/state/go"});
  scene.wait_condition(init, "completed");
  const ContainerFacts ended = scene.facts(init);
  REQUIRE(ended.status == "exited");
  REQUIRE(ended.exit_code == 0);
  const ContainerFacts ended_before = scene.facts(before);
  scene.wait_checks(10);
  require_heals(scene, canary);
  require_left_alone(scene, init, ended);
  require_left_alone(scene, before, ended_before);
  REQUIRE(healer.metric("healer_remedies_total") == 1);  // the canary's
}

TEST_CASE("reported: a server that greets is not spoken to, and counts no aborted connections") {
  // louislam/uptime-kuma#7691: MySQL counts each client that leaves after the greeting, and blocks its host
  // after a hundred. The greeter writes down how each connection ended, as MySQL counts them.
  EngineScene scene;
  const std::string greeter =
      "printf '#!/bin/sh\\nprintf \"J...8.0.36 mysql_native_password\"\\n"
      "got=$(busybox timeout 5 busybox head -c 1 2>>/tmp/errors)\\n"
      "test -z \"$got\" || echo spoken >> /tmp/ends\\necho closed >> /tmp/ends\\n' > /tmp/greet\n"
      "busybox chmod +x /tmp/greet; : > /tmp/ends; : > /tmp/errors\n"
      "exec busybox nc -ll -p 8080 -e /tmp/greet";
  Make make;
  make.command = {"/bin/sh", "-c", greeter};
  make.options = {"--health-cmd", "test ! -e /tmp/broken", "--health-interval", "1s"};
  const std::string found = scene.app("found", make);
  make.options = {"--label", "healer.probe=tcp"};
  const std::string set = scene.app("set", make);
  const std::string canary = scene.app("canary");
  scene.healer();
  for (const std::string& name : {found, set, canary}) scene.wait_condition(name, "healthy");
  const ContainerFacts before = scene.facts(found);
  const auto read = [&](const std::string& name, const std::string& file) {
    return scene.docker().lines({"exec", name, "cat", file});
  };
  scene.wait("the tcp check connects", [&] { return read(set, "/tmp/ends").size() >= 6; });
  scene.wait_checks(10);

  // The automatic selection looks once for each start, and then the HEALTHCHECK judges alone.
  REQUIRE(read(found, "/tmp/ends").size() <= 1);
  const std::vector<std::string> ends = read(set, "/tmp/ends");
  REQUIRE(std::count(ends.begin(), ends.end(), "spoken") == 0);
  // With FIN; a greeting may cross the end of a check.
  REQUIRE(read(set, "/tmp/errors").size() * 4 <= ends.size());
  require_heals(scene, canary);
  REQUIRE(scene.facts(found).started_at == before.started_at);
  REQUIRE(scene.slack().about(found) + scene.slack().about(set) == 0);
}

TEST_CASE("reported: while an operator's command runs inside, a failing container is held") {
  // A dump or an upgrade by `docker exec`, and the application does not answer meanwhile.
  EngineScene scene;
  const std::string name = scene.app("db");
  const std::string canary = scene.app("canary");
  HealerProcess& healer = scene.healer();
  for (const std::string& each : {name, canary}) scene.wait_condition(each, "healthy");
  const ContainerFacts before = scene.facts(name);

  scene.docker()({"exec", "-d", name, "/bin/sh", "-c", "until test -e /state/dumped; do sleep 0.1; done"});
  scene.instruct(name, "/break");
  scene.wait("it is known to be unhealthy, and held",
             [&] { return healer.metric("healer_targets_held", {"operator_inside"}) == 1; });
  scene.wait_checks(10);
  require_heals(scene, canary);
  REQUIRE(scene.facts(name) == before);
  REQUIRE(healer.said("STARTING " + name) == 0);

  scene.docker()({"exec", name, "touch", "/state/dumped"});
  scene.wait_said(name + " — RECOVERED after 1 attempt");
  REQUIRE(scene.acts(name, "restart") == 1);
}

TEST_CASE("reported: compose recreates half a project, and its others may fail meanwhile") {
  // Two of three services get a new configuration. The third one fails while they are away, as an application
  // without its database does.
  EngineScene scene;
  auto project = ComposeProject::in(scene, "shop");
  if (!project) return;
  const auto services = [&](const std::string& version) {
    const std::string changed =
        project->common(scene.lab().image()) + "    environment: {APP_NAME: \"" + version + "\"}\n";
    return "  web:\n" + project->common(scene.lab().image()) + "  api:\n" + changed + "  worker:\n" + changed;
  };
  project->up(services("1"));
  const std::string web = project->containers("web").at(0);
  const std::string api = project->containers("api").at(0);
  const std::string worker = project->containers("worker").at(0);
  const std::string canary = scene.app("canary");
  HealerProcess& healer = scene.healer();
  for (const std::string& name : {web, api, worker, canary}) scene.wait_condition(name, "healthy");
  const ContainerFacts before = scene.facts(web);
  const std::string old_api = scene.facts(api).id;

  project->up(services("2"));
  REQUIRE(project->containers("web").at(0) == web);
  REQUIRE(scene.facts(web) == before);
  const std::string new_api = project->containers("api").at(0);
  const std::string new_worker = project->containers("worker").at(0);
  REQUIRE(scene.facts(new_api).id != old_api);
  scene.instruct(web, "/break");
  scene.wait("the failing one is held",
             [&] { return healer.metric("healer_targets_held", {"deployment"}) == 1; });
  for (const std::string& name : {new_api, new_worker}) scene.wait_condition(name, "healthy");
  require_heals(scene, canary);
  scene.instruct(web, "/fix");
  scene.wait_condition(web, "healthy");
  scene.wait_checks(8);

  REQUIRE(scene.facts(web) == before);
  for (const std::string& name : {new_api, new_worker}) REQUIRE(scene.acts(name, "restart") == 0);
  REQUIRE(healer.said("STARTING ") == 1);  // the canary
  REQUIRE(healer.metric("healer_remedies_total") == 1);
  for (const std::string& name : {new_api, new_worker}) REQUIRE(scene.slack().about(name) == 0);
}
