#pragma once

#include "model/probe.hpp"

namespace healer {

/// What a prober's facts mean: pass, fail with its cause, or unknown ("could not ask"). HEALING.md 2.
Verdict judge(const ProbeFacts& facts, const ProbeSpec& spec, ProbeKind kind, Duration timeout);

}  // namespace healer
