#include "engine/docker/json_container.hpp"

#include <doctest/doctest.h>

#include <string>

#include "engine/docker/engine_time.hpp"
#include "fixtures.hpp"

using namespace healer;
using namespace healer::docker;
using healer::testing::fixture;

namespace {

Container parsed(const std::string& json) {
  const auto container = parse_container(json);
  if (!container) FAIL(container.error().message);
  return *container;
}

PortBinding published(std::uint16_t port, const char* address, std::uint16_t host_port) {
  return {port, true, address, host_port};
}

/// A short but complete inspect answer with the given State, Config, HostConfig and NetworkSettings.
std::string inspect_json(const std::string& state, const std::string& config = "{}",
                         const std::string& host = "{}", const std::string& network = "{}") {
  return R"({"Id":"abc","Name":"/web","RestartCount":2,"State":)" + state + R"(,"Config":)" + config +
         R"(,"HostConfig":)" + host + R"(,"NetworkSettings":)" + network + "}";
}
const std::string running = R"({"Status":"running","StartedAt":"2026-11-22T19:58:49.136605995Z"})";

}  // namespace

TEST_CASE("Docker 20.10: a published container with an unhealthy check is read") {
  const Container c = parsed(fixture("inspect_20.10_unhealthy"));
  CHECK(c.id.substr(0, 12) == "6018c2c1bd50");
  CHECK(c.name == "sample-app");
  CHECK(c.image == "bb:1");
  CHECK(c.labels.at("monitored") == "true");
  CHECK(c.identity == Identity{"p/web/1", "p/web", false, ""});
  CHECK(c.image_id == "sha256:dc5de1da4859a87a248afacce51bcf40ac9a85f6cb056dfe3161f649e7a9f887");
  CHECK(c.owner == Owner{});
  CHECK(c.start_order.dependencies == std::vector<std::string>{"p/db"});
  CHECK(c.start_order.restarted_with == std::vector<std::string>{"p/db"});
  CHECK(c.start_order.awaited_jobs == std::vector<std::string>{"p/migrate"});
  CHECK(c.operator_command.empty());
  CHECK(c.advice == Advice{"docker logs sample-app", "docker start sample-app"});
  CHECK(c.state == ContainerState::Running);
  CHECK(c.started_at == "2026-11-22T19:58:49.136605995Z");
  REQUIRE(c.started);
  CHECK(c.started->unix_ms == 1795377529136);
  CHECK_FALSE(c.finished);
  CHECK(c.engine_restarts.policy == RestartPolicy::OnFailure);
  CHECK(c.engine_restarts.maximum_retries == 3);
  CHECK(c.stop_timeout == Duration{3000});
  CHECK(c.health == EngineHealth::Unhealthy);
  REQUIRE(c.health_check.checked);
  CHECK(c.health_check.checked->unix_ms == 1795377532968);
  CHECK(c.health_check.exit_code == 1);
  CHECK(c.health_check.interval == 500ms);
  CHECK(c.health_check.timeout == 1s);
  CHECK(c.health_check.start_period == 200ms);
  CHECK(c.network == NetworkKind::Own);
  REQUIRE(c.ports.size() == 4);
  CHECK(c.ports[0] == published(8080, "127.0.0.1", 18080));
  CHECK(c.ports[1] == published(9090, "0.0.0.0", 19090));
  CHECK(c.ports[2] == published(9090, "::", 19090));
  CHECK(c.ports[3] == PortBinding{5353, false, "", 0});
  REQUIRE(c.networks.size() == 1);
  CHECK(c.networks[0] == NetworkAttachment{"bridge", "172.17.0.2"});
  CHECK(c.memory_limit_note == "limit 64 MiB");
}

TEST_CASE("Docker 20.10: plain, host network, created and exited containers are read") {
  const Container plain = parsed(fixture("inspect_20.10_plain"));
  CHECK(plain.health == EngineHealth::None);
  CHECK(plain.health_check.interval == Duration{0});
  CHECK_FALSE(plain.health_check.checked);
  CHECK_FALSE(plain.health_check.exit_code);
  CHECK_FALSE(plain.stop_timeout);
  CHECK(plain.engine_restarts.policy == RestartPolicy::No);
  CHECK(plain.memory_limit_note.empty());
  CHECK(parsed(fixture("inspect_20.10_host")).network == NetworkKind::Host);

  const Container never = parsed(fixture("inspect_20.10_created"));
  CHECK(never.state == ContainerState::Created);
  CHECK(never.started_at == "0001-01-01T00:00:00Z");
  CHECK_FALSE(never.started);

  const Container exited = parsed(fixture("inspect_20.10_exited"));
  CHECK(exited.state == ContainerState::Exited);
  CHECK(exited.exit_code == 137);
  CHECK(exited.finished);
  CHECK(exited.networks.at(0).address.empty());
}

