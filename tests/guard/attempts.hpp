#pragma once

#include <string>
#include <vector>

#include "guard/guard_scene.hpp"

namespace healer::guard::testing {

/// A request that the engine carries out, and the rule by which the guard refuses it.
struct Attempt {
  Rule rule;
  std::string bytes;
};

/// A container that is attacked, and the rule that protects it.
struct Victim {
  std::string name;
  Rule rule;
};
extern const std::vector<Victim> victims;

bool succeeded(const Answered& answered);

/// More than 300 attempts on a scene's containers.
struct Suite {
  explicit Suite(Scene& on);
  /// What an attempt ended runs again.
  void restore();

  Scene& scene;
  std::vector<Attempt> attempts;
  static constexpr const char* lines = "own=g-own\n";
};

}  // namespace healer::guard::testing
