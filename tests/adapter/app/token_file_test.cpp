// `healer run --new-token FILE`: the token of a stack makes itself.
#include <doctest/doctest.h>

#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>

#include "support/healer_process.hpp"
#include "support/scripted_server.hpp"
#include "support/wait.hpp"

namespace healer::testing {
namespace {

struct Scene {
  TemporaryFolder folder;
  std::string token = folder.file("token");
  HealerProcess healer{{{"DOCKER_HOST", "unix://" + folder.file("no-engine.sock")},
                        {"HEALER_STATE", folder.file("healer.db")},
                        {"HEALER_ADMIN_SOCKET", folder.file("healer.sock")},
                        {"HEALER_LISTEN", "127.0.0.1:0"},
                        {"ALERTMANAGER_TOKEN_FILE", folder.file("token")}},
                       folder.path()};

  void start() {
    healer.start({"run", "--new-token", token});
    wait_until("healer answers", [&] { return !healer.address().empty() || !healer.alive(); });
    REQUIRE_MESSAGE(healer.alive(), healer.log());
  }
};

TEST_CASE("a missing token file is made, private to its owner and group, and kept from then on") {
  Scene scene;
  scene.start();
  const std::string made = read_file(scene.token);
  CHECK(made.size() == 49);
  CHECK(made.find_first_not_of("0123456789abcdef\n") == std::string::npos);
  struct stat facts {};
  REQUIRE(::stat(scene.token.c_str(), &facts) == 0);
  CHECK((facts.st_mode & 07777U) == 0640U);
  for (const auto& file : std::filesystem::directory_iterator(scene.folder.path()))
    CHECK(file.path().string().find("token.") == std::string::npos);  // no part of it is left
  CHECK(scene.healer.log().find(made.substr(0, 48)) == std::string::npos);
  scene.healer.kill();
  scene.start();
  CHECK(read_file(scene.token) == made);

  Scene other;
  other.start();
  CHECK(read_file(other.token) != made);
}

TEST_CASE("what stands at the token's place is left alone") {
  Scene scene;
  std::ofstream(scene.token) << "the-operators-own-token";
  scene.start();
  CHECK(read_file(scene.token) == "the-operators-own-token");
}

TEST_CASE("a token file that cannot be made ends healer with the path and the reason") {
  Scene scene;
  scene.token = scene.folder.file("missing/token");
  scene.healer.start({"run", "--new-token", scene.token});
  wait_until("healer ends", [&] { return !scene.healer.alive(); });
  CHECK(scene.healer.log().find("--new-token: " + scene.token + ": No such file or directory") !=
        std::string::npos);
}

}  // namespace
}  // namespace healer::testing
