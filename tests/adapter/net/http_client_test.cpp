#include "net/http_client.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <optional>

#include <sys/stat.h>

#include "net/loop.hpp"
#include "support/certificates.hpp"
#include "support/growing_deadline.hpp"
#include "support/loop_wait.hpp"
#include "support/scripted_server.hpp"

using namespace healer;
using namespace healer::net;
using namespace healer::testing;

namespace {

struct Fixture {
  Loop loop;
  HttpClient client{loop};
  TemporaryFolder folder;
  std::string path = folder.file("peer.sock");

  HttpCall call_to(std::string target) {
    HttpCall call;
    call.endpoint = UnixEndpoint{path};
    call.target = std::move(target);
    call.deadline = 30s;
    return call;
  }

  Result<HttpAnswer> ask(HttpCall call) {
    std::optional<Result<HttpAnswer>> result;
    client.call(std::move(call), [&result](Result<HttpAnswer> answer) {
      REQUIRE_FALSE(result.has_value());
      result = std::move(answer);
    });
    CHECK_FALSE(result.has_value());  // the callback is never called inside call()
    REQUIRE(run_until(loop, [&] { return result.has_value(); }));
    return *result;
  }
};

ErrorCode code_of(const Result<HttpAnswer>& result) {
  REQUIRE_FALSE(result.has_value());
  return result.error().code;
}

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a call gets its answer over a unix socket and over TCP") {
  const auto reply = replying([](const SeenRequest& request) {
    return answer(201, request.method + " " + request.target + " " + request.body);
  });
  const auto local = ScriptedServer::on_unix(path, reply);
  auto call = call_to("/a?b=c");
  call.method = "POST";
  call.body = "sent";
  call.headers = {{"X-Mine", "yes"}};
  auto got = ask(call);
  REQUIRE(got);
  CHECK(got->status == 201);
  CHECK(got->body == "POST /a?b=c sent");
  CHECK(local->requests().at(0).head.find("X-Mine: yes\r\n") != std::string::npos);

  const auto remote = ScriptedServer::on_loopback(reply);
  for (const char* host : {"127.0.0.1", "localhost"}) {
    call.endpoint = TcpEndpoint{host, remote->port(), nullptr};
    got = ask(call);
    REQUIRE(got);
    CHECK(got->body == "POST /a?b=c sent");
  }
}

TEST_CASE_FIXTURE(
    Fixture,
    "a missing or dead socket and an unknown host are unreachable, and an invalid target is refused") {
  CHECK(code_of(ask(call_to("/"))) == ErrorCode::Unreachable);
  {
    // A killed process leaves its socket file, with no listener behind it.
    const auto live = ScriptedServer::on_unix(path, replying([](const auto&) { return answer(200, ""); }));
    std::filesystem::create_hard_link(path, folder.file("dead.sock"));
  }
  auto call = call_to("/");
  call.endpoint = UnixEndpoint{folder.file("dead.sock")};
  CHECK(code_of(ask(call)) == ErrorCode::Unreachable);
  call.endpoint = UnixEndpoint{std::string(300, 'x')};
  CHECK(code_of(ask(call)) == ErrorCode::InvalidInput);
  call.endpoint = TcpEndpoint{"no-such-host.invalid", 80, nullptr};
  CHECK(code_of(ask(call)) == ErrorCode::Unreachable);
  call = call_to("/with a space");
  CHECK(code_of(ask(call)) == ErrorCode::InvalidInput);
  call = call_to("/line\r\nX-Injected: 1");
  CHECK(code_of(ask(call)) == ErrorCode::InvalidInput);
}

TEST_CASE_FIXTURE(Fixture, "without an answer in time the call times out at each stage") {
  auto call = call_to("/");
  call.deadline = 50ms;
  SUBCASE("no answer at all") {
    const auto peer = ScriptedServer::on_unix(path, [](Peer& p) { p.hang(); });
    CHECK(code_of(ask(call)) == ErrorCode::Timeout);
  }
  SUBCASE("half of the head") {
    const auto peer = ScriptedServer::on_unix(path, [](Peer& p) {
      p.send("HTTP/1.1 200 OK\r\nContent-");
      p.hang();
    });
    CHECK(code_of(ask(call)) == ErrorCode::Timeout);
  }
  SUBCASE("an endless body, byte by byte") {
    const auto peer = ScriptedServer::on_unix(path, [](Peer& p) {
      p.read_request();
      p.send("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n");
      while (p.send("x")) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    });
    call.body_cap = 200'000'000;
    CHECK(code_of(ask(call)) == ErrorCode::Timeout);
  }
}

