#include "core/workload/ladder.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace healer {
namespace {

RemedyStep plain(RemedyKind kind) {
  RemedyStep step;
  step.kind = kind;
  return step;
}

/// What is done for a step, depending on the container's state; nothing: the step is skipped.
std::optional<RemedyStep> applied(const RemedyStep& step, bool exited, RemedyKind brings_back) {
  const RemedyTraits& traits = traits_of(step.kind);
  if (!exited) return traits.only_when_exited ? std::nullopt : std::optional<RemedyStep>(step);
  switch (traits.on_exited) {
    case RemedyTraits::OnExited::Same:
      return step;
    case RemedyTraits::OnExited::Start:
      return plain(brings_back);
    case RemedyTraits::OnExited::Nothing:
      return plain(RemedyKind::None);
  }
  return std::nullopt;
}

bool can(const Capabilities& engine, RemedyKind kind) {
  const auto needs = traits_of(kind).needs;
  return !needs || engine.has(*needs);
}

/// What healer may do to a container that somebody else starts and stops: nothing that ends its instance.
Capabilities beside_an_owner(Capabilities engine) {
  std::erase_if(engine.can, [](Capability each) {
    switch (each) {
      case Capability::Restart:
      case Capability::Start:
      case Capability::Stop:
      case Capability::Kill:
      case Capability::Recreate:
        return true;
      case Capability::Exec:
      case Capability::Replace:
      case Capability::Evidence:
        return false;
    }
    return false;
  });
  return engine;
}

std::string offered(const Capabilities& engine) {
  std::string all;
  for (const RemedyKind kind : enum_values<RemedyKind>())
    if (can(engine, kind)) all += (all.empty() ? "" : ", ") + std::string(to_string(kind));
  return all;
}

}  // namespace

Ladder ladder_on(const Policy& policy, const Capabilities& engine_can, const Owner& owner,
                 std::vector<LabelProblem>& problems) {
  const bool owned = !owner.name.empty();
  const Capabilities engine = owned ? beside_an_owner(engine_can) : engine_can;
  Ladder ladder;
  ladder.steps.clear();
  if (owned)
    ladder.brings_back = RemedyKind::None;
  else if (!engine.has(Capability::Start))
    ladder.brings_back = engine.default_remedy;
  for (const RemedyStep& step : policy.remedies) {
    if (can(engine, step.kind)) {
      ladder.steps.push_back(step);
      continue;
    }
    const bool is_owners = owned && can(engine_can, step.kind);
    const std::string why = is_owners
                                ? "the container belongs to " + owner.name + ", which starts and stops it"
                                : std::string("this engine cannot do that");
    LabelProblem problem{"healer.remedies", to_string(step), why + "; healer can: " + offered(engine)};
    // A ladder often repeats a step; the problem is one.
    if (std::find(problems.begin(), problems.end(), problem) == problems.end())
      problems.push_back(std::move(problem));
  }
  if (policy.remedies.empty() && !owned) ladder.steps.push_back(plain(engine.default_remedy));
  if (ladder.steps.empty()) ladder.steps.push_back(plain(RemedyKind::None));
  return ladder;
}

std::optional<LadderStep> choose_step(const Ladder& ladder, unsigned step, bool exited,
                                      unsigned ineffective_restarts) {
  const auto size = static_cast<unsigned>(ladder.steps.size());
  if (size == 0) return std::nullopt;
  const unsigned from = std::min(step, size - 1);
  std::optional<LadderStep> first;
  for (unsigned index = from; index < size; ++index) {
    auto next = applied(ladder.steps[index], exited, ladder.brings_back);
    if (!next) continue;
    const bool restart = traits_of(next->kind).counts_as_restart;
    if (!first) {
      first = LadderStep{index, std::move(*next), false};
      if (ineffective_restarts < ineffective_restarts_enough || !restart) break;
    } else if (!restart) {
      // An exited container is started before healer leaves it to an operator.
      if (exited && next->kind == RemedyKind::None) break;
      first = LadderStep{index, std::move(*next), true};
      break;
    }
  }
  if (!first && exited) {
    // Only steps for a running container are left: an earlier step may start the container.
    for (unsigned index = from; index-- > 0 && !first;)
      if (auto earlier = applied(ladder.steps[index], exited, ladder.brings_back))
        first = LadderStep{index, std::move(*earlier), false};
  }
  if (!first || first->step.kind == RemedyKind::None) return std::nullopt;
  return first;
}

}  // namespace healer
