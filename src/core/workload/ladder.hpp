#pragma once

#include <optional>
#include <vector>

#include "core/workload/remedy_traits.hpp"
#include "model/container.hpp"
#include "model/policy.hpp"

namespace healer {

/// The remedies of a workload on its engine.
struct Ladder {
  std::vector<RemedyStep> steps{RemedyStep{}};
  RemedyKind brings_back = RemedyKind::Start;  ///< makes an exited container run again
};

/// The ladder of the policy's remedies, or the engine's default remedy where the policy names none.
/// `problems` gets one for each step that the engine cannot do, or that is the owner's to do; such a step is
/// left out. A container with an owner keeps the steps that leave its instance alone.
Ladder ladder_on(const Policy& policy, const Capabilities& engine, const Owner& owner,
                 std::vector<LabelProblem>& problems);

/// The step of the ladder that applies now.
struct LadderStep {
  unsigned index = 0;
  RemedyStep step;  ///< what is done: for an exited container a restart is a start
  bool skipped_restarts = false;
};

/// After so many restarts in a row that did not help, healer takes a step of another kind. HEALING.md 4,
/// efficacy.
inline constexpr unsigned ineffective_restarts_enough = 5;

/// The step for the next attempt. `step`: number of failed attempts of this incident and of skipped steps;
/// the last step of the ladder repeats. RemedyTraits defines what a step does to an exited container, and
/// which steps are skipped while the container runs.
///
/// From `ineffective_restarts_enough` ineffective restarts on, steps that count as a restart are skipped if a
/// step of another kind follows. Nothing: there is no step to take, or it is `none`.
std::optional<LadderStep> choose_step(const Ladder& ladder, unsigned step, bool exited,
                                      unsigned ineffective_restarts);

}  // namespace healer
