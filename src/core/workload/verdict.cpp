#include "core/workload/verdict.hpp"

#include <algorithm>
#include <utility>

#include "base/redact.hpp"
#include "base/text.hpp"
#include "core/workload/command_result.hpp"

namespace healer {
namespace {

Verdict fail(Cause cause, CheckProblem problem) {
  return Verdict{Outcome::Fail, cause, std::move(problem)};
}
Verdict unknown(Cause cause, CheckProblem problem) {
  return Verdict{Outcome::Unknown, cause, std::move(problem)};
}

CheckProblem problem(ProblemKind kind, std::string said) {
  CheckProblem found = problem_of(kind);
  found.said = std::move(said);
  return found;
}

/// With what the prober saw.
CheckProblem detailed(ProblemKind kind, const ProbeFacts& facts) {
  return problem(kind, clip(redact(printable(facts.detail)), 200));
}

CheckProblem numbered(ProblemKind kind, int number, std::string said = {}) {
  CheckProblem found = problem(kind, std::move(said));
  found.number = number;
  return found;
}

CheckProblem late(ProblemKind kind, Duration timeout) {
  CheckProblem found = problem_of(kind);
  found.limit = timeout;
  return found;
}

/// What is configured, short.
std::string expected(const std::string& configured) {
  return clip(printable(configured), 80);
}

Verdict judge_banner(const ProbeFacts& facts, const ProbeSpec& spec) {
  if (spec.banner.empty() || facts.body.starts_with(spec.banner)) return {};
  CheckProblem other = problem(ProblemKind::Banner, clip(redact(printable(facts.body)), 80));
  other.expected = expected(spec.banner);
  return fail(Cause::BannerMismatch, std::move(other));
}

std::string first_line(std::string_view output) {
  const auto begins = output.find_first_not_of(" \t\r\n");
  if (begins == std::string_view::npos) return {};
  output.remove_prefix(begins);
  // Redacted, because the line goes into logs and notifications.
  return clip(redact(printable(trim(output.substr(0, output.find('\n'))))), 200);
}

Verdict judge_exit_code(const ProbeFacts& facts) {
  if (facts.status == 0) return {};
  const std::string said = first_line(facts.body);
  if (command_cannot_run(facts.status, facts.body))
    return unknown(Cause::CannotRun, numbered(ProblemKind::CannotRun, facts.status, said));
  return fail(Cause::ExecFailed, numbered(ProblemKind::ExitCode, facts.status, said));
}

/// grpc.health.v1.HealthCheckResponse.ServingStatus.
constexpr int serving = 1;

Verdict judge_grpc(const ProbeFacts& facts, const ProbeSpec& spec) {
  if (facts.grpc_status == 0) {
    if (facts.status == serving) return {};
    return fail(Cause::NotServing, numbered(ProblemKind::GrpcServing, facts.status));
  }
  CheckProblem failed = detailed(ProblemKind::GrpcStatus, facts);
  failed.number = facts.grpc_status;
  failed.expected = expected(spec.service);
  return fail(Cause::NotServing, std::move(failed));
}

/// Whose trouble an HTTP answer tells of.
Cause cause_of(const ProbeFacts& facts) {
  if (facts.wants_certificate) return Cause::Access;
  if (facts.maintenance || (facts.status == 503 && facts.retry_after)) return Cause::Busy;
  if (facts.status >= 300 && facts.status <= 399) return Cause::Access;
  switch (facts.status) {
    case 401:
    case 403:
      return Cause::Access;
    case 404:
      return Cause::NotFound;
    case 502:
    case 504:
      return Cause::Upstream;
    default:
      return Cause::Status;
  }
}

bool is_accepted(int status, const ProbeSpec& spec) {
  return std::any_of(spec.accepted.begin(), spec.accepted.end(), [status](const StatusRange& range) {
    return status >= range.first && status <= range.last;
  });
}

Verdict judge_http(const ProbeFacts& facts, const ProbeSpec& spec) {
  if (!is_accepted(facts.status, spec)) {
    CheckProblem status = detailed(ProblemKind::HttpStatus, facts);
    status.number = facts.status;
    Verdict verdict = facts.status == 429 ? unknown(Cause::RateLimited, std::move(status))
                                          : fail(cause_of(facts), std::move(status));
    verdict.retry_after = facts.retry_after;
    verdict.in_maintenance = facts.maintenance;
    return verdict;
  }
  if (!spec.body_match.empty() && facts.body.find(spec.body_match) == std::string::npos) {
    CheckProblem lacking = numbered(ProblemKind::HttpBody, facts.status);
    lacking.expected = expected(spec.body_match);
    return fail(Cause::BodyMismatch, std::move(lacking));
  }
  return {};
}

Verdict judge_answer(const ProbeFacts& facts, const ProbeSpec& spec, ProbeKind kind) {
  switch (kind) {
    case ProbeKind::Tcp:
      return judge_banner(facts, spec);
    case ProbeKind::Exec:
      return judge_exit_code(facts);
    case ProbeKind::Grpc:
    case ProbeKind::Grpcs:
      return judge_grpc(facts, spec);
    case ProbeKind::Http:
    case ProbeKind::Https:
    case ProbeKind::Engine:  // comes from engine events, never from a prober
      break;
  }
  return judge_http(facts, spec);
}

bool is_grpc(ProbeKind kind) {
  return kind == ProbeKind::Grpc || kind == ProbeKind::Grpcs;
}

}  // namespace

CheckProblem problem_of(ProblemKind kind) {
  CheckProblem problem;
  problem.kind = kind;
  return problem;
}

const CheckProblem& problem_of(const Verdict& of_probe) {
  static const CheckProblem none;
  const auto* problem = std::get_if<CheckProblem>(&of_probe.reason);
  return problem != nullptr ? *problem : none;
}

Verdict judge(const ProbeFacts& facts, const ProbeSpec& spec, ProbeKind kind, Duration timeout) {
  switch (facts.end) {
    case ProbeEnd::Answered:
      return judge_answer(facts, spec, kind);
    case ProbeEnd::Refused:
      return fail(Cause::Refused, problem_of(ProblemKind::Refused));
    case ProbeEnd::Reset:
      return fail(Cause::Reset, detailed(ProblemKind::Closed, facts));
    case ProbeEnd::ConnectTimeout:
      return fail(Cause::ConnectTimeout, late(ProblemKind::NotConnected, timeout));
    case ProbeEnd::AnswerTimeout:
      return fail(Cause::AnswerTimeout,
                  late(kind == ProbeKind::Exec ? ProblemKind::CommandHangs : ProblemKind::NoAnswer, timeout));
    case ProbeEnd::TlsFailed:
      // A server that demands a certificate is alive: something stands in front of the path.
      return fail(facts.wants_certificate ? Cause::Access : Cause::Tls,
                  detailed(ProblemKind::TlsFailed, facts));
    case ProbeEnd::Malformed:
      return fail(Cause::Malformed,
                  detailed(is_grpc(kind) ? ProblemKind::NotGrpc : ProblemKind::NotHttp, facts));
    case ProbeEnd::NoRoute:
      return unknown(Cause::NoRoute, detailed(ProblemKind::NoRoute, facts));
    case ProbeEnd::NoResources:
      return unknown(Cause::NoResources, detailed(ProblemKind::NoResources, facts));
    case ProbeEnd::Cancelled:
      return unknown(Cause::NoResources, problem_of(ProblemKind::Cancelled));
    case ProbeEnd::Denied:
      return unknown(Cause::Denied, problem_of(ProblemKind::ExecDenied));
    case ProbeEnd::EngineFailed:
      return unknown(Cause::EngineFailed, detailed(ProblemKind::ExecFailed, facts));
    case ProbeEnd::NotRunning:
      return unknown(Cause::NotRunning, detailed(ProblemKind::NotRunning, facts));
    case ProbeEnd::StillOpen:
      return unknown(Cause::StillOpen, problem_of(ProblemKind::StillOpen));
    case ProbeEnd::Compressed:
      if (!is_accepted(facts.status, spec)) return judge_http(facts, spec);
      return unknown(Cause::BodyMismatch, detailed(ProblemKind::HttpCompressed, facts));
  }
  return unknown(Cause::NoResources, problem_of(ProblemKind::NoResult));
}

Verdict without_connectivity(const CheckProblem& problem) {
  return {Outcome::Unknown, Cause::Connectivity, reason::NoConnectivity{problem}};
}

bool is_answer(const Verdict& verdict) {
  if (verdict.outcome != Outcome::Fail) return verdict.outcome == Outcome::Pass;
  switch (verdict.cause) {
    case Cause::Status:
    case Cause::BodyMismatch:
    case Cause::BannerMismatch:
    case Cause::ExecFailed:
    case Cause::NotServing:
    case Cause::EngineUnhealthy:
    case Cause::Access:
    case Cause::NotFound:
    case Cause::Upstream:
    case Cause::Busy:
      return true;
    default:
      return false;
  }
}

Verdict judge_healthcheck(const Container& container) {
  std::string output = clip(redact(printable(container.health_check.output)), 200);
  const int code = container.health_check.exit_code.value_or(1);
  if (container.health_check.exit_code && command_cannot_run(code, container.health_check.output))
    return unknown(Cause::CannotRun, numbered(ProblemKind::HealthcheckCannotRun, code, std::move(output)));
  return fail(Cause::EngineUnhealthy, problem(ProblemKind::HealthcheckUnhealthy, std::move(output)));
}

}  // namespace healer
