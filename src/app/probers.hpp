#pragma once

#include <memory>

#include "base/result.hpp"
#include "config/label_limits.hpp"
#include "net/loop.hpp"
#include "probe/socket_prober.hpp"
#include "runtime/exec_prober.hpp"
#include "runtime/fair_prober.hpp"
#include "runtime/routed_prober.hpp"

namespace healer {

class Log;

/// The daemon's probers: commands and sockets, each at most at the host's rate.
class Probers {
 public:
  struct Parts {
    net::Loop& loop;
    Host& host;
    Engine& engine;
    Log& log;
    Prober::Sink sink;
    FairProber::WorkloadOf workload_of;
  };

  /// The parts must outlive it. The error says what the sockets lack.
  static Result<std::unique_ptr<Probers>> open(Parts parts, const LabelLimits& limits);

  Prober& prober() { return routed_; }
  void set_rates(const LabelLimits& limits);
  std::size_t stuck() const { return execs_.stuck(); }
  std::size_t waiting() const { return fair_execs_.waiting() + fair_sockets_.waiting(); }

 private:
  Probers(Parts parts, std::unique_ptr<SocketProber> sockets, const LabelLimits& limits);

  std::unique_ptr<SocketProber> sockets_;
  ExecProber execs_;
  net::Timer exec_alarm_;
  net::Timer socket_alarm_;
  FairProber fair_execs_;
  FairProber fair_sockets_;
  RoutedProber routed_;
};

}  // namespace healer
