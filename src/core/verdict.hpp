#pragma once

#include "model/probe.hpp"

namespace healer {

/// What a prober's facts mean: pass, fail with its cause, or unknown ("could not ask"). HEALING.md 2.
Verdict judge(const ProbeFacts& facts, const ProbeSpec& spec, ProbeKind kind, Duration timeout);

/// What the engine's HEALTHCHECK means when it says unhealthy. `output`: of its newest check, as far as
/// known.
Verdict judge_healthcheck(const std::string& output);

}  // namespace healer
