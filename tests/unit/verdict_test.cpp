#include "core/workload/verdict.hpp"

#include <doctest/doctest.h>

using namespace healer;

namespace {

CheckProblem problem(ProblemKind kind, int number = 0, const std::string& said = {},
                     const std::string& expected = {}) {
  CheckProblem found;
  found.kind = kind;
  found.number = number;
  found.said = said;
  found.expected = expected;
  return found;
}

Verdict judge_end(ProbeEnd end, ProbeKind kind = ProbeKind::Http) {
  ProbeFacts facts;
  facts.end = end;
  return judge(facts, ProbeSpec{}, kind, 5s);
}

Verdict judge_http(int status, const std::string& body = {}, const ProbeSpec& spec = {}) {
  ProbeFacts facts;
  facts.status = status;
  facts.body = body;
  return judge(facts, spec, ProbeKind::Http, 5s);
}

}  // namespace

TEST_CASE("verdict: each end of a check has its own result and cause") {
  struct Row {
    ProbeEnd end;
    Outcome outcome;
    Cause cause;
    ProblemKind problem;
  };
  const Row rows[] = {
      {ProbeEnd::Refused, Outcome::Fail, Cause::Refused, ProblemKind::Refused},
      {ProbeEnd::Reset, Outcome::Fail, Cause::Reset, ProblemKind::Closed},
      {ProbeEnd::ConnectTimeout, Outcome::Fail, Cause::ConnectTimeout, ProblemKind::NotConnected},
      {ProbeEnd::AnswerTimeout, Outcome::Fail, Cause::AnswerTimeout, ProblemKind::NoAnswer},
      {ProbeEnd::TlsFailed, Outcome::Fail, Cause::Tls, ProblemKind::TlsFailed},
      {ProbeEnd::Malformed, Outcome::Fail, Cause::Malformed, ProblemKind::NotHttp},
      {ProbeEnd::NoRoute, Outcome::Unknown, Cause::NoRoute, ProblemKind::NoRoute},
      {ProbeEnd::NoResources, Outcome::Unknown, Cause::NoResources, ProblemKind::NoResources},
  };
  for (const Row& row : rows) {
    CAPTURE(to_string(row.end));
    CHECK(judge_end(row.end).outcome == row.outcome);
    CHECK(judge_end(row.end).cause == row.cause);
    CHECK(problem_of(judge_end(row.end)).kind == row.problem);
  }
  CHECK(judge_end(ProbeEnd::Cancelled).outcome == Outcome::Unknown);
}

TEST_CASE("verdict: only the accepted HTTP statuses pass") {
  CHECK(judge_http(200).outcome == Outcome::Pass);
  CHECK(judge_http(503).outcome == Outcome::Fail);
  CHECK(problem_of(judge_http(503)) == problem(ProblemKind::HttpStatus, 503));
  ProbeFacts redirected;
  redirected.status = 302;
  redirected.detail = "redirect to another host not followed";
  CHECK(problem_of(judge(redirected, ProbeSpec{}, ProbeKind::Http, 5s)) ==
        problem(ProblemKind::HttpStatus, 302, redirected.detail));
  CHECK(judge_http(204).outcome == Outcome::Pass);
  CHECK(judge_http(302).outcome == Outcome::Fail);
  ProbeSpec spec;
  spec.accepted = {StatusRange{200, 299}, StatusRange{401, 401}};
  CHECK(judge_http(204, {}, spec).outcome == Outcome::Pass);
  CHECK(judge_http(401, {}, spec).outcome == Outcome::Pass);
  CHECK(judge_http(300, {}, spec).outcome == Outcome::Fail);
}

TEST_CASE("verdict: an HTTP answer passes only when its body contains the configured text") {
  ProbeSpec spec;
  spec.body_match = "\"ok\"";
  CHECK(judge_http(200, "{\"status\":\"ok\"}", spec).outcome == Outcome::Pass);
  const Verdict other = judge_http(200, "{\"status\":\"degraded\"}", spec);
  CHECK(other.cause == Cause::BodyMismatch);
  CHECK(problem_of(other) == problem(ProblemKind::HttpBody, 200, {}, spec.body_match));
}

