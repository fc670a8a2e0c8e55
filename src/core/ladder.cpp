#include "core/ladder.hpp"

#include <algorithm>

namespace healer {
namespace {

/// What a step does with the container; None: nothing is done. Empty: the step is passed over.
std::optional<RemedyStep> applied(const RemedyStep& step, bool exited) {
  RemedyStep start;
  start.kind = RemedyKind::Start;
  RemedyStep nothing;
  nothing.kind = RemedyKind::None;
  switch (step.kind) {
    case RemedyKind::Restart:
    case RemedyKind::Kill:
    case RemedyKind::Exec:
      return exited ? start : step;
    case RemedyKind::Start:
      return exited ? std::optional<RemedyStep>(start) : std::nullopt;
    case RemedyKind::Stop:
      return exited ? nothing : step;
    case RemedyKind::Recreate:
    case RemedyKind::Webhook:
    case RemedyKind::None:
      return step;
  }
  return std::nullopt;
}

}  // namespace

bool is_restart(RemedyKind kind) {
  return kind == RemedyKind::Restart || kind == RemedyKind::Start;
}

bool keeps_instance(RemedyKind kind) {
  return kind == RemedyKind::Kill || kind == RemedyKind::Exec || kind == RemedyKind::Webhook;
}

std::optional<LadderStep> choose_step(const Policy& policy, unsigned ladder_step, bool exited,
                                      unsigned ineffective_restarts) {
  const auto size = static_cast<unsigned>(policy.remedies.size());
  if (size == 0) return std::nullopt;
  const unsigned from = std::min(ladder_step, size - 1);
  std::optional<LadderStep> first;
  for (unsigned index = from; index < size; ++index) {
    auto step = applied(policy.remedies[index], exited);
    if (!step) continue;
    const bool restart = is_restart(step->kind);
    if (!first) {
      first = LadderStep{index, std::move(*step), false};
      if (ineffective_restarts < ineffective_restarts_enough || !restart) break;
    } else if (!restart) {
      // An exited container is started before healer leaves it to an operator.
      if (exited && step->kind == RemedyKind::None) break;
      first = LadderStep{index, std::move(*step), true};
      break;
    }
  }
  if (!first && exited) {
    // Only steps for a running container are left: an earlier step may start the container.
    for (unsigned index = from; index-- > 0 && !first;)
      if (auto step = applied(policy.remedies[index], exited))
        first = LadderStep{index, std::move(*step), false};
  }
  if (!first || first->step.kind == RemedyKind::None) return std::nullopt;
  return first;
}

}  // namespace healer
