// Tests of a container whose health is that of a gRPC service, on a real gRPC server.
#include <doctest/doctest.h>

#include "integration/engine_scene.hpp"

using namespace healer::testing;

namespace {

/// Whether this machine has the server's packages, so that the test can build an image of it.
bool has_grpc_server() {
  const bool has = run({.arguments = {"/usr/bin/python3", "-c", "import grpc, google.protobuf"}}).code == 0;
  if (!has) MESSAGE("skipped: no python3-grpcio on this machine");
  return has;
}

/// An image of tests/support/grpc_health_server.py on port 8080.
std::string grpc_image(EngineScene& scene) {
  const std::string root = scene.file("grpc");
  const Ran gathered = run({.arguments = {GRPC_SERVER_ROOT, root}});
  REQUIRE_MESSAGE(gathered.code == 0, gathered.output);
  const std::string name = scene.lab().image_name("grpc-server");
  import_image(
      scene.docker(), root, name,
      {R"(ENTRYPOINT ["/python", "/grpc_health_server.py", "--on", "0.0.0.0:8080"])", "EXPOSE 8080"});
  return name;
}

/// The service "orders" becomes NOT_SERVING until the process is replaced; the server itself stays SERVING.
void end_service(EngineScene& scene, const std::string& name) {
  scene.docker()({"exec", name, "/python", "-c", "import os, signal; os.kill(1, signal.SIGUSR1)"});
}

}  // namespace

TEST_CASE("a gRPC service that is NOT_SERVING is restarted once, and its server alone is not judged by it") {
  if (!has_grpc_server()) return;
  EngineScene scene;
  Make make;
  make.image = grpc_image(scene);
  make.options = {"--label", "healer.probe=grpc", "--label", "healer.start_period=60s"};
  const std::string server = scene.app("grpc-server", make);
  make.options.insert(make.options.end(), {"--label", "healer.service=orders"});
  const std::string orders = scene.app("grpc-orders", make);
  HealerProcess& healer = scene.healer();
  for (const std::string& name : {server, orders}) scene.wait_condition(name, "healthy");
  const ContainerFacts before = scene.facts(orders);
  const ContainerFacts server_before = scene.facts(server);

  for (const std::string& name : {server, orders}) end_service(scene, name);
  scene.wait_said(orders + " — RECOVERED after 1 attempt");
  scene.wait_condition(orders, "healthy");
  const ContainerFacts after = scene.facts(orders);
  REQUIRE(after.id == before.id);
  REQUIRE(after.started_at != before.started_at);
  REQUIRE(scene.acts(orders, "restart") == 1);
  REQUIRE(healer.said(orders + " — unhealthy (1/3): gRPC health says NOT_SERVING") == 1);
  REQUIRE(healer.said(orders + " — unhealthy (2/3): gRPC health says NOT_SERVING") == 1);
  REQUIRE(healer.said("RESTARTING " + orders + " — failed 3 consecutive health checks") == 1);
  REQUIRE(healer.metric("healer_checks_total", {"outcome=\"fail\"", "cause=\"not_serving\""}) >= 3);
  scene.wait("both messages", [&] { return scene.slack().accepted().size() >= 2; });
  REQUIRE(scene.slack().accepted().size() == 2);
  REQUIRE(scene.slack().about(orders + " is unhealthy: gRPC health says NOT_SERVING") == 1);

  scene.wait_condition(server, "healthy");
  REQUIRE(healer.said(server + " — unhealthy") == 0);
  REQUIRE(scene.facts(server) == server_before);
  REQUIRE(healer.metric("healer_remedies_total") == 1);
}
