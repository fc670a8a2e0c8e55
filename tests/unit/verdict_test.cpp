#include "core/verdict.hpp"

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

TEST_CASE("verdict: each end has its own outcome and cause") {
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

TEST_CASE("verdict: only the accepted statuses pass") {
  CHECK(judge_http(200).outcome == Outcome::Pass);
  CHECK(judge_http(503).outcome == Outcome::Fail);
  CHECK(judge_http(503).text == "HTTP 503");
  CHECK(judge_http(204).outcome == Outcome::Fail);
  CHECK(judge_http(302).outcome == Outcome::Fail);
  ProbeSpec spec;
  spec.accepted = {StatusRange{200, 299}, StatusRange{401, 401}};
  CHECK(judge_http(204, {}, spec).outcome == Outcome::Pass);
  CHECK(judge_http(401, {}, spec).outcome == Outcome::Pass);
  CHECK(judge_http(300, {}, spec).outcome == Outcome::Fail);
}

TEST_CASE("verdict: a body match must be met") {
  ProbeSpec spec;
  spec.body_match = "\"ok\"";
  CHECK(judge_http(200, "{\"status\":\"ok\"}", spec).outcome == Outcome::Pass);
  CHECK(judge_http(200, "{\"status\":\"degraded\"}", spec).cause == Cause::BodyMismatch);
}

TEST_CASE("verdict: a tcp banner is a prefix") {
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
