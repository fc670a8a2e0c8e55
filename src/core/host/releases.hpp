#pragma once

#include <set>
#include <string>

#include "core/host/held.hpp"
#include "core/host/host_state.hpp"
#include "core/host/revisits.hpp"
#include "core/workload/workload.hpp"

namespace healer {

/// Which remedies hold a slot, which wait, and what lets the waiting ones begin. HEALING.md 5.
///
///   what happened                            | who is revisited, at the end of the step
///   -----------------------------------------+-------------------------------------------------
///   a remedy ended, or more may begin at once | those held for a replica, a mass failure or a slot
///   a workload is ready again                | those held for it
///   the connectivity check passes            | those held for it
///
/// Revisited workloads may free further slots: so by_slots() and by_dependencies() are called until
/// others_may_begin() is false.
class Releases {
 public:
  Releases(HostState& state, Revisits& revisits, HeldWorkloads& held)
      : state_(state), revisits_(revisits), held_(held) {}

  /// The workload was decided; `before`: its contribution before that.
  void decided(Workload& workload, const HostContribution& before);
  /// The workload is not watched any more; `before`: its contribution until now.
  void left(Workload& workload, const HostContribution& before);
  /// An inspect shows the workload's service.
  void joined(Workload& workload, const std::string& service);

  /// More remedies may begin at once.
  void make_room() { slot_freed_ = true; }
  /// Workloads with this hold may be able to begin.
  void release(HoldKind kind);

  void by_connectivity();
  bool others_may_begin() const { return slot_freed_ || !ready_again_.empty(); }
  void by_slots();
  void by_dependencies();

 private:
  void enter(Workload& workload, const HeldWorkloads::Entry& entry);
  void give_back(const Workload& workload);

  HostState& state_;
  Revisits& revisits_;
  HeldWorkloads& held_;
  bool slot_freed_ = false;
  std::set<std::string> ready_again_;  ///< became ready in this step; their dependents are re-evaluated
};

}  // namespace healer
