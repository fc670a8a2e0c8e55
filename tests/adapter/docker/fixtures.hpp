#pragma once

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

namespace healer::testing {

/// The recorded answer of a real engine (fixtures/README.md).
inline std::string fixture(const std::string& name) {
  std::ifstream file(std::string(HEALER_FIXTURES) + "/" + name + ".json");
  if (!file) throw std::runtime_error("no such fixture: " + name);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace healer::testing
