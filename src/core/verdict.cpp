#include "core/verdict.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/duration.hpp"
#include "base/text.hpp"

namespace healer {
namespace {

Verdict fail(Cause cause, std::string text) {
  return Verdict{Outcome::Fail, cause, std::move(text)};
}
Verdict unknown(Cause cause, std::string text) {
  return Verdict{Outcome::Unknown, cause, std::move(text)};
}

std::string with_detail(const char* text, const ProbeFacts& facts) {
  return facts.detail.empty() ? text : fmt::format("{} ({})", text, clip(printable(facts.detail), 200));
}

Verdict judge_answer(const ProbeFacts& facts, const ProbeSpec& spec, ProbeKind kind) {
  if (kind == ProbeKind::Tcp) {
    if (spec.banner.empty() || facts.body.starts_with(spec.banner)) return {};
    return fail(Cause::BannerMismatch,
                fmt::format("sent \"{}\", expected \"{}\"", clip(printable(facts.body), 80),
                            clip(printable(spec.banner), 80)));
  }
  const bool accepted = std::any_of(
      spec.accepted.begin(), spec.accepted.end(),
      [&](const StatusRange& range) { return facts.status >= range.first && facts.status <= range.last; });
  if (!accepted) return fail(Cause::Status, fmt::format("HTTP {}", facts.status));
  if (!spec.body_match.empty() && facts.body.find(spec.body_match) == std::string::npos)
    return fail(Cause::BodyMismatch, fmt::format("HTTP {}, but the body lacks \"{}\"", facts.status,
                                                 clip(printable(spec.body_match), 80)));
  return {};
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
      return fail(Cause::AnswerTimeout, fmt::format("no answer within {}", format_duration(timeout)));
    case ProbeEnd::TlsFailed:
      return fail(Cause::Tls, with_detail("TLS failed", facts));
    case ProbeEnd::Malformed:
      return fail(Cause::Malformed, with_detail("the answer is not HTTP", facts));
    case ProbeEnd::NoRoute:
      return unknown(Cause::NoRoute, with_detail("healer has no route to it", facts));
    case ProbeEnd::NoResources:
      return unknown(Cause::NoResources, with_detail("healer ran out of descriptors or memory", facts));
    case ProbeEnd::Cancelled:
      return unknown(Cause::NoResources, "cancelled");
    case ProbeEnd::Denied:
      return unknown(Cause::Denied, with_detail("the engine does not allow to ask it", facts));
    case ProbeEnd::EngineFailed:
      return unknown(Cause::EngineFailed, with_detail("the engine could not ask it", facts));
    case ProbeEnd::NotRunning:
      return unknown(Cause::NotRunning, with_detail("it does not run", facts));
    case ProbeEnd::StillOpen:
      return unknown(Cause::StillOpen, "the check before has not ended");
  }
  return unknown(Cause::NoResources, "not understood");
}

}  // namespace healer
