#pragma once

#include "probe/probe.hpp"

namespace healer {

/// Sends each question to the prober of its target's kind: http and tcp to one that opens sockets, exec to
/// one that runs commands, grpc to one that speaks it. The three answer through their own sinks.
class RoutedProber final : public Prober {
 public:
  struct Parts {
    Prober& sockets;
    Prober& execs;
  };

  /// The parts must outlive it.
  explicit RoutedProber(Parts parts) : parts_(parts) {}

  void start(ProbeId id, const ProbeTargetPtr& target, Duration timeout) override;
  /// Notified to both: ids are never shared, and one that is not open is ignored.
  void cancel(ProbeId id) override;
  std::size_t open() const override;

 private:
  Prober& part_for(const ProbeTarget& target);

  Parts parts_;
};

}  // namespace healer
