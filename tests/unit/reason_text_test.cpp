// The words of reasons, notes and holds.
#include "present/reason_text.hpp"

#include <set>
#include <string>

#include <doctest/doctest.h>

#include "model/forms.hpp"

using namespace healer;
using namespace healer::present;

namespace {

CheckProblem problem(ProblemKind kind, int number = 0, const std::string& said = {},
                     const std::string& expected = {}) {
  CheckProblem found;
  found.kind = kind;
  found.number = number;
  found.limit = 5s;
  found.said = said;
  found.expected = expected;
  return found;
}

Hold held(HoldKind kind, HoldCase of = HoldCase::Only, const std::string& name = {},
          NotReady lacks = NotReady::None, const std::string& detail = {}) {
  return Hold{kind, of, name, lacks, detail, {}};
}

}  // namespace

TEST_CASE("texts: what a check found") {
  CHECK(problem_text(problem(ProblemKind::HttpStatus, 503)) == "HTTP 503");
  CHECK(problem_text(problem(ProblemKind::HttpStatus, 302, "redirect to another host not followed")) ==
        "HTTP 302 (redirect to another host not followed)");
  CHECK(problem_text(problem(ProblemKind::HttpBody, 200, {}, "ok")) == "HTTP 200, but the body lacks \"ok\"");
  CHECK(problem_text(problem(ProblemKind::Banner, 0, "421 busy", "220")) ==
        "sent \"421 busy\", expected \"220\"");
  CHECK(problem_text(problem(ProblemKind::ExitCode, 1)) == "exit code 1");
  CHECK(problem_text(problem(ProblemKind::ExitCode, 3, "no route")) == "exit code 3: no route");
  CHECK(problem_text(problem(ProblemKind::CannotRun, 127, "curl: not found")) ==
        "the check's command cannot run in the container: exit code 127: curl: not found");
  CHECK(problem_text(problem(ProblemKind::GrpcServing, 2)) == "gRPC health says NOT_SERVING");
  CHECK(problem_text(problem(ProblemKind::GrpcServing, 77)) ==
        "gRPC health says a status that does not exist");
  CHECK(problem_text(problem(ProblemKind::GrpcStatus, 12)) ==
        "gRPC status 12 UNIMPLEMENTED: it has no grpc.health.v1 service");
  CHECK(problem_text(problem(ProblemKind::GrpcStatus, 5, {}, "shop.Cart")) ==
        "gRPC status 5 NOT_FOUND: its health service does not know \"shop.Cart\"");
  CHECK(problem_text(problem(ProblemKind::GrpcStatus, 14, "draining")) ==
        "gRPC status 14 UNAVAILABLE (draining)");
  CHECK(problem_text(problem(ProblemKind::GrpcStatus, -1)) == "gRPC status -1 no known code");
  CHECK(problem_text(problem(ProblemKind::NotConnected)) == "no connection within 5s");
  CHECK(problem_text(problem(ProblemKind::NoAnswer)) == "no answer within 5s");
  CHECK(problem_text(problem(ProblemKind::CommandHangs)) == "the command did not end within 5s");
  CHECK(problem_text(problem(ProblemKind::HealthcheckUnhealthy)) == "HEALTHCHECK says unhealthy");
  CHECK(problem_text(problem(ProblemKind::HealthcheckCannotRun, 127, "curl")) ==
        "the HEALTHCHECK's command cannot run in the container (exit code 127): curl");
  CheckProblem closed = problem(ProblemKind::Closed);
  closed.asked_with = AskedWith::NoTls;
  CHECK(problem_text(closed) == "without TLS: connection closed before the answer");
}

TEST_CASE("texts: every kind of a problem, and every reason, has its own words") {
  std::set<std::string> texts;
  for (const ProblemKind kind : enum_values<ProblemKind>()) texts.insert(problem_text(problem(kind)));
  CHECK(texts.size() == enum_count<ProblemKind>);
  CHECK(problem_text(problem(ProblemKind::None)).empty());

  std::set<std::string> reasons;
  for (const std::string_view tag : tags_of<Reason>()) {
    Reason why;
    with_alternative(why, tag, [](auto&) {});
    if (auto* one = std::get_if<CheckProblem>(&why)) one->kind = ProblemKind::Refused;
    if (auto* checks = std::get_if<reason::Checks>(&why)) checks->probes.push_back({"db", {}});
    if (auto* alerts = std::get_if<reason::Alerts>(&why)) alerts->alerts.push_back({"Slow", {}});
    reasons.insert(reason_text(why));
  }
  CHECK(reasons.size() == tags_of<Reason>().size());
}