TEST_CASE("Docker 26: unhealthy and paused containers are read") {
  const Container c = parsed(fixture("inspect_26_unhealthy"));
  CHECK(c.engine_restarts.policy == RestartPolicy::UnlessStopped);
  CHECK(c.health == EngineHealth::Unhealthy);
  CHECK(c.health_check.output == "checking");
  CHECK(c.ports.at(0) == published(8080, "127.0.0.1", 18080));
  CHECK(parsed(fixture("inspect_26_paused")).state == ContainerState::Paused);
}

TEST_CASE("Podman 4: its different fields are read") {
  const Container c = parsed(fixture("inspect_podman_unhealthy"));
  CHECK(c.name == "sample-app");
  CHECK(c.image == "localhost/bb:1");
  CHECK(c.state == ContainerState::Running);
  CHECK(c.health == EngineHealth::Unhealthy);
  CHECK(c.health_check.interval == 1h);
  CHECK(c.networks.at(0).name == "podman");
  CHECK(c.engine_restarts.policy == RestartPolicy::OnFailure);

  const Container ported = parsed(fixture("inspect_podman_ported"));
  CHECK(ported.health == EngineHealth::None);
  REQUIRE(ported.ports.size() == 2);
  CHECK(ported.ports[0] == published(8080, "0.0.0.0", 18081));
  CHECK(ported.ports[1] == published(8081, "127.0.0.1", 18082));
  CHECK(parsed(fixture("inspect_podman_created")).state == ContainerState::Created);
  CHECK(parsed(fixture("inspect_podman_exited")).exit_code == 137);
}

TEST_CASE("what has to be asked besides the answer is read from it") {
  const auto docker = parse_inspect(fixture("inspect_26_unhealthy"));
  REQUIRE(docker);
  CHECK(docker->exec_ids.empty());
  CHECK(docker->health_test == std::vector<std::string>{"CMD-SHELL", "echo checking; test -f /ok"});
  CHECK_FALSE(docker->removed_at_end);
  REQUIRE(docker->network_ids.size() == 1);
  CHECK(docker->network_ids[0] == "c13fe41aca6309a56de8150a6b98a30fb039c2dca145a82a429b795420c2f5d2");
  CHECK_FALSE(needs_image(docker->container));
  CHECK(docker->container.health_check.exit_code == 1);
  const auto podman = parse_inspect(fixture("inspect_podman_unhealthy"), Product::Podman);
  REQUIRE(podman);
  CHECK(podman->exec_ids.size() == 1);
  CHECK(podman->network_ids == std::vector<std::string>{"podman"});
  const auto compose = parse_inspect(fixture("inspect_20.10_unhealthy"));
  REQUIRE(compose);
  CHECK(needs_image(compose->container));
  const auto sorted = parse_inspect(
      inspect_json(running, "{}", R"({"AutoRemove":true})",
                   R"({"Networks":{"z":{"NetworkID":"n26"},"a":{"NetworkID":"n1"},"m":null}})"));
  REQUIRE(sorted);
  CHECK(sorted->removed_at_end);
  CHECK(sorted->network_ids == std::vector<std::string>{"n1", "", "n26"});
}

TEST_CASE("the exit code of the newest health check is read, also a negative one") {
  const auto code = [](const std::string& entries) {
    return parsed(inspect_json(R"({"Status":"running","Health":{"Status":"unhealthy","Log":[)" + entries +
                               "]}}"))
        .health_check.exit_code;
  };
  CHECK(code(R"({"ExitCode":0},{"ExitCode":-1})") == -1);
  CHECK(code(R"({"ExitCode":1},{"ExitCode":126})") == 126);
  CHECK_FALSE(code(R"({"ExitCode":1},{"Output":"x"})"));
  CHECK_FALSE(code(""));
}

TEST_CASE("an image's labels are read, and only those that matter are kept") {
  const auto labels = parse_image_labels(
      R"({"Id":"x","Config":{"Labels":{"com.docker.compose.project":"shop","io.podman.compose.project":"shop",
          "io.kubernetes.pod.name":"p","supervisor_managed":"","maintainer":"x","io.buildpacks.metadata":"{}"}}})");
  REQUIRE(labels);
  CHECK(labels->size() == 4);
  CHECK(labels->at("com.docker.compose.project") == "shop");
  CHECK(labels->count("maintainer") == 0);
  CHECK(parse_image_labels(fixture("image_20.10"))->empty());
  CHECK(parse_image_labels(R"({"Config":{"Labels":null}})")->empty());
  CHECK(parse_image_labels(R"({"Config":null})")->empty());
  CHECK_FALSE(parse_image_labels(R"({"Config":{"Labels":[]}})"));
  CHECK_FALSE(parse_image_labels("x"));
}

