#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdlib>
#include <exception>
#include <iostream>
#include <string_view>

#include "integration/lab.hpp"
#include "support/docker_cli.hpp"

namespace {

constexpr int skipped = 77;

bool engine_required() {
  const char* value = std::getenv("HEALER_TEST_REQUIRE_ENGINE");
  return value && std::string_view(value) == "1";
}

}  // namespace

int main(int argc, char** argv) {
  doctest::Context context(argc, argv);
  context.setOption("duration", true);
  if (!healer::testing::DockerCli().answers()) {
    const char* host = std::getenv("DOCKER_HOST");
    std::cerr << "no Docker Engine answers at " << (host ? host : "the docker client's default")
              << ": start one with scripts/engine.sh, or set DOCKER_HOST\n";
    return engine_required() ? 1 : skipped;
  }
  if (context.shouldExit()) return context.run();
  try {
    healer::testing::shared_lab();
  } catch (const std::exception& refused) {
    std::cerr << refused.what() << "\n";
    return 1;
  }
  return context.run();
}
