#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include "guard/guard_scene.hpp"

int main(int argc, char** argv) {
  healer::guard::testing::Scene::need_engine();
  doctest::Context context(argc, argv);
  return context.run();
}