TEST_CASE("fields that are missing, null or extreme get safe values") {
  const Container bare = parsed(R"({"Id":"abc","State":{"Status":"dead"}})");
  CHECK(bare.state == ContainerState::Dead);
  CHECK(bare.name.empty());
  const Container nulls = parsed(
      inspect_json(running, R"({"Labels":null,"Healthcheck":null,"ExposedPorts":null,"StopTimeout":null})",
                   R"({"RestartPolicy":null,"Memory":null})", R"({"Ports":null,"Networks":null})"));
  CHECK(nulls.labels.empty());
  CHECK_FALSE(nulls.stop_timeout);
  CHECK(nulls.engine_restarts.count == 2);

  const Container waits = parsed(inspect_json(running, R"({"StopTimeout":-1})"));
  CHECK(waits.stop_timeout == 1h);
  CHECK(parsed(inspect_json(running, R"({"StopTimeout":0})")).stop_timeout == 0s);
  CHECK(parsed(inspect_json(running, R"({"StopTimeout":9223372036854775807})")).stop_timeout == 1h);

  const Container defaults = parsed(inspect_json(running, R"({"Healthcheck":{"Test":["CMD","x"]}})"));
  CHECK(defaults.health_check.interval == 30s);
  CHECK(defaults.health_check.timeout == 30s);
  const Container none =
      parsed(inspect_json(running, R"({"Healthcheck":{"Test":["NONE"],"Interval":1000000000}})"));
  CHECK(none.health_check.interval == 0s);

  const Container v6 = parsed(inspect_json(
      running, "{}", "{}", R"({"Networks":{"b":{"IPAddress":"","GlobalIPv6Address":"fd00::2"},"a":null}})"));
  CHECK(v6.networks == std::vector<NetworkAttachment>{{"a", ""}, {"b", "fd00::2"}});
}

TEST_CASE("ports are sorted, published ones first, and malformed ones are left out") {
  const Container c = parsed(inspect_json(
      running, R"({"ExposedPorts":{"7000-7010/tcp":{},"80/tcp":{},"22/tcp":{},"":{},"99999/tcp":{}}})", "{}",
      R"({"Ports":{"443/tcp":[{"HostIp":"0.0.0.0","HostPort":"8443"}],"80/tcp":null,
          "53/udp":[{"HostIp":"","HostPort":"53"}],"9/tcp":[],"10/tcp":[{"HostIp":"1.2.3.4","HostPort":"x"}]}})"));
  REQUIRE(c.ports.size() == 6);
  CHECK(c.ports[0] == PortBinding{53, false, "0.0.0.0", 53});
  CHECK(c.ports[1] == published(443, "0.0.0.0", 8443));
  CHECK(c.ports[2] == PortBinding{9, true, "", 0});
  CHECK(c.ports[3] == PortBinding{10, true, "", 0});
  CHECK(c.ports[4] == PortBinding{22, true, "", 0});
  CHECK(c.ports[5] == PortBinding{80, true, "", 0});
}

