// Tests of commands inside containers, with a scripted engine.
#include <doctest/doctest.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <thread>

#include "engine_fixture.hpp"
#include "output_frames.hpp"
#include "support/growing_deadline.hpp"

using namespace healer;
using namespace healer::testing;

namespace {

const std::string stream_head = "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n";
const std::string upgrade_head =
    "HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.multiplexed-stream\r\n"
    "Connection: Upgrade\r\nUpgrade: tcp\r\n\r\n";

std::string state(bool running, const std::string& code) {
  return answer(200, R"({"ID":"e1","Running":)" + std::string(running ? "true" : "false") +
                         R"(,"ExitCode":)" + code + "}");
}

/// The engine's answers to the three calls of a command.
struct ExecScript {
  std::string create = answer(201, R"({"Id":"e1"})");
  std::function<void(Peer&)> start = [](Peer& peer) { peer.send(stream_head); };
  std::vector<std::string> states{state(false, "0")};  ///< in turn; the last one repeats

  /// The server's threads outlive the test case's stack: they get copies and capture by value.
  ScriptedServer::Script script() {
    return [this, create = create, start = start](Peer& peer) {
      while (const auto request = peer.read_request()) {
        const std::string path = EnginePeer::path_of(*request);
        if (path == "/containers/" + id + "/exec") {
          if (create.empty()) return peer.hang();
          peer.send(create);
        } else if (path == "/exec/e1/start") {
          return start(peer);
        } else if (path == "/exec/e1/json") {
          const std::string said = next_state();
          if (said.empty()) return peer.hang();
          peer.send(said);
        } else if (path == "/events") {
          peer.send(chunked_head());
          while (!died) std::this_thread::sleep_for(std::chrono::milliseconds(1));
          peer.send(chunk(R"({"Type":"container","Action":"die","Actor":{"ID":")" + id +
                          R"(","Attributes":{"name":"web"}},"timeNano":1})"));
          return peer.hang();
        } else {
          peer.send(error(404, "page not found"));
        }
      }
    };
  }
  void say(std::vector<std::string> next) {
    const std::lock_guard lock(mutex_);
    states = std::move(next);
  }
  std::atomic<bool> died{false};

 private:
  std::string next_state() {
    const std::lock_guard lock(mutex_);
    const std::string said = states.front();
    if (states.size() > 1) states.erase(states.begin());
    return said;
  }
  std::mutex mutex_;
};

/// One command and its callbacks.
struct Asked {
  std::optional<Result<ExecResult>> result;
  int ended = 0;
};

struct ExecFixture : Fixture {
  ExecScript script;
  std::unique_ptr<ScriptedServer> server;

  ExecFixture() {
    settings.first_exec_watch = 10ms;
    settings.longest_exec_watch = 50ms;
    make();
  }
  void serve() { serve(script.script()); }
  void serve(ScriptedServer::Script what) {
    server.reset();  // before listen(): its destructor removes the socket file
    server = listen(std::move(what));
  }

  std::shared_ptr<Asked> begin(Duration deadline = 20s, std::size_t cap = 1000) {
    auto asked = std::make_shared<Asked>();
    engine->exec(
        {id, {"check", "--now"}, cap, deadline},
        [asked](Result<ExecResult> result) {
          REQUIRE_FALSE(asked->result.has_value());
          REQUIRE(asked->ended == 0);
          asked->result = std::move(result);
        },
        [asked] {
          REQUIRE(asked->result.has_value());
          ++asked->ended;
        });
    REQUIRE_FALSE(asked->result.has_value());
    return asked;
  }
  Result<ExecResult> exec(Duration deadline = 20s, std::size_t cap = 1000) {
    const auto asked = begin(deadline, cap);
    REQUIRE(run_until(loop, [&] { return asked->ended == 1; }));
    return *asked->result;
  }
  /// Waits until done() was called; the command may still run.
  Result<ExecResult> answered(const std::shared_ptr<Asked>& asked) {
    REQUIRE(run_until(loop, [&] { return asked->result.has_value(); }));
    return *asked->result;
  }
  /// A command whose deadline passes in the state that gives this code; an earlier state gives another code.
  std::shared_ptr<Asked> cut_short(ErrorCode code) {
    return with_growing_deadline(
        50ms,
        [&](Duration deadline) {
          const auto asked = begin(deadline);
          answered(asked);
          return asked;
        },
        [&](const auto& asked) { return asked->result->has_value() || code_of(*asked->result) == code; });
  }
  void turn(Duration time) {
    bool over = false;
    net::Timer timer(loop);
    timer.set_after(time, [&over] { over = true; });
    REQUIRE(run_until(loop, [&] { return over; }));
  }
  std::size_t asked_for(const std::string& path) const {
    std::size_t count = 0;
    for (const auto& request : server->requests()) count += EnginePeer::path_of(request) == path ? 1 : 0;
    return count;
  }
};

}  // namespace

