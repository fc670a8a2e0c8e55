// Tests of the evidence saved before a remedy, with a scripted engine.
#include <doctest/doctest.h>

#include <algorithm>

#include "base/duration.hpp"
#include "engine/docker/json_evidence.hpp"
#include "engine_fixture.hpp"
#include "output_frames.hpp"
#include "support/growing_deadline.hpp"

using namespace healer;
using namespace healer::docker;
using namespace healer::testing;

namespace {

const std::string running =
    R"({"Id":"a","RestartCount":2,"State":{"Status":"running","Running":true,"OOMKilled":false,"ExitCode":0,
"StartedAt":"2026-11-22T22:45:05.341757034Z","FinishedAt":"0001-01-01T00:00:00Z","Health":{"Status":"unhealthy","Log":[
{"Start":"2026-11-22T22:45:06.3Z","End":"2026-11-22T22:45:06.35Z","ExitCode":0,"Output":""},
{"Start":"2026-11-22T22:45:08.0Z","End":"2026-11-22T22:45:09.5Z","ExitCode":1,"Output":"first\nsecond\u0007\n"}]}},
"HostConfig":{"Memory":67108864},"Config":{"Env":["DB_PASSWORD=hunter22","PATH=/bin"]}})";
const std::string exited =
    R"({"Id":"a","RestartCount":0,"State":{"Status":"exited","Running":false,"OOMKilled":true,"ExitCode":137,
"Error":"","StartedAt":"2026-11-22T22:45:05Z","FinishedAt":"2026-11-22T22:45:06Z"},"HostConfig":{"Memory":0},"Config":{}})";
const std::string top =
    R"({"Titles":["PID","CMD"],"Processes":[["7","sleep 1000"],["8","serve --port 80"]]})";
const std::string stats =
    R"({"memory_stats":{"usage":52428800,"limit":67108864,"stats":{"total_inactive_file":1992294}}})";
const std::string base = "/containers/" + id;

struct EvidenceFixture : Fixture {
  EvidenceOrder order{id, 100, 64 * 1024, 20s};
  std::unique_ptr<ScriptedServer> server;

  EvidenceFixture() {
    engine_side.answers[base + "/json"] = answer(200, running);
    engine_side.answers[base + "/logs"] = answer(200, frame(1, "2026 out\n") + frame(2, "2026 err\n"));
    engine_side.answers[base + "/top"] = answer(200, top);
    engine_side.answers[base + "/stats"] = answer(200, stats);
  }
  EngineEvidence collect() {
    if (!server) server = listen();
    std::optional<EngineEvidence> evidence;
    engine->collect_evidence(order, [&evidence](EngineEvidence given) {
      REQUIRE_FALSE(evidence.has_value());
      evidence = std::move(given);
    });
    REQUIRE_FALSE(evidence.has_value());
    REQUIRE(run_until(loop, [&] { return evidence.has_value(); }));
    return *evidence;
  }
  std::vector<std::string> targets() const {
    std::vector<std::string> targets;
    for (const auto& request : server->requests()) targets.push_back(request.target);
    std::sort(targets.begin(), targets.end());
    return targets;
  }
  /// Answers as usual, but never answers `path`.
  void hang_at(const std::string& path) {
    server = listen([this, path](Peer& peer) {
      while (const auto request = peer.read_request()) {
        const std::string asked = EnginePeer::path_of(*request);
        if (asked == path) return peer.hang();
        const auto found = engine_side.answers.find(asked);
        peer.send(found->second);
      }
    });
  }
};

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE_FIXTURE(EvidenceFixture, "evidence: everything is collected from a running container") {
  server = listen();
  REQUIRE(connect());
  const EngineEvidence evidence = collect();
  CHECK(evidence.state ==
        "state: running (unhealthy)\nout of memory: no\nstarted: 2026-11-22T22:45:05.341757034Z\n"
        "restarts by the engine: 2\nmemory limit: 64 MiB\n");
  CHECK(evidence.health_log ==
        "2026-11-22T22:45:06.3Z exit code 0, after 50ms\n"
        "2026-11-22T22:45:08.0Z exit code 1, after 1s500ms:\nfirst\nsecond?\n");
  CHECK(evidence.logs == "2026 out\n2026 err\n");
  CHECK(evidence.processes == "PID  CMD\n7  sleep 1000\n8  serve --port 80\n");
  CHECK(evidence.memory == "48.1 MiB of 64 MiB");
  CHECK(evidence.missing.empty());
  CHECK(evidence.secrets == Lines{"hunter22"});
  const std::string versioned = "/v1.41" + base;
  Lines about_it = targets();
  std::erase_if(about_it, [&](const std::string& target) { return !target.starts_with(versioned); });
  CHECK(about_it == Lines{versioned + "/json", versioned + "/logs?stdout=1&stderr=1&timestamps=1&tail=100",
                          versioned + "/stats?stream=false&one-shot=true", versioned + "/top"});
}

