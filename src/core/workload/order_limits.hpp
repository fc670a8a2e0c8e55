#pragma once

#include "core/workload/view.hpp"

namespace healer {

/// Limit of a remedy without a stop: a command in the container, a webhook.
inline constexpr Duration command_limit = 30s;
/// The runtime answers by the order's deadline; this much later the answer counts as lost.
inline constexpr Duration answer_margin = 10s;

/// Restart, stop or start of this container by the engine: its stop timeout, and what the engine needs.
Duration call_deadline(const Workload& workload);
/// By when the runtime answers an order.
Duration deadline_of(RemedyKind kind, const Workload& workload);
/// How long after the order the answer counts as lost.
Duration answer_limit(RemedyKind kind, const View& view);
/// How long after the order the engine may still execute it: the hook before it, then the call.
Duration settle_limit(const View& view);
/// The instance may still end by healer's signal.
bool after_our_signal(const View& view);
/// When the checks of an instance that began at `started` must have given a verdict.
Instant verified_by(Instant started, const View& view);

}  // namespace healer
