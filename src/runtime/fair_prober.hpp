#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <unordered_map>

#include "probe/probe.hpp"
#include "runtime/host.hpp"

namespace healer {

/// Starts the checks of another prober at a limited rate for the whole host, whatever intervals labels ask
/// for. Checks above the rate wait, and the workloads take turns: one that wants many checks delays its own.
///
///   a check comes when     | it
///   -----------------------+--------------------------------------------------
///   the rate has room      | starts at once (room for one second is saved up)
///   it has none            | waits in the queue of its workload
///   room comes             | starts as the first of the queue whose turn it is
///   it is cancelled        | leaves its queue
///
/// A check's timeout begins when it starts. The core cancels a check whose result is overdue, so no more
/// checks wait than the core has open.
class FairProber final : public Prober {
 public:
  /// Calls `work` on the loop after this time; a new call replaces the earlier one.
  using Alarm = std::function<void(Duration delay, std::function<void()> work)>;
  /// The key of the workload whose check it is.
  using WorkloadOf = std::function<std::string(ProbeId)>;
  /// Called once a minute at most, when a check that starts has waited this long, a second at least.
  using Late = std::function<void(Duration waited)>;

  struct Parts {
    Prober& inner;
    Host& host;
    Alarm alarm;
    WorkloadOf workload_of;
    Late late;
  };

  /// `inner` and `host` must outlive it. `per_second` is at least 1.
  FairProber(Parts parts, unsigned per_second);

  void start(ProbeId id, const ProbeTargetPtr& target, Duration timeout) override;
  void cancel(ProbeId id) override;
  std::size_t open() const override { return parts_.inner.open() + waiting(); }

  /// The checks that wait for their turn.
  std::size_t waiting() const { return workloads_.size(); }
  void set_rate(unsigned per_second);

 private:
  struct Waiting {
    ProbeId id;
    ProbeTargetPtr target;
    Duration timeout{0};
    Instant since{};
  };

  void fill();
  void release();
  void wait();
  void say_late(Instant since);

  Parts parts_;
  double per_second_;
  double room_;  ///< checks that may start now
  Instant filled_at_;
  Instant said_late_{};
  std::map<std::string, std::deque<Waiting>> queues_;   ///< by workload; none is empty
  std::deque<std::string> turns_;                       ///< the queues, the next one first
  std::unordered_map<ProbeId, std::string> workloads_;  ///< of the checks that wait
};

}  // namespace healer