TEST_CASE_FIXTURE(EvidenceFixture, "evidence: with an old API version no one-shot statistics are requested") {
  engine_side.answers["/_ping"] = answer(200, "OK", "text/plain", "Api-Version: 1.40\r\n");
  server = listen();
  REQUIRE(connect());
  order.log_lines = 7;
  CHECK(collect().memory == "48.1 MiB of 64 MiB");
  const auto asked = targets();
  CHECK(std::count(asked.begin(), asked.end(), "/v1.40" + base + "/stats?stream=false") == 1);
  CHECK(std::count(asked.begin(), asked.end(),
                   "/v1.40" + base + "/logs?stdout=1&stderr=1&timestamps=1&tail=7") == 1);
}

TEST_CASE_FIXTURE(EvidenceFixture, "evidence: an exited container has no processes, and that is no error") {
  engine_side.answers[base + "/json"] = answer(200, exited);
  engine_side.answers[base + "/top"] = error(409, "Container x is not running");
  engine_side.answers[base + "/stats"] = answer(200, R"({"memory_stats":{}})");
  SUBCASE("Docker's answer") {}
  SUBCASE("Podman's answer") {
    engine_side.answers[base + "/top"] = error(500, "top can only be used on running containers");
    engine_side.answers[base + "/stats"] = error(409, "Container is not running");
  }
  const EngineEvidence evidence = collect();
  CHECK(evidence.state ==
        "state: exited\nexit code: 137\nout of memory: yes\nstarted: 2026-11-22T22:45:05Z\n"
        "finished: 2026-11-22T22:45:06Z\nrestarts by the engine: 0\nmemory limit: none\n");
  CHECK(evidence.health_log.empty());
  CHECK(evidence.logs == "2026 out\n2026 err\n");
  CHECK(evidence.missing ==
        Lines{"processes: the container does not run", "memory: the container does not run"});
}

TEST_CASE_FIXTURE(EvidenceFixture,
                  "evidence: the newest bytes of the log are kept, with or without a terminal") {
  order.log_bytes = 1000;
  std::string lines;
  for (int i = 0; i < 1000; ++i) lines += "2026 line " + std::to_string(i) + "\n";
  SUBCASE("without a terminal") {
    engine_side.answers[base + "/logs"] = answer(200, frame(1, lines));
  }
  SUBCASE("with a terminal") {
    engine_side.answers[base + "/logs"] = answer(200, lines);
  }
  SUBCASE("the log is above the cap of other answers") {
    settings.answer_cap = 5000;
    make();
    engine_side.answers[base + "/logs"] = chunked_head() + chunk(lines) + std::string(last_chunk);
  }
  const EngineEvidence evidence = collect();
  CHECK(evidence.logs.size() <= 1000);
  CHECK(evidence.logs.size() > 950);
  CHECK(evidence.logs.starts_with("2026 line "));
  CHECK(evidence.logs.ends_with("2026 line 999\n"));
  CHECK(evidence.missing.empty());
}