TEST_CASE_FIXTURE(ExecFixture,
                  "exec: exit code and both outputs are read, whether the engine answers 101 or 200") {
  for (const auto& head : {stream_head, upgrade_head}) {
    CAPTURE(head);
    script.start = [head](Peer& peer) { peer.send(head + frame(1, "out\n") + frame(2, "err\n")); };
    script.states = {state(false, "3")};
    serve();
    const auto result = exec();
    REQUIRE(result);
    CHECK(result->exit_code == 3);
    CHECK(result->output == "out\nerr\n");
    CHECK_FALSE(result->truncated);
    const auto seen = server->requests();
    REQUIRE(seen.size() == 3);
    CHECK(seen[0].method == "POST");
    CHECK(
        seen[0].body ==
        R"({"AttachStdin":false,"AttachStdout":true,"AttachStderr":true,"Tty":false,"Cmd":["check","--now"]})");
    CHECK(seen[0].head.find("Content-Type: application/json\r\n") != std::string::npos);
    CHECK(seen[1].body == R"({"Detach":false,"Tty":false})");
    CHECK(seen[2].target == "/exec/e1/json");
  }
}

TEST_CASE_FIXTURE(ExecFixture, "exec: output that arrives byte by byte is read whole") {
  const std::string bytes = stream_head + frame(1, "slowly") + frame(2, "but whole");
  script.start = [bytes](Peer& peer) {
    for (const char c : bytes) peer.send(std::string_view(&c, 1));
  };
  serve();
  const auto result = exec();
  REQUIRE(result);
  CHECK(result->output == "slowlybut whole");
}

TEST_CASE_FIXTURE(ExecFixture,
                  "exec: a command that the engine does not create is an error, and nothing is started") {
  const std::map<std::string, ErrorCode> answers{
      {error(404, "No such container: x"), ErrorCode::NotFound},
      {error(409, "Container x is paused, unpause the container before exec"), ErrorCode::Conflict},
      {error(401, "no"), ErrorCode::Refused},
      {error(403, "no"), ErrorCode::Refused},
      {error(405, "no"), ErrorCode::Refused},
      {error(500, "boom"), ErrorCode::PeerFailure},
      {answer(201, "{}"), ErrorCode::Protocol},
      {answer(201, R"({"Id":"../../containers"})"), ErrorCode::Protocol},
      {answer(201, R"({"Id":7})"), ErrorCode::Protocol},
      {answer(201, "{"), ErrorCode::Protocol},
      {"HTTP/1.1 201 Cre", ErrorCode::ConnectionLost},
  };
  for (const auto& entry : answers) {
    const std::string& said = entry.first;
    const ErrorCode code = entry.second;
    CAPTURE(said);
    script.create = said;
    serve([said](Peer& peer) {
      peer.read_request();
      peer.send(said);
    });
    const auto result = exec();
    CHECK(code_of(result) == code);
    contains(result.error().message, "exec aaaaaaaaaaaa");
    CHECK(server->requests().size() == 1);  // nothing was created, so no further call
  }
}

