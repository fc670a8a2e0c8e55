// How far back the engine's events reach, and which of their attributes a label hides.
#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/docker/docker_engine.hpp"
#include "engine/docker/event_stream.hpp"
#include "engine_fixture.hpp"
#include "support/scripted_server.hpp"

using namespace healer;
using namespace healer::docker;
using namespace healer::testing;

namespace {

std::string event_at(int time) {
  return R"({"Type":"image","Action":"pull","Actor":{"ID":"x"},"timeNano":)" + std::to_string(time) + "}\n";
}

/// An engine that keeps `count` events, the first one at `first`.
std::string kept(int count, int first) {
  std::string all;
  for (int i = 0; i < count; ++i) all += event_at(first + i);
  return answer(200, all);
}

struct History : Fixture {
  bool reaches_back(std::int64_t since) {
    std::optional<bool> result;
    engine->has_events_since(since, [&](bool given) { result = given; });
    REQUIRE_FALSE(result.has_value());
    REQUIRE(run_until(loop, [&] { return result.has_value(); }));
    return *result;
  }
};

/// The reports of a stream that sends `lines` to a connected adapter.
struct Stream : Fixture {
  std::vector<EngineEvent> events;
  std::vector<Error> ends;
  std::string lines;
  std::function<std::string(const SeenRequest&)> hidden = [](const SeenRequest&) {
    return answer(200, "[]");
  };

  ScriptedServer::Script script() {
    return [this](Peer& peer) {
      while (const auto request = peer.read_request()) {
        const std::string path = EnginePeer::path_of(*request);
        if (path == "/events") {
          peer.send(chunked_head() + chunk(lines));
          return peer.hang();
        }
        const auto found = engine_side.answers.find(path);
        peer.send(path == "/containers/json"           ? hidden(*request)
                  : found != engine_side.answers.end() ? found->second
                                                       : error(404, "nothing"));
      }
    };
  }
  void read(std::size_t wanted) {
    const auto server = listen(script());
    REQUIRE(connect());
    ends.clear();
    engine->subscribe(
        0, [] {}, [this](EngineEvent event) { events.push_back(std::move(event)); },
        [&](Error end) { ends.push_back(std::move(end)); });
    REQUIRE(run_until(loop, [&] { return events.size() >= wanted || !ends.empty(); }));
    CHECK(ends.empty());
  }
};

std::string line(const std::string& action, const std::string& attributes,
                 const std::string& container = "c1") {
  return R"({"Type":"container","Action":")" + action + R"(","Actor":{"ID":")" + container +
         R"(","Attributes":{)" + attributes + R"(}},"timeNano":1})" + "\n";
}

}  // namespace

TEST_CASE_FIXTURE(History, "events are lost if the engine's memory is full and begins after the cursor") {
  engine_side.answers["/events"] = kept(EventStream::events_kept, 1000);
  const auto server = listen();
  CHECK_FALSE(reaches_back(999));
  CHECK(reaches_back(1000));
  CHECK(reaches_back(5000));
  CHECK(reaches_back(0));
  for (const auto& request : server->requests()) {
    contains(request.target, "/events?until=");
    CHECK(request.target.find("filters") == std::string::npos);
  }
}

TEST_CASE_FIXTURE(History, "no event is lost while the engine's memory has room") {
  engine_side.answers["/events"] = kept(EventStream::events_kept - 1, 1000);
  const auto server = listen();
  CHECK(reaches_back(1));
}

TEST_CASE_FIXTURE(History, "an engine that has no events, or does not tell them, reports no loss") {
  for (const std::string& said :
       {answer(200, ""), answer(403, "no"), error(500, "no"), answer(200, "garbage")}) {
    engine_side.answers["/events"] = said;
    const auto server = listen();
    CHECK(reaches_back(1));
  }
  CHECK(reaches_back(1));  // nobody listens
}

TEST_CASE_FIXTURE(History,
                  "an engine whose clock is behind holds the answer's end back: what came is counted") {
  const auto held_back = [](int count) {
    std::string all;
    for (int i = 0; i < count; ++i) all += event_at(1000 + i);
    return [all](Peer& peer) {
      peer.read_request();
      peer.send(chunked_head() + chunk(all));
      peer.hang();
    };
  };
  {
    const auto server = listen(held_back(EventStream::events_kept));
    CHECK_FALSE(reaches_back(1));
  }
  settings.call_deadline = 50ms;
  make();
  const auto server = listen(held_back(3));
  CHECK(reaches_back(1));
}

TEST_CASE_FIXTURE(History, "Podman keeps its events on disk") {
  engine_side.answers["/version"] = answer(200, fixture("version_podman"));
  engine_side.answers["/events"] = kept(EventStream::events_kept, 1000);
  const auto server = listen();
  REQUIRE(connect());
  CHECK(reaches_back(1));
}

