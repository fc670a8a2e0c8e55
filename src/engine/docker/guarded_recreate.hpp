#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "engine/engine.hpp"

namespace healer::net {
class Timer;
}

namespace healer::docker {

class Caller;

/// The header of every answer of healer-guard. Only a guard carries out a whole recreation by one call.
inline constexpr const char* guard_header = "Healer-Guard";

/// Engine::recreate and Engine::resume_recreate where healer-guard stands before the engine: the guard
/// derives the body itself, and finishes or undoes a recreation that was cut, so both are one question here.
class GuardedRecreator {
 public:
  using Done = std::function<void(Result<std::string>)>;

  /// `caller` must outlive this object, and must not call back after this object is destroyed.
  explicit GuardedRecreator(Caller& caller);
  ~GuardedRecreator();
  GuardedRecreator(const GuardedRecreator&) = delete;
  GuardedRecreator& operator=(const GuardedRecreator&) = delete;

  void recreate(const RecreateOrder& order, Done done);
  /// Looks under the container's name until another container than the old one has it, at most ten seconds.
  void resume(const RecreateOrder& order, Done done);

 private:
  void look(const RecreateOrder& order, std::chrono::steady_clock::time_point until, const Done& done);

  Caller& caller_;
  std::uint64_t last_ = 0;
  std::map<std::uint64_t, std::unique_ptr<net::Timer>> pauses_;
};

}  // namespace healer::docker
