#include "core/workload/verdict.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/duration.hpp"
#include "base/redact.hpp"
#include "base/text.hpp"
#include "core/workload/command_result.hpp"

namespace healer {
namespace {

Verdict fail(Cause cause, std::string text) {
  return Verdict{Outcome::Fail, cause, std::move(text)};
}
Verdict unknown(Cause cause, std::string text) {
  return Verdict{Outcome::Unknown, cause, std::move(text)};
}

std::string with_detail(std::string_view text, const ProbeFacts& facts) {
  return facts.detail.empty() ? std::string(text)
                              : fmt::format("{} ({})", text, clip(redact(printable(facts.detail)), 200));
}

Verdict judge_banner(const ProbeFacts& facts, const ProbeSpec& spec) {
  if (spec.banner.empty() || facts.body.starts_with(spec.banner)) return {};
  return fail(Cause::BannerMismatch,
              fmt::format("sent \"{}\", expected \"{}\"", clip(redact(printable(facts.body)), 80),
                          clip(printable(spec.banner), 80)));
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
  const std::string text = fmt::format("exit code {}{}{}", facts.status, said.empty() ? "" : ": ", said);
  if (command_cannot_run(facts.status, facts.body))
    return unknown(Cause::CannotRun, "the check's command cannot run in the container: " + text);
  return fail(Cause::ExecFailed, text);
}

/// grpc.health.v1.HealthCheckResponse.ServingStatus.
constexpr int serving = 1;

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

Verdict judge_grpc(const ProbeFacts& facts, const ProbeSpec& spec) {
  if (facts.grpc_status == 0) {
    if (facts.status == serving) return {};
    return fail(Cause::NotServing, fmt::format("gRPC health says {}", serving_status(facts.status)));
  }
  std::string text = fmt::format("gRPC status {} {}", facts.grpc_status, grpc_code(facts.grpc_status));
  if (facts.grpc_status == 12) text += ": it has no grpc.health.v1 service";
  if (facts.grpc_status == 5)
    text += fmt::format(": its health service does not know \"{}\"", clip(printable(spec.service), 80));
  return fail(Cause::NotServing, with_detail(text.c_str(), facts));
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
    const std::string text = with_detail(fmt::format("HTTP {}", facts.status), facts);
    Verdict verdict = facts.status == 429 ? unknown(Cause::RateLimited, text) : fail(cause_of(facts), text);
    verdict.retry_after = facts.retry_after;
    verdict.in_maintenance = facts.maintenance;
    return verdict;
  }
  if (!spec.body_match.empty() && facts.body.find(spec.body_match) == std::string::npos)
    return fail(Cause::BodyMismatch, fmt::format("HTTP {}, but the body lacks \"{}\"", facts.status,
                                                 clip(printable(spec.body_match), 80)));
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

const char* protocol(ProbeKind kind) {
  if (kind == ProbeKind::Grpc || kind == ProbeKind::Grpcs) return "the answer is not gRPC";
  return "the answer is not HTTP";
}

}  // namespace

Verdict judge(const ProbeFacts& facts, const ProbeSpec& spec, ProbeKind kind, Duration timeout) {
  switch (facts.end) {
    case ProbeEnd::Answered:
      return judge_answer(facts, spec, kind);
    case ProbeEnd::Refused:
      return fail(Cause::Refused, "connection refused");
    case ProbeEnd::Reset:
      return fail(Cause::Reset, with_detail("connection closed before the answer", facts));
    case ProbeEnd::ConnectTimeout:
      return fail(Cause::ConnectTimeout, fmt::format("no connection within {}", format_duration(timeout)));
    case ProbeEnd::AnswerTimeout:
      return fail(
          Cause::AnswerTimeout,
          fmt::format("{} within {}", kind == ProbeKind::Exec ? "the command did not end" : "no answer",
                      format_duration(timeout)));
    case ProbeEnd::TlsFailed:
      // A server that demands a certificate is alive: something stands in front of the path.
      return fail(facts.wants_certificate ? Cause::Access : Cause::Tls, with_detail("TLS failed", facts));
    case ProbeEnd::Malformed:
      return fail(Cause::Malformed, with_detail(protocol(kind), facts));
    case ProbeEnd::NoRoute:
      return unknown(Cause::NoRoute, with_detail("healer has no route to it", facts));
    case ProbeEnd::NoResources:
      return unknown(Cause::NoResources, with_detail("healer ran out of descriptors or memory", facts));
    case ProbeEnd::Cancelled:
      return unknown(Cause::NoResources, "cancelled");
    case ProbeEnd::Denied:
      return unknown(Cause::Denied,
                     "the engine or the proxy before it forbids exec; allow POST /containers/*/exec and "
                     "/exec/*/start and GET /exec/*/json, or choose another healer.probe");
    case ProbeEnd::EngineFailed:
      return unknown(Cause::EngineFailed, with_detail("the engine could not run the command", facts));
    case ProbeEnd::NotRunning:
      return unknown(Cause::NotRunning, with_detail("it does not run", facts));
    case ProbeEnd::StillOpen:
      return unknown(Cause::StillOpen, "the command of an earlier check has not ended");
    case ProbeEnd::Compressed:
      if (!is_accepted(facts.status, spec)) return judge_http(facts, spec);
      return unknown(Cause::BodyMismatch, with_detail("the body cannot be compared", facts));
  }
  return unknown(Cause::NoResources, "not understood");
}

Verdict judge_healthcheck(const Container& container) {
  const std::string output = clip(redact(printable(container.health_output)), 200);
  const int code = container.health_exit_code.value_or(1);
  if (container.health_exit_code && command_cannot_run(code, container.health_output))
    return unknown(Cause::CannotRun,
                   fmt::format("the HEALTHCHECK's command cannot run in the container (exit code {}){}", code,
                               output.empty() ? "" : ": " + output));
  return fail(Cause::EngineUnhealthy, "HEALTHCHECK says unhealthy" + (output.empty() ? "" : ": " + output));
}

}  // namespace healer
