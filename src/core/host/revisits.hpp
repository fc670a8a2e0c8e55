#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/host/held.hpp"
#include "core/host/host_out.hpp"
#include "core/host/host_state.hpp"
#include "core/host/workloads.hpp"
#include "model/record.hpp"

namespace healer {

/// A workload that must be decided about again, because something outside it changed.
struct Revisit {
  struct LookAgain {};
  struct CauseGone {
    HoldKind held_for = HoldKind::Dependency;
    std::string healthy_again;  ///< name; empty: a mass failure is over
  };
  struct NetworkChanged {};        ///< of the container whose network it shares
  struct ConnectivityAnswered {};  ///< the check that its verdict waits for
  struct CheckNow {};              ///< a remedy of a dependent waits for its result
  struct DependencyRestarted {     ///< by healer; the workload wants to be restarted after it
    std::string name;
  };

  std::string workload;
  std::variant<LookAgain, CauseGone, NetworkChanged, ConnectivityAnswered, CheckNow, DependencyRestarted>
      because;
};

/// Workloads that are revisited for one reason, one after the other.
namespace revisit_group {

struct Released {  ///< workloads with this hold, the longest due first, as long as there is room
  HoldKind kind = HoldKind::Concurrency;
};
struct MassFailureOver {};  ///< workloads that a mass failure held
struct Incidents {};        ///< workloads with an incident, or with incidents to be notified
struct HealthyAgain {       ///< workloads that were held for this one
  std::string workload;
};
struct OtherParent {  ///< the workload itself: it shares another container's network
  std::string workload;
};
struct ParentChanged {  ///< workloads that share the parent's network
  std::string parent;
};
struct ParentGone {  ///< the same; the parent's replacement is inspected before
  std::string parent;
};
struct Answered {  ///< workloads whose verdict waited for the connectivity check
  std::vector<std::string> workloads;
};

struct LookAround {  ///< workloads on which a remedy that is about to begin depends
  std::vector<std::string> workloads;
};
struct LookedAround {  ///< workloads whose remedies waited for that
  std::vector<std::string> workloads;
};
struct DependencyRestarted {  ///< workloads that want to be restarted after this one
  std::string workload;
};

}  // namespace revisit_group

using RevisitGroup =
    std::variant<revisit_group::Released, revisit_group::MassFailureOver, revisit_group::Incidents,
                 revisit_group::HealthyAgain, revisit_group::OtherParent, revisit_group::ParentChanged,
                 revisit_group::ParentGone, revisit_group::Answered, revisit_group::LookAround,
                 revisit_group::LookedAround, revisit_group::DependencyRestarted>;

/// The workloads that are still to be revisited in this step, in order. The host never decides about a
/// workload in the middle of its own decision: it adds a group, and the supervisor takes one revisit after
/// the other. Each revisit may change what the next one depends on. Therefore the workloads of a group are
/// chosen when the group begins, and whether a workload is visited is tested when it is its turn.
class Revisits {
 public:
  Revisits(const HostState& state, const Workloads& workloads, const HeldWorkloads& held)
      : state_(state), workloads_(workloads), held_(held) {}

  void add(RevisitGroup group) { groups_.push_back(std::move(group)); }
  bool any() const { return !groups_.empty() || !keys_.empty(); }
  /// Nothing: there are no more. Call it until then before anything else is decided.
  std::optional<Revisit> next(HostOut& out);

 private:
  using Keys = std::vector<std::string>;
  /// The workloads of the group.
  Keys begin(const RevisitGroup& group, HostOut& out) const;
  bool is_over(const RevisitGroup& group) const;
  std::optional<Revisit> visit(const RevisitGroup& group, const std::string& key, Instant now) const;
  std::optional<Revisit> ripple(const std::string& root, const std::string& key, Instant now) const;

  const HostState& state_;
  const Workloads& workloads_;
  const HeldWorkloads& held_;
  std::deque<RevisitGroup> groups_;
  RevisitGroup group_;  ///< the one that was begun last
  Keys keys_;           ///< of its workloads
  std::size_t turn_ = 0;
};

}  // namespace healer