TEST_CASE_FIXTURE(EvidenceFixture,
                  "evidence: a part that cannot be collected is named, and the rest is there") {
  const std::map<std::string, std::string> answers{
      {error(403, "no"),
       "logs: the engine answered 403: no (a socket proxy or an authorization plugin "
       "forbids it)"},
      {error(501, "configured logging driver does not support reading"),
       "logs: the engine answered 501: configured logging driver does not support reading"},
      {answer(200, "\x01\x02 no stream"), "the output's framing is broken"},
      {chunked_head() + chunk(frame(1, "2026 begun\n") + frame(1, "2026 cut").substr(0, 10)) +
           std::string(last_chunk),
       "logs: the output was cut"},
  };
  for (const auto& entry : answers) {
    const std::string& missing = entry.second;
    CAPTURE(missing);
    engine_side.answers[base + "/logs"] = entry.first;
    server.reset();
    const EngineEvidence evidence = collect();
    REQUIRE(evidence.missing.size() == 1);
    CHECK(evidence.missing[0].starts_with("logs: "));
    contains(evidence.missing[0], missing);
    CHECK(evidence.memory == "48.1 MiB of 64 MiB");
    if (missing.ends_with("was cut")) CHECK(evidence.logs == "2026 begun\n20");
  }
  for (const char* path : {"/top", "/stats"}) {
    for (const std::string& said : {error(500, "boom"), answer(200, "[]"), answer(200, "{"),
                                    answer(200, R"({"Processes":[7],"memory_stats":7})")}) {
      CAPTURE(said);
      EvidenceFixture other;
      other.engine_side.answers[base + path] = said;
      const EngineEvidence evidence = other.collect();
      REQUIRE(evidence.missing.size() == 1);
      contains(evidence.missing[0], path[1] == 't' ? "processes: " : "memory: ");
      CHECK(evidence.logs == "2026 out\n2026 err\n");
    }
  }
}

TEST_CASE_FIXTURE(EvidenceFixture,
                  "evidence: parts that may hold secrets are left out when the secrets are not known") {
  engine_side.answers[base + "/json"] = error(500, "boom");
  const EngineEvidence evidence = collect();
  CHECK(evidence.state.empty());
  CHECK(evidence.logs.empty());
  CHECK(evidence.processes.empty());
  CHECK(evidence.memory == "48.1 MiB of 64 MiB");
  REQUIRE(evidence.missing.size() == 3);
  CHECK(evidence.missing[0] == "state: the engine answered 500: boom");
  contains(evidence.missing[1], "logs: left out");
  contains(evidence.missing[2], "processes: left out");
}

TEST_CASE_FIXTURE(EvidenceFixture, "evidence: at the deadline everything collected so far is delivered") {
  order.deadline = 300ms;
  // By then every other part is there, unless the machine is too busy.
  const auto collect_but_one = [&] {
    return with_growing_deadline(
        order.deadline,
        [&](Duration deadline) {
          order.deadline = deadline;
          return collect();
        },
        [](const EngineEvidence& evidence) { return evidence.missing.size() == 1; });
  };
  SUBCASE("without the statistics") {
    hang_at(base + "/stats");
    const EngineEvidence evidence = collect_but_one();
    CHECK(evidence.missing == Lines{"memory: not within " + format_duration(order.deadline)});
    CHECK(evidence.logs == "2026 out\n2026 err\n");
    CHECK(evidence.memory.empty());
  }
  SUBCASE("without the log") {
    hang_at(base + "/logs");
    const EngineEvidence evidence = collect_but_one();
    CHECK(evidence.missing == Lines{"logs: not within " + format_duration(order.deadline)});
  }
  SUBCASE("with the part of the log that has arrived") {
    server = listen([&](Peer& peer) {
      while (const auto request = peer.read_request()) {
        const std::string asked = EnginePeer::path_of(*request);
        if (asked == base + "/logs") {
          peer.send(chunked_head() + chunk(frame(1, "2026 first\n")));
          return peer.hang();
        }
        peer.send(engine_side.answers.at(asked));
      }
    });
    const EngineEvidence evidence = with_growing_deadline(
        order.deadline,
        [&](Duration deadline) {
          order.deadline = deadline;
          return collect();
        },
        [](const EngineEvidence& reported) {
          return reported.missing.size() == 1 && !reported.logs.empty();
        });
    CHECK(evidence.logs == "2026 first\n");
    CHECK(evidence.missing == Lines{"logs: not within " + format_duration(order.deadline)});
  }
  SUBCASE("the engine never answers") {
    server = listen([](Peer& peer) { peer.hang(); });
    const EngineEvidence evidence = collect();
    CHECK(evidence.missing == Lines{"state: not within 300ms", "logs: not within 300ms",
                                    "processes: not within 300ms", "memory: not within 300ms"});
  }
  SUBCASE("the engine object is destroyed: no callback") {
    server = listen([](Peer& peer) { peer.hang(); });
    bool answered = false;
    engine->collect_evidence(order, [&](const EngineEvidence&) { answered = true; });
    engine->collect_evidence({"a/b", 1, 1, 1s}, [&](const EngineEvidence&) { answered = true; });
    engine.reset();
    bool later = false;
    net::Timer timer(loop);
    timer.set_after(400ms, [&later] { later = true; });
    REQUIRE(run_until(loop, [&] { return later; }));
    CHECK_FALSE(answered);
  }
}

