// What an inspect asks besides the container: the image's labels, the networks' drivers, and the commands
// that run inside.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "engine/docker/docker_engine.hpp"
#include "engine/docker/operator_command.hpp"
#include "engine_fixture.hpp"
#include "support/scripted_server.hpp"

using namespace healer;
using namespace healer::docker;
using namespace healer::testing;

namespace {

const std::string container_path = "/containers/" + id + "/json";
const std::string image_path = "/images/sha256:abc/json";

const std::string compose_labels =
    R"("com.docker.compose.project":"shop","com.docker.compose.service":"web",)"
    R"("com.docker.compose.container-number":"1","com.docker.compose.config-hash":"5f70")";

std::string inspect_json(const std::string& labels, const std::string& more = "",
                         const std::string& config = "") {
  return R"({"Id":")" + id + R"(","Name":"/web-name","Image":"sha256:abc","State":{"Status":"running"},)" +
         more + R"("Config":{)" + config + R"("Labels":{)" + labels + "}}}";
}

std::string image_json(const std::string& labels) {
  return R"({"Id":"sha256:abc","Config":{"Labels":{)" + labels + "}}}";
}

std::size_t count_of(const ScriptedServer& server, const std::string& path) {
  const auto seen = server.requests();
  return static_cast<std::size_t>(std::count_if(
      seen.begin(), seen.end(), [&](const auto& request) { return EnginePeer::path_of(request) == path; }));
}

std::string networks_json() {
  return R"([{"Id":"n1","Name":"front","Driver":"bridge"},{"Id":"n2","Name":"lan","Driver":"macvlan"}])";
}

std::string attached(const std::string& network_id) {
  return R"("NetworkSettings":{"Networks":{"a":{"IPAddress":"10.0.0.2","NetworkID":")" + network_id +
         R"("}}},)";
}

std::string exec_json(bool running, const std::string& program, const std::string& arguments) {
  return std::string(R"({"Running":)") + (running ? "true" : "false") +
         R"(,"ProcessConfig":{"entrypoint":")" + program + R"(","arguments":[)" + arguments + "]}}";
}

}  // namespace

TEST_CASE_FIXTURE(Fixture,
                  "inspect: compose's labels count if the image lacks them, and the image is asked once") {
  engine_side.answers[container_path] = answer(200, inspect_json(compose_labels));
  engine_side.answers[image_path] = answer(200, image_json(R"("maintainer":"x")"));
  const auto server = listen();
  for (int i = 0; i < 3; ++i) {
    const auto container = inspect();
    REQUIRE(container);
    CHECK(container->identity == Identity{"shop/web/1", "shop/web", false, ""});
    CHECK(container->image_id == "sha256:abc");
  }
  CHECK(count_of(*server, image_path) == 1);
}

TEST_CASE_FIXTURE(Fixture, "inspect: labels that the image has, too, are no identity") {
  engine_side.answers[container_path] = answer(200, inspect_json(compose_labels));
  engine_side.answers[image_path] = answer(200, image_json(compose_labels));
  const auto server = listen();
  const auto container = inspect();
  REQUIRE(container);
  CHECK(container->identity.key.empty());
  contains(container->identity.problem, "come from its image");
}

TEST_CASE_FIXTURE(Fixture, "inspect: the image of a container without such labels is not asked for") {
  engine_side.answers[container_path] = answer(200, inspect_json(R"("monitored":"true")"));
  const auto server = listen();
  REQUIRE(inspect());
  CHECK(count_of(*server, image_path) == 0);
}

