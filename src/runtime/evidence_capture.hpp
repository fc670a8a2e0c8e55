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

/// What an engine notified, as it is kept: every text without its secrets and within its cap.
Evidence evidence_of(const CaptureEvidence& order, Instant now, const EngineEvidence& reported);

/// The last three lines of a log that say something, without the engine's timestamps: printable, one a
/// line, at most 400 bytes. The log is redacted already.
std::string evidence_excerpt(std::string_view logs);

/// Saves what a remedy would erase. HEALING.md 4. Never two captures for one workload at once:
///
///   state     | capture()                       | the engine notified
///   ----------+---------------------------------+----------------------------------------------------------
///   idle      | asks the engine                 |
///   capturing | waits (a newer one replaces it) | kept and said; what waited is answered by the same facts,
///             |                                 | or asked for when it is about another container
class EvidenceCapture {
 public:
  /// Called for each capture, on the loop: what to keep, and what to tell the core.
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
