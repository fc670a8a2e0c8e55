#pragma once

#include "model/probe.hpp"

namespace healer {

/// Judges a prober's facts: pass, fail with a cause, or unknown (the check could not be done). HEALING.md 2.
Verdict judge(const ProbeFacts& facts, const ProbeSpec& spec, ProbeKind kind, Duration timeout);

/// The verdict of an unhealthy HEALTHCHECK. `output`: of its newest check; may be empty.
Verdict judge_healthcheck(const std::string& output);

}  // namespace healer
