#pragma once

#include "model/container.hpp"
#include "model/probe.hpp"

namespace healer {

/// Judges a prober's facts: pass, fail with a cause, or unknown (the check could not be done). The reason is
/// a CheckProblem. HEALING.md 2.
Verdict judge(const ProbeFacts& facts, const ProbeSpec& spec, ProbeKind kind, Duration timeout);

/// A problem that its kind says in full.
CheckProblem problem_of(ProblemKind kind);
/// What the check of one probe found; of no kind: it passed.
const CheckProblem& problem_of(const Verdict& of_probe);

/// The verdict of an unhealthy HEALTHCHECK, by the output and the exit code of its newest check, as far as
/// they are known.
Verdict judge_healthcheck(const Container& container);

/// The verdict of a failed check while the connectivity check fails, with the connectivity check's problem.
Verdict without_connectivity(const CheckProblem& problem);

/// The application itself gave this result: it passes, or it answers that it does not work. False for what
/// does not answer, and for a check that could not be done.
bool is_answer(const Verdict& verdict);

}  // namespace healer
