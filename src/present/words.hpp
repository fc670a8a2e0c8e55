#pragma once

#include <optional>
#include <string>

#include "base/time.hpp"
#include "model/fact.hpp"

// Parts of texts that more than one kind of text uses.
namespace healer::present {

/// "75s", "4m 10s": whole seconds from 10 s on.
std::string rounded(Duration duration);
/// "1 attempt", "3 attempts".
std::string times(unsigned count, const char* what);
/// "for 10m", "until resumed".
std::string pause_length(const std::optional<Duration>& length);
/// "8 of 10 are unhealthy at once; remedies are on hold for 40s"; at its end "the mass failure is over after
/// 5m: 1 of 10 are unhealthy".
std::string mass_text(const fact::MassFailure& mass);
std::string ladder_end(const fact::LadderEnded& ended);
std::string skipped_step(const fact::StepSkipped& skipped);
std::string cause_gone(const fact::HoldCauseGone& gone);
std::string alert_outlasts(const fact::AlertOutlasts& outlasts);
std::string acknowledged(const fact::Acknowledged& acknowledged);
std::string everything_paused(const fact::HostCommanded& commanded);
std::string not_acknowledged(const fact::Escalated& escalated);
/// The container whose network a workload shares; `name` empty: not known.
std::string parent_of(const std::string& name);
inline constexpr const char* runtime_never_said = "the runtime never said";
/// ": note", or nothing.
std::string after_colon(const std::string& note);

}  // namespace healer::present
