#include <doctest/doctest.h>

#include <string>

#include "engine/docker/docker_engine.hpp"
#include "engine_fixture.hpp"
#include "output_frames.hpp"
#include "support/scripted_server.hpp"

using namespace healer;
using namespace healer::testing;

namespace {

const std::string stats_path = "/containers/" + id + "/stats";
const std::string logs_path = "/containers/" + id + "/logs";

std::string stats_json(const std::string& cpu, const std::string& counts) {
  return R"({"cpu_stats":{"cpu_usage":{"total_usage":)" + cpu +
         R"(}},"blkio_stats":{"io_service_bytes_recursive":)" + counts + "}}";
}

struct Work : Fixture {
  Result<Activity> activity(const std::string& of = id) {
    return result_of<Activity>([&](auto done) { engine->activity(of, done); });
  }
};

}  // namespace

TEST_CASE_FIXTURE(Work, "activity: CPU time, block I/O and the time of the newest log line") {
  engine_side.answers[stats_path] =
      answer(200, stats_json("2500000000", R"([{"op":"Read","value":4096},{"op":"Write","value":8192},
                                               {"op":"Total","value":12288}])"));
  engine_side.answers[logs_path] =
      answer(200, frame(1, "2026-11-22T19:58:49.136605995Z migration 7 of 900\n"));
  const auto server = listen();
  const auto work = activity();
  REQUIRE(work);
  CHECK(*work == Activity{2500ms, 12288, WallTime{1795377529136}});
  contains(server->requests().at(0).target, "stream=false");
  contains(server->requests().at(1).target, "tail=1");
}

TEST_CASE_FIXTURE(Work, "activity: cgroup v2's words, a terminal's log, and none") {
  engine_side.answers[stats_path] =
      answer(200, stats_json("1000000", R"([{"op":"read","value":1},{"op":"write","value":2}])"));
  engine_side.answers[logs_path] = answer(200, "2026-11-22T19:58:49Z on a terminal\r\n");
  const auto server = listen();
  CHECK(*activity() == Activity{1ms, 3, WallTime{1795377529000}});
  engine_side.answers[stats_path] = answer(200, stats_json("1000000", "null"));
  engine_side.answers[logs_path] = answer(200, "");
  CHECK(*activity() == Activity{1ms, 0, {}});
  engine_side.answers[logs_path] = answer(403, "no");
  CHECK(*activity() == Activity{1ms, 0, {}});
}

TEST_CASE_FIXTURE(Work, "activity: failures name the call") {
  const auto server = listen();
  engine_side.answers[stats_path] = answer(200, stats_json("0", "null"));
  CHECK(code_of(activity()) == ErrorCode::Conflict);
  engine_side.answers[stats_path] = answer(403, "no");
  CHECK(code_of(activity()) == ErrorCode::Refused);
  engine_side.answers[stats_path] = answer(200, stats_json("\"1\"", "null"));
  CHECK(code_of(activity()) == ErrorCode::Protocol);
  engine_side.answers.erase(stats_path);
  const auto gone = activity();
  CHECK(code_of(gone) == ErrorCode::NotFound);
  contains(gone.error().message, "activity of aaaaaaaaaaaa");
  CHECK(code_of(activity("a/b")) == ErrorCode::InvalidInput);
}