TEST_CASE_FIXTURE(Fixture,
                  "garbage, an early end, a reset and a too large answer each give their error code") {
  SUBCASE("garbage") {
    const auto peer = ScriptedServer::on_unix(path, [](Peer& p) {
      p.read_request();
      p.send(std::string(100'000, '\xFE'));
    });
    CHECK(code_of(ask(call_to("/"))) == ErrorCode::Protocol);
  }
  SUBCASE("the connection ends before the answer") {
    const auto peer = ScriptedServer::on_unix(path, [](Peer& p) { p.read_request(); });
    CHECK(code_of(ask(call_to("/"))) == ErrorCode::ConnectionLost);
  }
  SUBCASE("the connection is reset within the body") {
    const auto peer = ScriptedServer::on_loopback([](Peer& p) {
      p.read_request();
      p.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc");
      p.reset();
    });
    auto call = call_to("/");
    call.endpoint = TcpEndpoint{"127.0.0.1", peer->port(), nullptr};
    CHECK(code_of(ask(call)) == ErrorCode::ConnectionLost);
  }
  SUBCASE("the answer is above its cap") {
    const auto peer = ScriptedServer::on_unix(
        path, replying([](const auto&) { return answer(200, std::string(10'000'000, 'x')); }));
    CHECK(code_of(ask(call_to("/"))) == ErrorCode::TooLarge);
  }
}

TEST_CASE_FIXTURE(Fixture, "an idle connection is reused, but only when the call allows it") {
  const auto peer = ScriptedServer::on_unix(path, replying([](const auto&) { return answer(200, "ok"); }));
  auto call = call_to("/");
  for (int i = 0; i < 3; ++i) REQUIRE(ask(call));
  CHECK(peer->connections() == 3);
  call.keep_alive = true;
  for (int i = 0; i < 5; ++i) REQUIRE(ask(call));
  CHECK(peer->connections() == 4);
}

TEST_CASE_FIXTURE(Fixture, "a connection that died while idle is replaced") {
  SUBCASE("the server closed before the next call") {
    const auto peer = ScriptedServer::on_unix(path, [](Peer& p) {
      if (p.read_request()) p.send(answer(200, "ok"));
    });
    auto call = call_to("/");
    call.keep_alive = true;
    for (int i = 0; i < 5; ++i) {
      const auto got = ask(call);
      REQUIRE(got);
      CHECK(got->body == "ok");
    }
    CHECK(peer->requests().size() == 5);
  }
  SUBCASE("the server closes when the request arrives: a GET is sent again, a POST is not") {
    const auto peer = ScriptedServer::on_unix(path, [](Peer& p) {
      const auto first = p.read_request();
      if (!first || !p.send(answer(200, "ok"))) return;
      p.read_request();
    });
    auto call = call_to("/get");
    call.keep_alive = true;
    REQUIRE(ask(call));
    const auto second = ask(call);
    REQUIRE(second);
    CHECK(second->body == "ok");
    CHECK(peer->connections() == 2);
    call.method = "POST";
    CHECK(code_of(ask(call)) == ErrorCode::ConnectionLost);
    unsigned posts = 0;
    for (const auto& seen : peer->requests()) posts += seen.method == "POST" ? 1 : 0;
    CHECK(posts == 1);
  }
}

TEST_CASE_FIXTURE(Fixture, "a stream's bytes are passed on as they arrive") {
  std::atomic<bool> go_on{false};
  const auto peer = ScriptedServer::on_unix(path, [&go_on](Peer& p) {
    p.read_request();
    p.send(chunked_head());
    p.send(chunk("first"));
    while (!go_on) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    p.send(chunk("second") + std::string(last_chunk));
  });
  std::string seen;
  int heads = 0;
  std::optional<Result<HttpAnswer>> end;
  HttpStreamHandlers handlers;
  handlers.endless = true;
  handlers.head = [&](const HttpAnswer& head) { heads += head.status == 200 ? 1 : 0; };
  handlers.chunk = [&](std::string_view bytes) -> Result<void> {
    seen += bytes;
    return {};
  };
  handlers.done = [&](Result<HttpAnswer> result) { end = std::move(result); };
  auto call = call_to("/events");
  call.deadline = 10s;
  client.stream(call, handlers);
  REQUIRE(run_until(loop, [&] { return seen == "first"; }));
  CHECK(heads == 1);
  CHECK_FALSE(end.has_value());
  go_on = true;
  REQUIRE(run_until(loop, [&] { return end.has_value(); }));
  CHECK(seen == "firstsecond");
  REQUIRE(*end);
}

TEST_CASE_FIXTURE(Fixture,
                  "an endless stream outlives the deadline of its head, a stream with an end does not") {
  std::atomic<bool> ends{false};
  const auto peer = ScriptedServer::on_unix(path, [&ends](Peer& p) {
    p.read_request();
    p.send(chunked_head());
    while (!ends && p.send(chunk("x"))) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    p.send(last_chunk);
  });
  std::optional<Result<HttpAnswer>> end;
  HttpStreamHandlers handlers;
  handlers.chunk = [](std::string_view) -> Result<void> { return {}; };
  handlers.done = [&](Result<HttpAnswer> result) { end = std::move(result); };
  auto call = call_to("/");
  call.deadline = 100ms;
  SUBCASE("an endless stream") {
    handlers.endless = true;
    bool begun = false;
    handlers.head = [&begun](const HttpAnswer&) { begun = true; };
    with_growing_deadline(
        call.deadline,
        [&](std::chrono::milliseconds deadline) {
          end.reset();
          call.deadline = deadline;
          client.stream(call, handlers);
          Timer timer(loop);
          timer.set_after(2 * deadline, [&] { ends = begun; });
          REQUIRE(run_until(
              loop, [&] { return end.has_value(); }, std::chrono::minutes(3)));
          return begun;
        },
        [](bool reached) { return reached; });
    CHECK(end->has_value());
  }
  SUBCASE("a stream with an end") {
    client.stream(call, handlers);
    REQUIRE(run_until(loop, [&] { return end.has_value(); }));
    CHECK(code_of(*end) == ErrorCode::Timeout);
  }
}

TEST_CASE_FIXTURE(Fixture, "the answer to a refused stream is passed on whole") {
  const auto peer = ScriptedServer::on_unix(path, replying([](const auto&) { return answer(500, "no"); }));
  std::optional<Result<HttpAnswer>> end;
  HttpStreamHandlers handlers;
  handlers.chunk = [](std::string_view) -> Result<void> {
    FAIL("not a 2xx");
    return {};
  };
  handlers.done = [&](Result<HttpAnswer> result) { end = std::move(result); };
  client.stream(call_to("/"), handlers);
  REQUIRE(run_until(loop, [&] { return end.has_value(); }));
  REQUIRE(*end);
  CHECK((*end)->status == 500);
  CHECK((*end)->body == "no");
}

TEST_CASE_FIXTURE(Fixture, "cancelled and destroyed calls never call back") {
  const auto peer = ScriptedServer::on_unix(path, [](Peer& p) { p.hang(); });
  auto mine = std::make_unique<HttpClient>(loop);
  int called = 0;
  const auto count = [&called](const Result<HttpAnswer>&) { ++called; };
  const auto first = mine->call(call_to("/"), count);
  mine->call(call_to("/"), count);
  mine->call(call_to("/"), count);
  REQUIRE(run_until(loop, [&] { return peer->connections() == 3; }));
  mine->cancel(first);
  mine->cancel(first);
  mine->call(call_to("/"), count);  // destroyed before the call begins
  mine.reset();
  bool turned = false;
  Timer timer(loop);
  timer.set_after(50ms, [&] { turned = true; });
  REQUIRE(run_until(loop, [&] { return turned; }));
  CHECK(called == 0);
}

TEST_CASE_FIXTURE(Fixture, "the client may be destroyed in a callback") {
  const auto peer = ScriptedServer::on_unix(path, [](Peer& p) {
    p.read_request();
    p.send(chunked_head() + chunk("a") + chunk("b"));
    p.hang();
  });
  auto mine = std::make_unique<HttpClient>(loop);
  int chunks = 0;
  bool ended = false;
  HttpStreamHandlers handlers;
  handlers.endless = true;
  handlers.chunk = [&](std::string_view) -> Result<void> {
    ++chunks;
    mine.reset();
    return {};
  };
  handlers.done = [&](const Result<HttpAnswer>&) { ended = true; };
  mine->stream(call_to("/"), handlers);
  REQUIRE(run_until(loop, [&] { return chunks > 0; }));
  loop.context().poll();
  CHECK(chunks == 1);
  CHECK_FALSE(ended);
}

TEST_CASE("the blocking call returns the answer or the error") {
  TemporaryFolder folder;
  const auto peer =
      ScriptedServer::on_unix(folder.file("s"), replying([](const auto&) { return answer(200, "hello"); }));
  HttpCall call;
  call.endpoint = UnixEndpoint{folder.file("s")};
  const auto got = call_and_wait(call);
  REQUIRE(got);
  CHECK(got->body == "hello");
  call.endpoint = UnixEndpoint{folder.file("missing")};
  CHECK(code_of(call_and_wait(call)) == ErrorCode::Unreachable);
}

TEST_CASE_FIXTURE(Fixture, "TLS with client certificates") {
  const Certificates certificates;
  const auto reply = replying([](const auto&) { return answer(200, "secret"); });
  const auto peer =
      ScriptedServer::on_loopback_tls(reply, certificates.file("server.pem"),
                                      certificates.file("server-key.pem"), certificates.file("ca.pem"));
  TlsFiles files;
  files.ca_file = certificates.file("ca.pem");
  files.certificate_file = certificates.file("cert.pem");
  files.key_file = certificates.file("key.pem");
  const auto ask_with = [&](const TlsFiles& with, std::string host = "127.0.0.1") {
    const auto tls = make_tls(with);
    REQUIRE(tls);
    auto call = call_to("/");
    call.keep_alive = true;
    call.endpoint = TcpEndpoint{std::move(host), peer->port(), *tls};
    return ask(call);
  };

  SUBCASE("both sides trust each other") {
    const auto got = ask_with(files);
    REQUIRE(got);
    CHECK(got->body == "secret");
  }
  SUBCASE("no client certificate") {
    files.certificate_file.reset();
    files.key_file.reset();
    CHECK(code_of(ask_with(files)) == ErrorCode::Refused);
  }
  SUBCASE("an authority that the client does not know") {
    files.ca_file = certificates.file("stranger.pem");
    CHECK(code_of(ask_with(files)) == ErrorCode::Refused);
  }
  SUBCASE("a certificate for another host") {
    CHECK(code_of(ask_with(files, "localhost")) == ErrorCode::Refused);
  }
  SUBCASE("verification is off") {
    files.ca_file.reset();
    files.verify_peer = false;
    CHECK(ask_with(files));
  }
  SUBCASE("a peer without TLS") {
    const auto plain = ScriptedServer::on_loopback([](Peer& p) { p.send("HTTP/1.1 400 Bad\r\n\r\n"); });
    auto call = call_to("/");
    call.endpoint = TcpEndpoint{"127.0.0.1", plain->port(), *make_tls(files)};
    CHECK(code_of(ask(call)) == ErrorCode::Protocol);
  }
  SUBCASE("certificate files that are missing or not PEM") {
    files.ca_file = certificates.file("nowhere.pem");
    const auto missing = make_tls(files);
    REQUIRE_FALSE(missing);
    CHECK(missing.error().code == ErrorCode::InvalidInput);
    CHECK(missing.error().message.find("nowhere.pem") != std::string::npos);
    files.ca_file = certificates.file("openssl.log");
    CHECK_FALSE(make_tls(files));
  }
}
