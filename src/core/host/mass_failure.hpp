#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "core/host/host_out.hpp"
#include "core/host/mass_guard.hpp"
#include "core/host/workloads.hpp"

namespace healer {

/// Numbers of workloads, see host_contribution.hpp.
struct HostCounts {
  std::size_t among = 0;
  std::size_t failing = 0;
  std::size_t tried = 0;  ///< of the failing: an attempt did not help
  std::size_t unnotified = 0;
  bool many_together = false;  ///< many of the failing began to fail together

  /// The contribution of a workload has changed.
  void replace(const HostContribution& before, const HostContribution& now) {
    const auto change = [](std::size_t& count, bool then, bool since) {
      count += static_cast<std::size_t>(since) - static_cast<std::size_t>(then);
    };
    change(among, before.among, now.among);
    change(failing, before.failing, now.failing);
    change(tried, before.tried, now.tried);
    change(unnotified, before.unnotified, now.unnotified);
  }
};

/// Mass failures: gives the counts to the MassGuard, notifies operators, and reports what the change means
/// for the other workloads. mass_guard.hpp has the phases.
///
///   notification | input                                  | next     | what is done
///   -------------+----------------------------------------+----------+--------------------------------------
///   (none)       | an incident of a failing workload is   | Notified | MASS FAILURE, instead of the
///   workload's
///                | not notified                           |          | own notification
///   (none),      | a remedy did not help, the first time  | Critical | MASS FAILURE, critical
///   Notified     |                                        |          |
///   Notified,    | over                                   | (none)   | MASS FAILURE OVER
///   Critical     |                                        |          |
///   (start)      | one was notified, from disk            | Notified | the mass failure goes on
///                |                                        | or       |
///                |                                        | Critical |
class MassFailure {
 public:
  MassFailure(HostState& state, const Workloads& workloads) : state_(state), workloads_(workloads) {}

  enum class Meaning {
    Nothing,
    RoomForMore,  ///< further remedies may begin
    Over,         ///< the failures during the mass failure are not about now
  };

  /// In the first step: continues the mass failure of a former process.
  void take_over(HostOut& out);
  /// Takes the present counts; to be called also when the guard's deadline is over.
  Meaning watch(const HostCounts& counts, HostOut& out);
  /// A remedy of a workload has ended.
  Meaning remedy_ended(AttemptState state, const HostCounts& counts, HostOut& out);

 private:
  Meaning changed(MassGuard::Change change, const HostCounts& counts, HostOut& out);
  void not_recovered(const HostCounts& counts, HostOut& out);
  void over(const HostCounts& counts, HostOut& out);
  fact::MassFailure now(const HostCounts& counts, Instant at) const;
  void notify_members(const HostCounts& counts, HostOut& out);
  void notify(NotificationKind kind, Notice notice, HostOut& out);
  std::vector<const Workload*> failing() const;
  std::string common_dependency(const std::vector<const Workload*>& members) const;
  std::vector<Destination> members_channels(NotificationKind kind, Instant now) const;

  HostState& state_;
  const Workloads& workloads_;
};

}  // namespace healer