TEST_CASE("the output of a health check is made safe to show") {
  const Container c = parsed(inspect_json(
      R"({"Status":"running","Health":{"Status":"unhealthy","Log":[{"End":"x","Output":"old"},
          {"End":"2026-11-22T20:58:49.5+01:00","Output":"\u001b[31m)" +
      std::string("\xC3") + std::string(10'000, 'y') + R"("}]}})"));
  CHECK(c.health_check.output.size() <= 4096);
  CHECK(c.health_check.output.find('\x1b') == std::string::npos);
  CHECK(c.health_check.output.find("\xC3y") == std::string::npos);
  REQUIRE(c.health_check.checked);
  CHECK(c.health_check.checked->unix_ms == 1795377529500);
}

TEST_CASE("an answer of another shape is an error that names the field") {
  const auto message = [](const std::string& json) {
    const auto container = parse_container(json);
    REQUIRE_FALSE(container);
    CHECK(container.error().code == ErrorCode::Protocol);
    return container.error().message;
  };
  CHECK(message("") != "");
  CHECK(message("null").find("an object expected, null seen") != std::string::npos);
  CHECK(message("[]").find("an array seen") != std::string::npos);
  CHECK(message(R"({"Id":"a")").find("malformed") != std::string::npos);
  CHECK(message(std::string(40, '[') + std::string(40, ']')).find("deeper than 32") != std::string::npos);
  CHECK(message(R"({"State":{"Status":"running"}})").find("Id: missing") != std::string::npos);
  CHECK(message(R"({"Id":"a","State":{"Status":"melting"}})").find("\"melting\"") != std::string::npos);
  CHECK(message(R"({"Id":7,"State":{"Status":"running"}})").find("Id: a string expected, a number seen") !=
        std::string::npos);
  CHECK(message(inspect_json(R"({"Status":"running","ExitCode":"0"})"))
            .find("State.ExitCode: a number expected") != std::string::npos);
  CHECK(message(inspect_json(R"({"Status":"running","ExitCode":1.5})"))
            .find("State.ExitCode: a whole number") != std::string::npos);
  CHECK(message(inspect_json(R"({"Status":"running","ExitCode":1e300})")).find("State.ExitCode") !=
        std::string::npos);
  CHECK(message(inspect_json(R"({"Status":"running","OOMKilled":"no"})")).find("State.OOMKilled") !=
        std::string::npos);
  CHECK(message(inspect_json("[]")).find("State: an object expected, an array seen") != std::string::npos);
  CHECK(message(inspect_json(running, R"({"Labels":{"a":1}})")).find("Config.Labels.a: a string expected") !=
        std::string::npos);
  CHECK(message(inspect_json(running, "{}", "{}", R"({"Ports":{"80/tcp":{}}})"))
            .find("NetworkSettings.Ports.80/tcp: an array expected") != std::string::npos);
}

TEST_CASE("an element of a list is read, and an incomplete one refused") {
  // The splitter passes each element alone; this one is written by hand.
  const std::string docker = R"({"Id":"a1","Names":["/other/alias","/web"],"Image":"x:1","State":"running",
                                 "Status":"Up 7 seconds","Labels":{"monitored":"true"}})";
  const auto summary = parse_summary(docker);
  REQUIRE(summary);
  CHECK(summary->id == "a1");
  CHECK(summary->name == "web");
  CHECK(summary->image == "x:1");
  CHECK(summary->labels.at("monitored") == "true");
  CHECK(summary->state == ContainerState::Running);
  CHECK(summary->identity == Identity{});
  const auto of_compose = parse_summary(
      R"({"Id":"a1","Names":["/shop-web-2"],"State":"running","Labels":{"com.docker.compose.project":"shop",
          "com.docker.compose.service":"web","com.docker.compose.container-number":"2",
          "com.docker.compose.config-hash":"5f70"}})");
  REQUIRE(of_compose);
  CHECK(of_compose->identity == Identity{"shop/web/2", "shop/web", false, ""});
  const auto task = parse_summary(
      R"({"Id":"a1","Names":["/web.1.t"],"State":"running","Labels":{"com.docker.swarm.task.id":"t",
          "com.docker.swarm.task.name":"web.1.t","com.docker.swarm.service.name":"web"}})");
  REQUIRE(task);
  CHECK(task->identity == Identity{"web.1", "web", false, ""});
  CHECK_FALSE(parse_summary(R"({"Id":"a1","State":"running","Names":"/web"})"));
  CHECK_FALSE(parse_summary(R"({"State":"running"})"));
  CHECK_FALSE(parse_summary(R"({"Id":"a1"})"));
}

TEST_CASE("times are read in every format that engines write") {
  CHECK(parse_engine_time("1970-01-01T00:00:01Z")->unix_ms == 1000);
  CHECK(parse_engine_time("2026-11-22T19:58:49.136605995Z")->unix_ms == 1795377529136);
  CHECK(parse_engine_time("2026-11-22T19:58:49Z")->unix_ms == 1795377529000);
  CHECK(parse_engine_time("2026-11-22T19:58:49.1Z")->unix_ms == 1795377529100);
  CHECK(parse_engine_time("2026-11-22T21:28:49.1+01:30")->unix_ms == 1795377529100);
  CHECK(parse_engine_time("2026-11-22T14:58:49.1-05:00")->unix_ms == 1795377529100);
  CHECK(parse_engine_time("2024-02-29T00:00:00Z")->unix_ms == 1709164800000);
  for (const char* wrong :
       {"", "0001-01-01T00:00:00Z", "2026-11-22", "2026-11-22T19:58:49", "2026-13-22T19:58:49Z",
        "2025-02-29T00:00:00Z", "2026-11-22T25:58:49Z", "2026-11-22T19:58:49.Z", "2026-11-22T19:58:49Zjunk",
        "2026-11-22T19:58:49+0100", "2026-11-22T19:58:49.136605995136605995136605995136605995"}) {
    CAPTURE(std::string(wrong));
    CHECK_FALSE(parse_engine_time(wrong));
  }
}
