#pragma once

#include <string>
#include <unordered_set>

#include "engine/engine.hpp"

namespace healer {

class Log;
class Metrics;

/// Counts the engine's objects that were too large, and names each container once: its events come again and
/// again.
class SkippedObjects {
 public:
  SkippedObjects(Log& log, Metrics& metrics) : log_(log), metrics_(metrics) {}
  void report(const SkippedObject& skipped);

 private:
  static constexpr std::size_t most_named = 1000;

  Log& log_;
  Metrics& metrics_;
  std::unordered_set<std::string> named_;  ///< container ids
};

}  // namespace healer
