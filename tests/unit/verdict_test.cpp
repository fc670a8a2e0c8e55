#include "core/workload/verdict.hpp"

#include <doctest/doctest.h>

using namespace healer;

namespace {

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
  };
  const Row rows[] = {
      {ProbeEnd::Refused, Outcome::Fail, Cause::Refused},
      {ProbeEnd::Reset, Outcome::Fail, Cause::Reset},
      {ProbeEnd::ConnectTimeout, Outcome::Fail, Cause::ConnectTimeout},
      {ProbeEnd::AnswerTimeout, Outcome::Fail, Cause::AnswerTimeout},
      {ProbeEnd::TlsFailed, Outcome::Fail, Cause::Tls},
      {ProbeEnd::Malformed, Outcome::Fail, Cause::Malformed},
      {ProbeEnd::NoRoute, Outcome::Unknown, Cause::NoRoute},
      {ProbeEnd::NoResources, Outcome::Unknown, Cause::NoResources},
  };
  for (const Row& row : rows) {
    CAPTURE(to_string(row.end));
    CHECK(judge_end(row.end).outcome == row.outcome);
    CHECK(judge_end(row.end).cause == row.cause);
    CHECK_FALSE(judge_end(row.end).text.empty());
  }
  CHECK(judge_end(ProbeEnd::Cancelled).outcome == Outcome::Unknown);
}

TEST_CASE("verdict: only the accepted HTTP statuses pass") {
  CHECK(judge_http(200).outcome == Outcome::Pass);
  CHECK(judge_http(503).outcome == Outcome::Fail);
  CHECK(judge_http(503).text == "HTTP 503");
  ProbeFacts redirected;
  redirected.status = 302;
  redirected.detail = "redirect to another host not followed";
  CHECK(judge(redirected, ProbeSpec{}, ProbeKind::Http, 5s).text ==
        "HTTP 302 (redirect to another host not followed)");
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
  CHECK(judge_http(200, "{\"status\":\"degraded\"}", spec).cause == Cause::BodyMismatch);
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
  CHECK(verdict.text.find('\x01') == std::string::npos);
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
  CHECK(failed.text.starts_with("exit code 3: no"));
  CHECK(failed.text.find("second") == std::string::npos);
  CHECK(failed.text.find('\x1b') == std::string::npos);
  CHECK(failed.text.find('\r') == std::string::npos);
  CHECK(judge_exec(1).text == "exit code 1");
  CHECK(judge_exec(1, " \n\n").text == "exit code 1");
  CHECK(judge_exec(1, std::string(5000, 'x')).text.size() < 230);
  CHECK(judge_end(ProbeEnd::AnswerTimeout, ProbeKind::Exec).text == "the command did not end within 5s");
}

TEST_CASE("verdict: a gRPC health service passes with SERVING only") {
  CHECK(judge_grpc(0, 1).outcome == Outcome::Pass);
  const Verdict not_serving = judge_grpc(0, 2);
  CHECK(not_serving.outcome == Outcome::Fail);
  CHECK(not_serving.cause == Cause::NotServing);
  CHECK(not_serving.text == "gRPC health says NOT_SERVING");
  CHECK(judge_grpc(0, 0).text == "gRPC health says UNKNOWN");
  CHECK(judge_grpc(0, 77).outcome == Outcome::Fail);
  CHECK(judge_grpc(12, 0).text == "gRPC status 12 UNIMPLEMENTED: it has no grpc.health.v1 service");
  CHECK(judge_grpc(5, 0, "shop.Cart").text ==
        "gRPC status 5 NOT_FOUND: its health service does not know \"shop.Cart\"");
  CHECK(judge_grpc(14, 1, {}, "draining").text == "gRPC status 14 UNAVAILABLE (draining)");
  CHECK(judge_grpc(99, 0).outcome == Outcome::Fail);
  CHECK(judge_grpc(-1, 0).outcome == Outcome::Fail);
  CHECK(judge_end(ProbeEnd::Malformed, ProbeKind::Grpcs).text == "the answer is not gRPC");
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
  CHECK(judge_end(ProbeEnd::Denied, ProbeKind::Exec).text ==
        "the engine or the proxy before it forbids exec; allow POST /containers/*/exec and /exec/*/start and "
        "GET /exec/*/json, or choose another healer.probe");
}