TEST_CASE_FIXTURE(Stream, "a label named like an attribute does not hide how a container ended") {
  hidden = [](const SeenRequest& request) {
    const bool code = request.target.find("exitCode") != std::string::npos;
    // The third container has no such label: a proxy dropped the filter.
    const std::string other = R"(,{"Id":"c3","State":"running","Labels":{"app":"x"}}])";
    return answer(200, code ? R"([{"Id":"c1","State":"running","Labels":{"exitCode":"0"}})" + other
                            : R"([{"Id":"c2","State":"running","Labels":{"signal":"HUP"}})" + other);
  };
  lines = line("die", R"("exitCode":"0")", "c1") + line("kill", R"("signal":"HUP")", "c2") +
          line("die", R"("exitCode":"3")", "c2") + line("kill", R"("signal":"9")", "c1") +
          line("die", R"("exitCode":"4")", "c3");
  read(5);
  CHECK(std::holds_alternative<Changed>(events[0].report));
  REQUIRE(std::holds_alternative<StopRequested>(events[1].report));
  CHECK(std::get<StopRequested>(events[1].report).signal == 0);
  REQUIRE(std::holds_alternative<Ended>(events[2].report));
  CHECK(std::get<Ended>(events[2].report).exit_code == 3);
  CHECK(std::get<StopRequested>(events[3].report).signal == 9);
  REQUIRE(std::holds_alternative<Ended>(events[4].report));
  CHECK(std::get<Ended>(events[4].report).exit_code == 4);
}

TEST_CASE_FIXTURE(Stream, "a new container with such a label is known by its first event") {
  lines = line("create", R"("exitCode":"0","signal":"HUP")") + line("start", R"("exitCode":"0")") +
          line("die", R"("exitCode":"0")") + line("kill", R"("signal":"HUP")");
  read(4);
  CHECK(std::holds_alternative<Created>(events[0].report));
  CHECK(std::holds_alternative<Started>(events[1].report));
  CHECK(std::holds_alternative<Changed>(events[2].report));
  CHECK(std::holds_alternative<StopRequested>(events[3].report));
}

TEST_CASE_FIXTURE(Stream,
                  "an event with 300 KB of labels is reported as a change of its container, and named") {
  std::vector<SkippedObject> skipped;
  make();
  engine->on_skipped([&](const SkippedObject& object) { skipped.push_back(object); });
  lines =
      R"({"status":"die","id":"stranger","Type":"container","Action":"die","Actor":{"ID":"stranger","Attributes":)"
      R"({"exitCode":"0","big":")" +
      std::string(300'000, 'x') + R"("}},"timeNano":7000000000})" + line("start", R"("name":"web")");
  read(2);
  CHECK(events[0].container_id == "stranger");
  CHECK(std::holds_alternative<Changed>(events[0].report));
  CHECK(events[0].unix_nanoseconds == 7'000'000'000);
  CHECK(events[1].name == "web");
  REQUIRE(skipped.size() == 1);
  CHECK(skipped[0].kind == SkippedObject::Kind::Event);
  CHECK(skipped[0].container_id == "stranger");
}

TEST_CASE_FIXTURE(
    Stream,
    "if the engine does not say which labels there are, an end is believed only of a known container") {
  hidden = [](const SeenRequest&) { return error(403, "forbidden"); };
  lines = line("die", R"("exitCode":"0")", "c1") + line("kill", R"("signal":"HUP")", "c1") +
          line("start", R"("name":"web")", "c2") + line("die", R"("exitCode":"3")", "c2") +
          line("kill", R"("signal":"9")", "c2");
  read(5);
  CHECK(std::holds_alternative<Changed>(events[0].report));
  REQUIRE(std::holds_alternative<StopRequested>(events[1].report));
  CHECK(std::get<StopRequested>(events[1].report).signal == 0);
  REQUIRE(std::holds_alternative<Ended>(events[3].report));
  CHECK(std::get<Ended>(events[3].report).exit_code == 3);
  CHECK(std::get<StopRequested>(events[4].report).signal == 9);
}

TEST_CASE_FIXTURE(Stream, "an event that is not understood is left out, and the stream goes on") {
  for (const std::string& odd :
       {std::string(R"({"Type":7})"), line("die", R"("exitCode":137)"), std::string(R"({"Type":container})"),
        "{\"a\":" + std::string(100, '[') + std::string(100, ']') + "}",
        "{\"a\":\"" + std::string(400'000, 'x') + "\"}", line("start", "", ""), line("melt", "")}) {
    CAPTURE(odd.substr(0, 60));
    make();
    events.clear();
    lines = odd + line("start", R"("name":"web")");
    read(1);
    CHECK(events.size() == 1);
    CHECK(events[0].name == "web");
  }
}

TEST_CASE_FIXTURE(Fixture, "connect: a rootless engine is known by /info") {
  for (const auto& [options, rootless] : std::vector<std::pair<std::string, bool>>{
           {R"(["name=seccomp,profile=builtin","name=rootless"])", true},
           {R"(["name=apparmor","name=rootlesskit"])", false},
           {"null", false}}) {
    make();
    engine_side.answers["/info"] = answer(200, R"({"SecurityOptions":)" + options + "}");
    const auto server = listen();
    const auto info = connect();
    REQUIRE(info);
    CHECK(info->rootless == rootless);
    CHECK(info->warnings.empty());
    CHECK(connect()->rootless == rootless);
    const auto seen = server->requests();
    CHECK(std::count_if(seen.begin(), seen.end(),
                        [](const auto& request) { return EnginePeer::path_of(request) == "/info"; }) == 1);
  }
}

TEST_CASE_FIXTURE(Fixture, "connect: without /info the engine counts as not rootless, with a warning") {
  for (const std::string& said : {answer(403, "no"), error(500, "no"), answer(200, "[]")}) {
    engine_side.answers["/info"] = said;
    const auto server = listen();
    const auto info = connect();
    REQUIRE(info);
    CHECK_FALSE(info->rootless);
    REQUIRE(info->warnings.size() == 1);
    contains(info->warnings[0], "INFO=1");
  }
}
