#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/time.hpp"
#include "engine/engine.hpp"
#include "model/effect.hpp"
#include "model/event.hpp"
#include "model/record.hpp"

namespace healer {

/// Makes the record of what the engine reported: every text redacted and cut to its limit.
Evidence evidence_of(const CaptureEvidence& order, Instant now, const EngineEvidence& reported);

/// The last three lines of a log that are not empty, without the engine's timestamps: printable, at most 400
/// bytes. `logs` is already redacted.
std::string evidence_excerpt(std::string_view logs);

/// Captures the evidence that a remedy would erase. HEALING.md 4. At most one capture per workload at a time:
///
///   state     | capture()                           | the engine's answer
///   ----------+-------------------------------------+------------------------------------------------------
///   idle      | calls the engine                    |
///   capturing | the order waits, and replaces an    | goes to the sink, also for a waiting order of the same
///             | older waiting order                 | container; for another container the engine is called
class EvidenceCapture {
 public:
  /// Called on the loop for each capture: the record for the store, and the event for the core.
  using Sink = std::function<void(Evidence, EvidenceCaptured)>;

  EvidenceCapture(Engine& engine, std::function<Instant()> now, Sink sink);
  void capture(CaptureEvidence order);
  /// Captures that the engine has not answered.
  std::size_t open() const { return open_.size(); }

 private:
  struct Open {
    CaptureEvidence order;
    std::vector<CaptureEvidence> waiting;  ///< at most one
  };
  void ask(CaptureEvidence order);
  void reported(const std::string& workload, const EngineEvidence& evidence);

  Engine& engine_;
  std::function<Instant()> now_;
  Sink sink_;
  std::unordered_map<std::string, Open> open_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace healer
