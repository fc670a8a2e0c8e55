#pragma once

#include <string>
#include <variant>
#include <vector>

#include "base/choice.hpp"
#include "base/time.hpp"
#include "model/describe.hpp"

// Reasons as data; present/reason_text.hpp has the words.
namespace healer {

/// What a check found that is no pass. The comments say which members of CheckProblem a kind has.
BOOST_DEFINE_ENUM_CLASS(ProblemKind, None,
                        // Answers.
                        HttpStatus,      ///< number: the status; said
                        HttpBody,        ///< number: the status; expected
                        HttpCompressed,  ///< said; the body cannot be compared
                        Banner,          ///< said, expected
                        ExitCode,        ///< number, said: the first line of the output
                        CannotRun,       ///< the same; the check's own command cannot run
                        GrpcServing,     ///< number: the ServingStatus
                        GrpcStatus,      ///< number: the call's status; said; expected: the service
                        // No answer.
                        Refused, Closed,  ///< said
                        NotConnected,     ///< limit
                        NoAnswer,         ///< limit
                        CommandHangs,     ///< limit
                        TlsFailed,        ///< said
                        NotHttp,          ///< said
                        NotGrpc,          ///< said
                        NoRoute,          ///< said
                        NoResources,      ///< said
                        Cancelled,
                        ExecDenied,  ///< the engine, or a proxy before it, forbids commands in containers
                        ExecFailed,  ///< said; the engine could not run the command
                        NotRunning,  ///< said
                        StillOpen,   ///< the command of an earlier check has not ended
                        // The engine's HEALTHCHECK.
                        HealthcheckUnhealthy,  ///< said: the output
                        HealthcheckCannotRun,  ///< number: the exit code; said
                        HealthcheckStale,
                        HealthcheckNotRun,  ///< not once since the start
                        // The trouble is healer's, the engine's or the host's.
                        EngineDown,
                        ProxyDown,   ///< the engine's proxy of a published port went down with the engine
                        Starved,     ///< healer's loop was
                        StoodStill,  ///< healer did
                        RanOut,      ///< healer, of descriptors or memory, just before
                        Pressure,    ///< said: on what
                        NoResult,    ///< of the prober
                        NoConnectivityResult)

/// With which protocol the automatic selection asked, if not with the one of the target.
BOOST_DEFINE_ENUM_CLASS(AskedWith, Target, NoTls, Tls)

/// What one check found.
struct CheckProblem {
  ProblemKind kind = ProblemKind::None;
  int number = 0;
  Duration limit{0};
  std::string said;      ///< by the peer, the command or the engine: printable, redacted and short
  std::string expected;  ///< as configured; short
  AskedWith asked_with = AskedWith::Target;
  bool operator==(const CheckProblem&) const = default;
};
HEALER_DESCRIBE(CheckProblem, kind, number, limit, said, expected, asked_with);

/// What the check of one probe found.
struct ProbeProblem {
  std::string probe;  ///< its name or its target; empty: the only one
  CheckProblem problem;
  bool operator==(const ProbeProblem&) const = default;
};
HEALER_DESCRIBE(ProbeProblem, probe, problem);

/// An alert, as operators know it.
struct AlertName {
  std::string name;
  std::string text;
  bool operator==(const AlertName&) const = default;
};
HEALER_DESCRIBE(AlertName, name, text);

namespace reason {

struct None {
  bool operator==(const None&) const = default;
};
HEALER_DESCRIBE(None);

/// Several probes, or failures that reached the window.
struct Checks {
  std::vector<ProbeProblem> probes;
  unsigned failed = 0;  ///< of the last `of` checks
  unsigned of = 0;      ///< 0: the window is not the reason
  bool operator==(const Checks&) const = default;
};
HEALER_DESCRIBE(Checks, probes, failed, of);

/// A check failed, which says nothing, because the connectivity check failed.
struct NoConnectivity {
  CheckProblem problem;  ///< of the connectivity check
  bool operator==(const NoConnectivity&) const = default;
};
HEALER_DESCRIBE(NoConnectivity, problem);

struct Exited {
  int exit_code = 0;
  bool out_of_memory = false;
  std::string memory_limit;  ///< "limit 64 MiB"; empty: none
  unsigned times = 0;        ///< a crash loop: within the window
  Duration window{0};
  bool not_back = false;  ///< the engine's restart policy did not restart it
  bool operator==(const Exited&) const = default;
};
HEALER_DESCRIBE(Exited, exit_code, out_of_memory, memory_limit, times, window, not_back);

/// A remedy stopped it and did not start it again.
struct LeftDown {
  bool not_back = false;  ///< the engine's restart policy did not restart it either
  bool operator==(const LeftDown&) const = default;
};
HEALER_DESCRIBE(LeftDown, not_back);

/// It went down with the engine, and is not back after the engine's return.
struct NotBackAfterEngine {
  bool operator==(const NotBackAfterEngine&) const = default;
};
HEALER_DESCRIBE(NotBackAfterEngine);

/// The container whose network it shares was restarted or replaced.
struct NetworkLost {
  std::string parent;  ///< name; empty: not known
  bool replaced = false;
  bool operator==(const NetworkLost&) const = default;
};
HEALER_DESCRIBE(NetworkLost, parent, replaced);

struct DependencyRestarted {
  std::string name;
  bool operator==(const DependencyRestarted&) const = default;
};
HEALER_DESCRIBE(DependencyRestarted, name);

/// Alerts of the use `act` fire.
struct Alerts {
  std::vector<AlertName> alerts;
  bool operator==(const Alerts&) const = default;
};
HEALER_DESCRIBE(Alerts, alerts);

/// An operator requested a remedy.
struct Requested {
  bool operator==(const Requested&) const = default;
};
HEALER_DESCRIBE(Requested);

struct RemedyUnderWay {
  bool operator==(const RemedyUnderWay&) const = default;
};
HEALER_DESCRIBE(RemedyUnderWay);

}  // namespace reason

/// Why a workload is unhealthy, or could not be checked. What comes from outside is a text inside: the first
/// line of a command, the words of an alert, a name.
struct Reason
    : std::variant<reason::None, CheckProblem, reason::Checks, reason::NoConnectivity, reason::Exited,
                   reason::LeftDown, reason::NotBackAfterEngine, reason::NetworkLost,
                   reason::DependencyRestarted, reason::Alerts, reason::Requested, reason::RemedyUnderWay> {
  HEALER_CHOICE(Reason);
};

inline bool is_given(const Reason& why) {
  return !std::holds_alternative<reason::None>(why);
}

/// Why others must wait for a workload or a container.
BOOST_DEFINE_ENUM_CLASS(NotReady, None, Gone, NotRunning, Paused, Restarting, Stopped, Exited, LostNetwork,
                        Unhealthy, InRemedy, Failing, Starting)

/// Why a container ended, if it should not run now.
BOOST_DEFINE_ENUM_CLASS(WantedEnd, None,
                        FoundStopped,  ///< it was down when healer saw it first
                        StoppedByOperator, RestartedByOperator,
                        Completed,   ///< a job, with exit code 0
                        LeftAlone,   ///< it ended for good: a failed job, or nobody saw why
                        LeftToOwner  ///< whoever owns the container decides
)

/// Why a planned remedy was cancelled, or an attempt ended, apart from its outcome.
BOOST_DEFINE_ENUM_CLASS(Ending, None,
                        // The container.
                        StoppedByOperator, RestartedByOperator, PausedByOperator, Completed, LeftAlone,
                        Removed, OptedOut,
                        // The plan is not needed any more.
                        RunsAnew, HealthyAgain, AlertOver, IncidentOver,
                        OtherTarget,  ///< it is checked at another address now
                        OtherState,   ///< the container is in another state than decided about
                        // The order.
                        Stopped,           ///< as its ladder says
                        StoppedOtherwise,  ///< the order was to stop it, and something else did
                        NoEffect,          ///< the order had none
                        NoAnswer,          ///< the runtime gave none
                        Unwritten,         ///< a former process did not write the end
                        OutOfTime          ///< neither healthy nor unhealthy in time
)

/// How it became known again whether a workload is healthy.
BOOST_DEFINE_ENUM_CLASS(KnownBy, Answer, Healthcheck, Removed, OptedOut)

/// Why `healer heal` does nothing. None: it does something.
BOOST_DEFINE_ENUM_CLASS(HealRefusal, None, RemedyUnderWay, Stopped,
                        ExitOpen,  ///< it has just exited, and the cause is not known yet
                        Paused, NoContainer,
                        Owned,       ///< whoever owns the container starts and stops it
                        NothingToDo  ///< its ladder has nothing to do
)

/// How an alert ended. Answered: its source was asked, and says so.
BOOST_DEFINE_ENUM_CLASS(AlertEnd, Resolved, NotRepeated, Answered)

}  // namespace healer