TEST_CASE("verdict: a TCP answer passes when it starts with the configured banner") {
  ProbeSpec spec;
  ProbeFacts facts;
  CHECK(judge(facts, spec, ProbeKind::Tcp, 5s).outcome == Outcome::Pass);
  spec.banner = "220 ";
  facts.body = "220 mail ready";
  CHECK(judge(facts, spec, ProbeKind::Tcp, 5s).outcome == Outcome::Pass);
  facts.body = "421 busy\x01";
  const Verdict verdict = judge(facts, spec, ProbeKind::Tcp, 5s);
  CHECK(verdict.cause == Cause::BannerMismatch);
  CHECK(problem_of(verdict).said.starts_with("421 busy"));
  CHECK(problem_of(verdict).said.find('\x01') == std::string::npos);
  CHECK(problem_of(verdict).expected == "220 ");
}

namespace {

Verdict judge_exec(int code, const std::string& output = {}) {
  ProbeFacts facts;
  facts.status = code;
  facts.body = output;
  return judge(facts, ProbeSpec{}, ProbeKind::Exec, 5s);
}

Verdict judge_grpc(int code, int status, const std::string& service = {}, const std::string& detail = {}) {
  ProbeFacts facts;
  facts.grpc_status = code;
  facts.status = status;
  facts.detail = detail;
  ProbeSpec spec;
  spec.service = service;
  return judge(facts, spec, ProbeKind::Grpc, 5s);
}

}  // namespace

TEST_CASE("verdict: a command passes with exit code 0 only; its first output line is the reason") {
  CHECK(judge_exec(0, "whatever").outcome == Outcome::Pass);
  const Verdict failed = judge_exec(3, "\n  no\x1b[31m route\r\nsecond line\n");
  CHECK(failed.outcome == Outcome::Fail);
  CHECK(failed.cause == Cause::ExecFailed);
  CHECK(problem_of(failed).kind == ProblemKind::ExitCode);
  CHECK(problem_of(failed).number == 3);
  const std::string& said = problem_of(failed).said;
  CHECK(said.starts_with("no"));
  CHECK(said.find("second") == std::string::npos);
  CHECK(said.find('\x1b') == std::string::npos);
  CHECK(said.find('\r') == std::string::npos);
  CHECK(problem_of(judge_exec(1)) == problem(ProblemKind::ExitCode, 1));
  CHECK(problem_of(judge_exec(1, " \n\n")) == problem(ProblemKind::ExitCode, 1));
  CHECK(problem_of(judge_exec(1, std::string(5000, 'x'))).said.size() < 210);
  const Verdict hangs = judge_end(ProbeEnd::AnswerTimeout, ProbeKind::Exec);
  CHECK(problem_of(hangs).kind == ProblemKind::CommandHangs);
  CHECK(problem_of(hangs).limit == 5s);
}

TEST_CASE("verdict: a gRPC health service passes with SERVING only") {
  CHECK(judge_grpc(0, 1).outcome == Outcome::Pass);
  const Verdict not_serving = judge_grpc(0, 2);
  CHECK(not_serving.outcome == Outcome::Fail);
  CHECK(not_serving.cause == Cause::NotServing);
  CHECK(problem_of(not_serving) == problem(ProblemKind::GrpcServing, 2));
  CHECK(judge_grpc(0, 77).outcome == Outcome::Fail);
  CHECK(problem_of(judge_grpc(12, 0)) == problem(ProblemKind::GrpcStatus, 12));
  CHECK(problem_of(judge_grpc(5, 0, "shop.Cart")) == problem(ProblemKind::GrpcStatus, 5, {}, "shop.Cart"));
  CHECK(problem_of(judge_grpc(14, 1, {}, "draining")) == problem(ProblemKind::GrpcStatus, 14, "draining"));
  CHECK(judge_grpc(99, 0).outcome == Outcome::Fail);
  CHECK(judge_grpc(-1, 0).outcome == Outcome::Fail);
  CHECK(problem_of(judge_end(ProbeEnd::Malformed, ProbeKind::Grpcs)).kind == ProblemKind::NotGrpc);
}

TEST_CASE("verdict: a command that could not be run gives the result unknown") {
  const std::pair<ProbeEnd, Cause> rows[] = {{ProbeEnd::Denied, Cause::Denied},
                                             {ProbeEnd::EngineFailed, Cause::EngineFailed},
                                             {ProbeEnd::NotRunning, Cause::NotRunning},
                                             {ProbeEnd::StillOpen, Cause::StillOpen}};
  for (const auto& row : rows) {
    CAPTURE(to_string(row.first));
    CHECK(judge_end(row.first, ProbeKind::Exec).outcome == Outcome::Unknown);
    CHECK(judge_end(row.first, ProbeKind::Exec).cause == row.second);
  }
  CHECK(problem_of(judge_end(ProbeEnd::Denied, ProbeKind::Exec)).kind == ProblemKind::ExecDenied);
}