TEST_CASE_FIXTURE(Fixture,
                  "inspect: while a proxy forbids images, the name is the identity, and that is said") {
  engine_side.answers[container_path] = answer(200, inspect_json(compose_labels));
  for (const int status : {401, 403, 405}) {
    make();
    engine_side.answers[image_path] = answer(status, "Forbidden", "text/plain");
    const auto server = listen();
    REQUIRE(connect());
    for (int i = 0; i < 2; ++i) {
      const auto container = inspect();
      REQUIRE(container);
      CHECK(container->identity.key.empty());
      CHECK(container->identity.service.empty());
      contains(container->identity.problem, "IMAGES=1");
    }
    CHECK(count_of(*server, image_path) == 1);
    engine_side.answers[image_path] = answer(200, image_json(""));
    REQUIRE(connect());  // the proxy may have other rules now
    CHECK(inspect()->identity.key == "shop/web/1");
  }
}

TEST_CASE_FIXTURE(Fixture, "inspect: an image that is gone gives a problem at once") {
  engine_side.answers[container_path] = answer(200, inspect_json(compose_labels));
  engine_side.answers[image_path] = error(404, "No such image: sha256:abc");
  const auto server = listen();
  const auto container = inspect();
  REQUIRE(container);
  contains(container->identity.problem, "gone");
}

TEST_CASE_FIXTURE(Fixture, "inspect: a passing failure of the image's inspect never changes the identity") {
  engine_side.answers[container_path] = answer(200, inspect_json(compose_labels));
  SUBCASE("no answer fails the inspect, however often") {
    const auto server = listen([this](Peer& peer) {
      while (const auto request = peer.read_request()) {
        if (EnginePeer::path_of(*request) == image_path) return;
        peer.send(EnginePeer::path_of(*request) == container_path ? engine_side.answers[container_path]
                                                                  : error(404, "nothing"));
      }
    });
    for (int i = 0; i < 5; ++i) CHECK(code_of(inspect()) == ErrorCode::ConnectionLost);
  }
  SUBCASE("an error fails two inspects, and is a problem then") {
    engine_side.answers[image_path] = error(500, "broken");
    const auto server = listen();
    const auto failed = inspect();
    CHECK(code_of(failed) == ErrorCode::PeerFailure);
    contains(failed.error().message, "inspect aaaaaaaaaaaa");
    contains(failed.error().message, "inspect image");
    CHECK(code_of(inspect()) == ErrorCode::PeerFailure);
    const auto container = inspect();
    REQUIRE(container);
    contains(container->identity.problem, "broken");
    engine_side.answers[image_path] = answer(200, image_json(""));
    CHECK(inspect()->identity.key == "shop/web/1");
  }
}