TEST_CASE_FIXTURE(ExecFixture, "exec: a command that the engine does not start is an error") {
  const std::map<int, ErrorCode> codes{{404, ErrorCode::NotFound},
                                       {409, ErrorCode::Conflict},
                                       {403, ErrorCode::Refused},
                                       {500, ErrorCode::PeerFailure},
                                       {302, ErrorCode::Protocol}};
  for (const auto& entry : codes) {
    const int status = entry.first;
    const ErrorCode code = entry.second;
    CAPTURE(status);
    script.start = [status](Peer& peer) { peer.send(error(status, "because")); };
    serve();
    const auto result = exec();
    CHECK(code_of(result) == code);
    contains(result.error().message, "because");
    CHECK(asked_for("/exec/e1/json") == 0);
  }
}

TEST_CASE_FIXTURE(ExecFixture,
                  "exec: when the answer to the start is lost, the command is watched to its end") {
  script.start = [](Peer&) {};
  script.states = {state(true, "null"), error(500, "busy"), state(true, "0"), state(false, "1")};
  serve();
  const auto result = exec();
  CHECK(code_of(result) == ErrorCode::ConnectionLost);
  CHECK(asked_for("/exec/e1/json") == 4);
}

TEST_CASE_FIXTURE(ExecFixture, "exec: the exit code is polled until it is there") {
  script.states = {state(true, "null"), state(false, "null"), error(503, "busy"), state(true, "0"),
                   state(false, "7")};
  serve();
  const auto result = exec();
  REQUIRE(result);
  CHECK(result->exit_code == 7);
  CHECK(asked_for("/exec/e1/json") == 5);
}

TEST_CASE_FIXTURE(ExecFixture, "exec: a cut stream loses the rest of the output, not the exit code") {
  const std::string whole = frame(1, "0123456789");
  script.start = [whole](Peer& peer) { peer.send(stream_head + whole.substr(0, whole.size() - 3)); };
  script.states = {state(false, "1")};
  serve();
  const auto result = exec();
  REQUIRE(result);
  CHECK(result->exit_code == 1);
  CHECK(result->output == "0123456");
  CHECK(result->truncated);
}

TEST_CASE_FIXTURE(ExecFixture,
                  "exec: a stream without framing is a protocol error, and the command is watched") {
  script.start = [](Peer& peer) {
    peer.send(stream_head + "plain text");
    peer.hang();
  };
  script.states = {state(true, "null"), state(false, "0")};
  serve();
  CHECK(code_of(exec()) == ErrorCode::Protocol);
  CHECK(asked_for("/exec/e1/json") == 2);
}

