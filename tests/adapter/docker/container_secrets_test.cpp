// Secret values of a container's environment are hidden in what arrives later.
#include <doctest/doctest.h>

#include <string>

#include "engine/docker/container_secrets.hpp"
#include "engine/docker/json_container.hpp"

using namespace healer;
using namespace healer::docker;

TEST_CASE("an inspect gives the secrets of the environment, and hides them in the HEALTHCHECK's output") {
  const std::string half(4090, 'x');
  const auto inspected = parse_inspect(
      R"({"Id":"c1","Name":"/db","State":{"Status":"running","Health":{"Status":"unhealthy","Log":[)"
      R"({"End":"2026-11-22T10:00:00Z","ExitCode":1,"Output":"no hunter2hunter2 )" +
      half + R"( hunter2hunter2"}]}},"Config":{"Env":["DB_PASSWORD=hunter2hunter2","PATH=/bin"]}})");
  REQUIRE(inspected);
  CHECK(inspected->secrets == std::vector<std::string>{"hunter2hunter2"});
  const std::string& output = inspected->container.health_check.output;
  CHECK(output.starts_with("no <redacted> xxx"));
  CHECK(output.find("hunter") == std::string::npos);  // nor the half that was cut
  CHECK(output.size() <= 4096);
}

TEST_CASE("the output of a command is hidden by the last inspect of its container") {
  ContainerSecrets secrets;
  secrets.learn("c1", {"hunter2hunter2"});
  secrets.learn("c2", {"other-secret"});
  CHECK(secrets.hidden("c1", "as hunter2hunter2, other-secret") == "as <redacted>, other-secret");
  CHECK(secrets.hidden("c3", "token=abcdef123456 hunter2hunter2") == "token=<redacted> hunter2hunter2");
  secrets.learn("c1", {"changed-secret"});
  CHECK(secrets.hidden("c1", "hunter2hunter2 changed-secret") == "hunter2hunter2 <redacted>");
  secrets.learn("c1", {});
  CHECK(secrets.hidden("c1", "changed-secret") == "changed-secret");
}

TEST_CASE("the secrets of many containers, and of large environments, are bounded") {
  ContainerSecrets secrets;
  for (std::size_t i = 0; i <= ContainerSecrets::most_containers; ++i)
    secrets.learn("c" + std::to_string(i), {"secret" + std::to_string(i)});
  CHECK(secrets.hidden("c0", "secret0") == "secret0");
  CHECK(secrets.hidden("c1", "secret1") == "<redacted>");
  const std::string large(ContainerSecrets::most_bytes / 4, 'y');
  for (int i = 0; i < 8; ++i) secrets.learn("large" + std::to_string(i), {large + std::to_string(i)});
  CHECK(secrets.hidden("c1", "secret1") == "secret1");
}
