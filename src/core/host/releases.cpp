#include "core/host/releases.hpp"

#include <utility>
#include <variant>

namespace healer {
namespace {

HeldWorkloads::Entry hold_of(const Workload& workload) {
  const auto* planned = std::get_if<Planned>(&workload.remediation.phase);
  if (planned == nullptr || !planned->hold) return std::nullopt;
  return std::pair{planned->hold->kind, planned->due};
}

}  // namespace

void Releases::decided(Workload& workload, const HostContribution& before) {
  const HostContribution& now = workload.contribution;
  if (now.in_remedy && !before.in_remedy) state_.concurrency.taken(workload.service);
  if (!now.in_remedy && before.in_remedy) give_back(workload);
  if (before.counted && before.not_ready && !now.not_ready) ready_again_.insert(workload.key);
  enter(workload, hold_of(workload));
}

void Releases::left(Workload& workload, const HostContribution& before) {
  if (before.in_remedy) give_back(workload);
  enter(workload, std::nullopt);
  state_.concurrency.left(workload.service);
}

void Releases::joined(Workload& workload, const std::string& service) {
  if (service == workload.service) return;
  const bool in_use = workload.contribution.in_remedy;
  if (in_use) state_.concurrency.given_back(workload.service);
  state_.concurrency.left(workload.service);
  workload.service = service;
  if (in_use) state_.concurrency.taken(workload.service);
  state_.concurrency.joined(workload.service);
}

void Releases::give_back(const Workload& workload) {
  state_.concurrency.given_back(workload.service);
  slot_freed_ = true;
}

void Releases::enter(Workload& workload, const HeldWorkloads::Entry& entry) {
  if (entry == workload.held) return;
  const auto waits = [](const HeldWorkloads::Entry& of) { return of && of->first == HoldKind::Concurrency; };
  if (waits(workload.held)) state_.concurrency.wait_no_more(workload.key);
  if (waits(entry)) state_.concurrency.wait(workload.key, entry->second);
  held_.enter(workload, entry);
}

void Releases::release(HoldKind kind) {
  // An earlier group may change which workloads have the hold.
  if (revisits_.any() || held_.any(kind)) revisits_.add(revisit_group::Released{kind});
}

void Releases::by_connectivity() {
  if (!state_.connectivity.failed()) release(HoldKind::Connectivity);
}

void Releases::by_slots() {
  if (!std::exchange(slot_freed_, false)) return;
  release(HoldKind::Replica);
  release(HoldKind::MassFailure);
  release(HoldKind::Concurrency);
}

void Releases::by_dependencies() {
  for (const std::string& key : std::exchange(ready_again_, {}))
    if (state_.graph.has_dependents(key)) revisits_.add(revisit_group::HealthyAgain{key});
}

}  // namespace healer
