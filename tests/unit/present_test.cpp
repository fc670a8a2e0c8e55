// The texts that operators read, made of facts and notices.
#include <string>
#include <utility>
#include <variant>

#include <doctest/doctest.h>

#include "present/decision_text.hpp"
#include "present/log_text.hpp"
#include "present/notification_text.hpp"

using namespace healer;

namespace {

std::string logged(Fact fact, const std::string& workload = {}) {
  return present::log_line(Report{LogLevel::Info, workload, std::move(fact)}).message;
}

CheckProblem http(int status) {
  CheckProblem problem;
  problem.kind = ProblemKind::HttpStatus;
  problem.number = status;
  return problem;
}

}  // namespace

TEST_CASE(
    "texts: a mass failure names the numbers, the hold and the failed canary, in the log and as a decision") {
  fact::MassFailure mass;
  mass.failing = 8;
  mass.among = 10;
  const auto shown = [&mass](const std::string& text) {
    CHECK(present::decision_text(mass).outcome == text);
    CHECK(logged(mass) == (mass.phase == fact::MassPhase::Off ? text : "mass failure: " + text));
  };
  mass.phase = fact::MassPhase::Holding;
  mass.wait = 40s;
  shown("8 of 10 are unhealthy at once; remedies are on hold for 40s");
  mass.phase = fact::MassPhase::Canary;
  mass.batch = 1;
  shown("8 of 10 are unhealthy at once; 1 at a time is tried");
  mass.batch = 2;
  shown("8 of 10 are unhealthy at once; 2 at a time are tried");
  mass.phase = fact::MassPhase::Backoff;
  mass.wait = 2min;
  shown("8 of 10 are unhealthy at once, and a restart did not help; remedies are on hold for 2m");
  mass.phase = fact::MassPhase::Off;
  mass.lasted = 5min;
  shown("the mass failure is over after 5m: 8 of 10 are unhealthy");
}

TEST_CASE("texts: an order is logged in the form of the guide, with its cause or the failed checks") {
  fact::AttemptOrdered ordered;
  ordered.remedy = "restart";
  ordered.reason = http(503);
  ordered.failed_checks = 3;
  ordered.attempt = 1;
  ordered.budget = 5;
  CHECK(logged(ordered, "web") == "RESTARTING web — failed 3 consecutive health checks (attempt 1 of 5)");
  ordered.failed_checks = 0;
  ordered.kind = RemedyKind::Kill;
  ordered.remedy = "kill:HUP";
  CHECK(logged(ordered, "web") == "SIGNALLING web [kill:HUP] — HTTP 503 (attempt 1 of 5)");
}

TEST_CASE(
    "texts: a pause of everything and of one workload name their length, in the log and as a decision") {
  const fact::HostCommanded all{fact::Command::Pause, 10min};
  CHECK(logged(all) == "everything is paused by an operator for 10m: watched, but nothing is done");
  CHECK(present::decision_text(all).outcome == logged(all));
  const fact::Commanded one{fact::Command::Pause, std::nullopt};
  CHECK(logged(one, "web") == "web — paused by an operator until resumed: watched, but nothing is done");
  CHECK(present::decision_text(one).outcome == "paused until resumed");
}

TEST_CASE("texts: every notice has a title and a text") {
  const auto check = [](Notice notice) {
    CAPTURE(notice.index());
    SendNotification send;
    send.notification.workload = "web";
    send.notice = std::move(notice);
    const Notification written = present::written(send);
    CHECK_FALSE(written.event.empty());
    CHECK_FALSE(written.text.empty());
  };
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    (check(std::variant_alternative_t<I, PlainVariant<Notice>>{}), ...);
  }
  (std::make_index_sequence<std::variant_size_v<PlainVariant<Notice>>>{});
}
