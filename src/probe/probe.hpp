#pragma once

#include <cstddef>
#include <functional>

#include "base/ids.hpp"
#include "base/time.hpp"
#include "model/probe.hpp"

namespace healer {

/// The port that executes checks of targets. It gives facts and no judgement: a 503 is an answer here.
///
/// Each started check calls the sink exactly once, on the loop, never before start() returns, within its
/// timeout; a cancelled check calls nothing. Thousands may be open at once, and none waits for another. Only
/// descriptors limit their number; without a free one the fact is NoResources.
class Prober {
 public:
  using Sink = std::function<void(ProbeId, ProbeFacts)>;

  virtual ~Prober() = default;
  /// `timeout` covers the time from connecting to the end of the answer.
  virtual void start(ProbeId id, const ProbeTargetPtr& target, Duration timeout) = 0;
  /// Ids that are not open are ignored.
  virtual void cancel(ProbeId id) = 0;
  virtual std::size_t open() const = 0;
};

}  // namespace healer