TEST_CASE_FIXTURE(EvidenceFixture, "evidence: an unreachable engine and an invalid id give missing parts") {
  SUBCASE("unreachable engine") {
    server = listen();
    server.reset();
    std::optional<EngineEvidence> evidence;
    engine->collect_evidence(order, [&](EngineEvidence given) { evidence = std::move(given); });
    REQUIRE(run_until(loop, [&] { return evidence.has_value(); }));
    CHECK(evidence->missing.size() == 4);
  }
  SUBCASE("invalid id") {
    order.container_id = "../x";
    const EngineEvidence evidence = collect();
    REQUIRE(evidence.missing.size() == 1);
    contains(evidence.missing[0], "no container id");
    CHECK(server->requests().empty());
  }
}

TEST_CASE("evidence: real answers of the engines") {
  for (const char* name : {"inspect_20.10_unhealthy", "inspect_26_unhealthy", "inspect_podman_unhealthy"}) {
    CAPTURE(std::string(name));
    const auto evidence = parse_inspect_evidence(fixture(name));
    REQUIRE(evidence);
    CHECK(evidence->running);
    contains(evidence->state, "state: running");
    contains(evidence->health_log, "exit code 1");
  }
  for (const char* name : {"inspect_20.10_exited", "inspect_podman_exited"}) {
    CAPTURE(std::string(name));
    const auto evidence = parse_inspect_evidence(fixture(name));
    REQUIRE(evidence);
    CHECK_FALSE(evidence->running);
    contains(evidence->state, "state: exited\nexit code: ");
    CHECK(evidence->health_log.empty());
  }
}

TEST_CASE("evidence: memory is counted as by docker stats, with cgroup v1 and v2") {
  const auto text = [](const std::string& json, bool limited = true) -> std::string {
    const auto use = parse_memory_use(R"({"memory_stats":)" + json + "}");
    REQUIRE(use);
    return *use ? memory_text(**use, limited) : "none";
  };
  CHECK(text(R"({"usage":2048,"limit":4096,"stats":{"total_inactive_file":1024,"inactive_file":5}})") ==
        "1 KiB of 4 KiB");
  CHECK(text(R"({"usage":2048,"limit":4096,"stats":{"inactive_file":1024}})") == "1 KiB of 4 KiB");
  CHECK(text(R"({"usage":2048,"limit":4096,"stats":{"inactive_file":4096}})") == "2 KiB of 4 KiB");
  CHECK(text(R"({"usage":2048,"limit":4096})") == "2 KiB of 4 KiB");
  CHECK(text(R"({"usage":500,"limit":4096})", false) == "500 B, no limit");
  CHECK(text(R"({"usage":1610612736,"limit":18446744073709551615})") == "1.5 GiB, no limit");
  CHECK(text(R"({})") == "none");
  CHECK(text(R"({"usage":0,"limit":0})") == "none");
  CHECK_FALSE(parse_memory_use(R"({"memory_stats":{"usage":"x"}})"));
}

TEST_CASE("evidence: a long list of processes keeps whole lines and counts the rest") {
  std::string many = R"({"Titles":["PID"],"Processes":[)";
  for (int i = 1000; i < 1100; ++i) many += (i > 1000 ? ",[\"" : "[\"") + std::to_string(i) + "\"]";
  const auto lines = parse_processes(many + "]}", 24);
  REQUIRE(lines);
  CHECK(*lines == "PID\n1000\n1001\n1002\n1003\nand 96 more\n");
  CHECK(*parse_processes("{}", 24) == "");
}
