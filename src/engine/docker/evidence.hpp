#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>

#include "engine/docker/caller.hpp"
#include "engine/engine.hpp"

namespace healer::docker {

/// The collections of evidence that are under way. Each makes four calls at once and calls `done` when all
/// have an answer or the deadline has come.
class Captures {
 public:
  using Done = std::function<void(EngineEvidence)>;

  /// `caller` must outlive this object.
  explicit Captures(Caller& caller) : caller_(caller) {}
  ~Captures();
  Captures(const Captures&) = delete;
  Captures& operator=(const Captures&) = delete;

  /// Engine::collect_evidence.
  void collect(EvidenceOrder order, Done done);

 private:
  class Capture;

  Caller& caller_;
  std::uint64_t last_number_ = 0;
  std::unordered_map<std::uint64_t, std::shared_ptr<Capture>> open_;
};

}  // namespace healer::docker
