#pragma once

#include <optional>
#include <vector>

#include "core/remedy_traits.hpp"
#include "model/policy.hpp"

namespace healer {

/// The remedies that a workload has on the engine it runs on.
struct Ladder {
  std::vector<RemedyStep> steps{RemedyStep{}};
  RemedyKind brings_back = RemedyKind::Start;  ///< what makes an exited container run again
};

/// The ladder of the policy's remedies, or the engine's default remedy where the policy names none.
/// `problems` gets one for each step that the engine cannot do; such a step is left out.
Ladder ladder_on(const Policy& policy, const Capabilities& engine, std::vector<LabelProblem>& problems);

/// The step of the ladder that applies now.
struct LadderStep {
  unsigned index = 0;
  RemedyStep step;  ///< what is done: for an exited container a restart is a start
  bool skipped_restarts = false;
};

/// Restarts in a row that did not help, after which another step is taken. HEALING.md 4, efficacy.
inline constexpr unsigned ineffective_restarts_enough = 5;

/// Finds the step for an attempt, from `step` (failed attempts of this incident, and steps skipped) on. The
/// last step repeats. RemedyTraits says what a step comes to on a container that has exited, and which steps
/// are passed over while the container runs.
///
/// With `ineffective_restarts` at the limit, steps that count as a restart are passed over when a step of
/// another kind follows. Nothing: there is no step to take, or it is `none`.
std::optional<LadderStep> choose_step(const Ladder& ladder, unsigned step, bool exited,
                                      unsigned ineffective_restarts);

}  // namespace healer
