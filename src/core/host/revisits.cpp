#include "core/host/revisits.hpp"

#include <algorithm>
#include <utility>

#include "base/overloaded.hpp"
#include "core/host/host_contribution.hpp"

namespace healer {
namespace {

/// The usual name of a container of this workload. A guess: the labels in the inspect answer decide.
std::string likely_name(std::string key) {
  std::replace(key.begin(), key.end(), '/', '-');
  return key;
}

}  // namespace

std::optional<Revisit> Revisits::next(HostOut& out) {
  while (true) {
    while (turn_ < keys_.size() && !is_over(group_))
      if (auto revisit = visit(group_, keys_[turn_++], out.now())) return revisit;
    keys_.clear();
    turn_ = 0;
    if (groups_.empty()) return std::nullopt;
    group_ = std::move(groups_.front());
    groups_.pop_front();
    keys_ = begin(group_, out);
  }
}

Revisits::Keys Revisits::begin(const RevisitGroup& begun, HostOut& out) const {
  const auto workloads_of = Overloaded{
      [this](const revisit_group::Released& group) { return held_.by(group.kind); },
      [this](const revisit_group::MassFailureOver&) { return held_.by(HoldKind::MassFailure); },
      [this](const revisit_group::Incidents&) {
        return workloads_.keys_where([](const Workload& workload) {
          return workload.incident || workload.notifications.unnotified_incidents > 0;
        });
      },
      [this](const revisit_group::HealthyAgain& group) { return state_.graph.ripple(group.workload); },
      [](const revisit_group::OtherParent& group) { return Keys{group.workload}; },
      [this](const revisit_group::ParentChanged& group) { return state_.networks.children(group.parent); },
      [this, &out](const revisit_group::ParentGone& group) {
        const Workload* watched = workloads_.find(group.parent);
        const bool has_container = watched != nullptr && !watched->container.id.empty();
        out.inspect(has_container ? watched->container.id : likely_name(group.parent));
        return state_.networks.children(group.parent);
      },
      [](const revisit_group::Answered& group) { return group.workloads; },
      [](const revisit_group::LookAround& group) { return group.workloads; },
      [](const revisit_group::LookedAround& group) { return group.workloads; },
      [this](const revisit_group::DependencyRestarted& group) {
        const Workload* root = workloads_.find(group.workload);
        return workloads_.keys_where([this, root](const Workload& workload) {
          if (root == nullptr || root->service.empty()) return false;
          const auto& with = workload.container.start_order.restarted_with;
          const std::vector<std::string> needs = state_.graph.dependencies(workload.key);  // without cycles
          return std::find(with.begin(), with.end(), root->service) != with.end() &&
                 std::find(needs.begin(), needs.end(), root->key) != needs.end();
        });
      },
  };
  return std::visit(workloads_of, begun);
}

bool Revisits::is_over(const RevisitGroup& group) const {
  const auto* released = std::get_if<revisit_group::Released>(&group);
  if (released == nullptr) return false;
  if (released->kind == HoldKind::Concurrency) return state_.concurrency.full();
  return released->kind == HoldKind::MassFailure && state_.mass.room(state_.concurrency.in_use()) == 0;
}

std::optional<Revisit> Revisits::visit(const RevisitGroup& group, const std::string& key, Instant now) const {
  using Result = std::optional<Revisit>;
  const auto because = [&key](auto&& reason) -> Result { return Revisit{key, reason}; };
  const auto visited = Overloaded{
      [&](const revisit_group::MassFailureOver&) {
        return because(Revisit::CauseGone{HoldKind::MassFailure, {}});
      },
      [&](const revisit_group::HealthyAgain& healthy) { return ripple(healthy.workload, key, now); },
      [&](const revisit_group::OtherParent&) { return because(Revisit::NetworkChanged{}); },
      [&](const revisit_group::ParentChanged&) { return because(Revisit::NetworkChanged{}); },
      [&](const revisit_group::ParentGone&) { return because(Revisit::NetworkChanged{}); },
      [&](const revisit_group::Answered&) { return because(Revisit::ConnectivityAnswered{}); },
      [&](const revisit_group::LookAround&) { return because(Revisit::CheckNow{}); },
      [&](const revisit_group::LookedAround&) { return because(Revisit::LookAgain{}); },
      [&](const revisit_group::DependencyRestarted& group) {
        const Workload* root = workloads_.find(group.workload);
        return root != nullptr ? because(Revisit::DependencyRestarted{root->name}) : std::nullopt;
      },
      [&](const revisit_group::Released&) { return because(Revisit::LookAgain{}); },
      [&](const revisit_group::Incidents&) { return because(Revisit::LookAgain{}); },
  };
  return std::visit(visited, group);
}

/// A workload that depends on `root`, which is healthy again: if nothing below it fails any more, its own new
/// verdict decides.
std::optional<Revisit> Revisits::ripple(const std::string& root, const std::string& key, Instant now) const {
  const Workload* healthy = workloads_.find(root);
  const Workload* workload = workloads_.find(key);
  if (healthy == nullptr || workload == nullptr || !workload->held) return std::nullopt;
  const HoldKind why = workload->held->first;
  if (why != HoldKind::Dependency && why != HoldKind::NetworkParent) return std::nullopt;
  const auto still = state_.graph.failing_root(key, [&](const std::string& other) {
    const Workload* below = workloads_.find(other);
    return below != nullptr && not_ready_reason(*below, now) != NotReady::None;
  });
  if (still) return Revisit{key, Revisit::LookAgain{}};
  return Revisit{key, Revisit::CauseGone{HoldKind::Dependency, healthy->name}};
}

}  // namespace healer
