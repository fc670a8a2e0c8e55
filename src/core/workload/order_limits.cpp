#include "core/workload/order_limits.hpp"

#include <algorithm>

#include "core/workload/remedy_traits.hpp"
#include "core/workload/starts.hpp"
#include "core/workload/timing.hpp"

namespace healer {
namespace {

/// The engine's default stop timeout.
constexpr Duration engine_stop_timeout = 10s;
/// What the engine may need beyond the stop timeout, also with images on slow disks.
constexpr Duration call_margin = 20s;
/// What undoing needs, if a recreation fails just before its deadline.
constexpr Duration undo_margin = 30s;

}  // namespace

Duration call_deadline(const Workload& workload) {
  return workload.policy->stop_timeout.value_or(
             workload.container.stop_timeout.value_or(engine_stop_timeout)) +
         call_margin;
}

Duration deadline_of(RemedyKind kind, const Workload& workload) {
  switch (traits_of(kind).length) {
    case RemedyTraits::Length::Call:
      break;
    case RemedyTraits::Length::Short:
      return command_limit;
    case RemedyTraits::Length::Recreation:
      return 2 * call_deadline(workload) + command_limit;
  }
  return call_deadline(workload);
}

Duration answer_limit(RemedyKind kind, const View& view) {
  const Duration margin = kind == RemedyKind::Recreate ? answer_margin + undo_margin : answer_margin;
  return deadline_of(kind, view.workload) + margin + view.host.policy.hook_limit;
}

Duration settle_limit(const View& view) {
  return call_deadline(view.workload) + view.host.policy.hook_limit;
}

bool after_our_signal(const View& view) {
  const Rare<Attempt>& attempt = view.workload.remediation.attempt;
  return attempt && view.now - attempt->ordered_at < settle_limit(view) &&
         attempt->remedy == RemedyKind::Kill && attempt->instance == view.workload.instance() &&
         std::holds_alternative<Verifying>(view.workload.remediation.phase);
}

Instant verified_by(Instant started, const View& view) {
  const Workload& w = view.workload;
  const bool by_engine = w.health.probes.uses_engine_health();
  const Duration learned = learned_start_period(w);
  const Duration start_period =
      by_engine ? std::max(learned, w.container.health_check.start_period) : learned;
  // With a long interval, a verdict may need longer than the limit.
  const Duration pace = by_engine ? w.container.health_check.interval + w.container.health_check.timeout
                                  : w.policy->effective_fast_interval() + w.policy->effective_timeout();
  const Duration limit = std::max(w.policy->retry.verify_limit, pace * checks_to_decide(*w.policy));
  return std::max(view.now, started + start_period) + limit;
}

}  // namespace healer
