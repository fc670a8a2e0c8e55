#pragma once

#include <cstddef>
#include <functional>

#include "base/ids.hpp"
#include "base/time.hpp"
#include "model/probe.hpp"

namespace healer {

/// The port that asks targets. Facts, no judgement: a 503 is an answer here.
///
/// A question started is answered exactly once through the sink, on the loop, never from inside
/// start(), within its timeout; a cancelled one is not answered. Thousands may be open at once and
/// none waits for another; the number of open ones is bounded only by descriptors, and running out
/// of those is the fact NoResources.
class Prober {
 public:
  using Sink = std::function<void(ProbeId, ProbeFacts)>;

  virtual ~Prober() = default;
  /// `timeout` covers everything from connecting to the end of the answer.
  virtual void start(ProbeId id, const ProbeTargetPtr& target, Duration timeout) = 0;
  /// Ids that are not open are ignored.
  virtual void cancel(ProbeId id) = 0;
  virtual std::size_t open() const = 0;
};

}  // namespace healer