TEST_CASE_FIXTURE(Fixture, "inspect: an id of an image that would change the request is not sent") {
  std::string json = inspect_json(compose_labels);
  json.replace(json.find("sha256:abc"), 10, "../x?y#z");
  engine_side.answers[container_path] = answer(200, json);
  const auto server = listen();
  const auto container = inspect();
  REQUIRE(container);
  CHECK_FALSE(container->identity.problem.empty());
  for (const auto& request : server->requests()) CHECK(request.target.find("images") == std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "inspect: an owner's labels count unless the image has them") {
  const std::string unit = R"("PODMAN_SYSTEMD_UNIT":"web.service")";
  engine_side.answers[container_path] =
      answer(200, inspect_json(unit, R"("HostConfig":{"AutoRemove":true},)"));
  SUBCASE("of the container") {
    engine_side.answers[image_path] = answer(200, image_json(""));
    const auto server = listen();
    CHECK(inspect()->owner == Owner{"systemd unit web.service", true});
  }
  SUBCASE("of the image") {
    engine_side.answers[image_path] = answer(200, image_json(unit));
    const auto server = listen();
    CHECK_FALSE(inspect()->owner.stable);
  }
  SUBCASE("not known: the owner is respected") {
    engine_side.answers[image_path] = answer(403, "no");
    const auto server = listen();
    const auto container = inspect();
    CHECK(container->owner.name == "systemd unit web.service");
    CHECK(container->identity == Identity{});
  }
}

TEST_CASE_FIXTURE(Fixture, "inspect: a Swarm task is its service and slot, and needs no image") {
  const std::string labels = R"("com.docker.swarm.task.id":"t1","com.docker.swarm.task.name":"web.3.t1",)"
                             R"("com.docker.swarm.service.name":"web")";
  std::string json = inspect_json(labels);
  json.replace(json.find("/web-name"), 9, "/web.3.t1");
  engine_side.answers[container_path] = answer(200, json);
  const auto server = listen();
  const auto container = inspect();
  REQUIRE(container);
  CHECK(container->identity == Identity{"web.3", "web", false, ""});
  CHECK(container->owner == Owner{"Docker Swarm (service web)", false});
  CHECK(count_of(*server, image_path) == 0);
}

TEST_CASE_FIXTURE(Fixture,
                  "inspect: the drivers of all networks are asked once, and again for a new network") {
  engine_side.answers["/networks"] = answer(200, networks_json());
  engine_side.answers[container_path] = answer(200, inspect_json("", attached("n2")));
  const auto server = listen();
  CHECK(inspect()->networks.at(0) == NetworkAttachment{"a", "10.0.0.2", "macvlan"});
  CHECK(inspect()->networks.at(0).driver == "macvlan");
  CHECK(count_of(*server, "/networks") == 1);
  engine_side.answers["/networks"] = answer(200, R"([{"Id":"n3","Driver":"overlay"}])");
  engine_side.answers[container_path] = answer(200, inspect_json("", attached("n3")));
  CHECK(inspect()->networks.at(0).driver == "overlay");
  CHECK(count_of(*server, "/networks") == 2);
  engine_side.answers[container_path] = answer(200, inspect_json("", attached("unlisted")));
  CHECK(inspect()->networks.at(0).driver.empty());
  CHECK(inspect()->networks.at(0).driver.empty());
  CHECK(count_of(*server, "/networks") == 3);
}

TEST_CASE_FIXTURE(Fixture,
                  "inspect: without an answer about networks the drivers are not known, and it goes on") {
  engine_side.answers[container_path] = answer(200, inspect_json("", attached("n1")));
  for (const std::string& said :
       {answer(403, "no"), error(500, "no"), answer(200, "{}"), answer(200, "[7]")}) {
    engine_side.answers["/networks"] = said;
    const auto server = listen();
    REQUIRE(connect());
    for (int i = 0; i < 2; ++i) {
      const auto container = inspect();
      REQUIRE(container);
      CHECK(container->networks.at(0) == NetworkAttachment{"a", "10.0.0.2", ""});
    }
    CHECK(count_of(*server, "/networks") == 1);
  }
}

TEST_CASE_FIXTURE(Fixture, "inspect: an operator's command that runs inside is named") {
  engine_side.answers[container_path] = answer(200, inspect_json("", R"("ExecIDs":["e1","e2"],)"));
  SUBCASE("it runs") {
    engine_side.answers["/exec/e1/json"] = answer(200, exec_json(false, "vi", ""));
    engine_side.answers["/exec/e2/json"] = answer(200, exec_json(true, "/usr/bin/pg_dump", R"("-U","x")"));
    const auto server = listen();
    CHECK(inspect()->operator_command == "pg_dump");
  }
  SUBCASE("it has ended") {
    engine_side.answers["/exec/e1/json"] = answer(200, exec_json(false, "vi", ""));
    engine_side.answers["/exec/e2/json"] = error(404, "No such exec instance");
    const auto server = listen();
    CHECK(inspect()->operator_command.empty());
  }
  SUBCASE("a proxy forbids it") {
    engine_side.answers["/exec/e1/json"] = answer(403, "no");
    engine_side.answers["/exec/e2/json"] = answer(200, "{\"Running\":7}");
    const auto server = listen();
    const auto container = inspect();
    REQUIRE(container);
    CHECK(container->operator_command.empty());
  }
}

TEST_CASE_FIXTURE(Fixture, "inspect: the HEALTHCHECK is no operator's command") {
  engine_side.answers[container_path] = answer(
      200, inspect_json("", R"("ExecIDs":["e1"],)", R"("Healthcheck":{"Test":["CMD-SHELL","curl -f x"]},)"));
  const auto server = listen();
  engine_side.answers["/exec/e1/json"] = answer(200, exec_json(true, "/bin/sh", R"("-c","curl -f x")"));
  CHECK(inspect()->operator_command.empty());
  engine_side.answers["/exec/e1/json"] = answer(200, exec_json(true, "/bin/sh", R"("-c","curl -f y")"));
  CHECK(inspect()->operator_command == "sh");
}

TEST_CASE_FIXTURE(Fixture, "inspect: healer's own command is no operator's") {
  engine_side.answers[container_path] = answer(200, inspect_json("", R"("ExecIDs":["e1"],)"));
  engine_side.answers["/exec/e1/json"] = answer(200, exec_json(true, "/check", R"("now")"));
  const auto server = listen();
  CHECK(inspect()->operator_command == "check");
  bool done = false;
  // Refused by the engine, but a former process of healer may have begun the same command.
  engine->exec(
      ExecOrder{id, {"/check", "now"}, 100, 20s}, [&](const auto&) {}, [&] { done = true; });
  REQUIRE(run_until(loop, [&] { return done; }));
  CHECK(inspect()->operator_command.empty());
  engine_side.answers["/exec/e1/json"] = answer(200, exec_json(true, "/check", R"("later")"));
  CHECK(inspect()->operator_command == "check");
}

TEST_CASE_FIXTURE(Fixture, "inspect: at most 16 commands are asked about") {
  std::string ids = R"("e0")";
  for (int i = 1; i < 40; ++i) ids += R"(,"e)" + std::to_string(i) + '"';
  engine_side.answers[container_path] = answer(200, inspect_json("", R"("ExecIDs":[)" + ids + "],"));
  const auto server = listen();
  REQUIRE(inspect());
  const auto seen = server->requests();
  CHECK(std::count_if(seen.begin(), seen.end(),
                      [](const auto& request) { return request.target.find("/exec/") == 0; }) == 16);
}

