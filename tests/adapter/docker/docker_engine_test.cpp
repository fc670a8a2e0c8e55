#include "engine/docker/docker_engine.hpp"

#include <doctest/doctest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <thread>

#include "engine_fixture.hpp"
#include "fixtures.hpp"
#include "net/loop.hpp"
#include "support/certificates.hpp"
#include "support/growing_deadline.hpp"
#include "support/loop_wait.hpp"
#include "support/scripted_server.hpp"

using namespace healer;
using namespace healer::docker;
using namespace healer::testing;

namespace {

unsigned count_posts(const ScriptedServer& server) {
  const auto seen = server.requests();
  return static_cast<unsigned>(
      std::count_if(seen.begin(), seen.end(), [](const auto& request) { return request.method == "POST"; }));
}

/// A subscription and all its callbacks.
struct Subscription {
  int ready = 0;
  std::vector<EngineEvent> events;
  std::vector<Error> ends;

  void open(DockerEngine& engine, std::int64_t since = 0) {
    engine.subscribe(
        since, [this] { ++ready; }, [this](EngineEvent event) { events.push_back(std::move(event)); },
        [this](Error end) { ends.push_back(std::move(end)); });
  }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "connect negotiates the lower API version and describes the engine") {
  SUBCASE("an older Docker") {
    const auto server = listen();
    const auto info = connect();
    REQUIRE(info);
    CHECK(info->description == "Docker Engine 20.10.24+dfsg1 (API 1.41)");
    CHECK(info->api_version == "1.41");
    CHECK_FALSE(info->guarded);
    CHECK(server->requests().at(0).target == "/_ping");
    CHECK(server->requests().at(1).target == "/v1.41/version");
    inspect();
    CHECK(server->requests().back().target == "/v1.41/containers/" + id + "/json");
  }
  SUBCASE("an engine newer than healer supports") {
    engine_side.answers["/_ping"] = answer(200, "OK", "text/plain", "Api-Version: 1.99\r\n");
    const auto server = listen();
    CHECK(connect()->api_version == to_string(newest_api));
  }
  SUBCASE("an engine behind healer-guard") {
    engine_side.answers["/_ping"] =
        answer(200, "OK", "text/plain", "Api-Version: 1.41\r\nHealer-Guard: 1\r\n");
    const auto server = listen();
    CHECK(connect()->guarded);
    // The guard is taken away: the next contact shows it.
    engine_side.answers["/_ping"] = answer(200, "OK", "text/plain", "Api-Version: 1.41\r\n");
    CHECK_FALSE(connect()->guarded);
  }
  SUBCASE("Podman") {
    engine_side.answers["/version"] = answer(200, fixture("version_podman"));
    const auto server = listen();
    CHECK(connect()->description == "Podman 4.3.1 (API 1.41)");
  }
  SUBCASE("a version set by the user") {
    settings.pinned_version = ApiVersion{1, 40};
    make();
    const auto server = listen();
    CHECK(connect()->api_version == "1.40");
  }
}

TEST_CASE_FIXTURE(Fixture,
                  "an engine that refuses healer's API version is an error with the engine's message") {
  const std::string too_old =
      "client version 1.41 is too old. Minimum supported API version is 1.44, please upgrade your client to "
      "a "
      "newer version";
  engine_side.answers["/_ping"] = answer(200, "OK", "text/plain", "Api-Version: 1.45\r\n");
  engine_side.answers["/version"] = error(400, too_old);
  engine_side.answers["/containers/" + id + "/json"] = error(400, too_old);
  const auto server = listen();
  SUBCASE("set by DOCKER_API_VERSION") {
    settings.pinned_version = ApiVersion{1, 41};
    make();
    const auto info = connect();
    CHECK(code_of(info) == ErrorCode::InvalidInput);
    contains(info.error().message, "DOCKER_API_VERSION=1.41");
    contains(info.error().message, too_old);
  }
  SUBCASE("negotiated") {
    const auto info = connect();
    CHECK(code_of(info) == ErrorCode::Protocol);
    contains(info.error().message, too_old);
  }
  SUBCASE("in a later call") {
    const auto container = inspect();
    CHECK(code_of(container) == ErrorCode::Protocol);
    contains(container.error().message, "Minimum supported API version is 1.44");
  }
}

TEST_CASE_FIXTURE(Fixture, "a socket that is missing at first can be connected to later") {
  const auto missing = connect();
  CHECK(code_of(missing) == ErrorCode::Unreachable);
  contains(missing.error().message, path);
  const auto server = listen();
  CHECK(connect());
}

TEST_CASE_FIXTURE(Fixture, "a socket without access rights is refused, with a hint at the docker group") {
  // The superuser may open every socket: the test drops its rights for the call.
  const auto server = listen();
  REQUIRE(::chmod(path.c_str(), 0600) == 0);
  REQUIRE(::chmod(folder.path().c_str(), 0755) == 0);
  const bool superuser = ::geteuid() == 0;
  if (superuser) REQUIRE(::seteuid(65534) == 0);
  if (!superuser) REQUIRE(::chmod(path.c_str(), 0) == 0);
  const auto refused = connect();
  if (superuser) REQUIRE(::seteuid(0) == 0);
  CHECK(code_of(refused) == ErrorCode::Refused);
  contains(refused.error().message, "docker group");
}

TEST_CASE_FIXTURE(Fixture, "a malformed answer to the ping is an error with its code") {
  for (const auto& [said, code] : std::map<std::string, ErrorCode>{
           {answer(200, "OK", "text/plain", "Api-Version: new\r\n"), ErrorCode::Protocol},
           {answer(200, "OK", "text/plain", "Api-Version: 1.2\r\n"), ErrorCode::Protocol},
           {answer(500, "broken"), ErrorCode::PeerFailure},
           {answer(403, "<html>denied</html>", "text/html"), ErrorCode::Refused},
           {"garbage\r\n\r\n", ErrorCode::Protocol}}) {
    engine_side.answers["/_ping"] = said;
    const auto server = listen();
    CHECK(code_of(connect()) == code);
  }
}

TEST_CASE_FIXTURE(Fixture, "inspect: a real engine's answer is read") {
  engine_side.answers["/containers/" + id + "/json"] = answer(200, fixture("inspect_26_unhealthy"));
  const auto server = listen();
  const auto container = inspect();
  REQUIRE(container);
  CHECK(container->name == "sample-app");
  CHECK(container->health == EngineHealth::Unhealthy);
}

TEST_CASE_FIXTURE(Fixture, "inspect: every failure has its code and names the call") {
  const std::map<std::string, ErrorCode> answers{
      {error(404, "No such container: x"), ErrorCode::NotFound},
      {answer(404, R"({"message":"page not found"})"), ErrorCode::Protocol},
      {error(500, "boom"), ErrorCode::PeerFailure},
      {error(503, "starting"), ErrorCode::PeerFailure},
      {answer(403, "Forbidden", "text/plain"), ErrorCode::Refused},
      {error(409, "being removed"), ErrorCode::Conflict},
      {error(302, "elsewhere"), ErrorCode::Protocol},
      {answer(200, "{\"Id\":\"a\",\"State\":{\"Sta"), ErrorCode::Protocol},
      {answer(200, std::string(100'000, '[')), ErrorCode::Protocol},
      {answer(200, "{\"Id\":[]}"), ErrorCode::Protocol},
      {answer(200, std::string(10'000'000, ' ')), ErrorCode::TooLarge},
      {chunked_head() + chunk("{\"Id\":") + "5\r\nab", ErrorCode::ConnectionLost},
      {std::string("\0\xFF\x16 no engine", 13) + std::string(100, '\xFE'), ErrorCode::Protocol},
      {"", ErrorCode::ConnectionLost},
  };
  for (const auto& entry : answers) {
    const std::string& said = entry.first;
    CAPTURE(said.substr(0, 200));
    const auto server = listen([&said](Peer& peer) {
      if (peer.read_request()) peer.send(said);
    });
    const auto container = inspect();
    CHECK(code_of(container) == entry.second);
    contains(container.error().message, "inspect aaaaaaaaaaaa");
    CHECK(container.error().message.size() < 700);
  }
}

TEST_CASE_FIXTURE(Fixture, "an engine's message is made printable and short") {
  engine_side.answers["/containers/" + id + "/json"] =
      answer(500, R"({"message":"bell \u0007 )" + std::string(5000, 'm') + R"("})");
  const auto server = listen();
  const auto container = inspect();
  REQUIRE_FALSE(container);
  CHECK(container.error().message.find('\a') == std::string::npos);
  CHECK(container.error().message.size() < 600);
}

TEST_CASE_FIXTURE(Fixture, "a call to an engine that hangs times out, a slow answer is read whole") {
  SUBCASE("the engine hangs") {
    settings.call_deadline = 50ms;
    make();
    const auto server = listen([](Peer& peer) { peer.hang(); });
    CHECK(code_of(connect()) == ErrorCode::Timeout);
    CHECK(code_of(inspect()) == ErrorCode::Timeout);
    CHECK(code_of(restart({}, 50ms)) == ErrorCode::Timeout);
  }
  SUBCASE("the answer arrives byte by byte") {
    const std::string said = answer(200, fixture("inspect_20.10_plain"));
    const auto server = listen([&said](Peer& peer) {
      peer.read_request();
      for (const char c : said) peer.send(std::string_view(&c, 1));
    });
    CHECK(inspect());
  }
}

TEST_CASE_FIXTURE(Fixture, "an id that would change the request is refused") {
  const auto server = listen();
  for (const char* wrong : {"", "a/b", "..", "a?x", "a b", "a\r\nX: 1", "%2e"}) {
    CAPTURE(std::string(wrong));
    CHECK(code_of(inspect(wrong)) == ErrorCode::InvalidInput);
    CHECK(code_of(result_of<void>([&](auto done) { engine->start(wrong, 1s, done); })) ==
          ErrorCode::InvalidInput);
  }
  CHECK(server->requests().empty());
}

TEST_CASE_FIXTURE(Fixture, "list: each container is passed on while the answer arrives") {
  engine_side.answers["/containers/json"] = answer(200, fixture("list_20.10"));
  std::vector<ContainerSummary> seen;
  SUBCASE("Docker") {
    const auto server = listen();
    REQUIRE(list(seen));
    CHECK(server->requests().at(0).target == "/containers/json?all=1");
    REQUIRE(seen.size() == 5);
    CHECK(seen[4].name == "sample-app");
    CHECK(seen[4].labels.at("monitored") == "true");
    CHECK(seen[4].state == ContainerState::Running);
    CHECK(seen[0].state == ContainerState::Exited);
  }
  SUBCASE("Podman") {
    engine_side.answers["/containers/json"] = answer(200, fixture("list_podman"));
    const auto server = listen();
    REQUIRE(list(seen));
    CHECK(seen.size() == 3);
  }
  SUBCASE("before the rest has arrived") {
    std::atomic<bool> go_on{false};
    const auto server = listen([&go_on](Peer& peer) {
      peer.read_request();
      peer.send(chunked_head() + chunk(R"([{"Id":"a","State":"running"},{"Id":"b","Sta)"));
      while (!go_on) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      peer.send(chunk(R"(te":"exited"}])") + std::string(last_chunk));
    });
    std::optional<Result<void>> end;
    engine->list([&seen](const ContainerSummary& summary) { seen.push_back(summary); },
                 [&end](Result<void> result) { end = result; });
    REQUIRE(run_until(loop, [&] { return seen.size() == 1; }));
    go_on = true;
    REQUIRE(run_until(loop, [&] { return end.has_value(); }));
    CHECK(end->has_value());
    CHECK(seen.size() == 2);
  }
}

TEST_CASE_FIXTURE(Fixture,
                  "list: the cap holds for one element, not for the list, and errors name the call") {
  std::vector<ContainerSummary> seen;
  settings.answer_cap = 2000;
  settings.list_cap = 3'000'000;
  make();
  const std::string one =
      R"({"Id":"a","State":"running","Labels":{"x":")" + std::string(1000, 'x') + R"("}})";
  SUBCASE("many small elements") {
    std::string all = "[" + one;
    for (int i = 1; i < 2000; ++i) all += "," + one;
    engine_side.answers["/containers/json"] = answer(200, all + "]");
    const auto server = listen();
    REQUIRE(list(seen));
    CHECK(seen.size() == 2000);
  }
  SUBCASE("an element that is too large keeps its id, name and state, and the others stay whole") {
    const std::string large = R"({"Id":"big","Names":["/stranger"],"Labels":{"monitored":"true","x":")" +
                              std::string(5000, 'x') + R"("},"State":"running"})";
    engine_side.answers["/containers/json"] = answer(200, "[" + one + "," + large + "," + one + "]");
    std::vector<SkippedObject> skipped;
    engine->on_skipped([&](const SkippedObject& object) { skipped.push_back(object); });
    const auto server = listen();
    REQUIRE(list(seen));
    REQUIRE(seen.size() == 3);
    CHECK(seen[1].id == "big");
    CHECK(seen[1].name == "stranger");
    CHECK(seen[1].state == ContainerState::Running);
    CHECK(seen[1].labels.empty());
    CHECK(seen[2].labels.size() == 1);
    REQUIRE(skipped.size() == 1);
    CHECK(skipped[0].kind == SkippedObject::Kind::ListEntry);
    CHECK(skipped[0].container_id == "big");
    CHECK(skipped[0].name == "stranger");
  }
  SUBCASE("malformed and too large answers") {
    const std::map<std::string, ErrorCode> answers{
        {answer(200, "[" + one), ErrorCode::Protocol},
        {answer(200, std::string(4'000'000, ' ')), ErrorCode::TooLarge},
        {answer(200, "[{\"Id\":7}]"), ErrorCode::Protocol},
        {answer(200, "{\"message\":\"x\"}"), ErrorCode::Protocol},
        {answer(200, ""), ErrorCode::Protocol},
        {error(500, "boom"), ErrorCode::PeerFailure},
        {chunked_head() + chunk("[" + one), ErrorCode::ConnectionLost},
    };
    for (const auto& entry : answers) {
      const std::string& said = entry.first;
      CAPTURE(said.substr(0, 100));
      const auto server = listen([&said](Peer& peer) {
        peer.read_request();
        peer.send(said);
      });
      const auto ended = list(seen);
      CHECK(code_of(ended) == entry.second);
      contains(ended.error().message, "list: ");
    }
  }
}

TEST_CASE_FIXTURE(Fixture, "orders: each request has its parameters, and each answer its result") {
  const std::string base = "/containers/" + id;
  SUBCASE("no stop timeout unless given; whole seconds, rounded up") {
    for (const char* verb : {"/restart", "/start", "/stop"})
      engine_side.answers[base + verb] = "HTTP/1.1 204 No Content\r\n\r\n";
    const auto server = listen();
    REQUIRE(connect());
    CHECK(restart());
    CHECK(restart(Duration{1500}));
    CHECK(start());
    CHECK(stop());
    CHECK(stop(Duration{0}));
    std::vector<std::string> sent;
    for (const auto& request : server->requests())
      if (request.method == "POST") sent.push_back(request.target);
    const std::string versioned = "/v1.41" + base;
    CHECK(sent == std::vector<std::string>{versioned + "/restart", versioned + "/restart?t=2",
                                           versioned + "/start", versioned + "/stop",
                                           versioned + "/stop?t=0"});
  }
  SUBCASE("the container is in the wanted state already") {
    for (const char* verb : {"/start", "/stop"})
      engine_side.answers[base + verb] = "HTTP/1.1 304 Not Modified\r\n\r\n";
    const auto server = listen();
    CHECK(start());
    CHECK(stop());
  }
  SUBCASE("errors") {
    const std::map<int, ErrorCode> codes{{404, ErrorCode::NotFound},    {409, ErrorCode::Conflict},
                                         {403, ErrorCode::Refused},     {405, ErrorCode::Refused},
                                         {500, ErrorCode::PeerFailure}, {502, ErrorCode::PeerFailure}};
    for (const auto& [status, code] : codes) {
      engine_side.answers[base + "/restart"] = error(status, "because");
      const auto server = listen();
      const auto result = restart();
      CHECK(code_of(result) == code);
      contains(result.error().message, "restart aaaaaaaaaaaa");
      contains(result.error().message, "because");
      if (code == ErrorCode::Refused) contains(result.error().message, "proxy");
    }
  }
}

TEST_CASE_FIXTURE(Fixture, "kill: a signal is sent by its name, else by its number") {
  engine_side.answers["/containers/" + id + "/kill"] = "HTTP/1.1 204 No Content\r\n\r\n";
  const auto kill = [&](int signal) {
    return result_of<void>([&](auto done) { engine->kill(id, signal, 20s, done); });
  };
  const auto server = listen();
  REQUIRE(connect());
  CHECK(kill(1));
  CHECK(kill(37));
  std::vector<std::string> sent;
  for (const auto& request : server->requests())
    if (request.method == "POST") sent.push_back(request.target);
  const std::string path = "/v1.41/containers/" + id + "/kill?signal=";
  CHECK(sent == std::vector<std::string>{path + "HUP", path + "37"});
  for (const auto& [status, code] : std::map<int, ErrorCode>{{304, ErrorCode::Protocol},
                                                             {403, ErrorCode::Refused},
                                                             {404, ErrorCode::NotFound},
                                                             {409, ErrorCode::Conflict},
                                                             {500, ErrorCode::PeerFailure}}) {
    engine_side.answers["/containers/" + id + "/kill"] = error(status, "because");
    const auto refused = kill(9);
    CHECK(code_of(refused) == code);
    contains(refused.error().message, "kill aaaaaaaaaaaa");
  }
}

TEST_CASE_FIXTURE(Fixture, "a restart whose answer is lost is sent once and gives connection_lost") {
  engine_side.answers["/containers/" + id + "/json"] = answer(200, fixture("inspect_20.10_plain"));
  const auto lost = [](Peer& peer) {
    while (const auto request = peer.read_request()) {
      if (request->method == "POST") return;  // possibly executed, never answered
      peer.send(answer(200, fixture("inspect_20.10_plain")));
    }
  };
  SUBCASE("on a new connection") {
    const auto server = listen(lost);
    CHECK(code_of(restart()) == ErrorCode::ConnectionLost);
    CHECK(count_posts(*server) == 1);
  }
  SUBCASE("beside an idle connection") {
    const auto server = listen(lost);
    REQUIRE(inspect());
    CHECK(code_of(restart()) == ErrorCode::ConnectionLost);
    CHECK(count_posts(*server) == 1);
    CHECK(server->connections() == 2);
    CHECK(inspect());
  }
  SUBCASE("within the answer") {
    const auto server = listen([](Peer& peer) {
      peer.read_request();
      peer.send("HTTP/1.1 204 No Con");
    });
    CHECK(code_of(restart()) == ErrorCode::ConnectionLost);
    CHECK(count_posts(*server) == 1);
  }
}

TEST_CASE_FIXTURE(Fixture, "queries share connections, and a connection that died while idle is replaced") {
  engine_side.answers["/containers/" + id + "/json"] = answer(200, fixture("inspect_20.10_plain"));
  SUBCASE("a shared connection") {
    const auto server = listen();
    for (int i = 0; i < 20; ++i) REQUIRE(inspect());
    CHECK(server->connections() == 1);
  }
  SUBCASE("a dead connection") {
    const auto server = listen([](Peer& peer) {
      if (peer.read_request()) peer.send(answer(200, fixture("inspect_20.10_plain")));
      peer.read_request();  // then closes
    });
    for (int i = 0; i < 5; ++i) REQUIRE(inspect());
  }
  SUBCASE("the engine was restarted") {
    auto server = listen();
    REQUIRE(inspect());
    server.reset();
    server = listen();
    CHECK(inspect());
  }
}

TEST_CASE_FIXTURE(Fixture, "inspects beyond the limit wait in line, and all give a result") {
  settings.inspects_at_once = 3;
  make();
  engine_side.answers["/containers/" + id + "/json"] = answer(200, fixture("inspect_20.10_plain"));
  SUBCASE("the engine answers") {
    const auto server = listen();
    int answered = 0;
    for (int i = 0; i < 100; ++i)
      engine->inspect(id, [&answered](const Result<Container>& container) {
        CHECK(container.has_value());
        ++answered;
      });
    REQUIRE(run_until(loop, [&] { return answered == 100; }));
    CHECK(server->connections() <= 3);
  }
  SUBCASE("the engine hangs: the queue is not delayed by one deadline after another") {
    settings.call_deadline = 100ms;
    settings.longest_queueing = 50ms;
    make();
    const auto server = listen([](Peer& peer) { peer.hang(); });
    int timeouts = 0;
    for (int i = 0; i < 1000; ++i)
      engine->inspect(id, [&timeouts](const Result<Container>& container) {
        timeouts += code_of(container) == ErrorCode::Timeout ? 1 : 0;
      });
    REQUIRE(run_until(loop, [&] { return timeouts == 1000; }));
    CHECK(server->connections() <= 3);
  }
}

TEST_CASE_FIXTURE(Fixture,
                  "events: the request has filters and since, ready is reported, and each event at once") {
  std::atomic<bool> go_on{false};
  const std::string stream = fixture("events_26");
  const auto server = listen([&](Peer& peer) {
    peer.read_request();
    peer.send(chunked_head());
    while (!go_on) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    peer.send(chunk(stream.substr(0, 100)) + chunk(stream.substr(100)));
    peer.hang();
  });
  Subscription subscription;
  subscription.open(*engine, 1'795'377'529'000'000'042);
  REQUIRE(run_until(loop, [&] { return subscription.ready == 1; }));
  CHECK(subscription.events.empty());
  go_on = true;
  REQUIRE(run_until(loop, [&] { return subscription.events.size() == 15; }));
  CHECK(std::holds_alternative<Created>(subscription.events[0].report));
  CHECK(std::holds_alternative<Removed>(subscription.events[14].report));
  CHECK(subscription.ends.empty());
  const std::string target = server->requests().at(0).target;
  contains(target,
           "/events?filters=%7B%22type%22%3A%5B%22container%22%2C%22network%22%5D%2C%22event%22%3A%5B");
  contains(target, "&since=1795377529.000000042");
}

TEST_CASE_FIXTURE(Fixture, "events: a subscription from now on sends no since") {
  const auto server = listen([](Peer& peer) {
    peer.read_request();
    peer.send(chunked_head());
    peer.hang();
  });
  Subscription subscription;
  subscription.open(*engine);
  REQUIRE(run_until(loop, [&] { return subscription.ready == 1; }));
  CHECK(server->requests().at(0).target.find("since") == std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "events: every end is reported once, with its cause") {
  struct End {
    const char* what;
    std::string bytes;
    ErrorCode code;
    std::size_t events;
  };
  const std::string one =
      R"({"Type":"container","Action":"start","Actor":{"ID":"a","Attributes":{"name":"web"}},"timeNano":1})";
  const std::vector<End> ends{
      {"cut in the middle of a chunk", chunked_head() + chunk(one) + "40\r\n{\"Type\":\"con",
       ErrorCode::ConnectionLost, 1},
      {"ended in order", chunked_head() + chunk(one) + std::string(last_chunk), ErrorCode::ConnectionLost, 1},
      {"never begun", "", ErrorCode::ConnectionLost, 0},
      {"not JSON", chunked_head() + chunk(one + "\nhello"), ErrorCode::Protocol, 1},
      {"refused", answer(403, "no"), ErrorCode::Refused, 0},
      {"failed", error(500, "no"), ErrorCode::PeerFailure, 0},
      {"not HTTP", "\x01\x02\x03\x04\x05\x06\x07 garbage", ErrorCode::Protocol, 0},
  };
  for (const auto& end : ends) {
    CAPTURE(std::string(end.what));
    const auto server = listen([&end](Peer& peer) {
      peer.read_request();
      peer.send(end.bytes);
    });
    Subscription subscription;
    subscription.open(*engine);
    REQUIRE(run_until(loop, [&] { return !subscription.ends.empty(); }));
    CHECK(subscription.ends.size() == 1);
    CHECK(subscription.ends[0].code == end.code);
    contains(subscription.ends[0].message, "events: ");
    CHECK(subscription.events.size() == end.events);
    CHECK(subscription.ready == (end.bytes.find("chunked") != std::string::npos ? 1 : 0));
  }
}

TEST_CASE_FIXTURE(Fixture, "events: a stream that never begins times out, a silent stream does not") {
  settings.call_deadline = 50ms;
  make();
  Subscription subscription;
  SUBCASE("never begins") {
    const auto server = listen([](Peer& peer) { peer.hang(); });
    subscription.open(*engine);
    REQUIRE(run_until(loop, [&] { return !subscription.ends.empty(); }));
    CHECK(subscription.ends[0].code == ErrorCode::Timeout);
  }
  SUBCASE("silent for many deadlines") {
    const auto server = listen([](Peer& peer) {
      peer.read_request();
      peer.send(chunked_head());
      peer.hang();
    });
    const Duration deadline = with_growing_deadline(
        settings.call_deadline,
        [&](Duration given) {
          settings.call_deadline = given;
          make();
          subscription = {};
          subscription.open(*engine);
          REQUIRE(run_until(loop, [&] { return subscription.ready == 1 || !subscription.ends.empty(); }));
          return given;
        },
        [&](Duration) { return subscription.ready == 1; });
    bool later = false;
    net::Timer timer(loop);
    timer.set_after(6 * deadline, [&later] { later = true; });
    REQUIRE(run_until(
        loop, [&] { return later; }, std::chrono::minutes(7)));
    CHECK(subscription.ends.empty());
  }
}

TEST_CASE_FIXTURE(
    Fixture, "events: a new subscription replaces the old one, and a destroyed engine calls no callback") {
  const auto server = listen([](Peer& peer) {
    peer.read_request();
    peer.send(chunked_head());
    peer.hang();
  });
  Subscription first;
  Subscription second;
  first.open(*engine);
  REQUIRE(run_until(loop, [&] { return first.ready == 1; }));
  second.open(*engine);
  REQUIRE(run_until(loop, [&] { return second.ready == 1; }));
  int answered = 0;
  engine->inspect(id, [&](const auto&) { ++answered; });
  engine->inspect("..", [&](const auto&) { ++answered; });
  engine->connect([&](const auto&) { ++answered; });
  engine->restart(id, {}, 20s, [&](const auto&) { ++answered; });
  engine.reset();
  bool later = false;
  net::Timer timer(loop);
  timer.set_after(50ms, [&later] { later = true; });
  REQUIRE(run_until(loop, [&] { return later; }));
  CHECK(first.ends.empty());
  CHECK(second.ends.empty());
  CHECK(answered == 0);
}

TEST_CASE_FIXTURE(Fixture, "the engine is reached over TCP by DOCKER_HOST") {
  engine_side.answers["/containers/" + id + "/json"] = answer(200, fixture("inspect_20.10_plain"));
  const auto server = ScriptedServer::on_loopback(engine_side.script());
  const auto made = make_docker_engine(loop, [&](std::string_view name) -> std::optional<std::string> {
    if (name == "DOCKER_HOST") return "tcp://127.0.0.1:" + std::to_string(server->port());
    return std::nullopt;
  });
  REQUIRE(made);
  std::optional<Result<EngineInfo>> info;
  (*made)->connect([&info](Result<EngineInfo> given) { info = std::move(given); });
  REQUIRE(run_until(loop, [&] { return info.has_value(); }));
  CHECK(info->has_value());
}

TEST_CASE_FIXTURE(Fixture, "the engine is reached over TLS with the docker client's three files") {
  const Certificates certificates;
  const auto server =
      ScriptedServer::on_loopback_tls(engine_side.script(), certificates.file("server.pem"),
                                      certificates.file("server-key.pem"), certificates.file("ca.pem"));
  const auto connect_with = [&](std::map<std::string, std::string> variables) {
    variables["DOCKER_HOST"] = "tcp://127.0.0.1:" + std::to_string(server->port());
    const auto made = make_docker_engine(loop, [&](std::string_view name) -> std::optional<std::string> {
      const auto found = variables.find(std::string(name));
      return found == variables.end() ? std::nullopt : std::optional(found->second);
    });
    REQUIRE(made);
    return result_of<EngineInfo>([&](auto done) { (*made)->connect(done); });
  };
  CHECK(connect_with({{"DOCKER_TLS_VERIFY", "1"}, {"DOCKER_CERT_PATH", certificates.folder()}}));
  const auto stranger = connect_with({{"DOCKER_TLS_VERIFY", "1"}, {"HOME", folder.file("nowhere")}});
  CHECK(code_of(stranger) == ErrorCode::Refused);
  CHECK(stranger.error().message.find("docker group") == std::string::npos);
  CHECK_FALSE(connect_with({}));
}
