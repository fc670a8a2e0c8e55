#include "engine/docker/settings.hpp"

#include <doctest/doctest.h>

#include <map>

#include "support/scripted_server.hpp"

using namespace healer;
using namespace healer::docker;

namespace {

Result<DockerEngineSettings> read(std::map<std::string, std::string> variables) {
  return settings_from(
      [variables = std::move(variables)](std::string_view name) -> std::optional<std::string> {
        const auto found = variables.find(std::string(name));
        return found == variables.end() ? std::nullopt : std::optional(found->second);
      });
}

std::string where(const std::map<std::string, std::string>& variables) {
  const auto settings = read(variables);
  return settings ? net::to_string(settings->endpoint) : "refused: " + settings.error().message;
}

}  // namespace

TEST_CASE("DOCKER_HOST is read as by the docker client") {
  CHECK(where({}) == "unix:///var/run/docker.sock");
  CHECK(where({{"DOCKER_HOST", ""}}) == "unix:///var/run/docker.sock");
  CHECK(where({{"DOCKER_HOST", "unix:///run/user/1000/docker.sock"}}) == "unix:///run/user/1000/docker.sock");
  CHECK(where({{"DOCKER_HOST", "tcp://127.0.0.1:2375"}}) == "tcp://127.0.0.1:2375");
  CHECK(where({{"DOCKER_HOST", "tcp://proxy"}}) == "tcp://proxy:2375");
  CHECK(where({{"DOCKER_HOST", "tcp://proxy:1234/"}}) == "tcp://proxy:1234");
  CHECK(where({{"DOCKER_HOST", "tcp://[::1]:1234"}}) == "tcp://[::1]:1234");
  CHECK(where({{"DOCKER_HOST", "tcp://[::1]"}}) == "tcp://[::1]:2375");
}

TEST_CASE("an unusable DOCKER_HOST is refused with the value and the accepted forms") {
  for (const char* wrong :
       {"ssh://user@host", "npipe:////./pipe/docker_engine", "fd://", "http://host", "/var/run/docker.sock",
        "unix://", "unix://relative.sock", "tcp://", "tcp://:2375", "tcp://host:0", "tcp://host:x",
        "tcp://host:99999", "tcp://host:1/path", "tcp://user@host:1", "tcp://[::1:2375", "tcp://[::1]2375"}) {
    CAPTURE(std::string(wrong));
    const auto settings = read({{"DOCKER_HOST", wrong}});
    REQUIRE_FALSE(settings);
    CHECK(settings.error().code == ErrorCode::InvalidInput);
    CHECK(settings.error().message.find(wrong) != std::string::npos);
    CHECK(settings.error().message.find("unix:///path/to/socket") != std::string::npos);
  }
}

TEST_CASE("DOCKER_API_VERSION pins the version") {
  CHECK_FALSE(read({})->pinned_version);
  CHECK_FALSE(read({{"DOCKER_API_VERSION", ""}})->pinned_version);
  CHECK(*read({{"DOCKER_API_VERSION", "1.41"}})->pinned_version == ApiVersion{1, 41});
  for (const char* wrong : {"1", "1.", ".41", "one", "1.41x", "1.41.0", "-1.2"}) {
    CAPTURE(std::string(wrong));
    const auto settings = read({{"DOCKER_API_VERSION", wrong}});
    REQUIRE_FALSE(settings);
    CHECK(settings.error().message.find("DOCKER_API_VERSION") != std::string::npos);
  }
}

TEST_CASE("a missing TLS file is an error that names it, but in the default folder it may be missing") {
  const testing::TemporaryFolder home;
  const auto missing = read(
      {{"DOCKER_HOST", "tcp://h"}, {"DOCKER_TLS_VERIFY", "1"}, {"DOCKER_CERT_PATH", home.path() + "/certs"}});
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == ErrorCode::InvalidInput);
  CHECK(missing.error().message.find(home.path() + "/certs/ca.pem") != std::string::npos);
  CHECK(where({{"DOCKER_HOST", "tcp://h"}, {"DOCKER_TLS_VERIFY", "1"}, {"HOME", home.path()}}) ==
        "tcp://h:2376 (TLS)");
  CHECK(where({{"DOCKER_HOST", "tcp://h"}, {"DOCKER_TLS", "1"}, {"HOME", home.path()}}) ==
        "tcp://h:2376 (TLS)");
  CHECK(where({{"DOCKER_HOST", "tcp://h"}, {"DOCKER_TLS_VERIFY", ""}}) == "tcp://h:2375");
}
