// What one check found, in words.
#include <array>

#include <fmt/format.h>

#include "base/duration.hpp"
#include "present/reason_text.hpp"

namespace healer::present {
namespace {

std::string in_brackets(std::string_view text, const std::string& said) {
  return said.empty() ? std::string(text) : fmt::format("{} ({})", text, said);
}

std::string after_colon(std::string_view text, const std::string& said) {
  return said.empty() ? std::string(text) : fmt::format("{}: {}", text, said);
}

std::string exit_code(const CheckProblem& problem) {
  return after_colon(fmt::format("exit code {}", problem.number), problem.said);
}

const char* serving_status(int status) {
  constexpr std::array names{"UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"};
  return status >= 0 && static_cast<std::size_t>(status) < names.size()
             ? names[static_cast<std::size_t>(status)]
             : "a status that does not exist";
}

const char* grpc_code(int code) {
  constexpr std::array names{
      "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
      "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
      "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
      "DATA_LOSS", "UNAUTHENTICATED"};
  return code >= 0 && static_cast<std::size_t>(code) < names.size() ? names[static_cast<std::size_t>(code)]
                                                                    : "no known code";
}

std::string grpc_status(const CheckProblem& problem) {
  std::string text = fmt::format("gRPC status {} {}", problem.number, grpc_code(problem.number));
  if (problem.number == 12) text += ": it has no grpc.health.v1 service";
  if (problem.number == 5) text += fmt::format(": its health service does not know \"{}\"", problem.expected);
  return in_brackets(text, problem.said);
}

/// Of an answer that is not the expected one.
std::string answer_text(const CheckProblem& problem) {
  switch (problem.kind) {
    case ProblemKind::HttpStatus:
      return in_brackets(fmt::format("HTTP {}", problem.number), problem.said);
    case ProblemKind::HttpBody:
      return fmt::format("HTTP {}, but the body lacks \"{}\"", problem.number, problem.expected);
    case ProblemKind::HttpCompressed:
      return in_brackets("the body cannot be compared", problem.said);
    case ProblemKind::Banner:
      return fmt::format("sent \"{}\", expected \"{}\"", problem.said, problem.expected);
    case ProblemKind::ExitCode:
      return exit_code(problem);
    case ProblemKind::CannotRun:
      return "the check's command cannot run in the container: " + exit_code(problem);
    case ProblemKind::GrpcServing:
      return fmt::format("gRPC health says {}", serving_status(problem.number));
    case ProblemKind::GrpcStatus:
      return grpc_status(problem);
    case ProblemKind::HealthcheckUnhealthy:
      return after_colon("HEALTHCHECK says unhealthy", problem.said);
    case ProblemKind::HealthcheckCannotRun:
      return after_colon(
          fmt::format("the HEALTHCHECK's command cannot run in the container (exit code {})", problem.number),
          problem.said);
    default:
      return {};
  }
}

/// There was no answer, or it says nothing of the workload.
std::string no_answer_text(const CheckProblem& problem) {
  switch (problem.kind) {
    case ProblemKind::Refused:
      return "connection refused";
    case ProblemKind::Closed:
      return in_brackets("connection closed before the answer", problem.said);
    case ProblemKind::NotConnected:
      return fmt::format("no connection within {}", format_duration(problem.limit));
    case ProblemKind::NoAnswer:
      return fmt::format("no answer within {}", format_duration(problem.limit));
    case ProblemKind::CommandHangs:
      return fmt::format("the command did not end within {}", format_duration(problem.limit));
    case ProblemKind::TlsFailed:
      return in_brackets("TLS failed", problem.said);
    case ProblemKind::NotHttp:
      return in_brackets("the answer is not HTTP", problem.said);
    case ProblemKind::NotGrpc:
      return in_brackets("the answer is not gRPC", problem.said);
    case ProblemKind::NoRoute:
      return in_brackets("healer has no route to it", problem.said);
    case ProblemKind::NoResources:
      return in_brackets("healer ran out of descriptors or memory", problem.said);
    case ProblemKind::Cancelled:
      return "cancelled";
    case ProblemKind::ExecDenied:
      return "the engine or the proxy before it forbids exec; allow POST /containers/*/exec and "
             "/exec/*/start and GET /exec/*/json, or choose another healer.probe";
    case ProblemKind::ExecFailed:
      return in_brackets("the engine could not run the command", problem.said);
    case ProblemKind::NotRunning:
      return in_brackets("it does not run", problem.said);
    case ProblemKind::StillOpen:
      return "the command of an earlier check has not ended";
    default:
      return {};
  }
}

/// The trouble lies elsewhere.
std::string elsewhere_text(const CheckProblem& problem) {
  switch (problem.kind) {
    case ProblemKind::HealthcheckStale:
      return "the engine's last health check is stale";
    case ProblemKind::HealthcheckNotRun:
      return "the engine has not run the HEALTHCHECK once since the start";
    case ProblemKind::EngineDown:
      return "the engine is unreachable";
    case ProblemKind::ProxyDown:
      return "the engine is unreachable, and its proxies of published ports with it";
    case ProblemKind::Starved:
      return "healer itself was starved while it waited";
    case ProblemKind::StoodStill:
      return "healer itself stood still while it waited";
    case ProblemKind::RanOut:
      return "healer itself ran out of descriptors or memory just now";
    case ProblemKind::Pressure:
      return in_brackets("the host is under pressure", problem.said);
    case ProblemKind::NoResult:
      return "the prober gave no result";
    case ProblemKind::NoConnectivityResult:
      return "the connectivity check gave no result";
    default:
      return {};
  }
}

const char* text(AskedWith protocol) {
  switch (protocol) {
    case AskedWith::Target:
      return "";
    case AskedWith::NoTls:
      return "without TLS: ";
    case AskedWith::Tls:
      return "over TLS: ";
  }
  return "";
}

}  // namespace

std::string problem_text(const CheckProblem& problem) {
  std::string found = answer_text(problem);
  if (found.empty()) found = no_answer_text(problem);
  if (found.empty()) found = elsewhere_text(problem);
  return text(problem.asked_with) + found;
}

}  // namespace healer::present
