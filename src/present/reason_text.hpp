#pragma once

#include <string>

#include "model/fact.hpp"
#include "model/incident.hpp"
#include "model/reason.hpp"
#include "model/status.hpp"

// The words of reasons.
namespace healer::present {

/// "HTTP 503", "connection refused", "exit code 3: no space"; empty: there is no problem.
std::string problem_text(const CheckProblem& problem);

/// Why a workload is unhealthy or unknown: "db: connection refused; web: HTTP 503". Empty: no reason.
std::string reason_text(const Reason& why);

/// "HighErrorRate: 8 % of the requests fail".
std::string alert_line(const FiringAlert& alert);
/// The lines of all, "; " between them.
std::string alert_lines(const reason::Alerts& alerts);

/// What the source of an alert answered, or that it did not; `answer` empty: it did not.
std::string alert_answer(const std::string& answer);

/// How an attempt ended, besides its state: "403 Forbidden", "paused by an operator". Empty: nothing to say.
std::string note_text(const AttemptNote& note);
/// The same, also of a dry run.
std::string note_text(const Attempt& attempt);

/// Why a planned remedy was cancelled.
std::string cancelled_text(const fact::PlanCancelled& cancelled);

/// Why an incident was closed; empty: the workload is healthy.
std::string closed_text(IncidentOutcome outcome, WantedEnd why);

std::string known_text(KnownBy how);

/// Why `healer heal` does nothing.
std::string refused_text(const fact::HealRefused& refused);

/// Why others must wait for a workload: "is starting".
const char* lacks_text(NotReady lacks);

/// "db is unhealthy; it is healed first".
std::string hold_text(const Hold& hold);
HoldStatus hold_status(const Hold& hold);

}  // namespace healer::present