TEST_CASE("which command is the HEALTHCHECK, and how a command is named") {
  using Words = std::vector<std::string>;
  CHECK(is_health_check(Words{"pg_isready", "-q"}, Words{"CMD", "pg_isready", "-q"}));
  CHECK_FALSE(is_health_check(Words{"pg_isready"}, Words{"CMD", "pg_isready", "-q"}));
  CHECK(is_health_check(Words{"/bin/bash", "-o", "pipefail", "-c", "a | b"}, Words{"CMD-SHELL", "a | b"}));
  CHECK(is_health_check(Words{"/bin/sh", "-c", "a", "b"}, Words{"CMD-SHELL", "a", "b"}));  // Docker
  CHECK(is_health_check(Words{"/bin/sh", "-c", "a b"}, Words{"CMD-SHELL", "a", "b"}));     // Podman
  CHECK(is_health_check(Words{"check"}, Words{"check"}));                                  // Podman
  CHECK_FALSE(is_health_check(Words{"a | b"}, Words{"CMD-SHELL", "a | b"}));
  CHECK_FALSE(is_health_check(Words{"sh"}, Words{"CMD-SHELL"}));
  CHECK_FALSE(is_health_check(Words{"sh"}, Words{}));
  CHECK_FALSE(is_health_check(Words{}, Words{"CMD"}));
  CHECK(first_word(Words{"/usr/local/bin/upgrade", "--all"}) == "upgrade");
  CHECK(first_word(Words{"bash"}) == "bash");
  CHECK(first_word(Words{}).empty());
  CHECK(first_word(Words{std::string(100, 'x')}).size() <= 40);
  CHECK(first_word(Words{"a\x1b[2Jb"}).find('\x1b') == std::string::npos);
}