TEST_CASE_FIXTURE(ExecFixture, "exec: output is kept up to the cap, and endless output is not read further") {
  SUBCASE("more than the cap") {
    script.start = [](Peer& peer) { peer.send(stream_head + frame(1, std::string(100'000, 'x'))); };
    serve();
    const auto result = exec(20s, 10);
    REQUIRE(result);
    CHECK(result->output == "xxxxxxxxxx");
    CHECK(result->truncated);
  }
  SUBCASE("endless") {
    script.start = [](Peer& peer) {
      const std::string piece = frame(1, std::string(60'000, 'y'));
      peer.send(stream_head);
      while (peer.send(piece)) {
      }
    };
    script.states = {state(true, "null"), state(false, "0")};
    serve();
    const auto result = exec(20s, 10);
    REQUIRE(result);
    CHECK(result->output.size() == 10);
    CHECK(result->truncated);
  }
}

TEST_CASE_FIXTURE(ExecFixture, "exec: a program that is not in the container was not run") {
  const std::string said =
      "OCI runtime exec failed: exec failed: unable to start container process: exec: \"check\": "
      "executable file not found in $PATH: unknown\r\n";
  script.states = {state(false, "126")};
  SUBCASE("the engine's message") {
    script.start = [said](Peer& peer) { peer.send(stream_head + frame(1, said)); };
    serve();
    const auto result = exec();
    CHECK(code_of(result) == ErrorCode::PeerFailure);
    contains(result.error().message, "executable file not found");
  }
  SUBCASE("the command's own output") {
    script.start = [](Peer& peer) { peer.send(stream_head + frame(2, "sh: x: not found\n")); };
    serve();
    const auto result = exec();
    REQUIRE(result);
    CHECK(result->exit_code == 126);
  }
  SUBCASE("another reason for a failed start counts as a result of the container") {
    script.start = [](Peer& peer) {
      peer.send(stream_head + frame(1, "OCI runtime exec failed: exec failed: cannot allocate memory\r\n"));
    };
    serve();
    CHECK(exec());
  }
}

TEST_CASE_FIXTURE(ExecFixture, "exec: a deadline gives the code of the state it passes in") {
  SUBCASE("before the command is created: nothing runs, so it is no timeout of the command") {
    script.create.clear();
    serve();
    const auto result = exec(50ms);
    CHECK(code_of(result) == ErrorCode::PeerFailure);
    contains(result.error().message, "50ms");
    CHECK(asked_for("/exec/e1/start") == 0);
  }
  SUBCASE("during the start: the command may run") {
    script.start = [](Peer& peer) { peer.hang(); };
    script.states = {state(false, "null")};
    serve();
    const auto asked = cut_short(ErrorCode::ConnectionLost);
    CHECK(code_of(*asked->result) == ErrorCode::ConnectionLost);
    REQUIRE(run_until(loop, [&] { return asked->ended == 1; }));
    CHECK(asked_for("/exec/e1/json") == 2);  // "not running, no exit code" counts only the second time
  }
  SUBCASE("while the command runs") {
    script.start = [](Peer& peer) {
      peer.send(stream_head + frame(1, "working"));
      peer.hang();
    };
    script.states = {state(true, "null")};
    serve();
    const auto asked = cut_short(ErrorCode::Timeout);
    CHECK(code_of(*asked->result) == ErrorCode::Timeout);
    turn(200ms);
    CHECK(asked->ended == 0);
    REQUIRE(run_until(loop, [&] { return asked_for("/exec/e1/json") >= 2; }));
    CHECK(asked->ended == 0);
    script.say({state(false, "0")});
    REQUIRE(run_until(loop, [&] { return asked->ended == 1; }));
  }
  SUBCASE("while the exit code is polled and the command runs") {
    script.states = {state(true, "null")};
    serve();
    const auto asked = cut_short(ErrorCode::Timeout);
    CHECK(code_of(*asked->result) == ErrorCode::Timeout);
    script.say({state(false, "0")});
    REQUIRE(run_until(loop, [&] { return asked->ended == 1; }));
  }
  SUBCASE("while the exit code is polled and no answer gives it") {
    for (const std::string& said : {std::string(), error(500, "boom"), state(false, "null")}) {
      CAPTURE(said);
      script.say({said});
      serve();
      const auto asked = with_growing_deadline(
          100ms,
          [&](Duration deadline) {
            const auto one = begin(deadline);
            answered(one);
            return one;
          },
          [&](const auto&) { return asked_for("/exec/e1/json") >= 1; });
      CHECK(code_of(*asked->result) == ErrorCode::PeerFailure);
      CHECK(asked_for("/exec/e1/json") >= 1);
      script.say({state(false, "0")});
      engine.reset();  // a call that hangs would keep its request until its own deadline
      make();
    }
  }
}

TEST_CASE_FIXTURE(ExecFixture, "exec: an exit code that the engine does not give is an error") {
  const std::map<std::string, ErrorCode> answers{{error(404, "No such exec instance"), ErrorCode::NotFound},
                                                 {error(403, "no"), ErrorCode::Refused},
                                                 {answer(200, "[]"), ErrorCode::Protocol},
                                                 {answer(200, R"({"ExitCode":"0"})"), ErrorCode::Protocol}};
  for (const auto& entry : answers) {
    const std::string& said = entry.first;
    const ErrorCode code = entry.second;
    CAPTURE(said);
    script.say({said});
    serve();
    CHECK(code_of(exec()) == code);
    CHECK(asked_for("/exec/e1/json") == 1);
  }
}

TEST_CASE_FIXTURE(ExecFixture, "exec: watching ends when the engine can give no exit code any more") {
  script.start = [](Peer& peer) {
    peer.send(stream_head);
    peer.hang();
  };
  script.states = {state(true, "null")};
  serve();
  const auto asked = cut_short(ErrorCode::Timeout);
  CHECK(code_of(*asked->result) == ErrorCode::Timeout);
  REQUIRE(run_until(loop, [&] { return asked_for("/exec/e1/json") >= 2; }));
  CHECK(asked->ended == 0);
  SUBCASE("the engine has forgotten the command") {
    script.say({error(404, "No such exec instance")});
  }
  SUBCASE("forbidden") {
    script.say({error(403, "no")});
  }
  SUBCASE("the engine is gone") {
    server.reset();
  }
  REQUIRE(run_until(loop, [&] { return asked->ended == 1; }));
}

TEST_CASE_FIXTURE(ExecFixture, "exec: a watched command is polled at once when its container ends") {
  settings.first_exec_watch = settings.longest_exec_watch = 600s;
  make();
  script.start = [](Peer& peer) {
    peer.send(stream_head);
    peer.hang();
  };
  serve();
  bool ready = false;
  engine->subscribe(
      0, [&ready] { ready = true; }, [](const EngineEvent&) {}, [](const Error&) {});
  REQUIRE(run_until(loop, [&] { return ready; }));
  const auto asked = cut_short(ErrorCode::Timeout);
  CHECK(code_of(*asked->result) == ErrorCode::Timeout);
  turn(50ms);
  CHECK(asked->ended == 0);
  script.died = true;
  REQUIRE(run_until(loop, [&] { return asked->ended == 1; }));
}

TEST_CASE_FIXTURE(ExecFixture, "exec: a missing engine is unreachable") {
  const auto result = exec();
  CHECK(code_of(result) == ErrorCode::Unreachable);
}

TEST_CASE_FIXTURE(ExecFixture, "exec: an invalid order is refused and not sent") {
  serve();
  for (const auto& order : {ExecOrder{"a/b", {"true"}, 10, 1s}, ExecOrder{id, {}, 10, 1s}}) {
    Asked asked;
    engine->exec(
        order, [&](Result<ExecResult> result) { asked.result = std::move(result); }, [&] { ++asked.ended; });
    CHECK_FALSE(asked.result.has_value());
    REQUIRE(run_until(loop, [&] { return asked.ended == 1; }));
    CHECK(code_of(*asked.result) == ErrorCode::InvalidInput);
  }
  CHECK(server->requests().empty());
}

TEST_CASE_FIXTURE(ExecFixture, "exec: many commands run at once, and a callback may start the next one") {
  script.start = [](Peer& peer) { peer.send(stream_head + frame(1, "x")); };
  serve();
  int over = 0;
  std::function<void(int)> next = [&](int left) {
    engine->exec(
        {id, {"check"}, 10, 20s},
        [&next, left](const Result<ExecResult>& result) {
          CHECK(result.has_value());
          if (left > 0) next(left - 1);
        },
        [&over] { ++over; });
  };
  for (int i = 0; i < 20; ++i) next(4);
  REQUIRE(run_until(loop, [&] { return over == 100; }));
}

TEST_CASE_FIXTURE(ExecFixture, "exec: a destroyed engine object calls no callback, whatever the state") {
  script.states = {state(true, "null")};
  SUBCASE("creating") {
    script.create.clear();
  }
  SUBCASE("starting") {
    script.start = [](Peer& peer) { peer.hang(); };
  }
  SUBCASE("reading") {
    script.start = [](Peer& peer) {
      peer.send(stream_head);
      peer.hang();
    };
  }
  SUBCASE("polling") {}
  serve();
  const auto asked = begin();
  turn(100ms);
  engine.reset();
  turn(100ms);
  CHECK_FALSE(asked->result.has_value());
  CHECK(asked->ended == 0);
}
