// Evidence, saved before a remedy erases it.
#include <doctest/doctest.h>

#include "adapter/runtime/bench.hpp"
#include "runtime/evidence_capture.hpp"

using namespace healer;
using namespace healer::testing;

namespace {

CaptureEvidence order_for(std::string workload, std::uint64_t incident, std::string container = "c1") {
  return CaptureEvidence{std::move(workload), IncidentId{incident}, std::move(container), 2s};
}

struct Captures {
  HeldEngine engine;
  std::vector<Evidence> kept;
  std::vector<EvidenceCaptured> said;
  EvidenceCapture capture{engine, []() { return Instant{Duration{5000}}; },
                          [this](Evidence evidence, EvidenceCaptured captured) {
                            kept.push_back(std::move(evidence));
                            said.push_back(std::move(captured));
                          }};

  void answer(const EngineEvidence& evidence = {}) {
    REQUIRE(!engine.captures.empty());
    const auto done = std::move(engine.captures.front().second);
    engine.captures.erase(engine.captures.begin());
    done(evidence);
  }
};

}  // namespace

TEST_CASE("a remedy waits for the evidence, and the evidence is on disk before the order goes out") {
  Bench bench;
  bench.connect();
  bench.list();
  bench.become_unhealthy();
  REQUIRE(bench.engine.captures.size() == 1);
  CHECK(bench.engine.captures[0].first.container_id == "c1");
  CHECK(bench.engine.captures[0].first.deadline <= 2s);
  bench.engine.answer_inspects(bench.containers);
  bench.store.let_through();
  CHECK(bench.engine.orders.empty());

  EngineEvidence reported;
  reported.logs = "2026-11-22T10:00:00.123456789Z ready\n2026-11-22T10:00:01.1Z token=hunter2 is hunter2\n";
  reported.secrets = {"hunter2"};
  bench.answer_captures(reported);
  bench.engine.answer_inspects(bench.containers);
  const std::vector<Record> written = bench.store.let_through();
  REQUIRE(bench.engine.orders.size() == 1);
  std::size_t evidence_at = written.size();
  std::size_t attempt_at = written.size();
  for (std::size_t i = 0; i < written.size(); ++i) {
    if (std::holds_alternative<Evidence>(written[i])) evidence_at = i;
    if (std::holds_alternative<Attempt>(written[i]) && attempt_at == written.size()) attempt_at = i;
  }
  REQUIRE(evidence_at < written.size());
  CHECK(evidence_at < attempt_at);
  const auto& evidence = std::get<Evidence>(written[evidence_at]);
  CHECK(evidence.logs.find("hunter2") == std::string::npos);
  CHECK(evidence.logs.find("ready") != std::string::npos);
  CHECK(evidence.workload == "web");
  REQUIRE(bench.delivered.size() == 1);
  CHECK(bench.delivered[0].notification.excerpt == "ready\ntoken=<redacted> is <redacted>");
}

TEST_CASE("without an engine the evidence is empty, and its record says why") {
  Captures captures;
  captures.capture.capture(order_for("web", 7));
  EngineEvidence none;
  none.missing = {"logs: not within 2s", "state: connection refused"};
  captures.answer(none);
  REQUIRE(captures.kept.size() == 1);
  CHECK(captures.kept[0].missing == "logs: not within 2s; state: connection refused");
  CHECK(captures.kept[0].taken_at == Instant{Duration{5000}});
  CHECK(captures.said[0].missing == captures.kept[0].missing);
  CHECK(captures.said[0].excerpt.empty());
  CHECK(captures.capture.open() == 0);
}

TEST_CASE("never two captures of one workload at once; a waiting request is answered, too") {
  Captures captures;
  captures.capture.capture(order_for("web", 1));
  captures.capture.capture(order_for("db", 2));
  captures.capture.capture(order_for("web", 3));
  CHECK(captures.engine.captures.size() == 2);
  captures.answer();
  REQUIRE(captures.said.size() == 2);  // one capture of the container answers both incidents
  CHECK(captures.said[0].incident == IncidentId{1});
  CHECK(captures.said[1].incident == IncidentId{3});
  CHECK(captures.engine.captures.size() == 1);

  captures.capture.capture(order_for("db", 2));  // requested again for the same incident: one answer
  captures.capture.capture(order_for("db", 4, "c2"));
  captures.answer();
  CHECK(captures.said.size() == 3);
  REQUIRE(captures.engine.captures.size() == 1);
  CHECK(captures.engine.captures[0].first.container_id == "c2");
  captures.answer();
  CHECK(captures.said.back().incident == IncidentId{4});
  CHECK(captures.capture.open() == 0);
}

TEST_CASE("every text is redacted and bounded; the end of the log is kept") {
  EngineEvidence reported;
  const std::string secret = "correct-horse-battery";
  reported.state = reported.health_log = reported.processes = reported.memory = "x " + secret + " y";
  reported.missing = {secret};
  reported.secrets = {secret};
  for (int i = 0; i < 20'000; ++i) reported.logs += "line " + std::to_string(i) + " " + secret + "\n";
  reported.processes += std::string(100'000, 'p');
  const Evidence evidence = evidence_of(order_for("web", 1), Instant{}, reported);
  for (const std::string& text : {evidence.state, evidence.health_log, evidence.logs, evidence.processes,
                                  evidence.memory, evidence.missing})
    CHECK(text.find(secret) == std::string::npos);
  CHECK(evidence.logs.size() <= 64 * 1024);
  CHECK(evidence.processes.size() <= 16 * 1024);
  CHECK(evidence.logs.starts_with("line "));
  CHECK(evidence.logs.ends_with("line 19999 <redacted>\n"));
}

TEST_CASE("the excerpt is the last three lines that are not blank") {
  CHECK(evidence_excerpt("") == "");
  CHECK(evidence_excerpt("\n \n\n") == "");
  CHECK(evidence_excerpt("one") == "one");
  CHECK(evidence_excerpt("a\nb\n\nc\n \nd\n") == "b\nc\nd");
  CHECK(evidence_excerpt("2026-11-22T10:00:00.1Z a\n2026-11-22T10:00:00.1Z \n2026-11-22T10:00:00+01:00 b") ==
        "a\nb");
  CHECK(evidence_excerpt("2026-11-22 10:00:00 its own time") == "2026-11-22 10:00:00 its own time");
  CHECK(evidence_excerpt("\x1b[31mred\x1b[0m\xff") == "red?");
  const std::string long_line(1000, 'x');
  CHECK(evidence_excerpt(long_line).size() == 400);
  CHECK(evidence_excerpt(long_line + "\n" + long_line + "\n" + long_line).size() <= 400);
}