TEST_CASE("texts: the reasons of an incident") {
  const CheckProblem refused = problem(ProblemKind::Refused);
  const CheckProblem status = problem(ProblemKind::HttpStatus, 503);
  CHECK(reason_text(reason::Checks{{{"db", refused}, {"web", status}}}) ==
        "db: connection refused; web: HTTP 503");
  CHECK(reason_text(reason::Checks{{{{}, status}}, 3, 10}) == "3 of the last 10 checks failed: HTTP 503");
  reason::Checks many;
  for (int i = 0; i < 40; ++i) many.probes.push_back({"http 127.0.0.1:8080/health", refused});
  CHECK(reason_text(many).size() < 410);
  CHECK(reason_text(reason::NoConnectivity{refused}) == "the connectivity check failed (connection refused)");
  reason::Exited exit;
  exit.exit_code = 137;
  CHECK(reason_text(exit) == "exited by itself with code 137");
  exit.times = 5;
  exit.window = 10min;
  CHECK(reason_text(exit) == "exited by itself with code 137, 5 times in 10m");
  exit.times = 0;
  exit.out_of_memory = true;
  CHECK(reason_text(exit) == "out of memory, exit code 137");
  exit.memory_limit = "limit 64 MiB";
  exit.not_back = true;
  CHECK(reason_text(exit) ==
        "out of memory, exit code 137, limit 64 MiB, and the engine did not bring it back");
  CHECK(reason_text(reason::NetworkLost{"vpn", true}) == "vpn, whose network it shares, was replaced");
  CHECK(reason_text(reason::NetworkLost{{}, false}) ==
        "the container, whose network it shares, was restarted");
  CHECK(reason_text(reason::DependencyRestarted{"db"}) == "db, which it depends on, was restarted");
  CHECK(reason_text(reason::Alerts{{{"Slow", "5 s"}, {"Down", {}}, {"Same", "Same"}}}) ==
        "Slow: 5 s; Down; Same");
}

TEST_CASE("texts: how an attempt, a plan and an incident ended") {
  Attempt attempt;
  CHECK(note_text(attempt).empty());
  attempt.note.reason = problem(ProblemKind::HttpStatus, 503);
  CHECK(note_text(attempt) == "HTTP 503");
  attempt.note.error = "lost";
  attempt.note.ending = Ending::OutOfTime;
  CHECK(note_text(attempt) == "lost; neither healthy nor unhealthy in time: HTTP 503");
  attempt.dry_run = true;
  attempt.note = {};
  CHECK(note_text(attempt) == "dry run");
  attempt.note.ending = Ending::IncidentOver;
  CHECK(note_text(attempt) == "dry run; its incident is closed");
  CHECK(cancelled_text({Ending::IncidentOver, {}}) == "its incident is over");
  CHECK(cancelled_text({Ending::OtherState, ContainerState::Exited}) == "it is exited now");
  CHECK(closed_text(IncidentOutcome::StoppedByOperator, WantedEnd::Completed) == "it ended with exit code 0");
  CHECK(closed_text(IncidentOutcome::Removed, WantedEnd::None) == "the container was removed");
  CHECK(closed_text(IncidentOutcome::Recovered, WantedEnd::None).empty());
  CHECK(refused_text({HealRefusal::Owned, "Docker Swarm"}) ==
        "it belongs to Docker Swarm, which starts and stops it");
}

TEST_CASE("texts: why a due remedy waits") {
  CHECK(hold_text(held(HoldKind::Dependency, HoldCase::Only, "db", NotReady::Unhealthy)) ==
        "db is unhealthy; it is healed first");
  CHECK(hold_text(held(HoldKind::Dependency, HoldCase::Awaited, "db", NotReady::Stopped)) ==
        "db is stopped; it is waited for");
  CHECK(hold_text(held(HoldKind::NetworkParent, HoldCase::Only, "vpn", NotReady::Gone)) ==
        "vpn, whose network it shares, is gone");
  CHECK(hold_text(held(HoldKind::NetworkParent, HoldCase::Awaited, {}, NotReady::Starting)) ==
        "the container, whose network it shares, is starting; it is waited for");
  CHECK(hold_text(held(HoldKind::NetworkParent, HoldCase::ChangedJustNow, "vpn")) ==
        "vpn, whose network it shares, was changed just now; whoever did may do the same to it");
  CHECK(
      hold_text(held(HoldKind::Alert, HoldCase::Unconfirmed, "Slow")) ==
      "it is not known whether Slow still fires (no answer in 10 s); one attempt follows each notification");
  CHECK(hold_text(held(HoldKind::Alert, HoldCase::Unconfirmed, "Slow", NotReady::None, "HTTP 500")) ==
        "it is not known whether Slow still fires (HTTP 500); one attempt follows each notification");
  CHECK(hold_text(held(HoldKind::Paused, HoldCase::Everything)) == "everything is paused by an operator");
  CHECK(hold_text(held(HoldKind::Maintenance, HoldCase::Only, "nightly")) == "maintenance window nightly");
  CHECK(hold_text(held(HoldKind::Deployment, HoldCase::Only, "shop")) == "project shop is being deployed");
  std::set<std::string> texts;
  for (const HoldKind kind : enum_values<HoldKind>()) texts.insert(hold_text(held(kind)));
  CHECK(texts.size() == enum_count<HoldKind>);
}
