// Situations from public reports that need an engine with settings of its own: a swarm, networks that the
// host does not reach, no userland proxy, live-restore. reported_test.cpp has the others.
#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "integration/private_scene.hpp"
#include "support/wait.hpp"

using namespace healer::testing;

namespace {

/// A request to sample-app from inside its container: its ports may be out of the host's reach.
void instruct_inside(const EngineScene& scene, const std::string& name, const std::string& path) {
  scene.wait(name + " takes POST " + path + " from inside", [&] {
    const std::string url = "http://127.0.0.1:8080" + path;
    return scene.docker()
               .attempt({"exec", name, "busybox", "wget", "-q", "-O", "-", "--post-data=", url})
               .code == 0;
  });
}

/// Proves that this healer heals. What it would have done to another container before has been done by then.
void require_heals(EngineScene& scene, const std::string& canary) {
  scene.wait_condition(canary, "healthy");
  instruct_inside(scene, canary, "/break");
  scene.wait_said(canary + " — RECOVERED after 1 attempt");
}

/// The container's address on its only network.
std::string address_of(const EngineScene& scene, const std::string& name) {
  return scene.docker()({"inspect", "-f", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", name});
}

Make on_network(const std::string& network, const std::vector<std::string>& labels = {}) {
  Make make;
  make.published = false;
  make.options = {"--network", network};
  for (const std::string& label : labels) make.options.insert(make.options.end(), {"--label", label});
  return make;
}

/// A container whose check is a command, which the engine runs wherever its networks are.
Make by_command() {
  Make make;
  make.published = false;
  make.options = {"--label", "healer.probe=exec", "--label", "healer.command=/bin/sample-app healthcheck",
                  // A loaded engine takes seconds to run a command.
                  "--label", "healer.interval=5s", "--label", "healer.timeout=5s"};
  return make;
}

/// These containers cannot be checked from here: healer says so, and nothing follows, though they fail for so
/// many checks of the canary.
void require_not_judged(EngineScene& scene, const std::vector<std::string>& names, const std::string& canary,
                        const std::string& why, double checks = 12) {
  HealerProcess& healer = scene.healer();
  scene.wait_condition(canary, "healthy");
  std::vector<ContainerFacts> before;
  for (const std::string& name : names) {
    scene.wait(name + " is known to be out of reach", [&] {
      return healer.command({"explain", name}).output.find(why) != std::string::npos;
    });
    before.push_back(scene.facts(name));
  }
  scene.wait_checks(checks);
  require_heals(scene, canary);
  for (std::size_t at = 0; at < names.size(); ++at) {
    REQUIRE(scene.facts(names[at]) == before[at]);
    REQUIRE(healer.said("STARTING " + names[at]) == 0);
    REQUIRE(healer.said(names[at] + " — unhealthy") == 0);
  }
  REQUIRE(healer.metric("healer_remedies_total") == 1);  // the canary's
  REQUIRE(scene.slack().with_color(SlackSink::critical) == 0);
}

const std::string no_route = "no directly connected route of this host leads to its network";
/// Failures of a check that never passed would count, so only the address keeps healer from judging.
const std::string eager = "healer.unproven=act";

}  // namespace

TEST_CASE("reported: a failing task of a Swarm service is notified, and no further task appears") {
  // moby/moby#25256, moby/moby#28739: when a task's container is restarted by the engine, the swarm makes a
  // new task beside it.
  if (!private_engine_is_possible()) return;
  PrivateScene own;
  EngineScene& scene = own.scene();
  own.connect_uplink();
  scene.docker()({"swarm", "init", "--advertise-addr", PrivateScene::uplink_address});
  const std::string service = scene.lab().name("tasks");
  scene.docker()({"service", "create", "-q", "--detach", "--no-resolve-image", "--name", service,
                  "--replicas", "4", "--stop-grace-period", "2s", "--container-label", "monitored=true",
                  "--container-label", scene.lab().mark(), scene.lab().image()});
  const auto running = [&] {
    std::vector<std::string> all =
        scene.docker().lines({"ps", "--no-trunc", "--filter",
                              "label=com.docker.swarm.service.name=" + service, "--format", "{{.Names}}"});
    std::sort(all.begin(), all.end());
    return all;
  };
  scene.wait("the four tasks run", [&] { return running().size() == 4; });
  const std::vector<std::string> tasks = running();
  const std::string canary = scene.app("canary");
  HealerProcess& healer = scene.healer();
  for (const std::string& task : tasks) scene.wait_condition(task, "healthy");
  scene.wait_condition(canary, "healthy");
  const ContainerFacts before = scene.facts(tasks[0]);

  instruct_inside(scene, tasks[0], "/break");
  scene.wait("operators hear whose it is", [&] { return scene.slack().about("Swarm") >= 1; });
  scene.wait_checks(25);
  require_heals(scene, canary);
  REQUIRE(scene.facts(tasks[0]) == before);
  REQUIRE(running() == tasks);
  REQUIRE(scene.docker().lines({"service", "ps", "-q", service}).size() == 4);
  REQUIRE(healer.metric("healer_remedies_total") == 1);  // the canary's
}

TEST_CASE("reported: an overlay address is not judged from the host") {
  // moby/moby#18357: packets from the host to a container's overlay address go to the default route.
  if (!private_engine_is_possible()) return;
  PrivateScene own;
  EngineScene& scene = own.scene();
  own.connect_uplink();
  scene.docker()({"swarm", "init", "--advertise-addr", PrivateScene::uplink_address});
  const std::string network = scene.lab().name("far");
  scene.docker()({"network", "create", "-d", "overlay", "--attachable", network});
  const std::vector<std::string> names = {
      scene.app("automatic", on_network(network)),
      scene.app("configured", on_network(network, {"healer.probe=http", eager}))};
  for (const std::string& name : names) {
    instruct_inside(scene, name, "/fix");  // it serves
    REQUIRE(own.ask("http://" + address_of(scene, name) + ":8080/health") == 0);
  }
  const std::string canary = scene.app("canary");
  scene.healer();
  require_not_judged(scene, names, canary, no_route);
}

TEST_CASE("reported: a macvlan address is not judged from its own host") {
  // moby/libnetwork#1915: the kernel separates a macvlan from its parent, though the address is on-link.
  if (!private_engine_is_possible()) return;
  PrivateScene own;
  EngineScene& scene = own.scene();
  own.connect_uplink();
  const std::string network = scene.lab().name("lan");
  const Ran made = scene.docker().attempt({"network", "create", "-d", "macvlan", "--subnet", "10.77.0.0/24",
                                           "--gateway", "10.77.0.254", "--ip-range", "10.77.0.128/25", "-o",
                                           std::string("parent=") + PrivateScene::uplink, network});
  REQUIRE_MESSAGE(made.code == 0, made.output);
  const Ran first = scene.docker().attempt({"run", "--rm", "--network", network, "--entrypoint", "/bin/test",
                                            scene.lab().image(), "-d", "/state"});
  if (first.output.find("operation not supported") != std::string::npos) {
    MESSAGE("skipped: this kernel has no macvlan: ", first.output);
    return;
  }
  REQUIRE_MESSAGE(first.code == 0, first.output);
  const std::vector<std::string> names = {
      scene.app("automatic", on_network(network)),
      scene.app("configured", on_network(network, {"healer.probe=http", eager})),
      scene.app("connected", on_network(network, {"healer.probe=tcp", eager}))};
  for (const std::string& name : names) {
    instruct_inside(scene, name, "/fix");  // it serves
    REQUIRE(own.ask("http://" + address_of(scene, name) + ":8080/health") == 0);
  }
  const std::string canary = scene.app("canary");
  scene.healer({{"REQUEST_TIMEOUT", "1s"}});
  require_not_judged(scene, names, canary, no_route);
}

TEST_CASE("reported: what a rootless engine shows as its host and its addresses is not judged") {
  // moby/moby#40865, moby/moby#43116: both are in the engine's network namespace. The engine here runs with
  // --rootless and has a namespace of its own, as under RootlessKit; healer is outside of it.
  if (!private_engine_is_possible()) return;
  std::optional<PrivateScene> own;
  try {
    own.emplace(std::vector<std::string>{"--rootless"}, HealerRuns::OutsideOfIt);
  } catch (const NotInTime& error) {
    // Engine 29 looks for RootlessKit's socket; 20.10 does not.
    if (std::string(error.what()).find("ROOTLESSKIT_STATE_DIR") == std::string::npos) throw;
    MESSAGE("skipped: this engine runs rootless only under RootlessKit");
    return;
  }
  EngineScene& scene = own->scene();
  REQUIRE(scene.docker()({"info", "--format", "{{.SecurityOptions}}"}).find("name=rootless") !=
          std::string::npos);
  const std::string on_host = scene.app("on-host", on_network("host", {"healer.port=8080", eager}));
  const std::string on_bridge = scene.app("on-bridge", on_network("bridge", {"healer.probe=http", eager}));
  REQUIRE(own->ask("http://127.0.0.1:8080/health") == 200);  // in the engine's namespace
  REQUIRE(own->ask("http://" + address_of(scene, on_bridge) + ":8080/health") == 200);
  const std::string canary = scene.app("canary", by_command());
  scene.healer();
  require_not_judged(scene, {on_host, on_bridge}, canary, "of a rootless engine", 5);
}

TEST_CASE("reported: a port published at [::] alone, without the userland proxy, causes no remedy") {
  // moby/libnetwork#1099: nothing carries a connection to ::1 to a container without an IPv6 address.
  if (!private_engine_is_possible()) return;
  PrivateScene own({"--userland-proxy=false"});
  EngineScene& scene = own.scene();
  Make make;
  make.published = false;
  make.options = {"-p", "[::]::8080"};
  const std::string automatic = scene.app("automatic", make);
  make.options.insert(make.options.end(), {"--label", "healer.probe=http"});
  const std::string configured = scene.app("configured", make);
  const std::vector<std::string> names = {automatic, configured};
  std::vector<ContainerFacts> before;
  for (const std::string& name : names) {
    instruct_inside(scene, name, "/fix");  // it serves
    before.push_back(scene.facts(name));
  }
  // Engine 20.10 shows no published port then, and healer asks the container's own address. Newer ones show
  // the port, though nothing answers there.
  const Ran port = scene.docker().attempt({"port", configured, "8080/tcp"});
  const bool shown = port.code == 0;
  if (shown) {
    const std::string line = port.output.substr(0, port.output.find('\n'));
    REQUIRE(own.ask("http://[::1]" + line.substr(line.rfind(':')) + "/health") == 0);
  }
  Make direct;
  direct.published = false;
  const std::string canary = scene.app("canary", direct);
  HealerProcess& healer = scene.healer();
  scene.wait_condition(canary, "healthy");
  for (const std::string& name : names)
    if (!shown) scene.wait_condition(name, "healthy");
  if (shown)
    scene.wait("healer says what it tried", [&] {
      return healer.command({"explain", configured}).output.find("::1") != std::string::npos;
    });
  scene.wait_checks(30);
  require_heals(scene, canary);
  for (std::size_t at = 0; at < names.size(); ++at) REQUIRE(scene.facts(names[at]) == before[at]);
  REQUIRE(healer.metric("healer_remedies_total") == 1);  // the canary's
  REQUIRE(scene.slack().about(configured) <= 1);
}

TEST_CASE("reported: the userland proxies die with the engine, and nothing is restarted for it") {
  // With live-restore the containers outlive the engine, and their published ports refuse until it is back.
  if (!private_engine_is_possible()) return;
  PrivateScene own({"--live-restore"});
  EngineScene& scene = own.scene();
  Make tcp;
  tcp.options = {"--label", "healer.probe=tcp"};
  const std::vector<std::string> names = {scene.app("web"), scene.app("api"), scene.app("port", tcp)};
  Make direct;
  direct.published = false;
  const std::string canary = scene.app("canary", direct);
  HealerProcess& healer = scene.healer();
  std::vector<ContainerFacts> before;
  std::vector<std::string> ports;
  for (const std::string& name : names) {
    scene.wait_condition(name, "healthy");
    before.push_back(scene.facts(name));
    ports.push_back(scene.docker()({"port", name, "8080/tcp"}));
    REQUIRE(own.ask("http://" + ports.back() + "/health") == 200);
  }
  scene.wait_condition(canary, "healthy");

  own.engine().kill();
  scene.wait("healer misses the engine", [&] { return healer.metric("healer_engine_up") == 0; });
  for (const std::string& port : ports) REQUIRE(own.ask("http://" + port + "/health") == 0);
  scene.wait_checks(20);  // the canary, which needs no proxy, is asked all the while
  own.engine().start();
  scene.wait("healer sees the engine again", [&] { return healer.metric("healer_engine_up") == 1; });
  for (const std::string& name : names) scene.wait_condition(name, "healthy");
  scene.wait_checks(12);
  require_heals(scene, canary);
  for (std::size_t at = 0; at < names.size(); ++at) {
    REQUIRE(scene.facts(names[at]) == before[at]);
    REQUIRE(scene.slack().about(names[at]) == 0);
  }
  REQUIRE(healer.metric("healer_remedies_total") == 1);  // the canary's
}
