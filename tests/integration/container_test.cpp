// Tests of healer in its own container, beside the containers that it heals.
#include <doctest/doctest.h>

#include <filesystem>
#include <sstream>

#include "integration/engine_scene.hpp"

using namespace healer::testing;

namespace {

namespace fs = std::filesystem;

/// An image of healer with the libraries it needs, at the paths where it looks for them.
void make_healer_image(const DockerCli& docker, const std::string& image) {
  const TemporaryFolder folder;
  const fs::path root = folder.file("root");
  fs::create_directories(root / "bin");
  fs::create_directories(root / "tmp");
  fs::copy_file(HEALER_BINARY, root / "bin/healer");
  run({.arguments = {"strip", (root / "bin/healer").string()}});
  std::istringstream words(run({.arguments = {"ldd", HEALER_BINARY}}).output);
  for (std::string word; words >> word;) {
    if (!word.starts_with("/")) continue;
    fs::create_directories(root / fs::path(word).parent_path().relative_path());
    fs::copy_file(fs::canonical(word), root / fs::path(word).relative_path(),
                  fs::copy_options::skip_existing);
  }
  import_image(docker, root.string(), image, {"ENTRYPOINT [\"/bin/healer\"]", "LABEL monitored=true"});
}

}  // namespace

TEST_CASE("healer in a container heals over a shared network and never watches itself") {
  EngineScene scene;
  const DockerCli& docker = scene.docker();
  const std::string socket = docker.unix_socket();
  if (socket.empty()) {
    MESSAGE("skipped: the engine is not reached over a unix socket");
    return;
  }
  const std::string image = scene.lab().image_name("healer");
  make_healer_image(docker, image);
  const std::string network = scene.lab().name("net");
  docker({"network", "create", "--label", scene.lab().mark(), network});
  const std::string healer = scene.lab().name("healer");

  // No port is published: healer reaches `near` over the network and cannot reach `far`.
  const auto run_app = [&](const std::string& base, const std::string& on) {
    std::string name = scene.lab().name(base);
    docker({"run", "-d", "--name", name, "--label", scene.lab().mark(), "--label", "monitored=true",
            "--network", on, scene.lab().image()});
    return name;
  };
  const std::string near = run_app("near", network);
  const std::string far = run_app("far", "bridge");
  docker({"run",       "-d",
          "--name",    healer,
          "--label",   scene.lab().mark(),
          "--network", network,
          "-v",        socket + ":/var/run/docker.sock",
          "-e",        "HEALER_STATE=/tmp/healer.db",
          "-e",        "HEALER_ADMIN_SOCKET=/tmp/healer.sock",
          "-e",        "CHECK_INTERVAL=1s",
          "-e",        "FAST_INTERVAL=250ms",
          "-e",        "LOG_FORMAT=json",
          image});
  const auto said = [&](const std::string& text) {
    return docker.attempt({"logs", healer}).output.find(text) != std::string::npos;
  };
  const auto wait_said = [&](const std::string& text) {
    try {
      scene.wait("healer logs " + text, [&] { return said(text); });
    } catch (const NotInTime&) {
      MESSAGE(docker.attempt({"logs", healer}).output);
      throw;
    }
  };
  wait_said(near + " — watched by http ");
  wait_said(far + " — cannot be checked; its health is unknown");
  REQUIRE(!said("127.0.0.1:8080"));
  scene.wait("it is healthy", [&] {
    return docker.attempt({"exec", healer, "/bin/healer", "status", "--json"}).output.find("\"healthy\"") !=
           std::string::npos;
  });
  REQUIRE(docker.attempt({"exec", healer, "/bin/healer", "status"}).output.find(" reachable, unguarded\n") !=
          std::string::npos);

  docker({"exec", near, "busybox", "wget", "-q", "-O", "/dev/null",
          "--post-data=", "http://127.0.0.1:8080/break"});
  wait_said(near + " — RECOVERED after 1 attempt");
  REQUIRE(scene.acts(near, "restart") == 1);
  REQUIRE(scene.acts(far, "start") == 1);
  REQUIRE(scene.acts(healer, "start") == 1);
  REQUIRE(!said(healer + " — "));
}
