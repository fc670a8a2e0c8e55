#pragma once

#include "probe/probe.hpp"

namespace healer {

/// Gives each check to the prober for its target: exec to the prober that runs commands; http, tcp and grpc
/// to the prober that opens sockets. Each prober reports to its own sink.
class RoutedProber final : public Prober {
 public:
  struct Parts {
    Prober& sockets;
    Prober& execs;
  };

  /// The parts must outlive the RoutedProber.
  explicit RoutedProber(Parts parts) : parts_(parts) {}

  void start(ProbeId id, const ProbeTargetPtr& target, Duration timeout) override;
  /// Cancels at both probers: a ProbeId is used once, and a prober ignores an id that it does not have.
  void cancel(ProbeId id) override;
  std::size_t open() const override;

 private:
  Prober& part_for(const ProbeTarget& target);

  Parts parts_;
};

}  // namespace healer
