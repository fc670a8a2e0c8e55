// The prober's facts for a plain peer. TLS, limits and many checks at once have their own files.
#include <doctest/doctest.h>
#include <rapidcheck.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "adapter/probe/bound_socket.hpp"
#include "adapter/probe/probe_runner.hpp"
#include "base/version.hpp"
#include "support/scripted_server.hpp"

using namespace healer;
using namespace healer::testing;

namespace {

// A server that reads the request, sends these bytes and closes.
std::unique_ptr<ScriptedServer> sending(std::string bytes) {
  return ScriptedServer::on_loopback([bytes = std::move(bytes)](Peer& peer) {
    peer.read_request();
    peer.send(bytes);
  });
}

}  // namespace

TEST_CASE("an answer is a fact whatever its status") {
  const auto server = sending("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 3\r\n\r\nill");
  ProbeRunner runner;
  const ProbeFacts facts = runner.ask(http_on(server->port()));
  CHECK(facts.end == ProbeEnd::Answered);
  CHECK(facts.status == 503);
  CHECK(facts.body.empty());
  CHECK(facts.detail.empty());
  CHECK(facts.duration.count() > 0);
  CHECK(runner.prober->open() == 0);
}

TEST_CASE("the request has the target's path, host, method and headers, and no smuggled ones") {
  const auto server =
      ScriptedServer::on_loopback(replying([](const SeenRequest&) { return answer(200, "ok"); }));
  const std::string own = "127.0.0.1:" + std::to_string(server->port());
  ProbeRunner runner;
  HttpTarget target = http_on(server->port());
  std::string host = own, line = "GET /health HTTP/1.1";
  std::string agent = std::string("User-Agent: healer/") + version + "\r\n", accept = "Accept: */*\r\n";
  std::string more;

  SUBCASE("the host is the address and port") {}
  SUBCASE("the host is the target's host header") {
    target.host_header = host = "shop.example";
  }
  SUBCASE("an empty path is /") {
    target.path = "";
    line = "GET / HTTP/1.1";
  }
  SUBCASE("no smuggled header") {
    target.path = "/a b\r\nX-Evil: 1";
    line = "GET /a%20b%0D%0AX-Evil:%201 HTTP/1.1";
    target.host_header = "h\r\nX-Evil: 1";
    host = "hX-Evil:1";
    target.method = "GET / HTTP/1.1\r\nX-Evil: 1";
    line = "GETHTTP1.1X-Evil1 /a%20b%0D%0AX-Evil:%201 HTTP/1.1";
    target.headers = {{"X-Good", Secret("a\r\nX-Evil: 1\n\r\n")},
                      {"X-Bad\r\nX-Evil", Secret("1")},
                      {"X Bad", Secret("1")},
                      {"", Secret("1")}};
    more = "X-Good: aX-Evil: 1\r\n";
  }
  SUBCASE("the target's headers") {
    target.headers = {{"Authorization", Secret("Bearer a b\tc")}, {"x-empty", Secret("")}};
    more = "Authorization: Bearer a b\tc\r\nx-empty: \r\n";
  }
  SUBCASE("the target's own User-Agent and Accept") {
    target.headers = {{"user-agent", Secret("probe")}, {"ACCEPT", Secret("text/html")}};
    agent = accept = "";
    more = "user-agent: probe\r\nACCEPT: text/html\r\n";
  }
  SUBCASE("the target cannot set the headers that frame the request") {
    target.headers = {{"Host", Secret("evil")},
                      {"connection", Secret("keep-alive")},
                      {"Content-length", Secret("5")},
                      {"Transfer-Encoding", Secret("chunked")}};
  }
  SUBCASE("a POST without a body") {
    target.method = "POST";
    line = "POST /health HTTP/1.1";
    more = "Content-Length: 0\r\n";
  }
  SUBCASE("a PUT without a body") {
    target.method = "PUT";
    line = "PUT /health HTTP/1.1";
    more = "Content-Length: 0\r\n";
  }
  SUBCASE("OPTIONS") {
    target.method = "OPTIONS";
    line = "OPTIONS /health HTTP/1.1";
  }
  CHECK(runner.ask(target).end == ProbeEnd::Answered);
  CHECK(runner.ask(target).end == ProbeEnd::Answered);
  CHECK(server->connections() == 2);
  REQUIRE(server->requests().size() == 2);
  CHECK(server->requests()[0].head ==
        line + "\r\nHost: " + host + "\r\n" + agent + accept + more + "Connection: close\r\n");
}

TEST_CASE("the answer to HEAD has no body, whatever length its head gives") {
  const auto server = ScriptedServer::on_loopback([](Peer& peer) {
    peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n");
    peer.hang();
  });
  ProbeRunner runner;
  HttpTarget target = http_on(server->port(), true);
  target.method = "HEAD";
  const ProbeFacts facts = runner.ask(target);
  CHECK(facts.end == ProbeEnd::Answered);
  CHECK(facts.status == 200);
  CHECK(facts.body.empty());
}

TEST_CASE("a request larger than the socket's buffer is sent whole") {
  const auto server = ScriptedServer::on_loopback([](Peer& peer) {
    const auto request = peer.read_request();
    peer.send(answer(request && request->head.size() > 8'000'000 ? 200 : 400, ""));
  });
  ProbeRunner runner;
  HttpTarget target = http_on(server->port());
  target.headers = {{"X-Long", Secret(std::string(8'000'000, 'x'))}};
  CHECK(runner.ask(target).status == 200);
}

TEST_CASE("a body is kept when asked for, to its cap, and decoded") {
  ProbeRunner runner;
  SUBCASE("with a length, before the close") {
    const auto server =
        ScriptedServer::on_loopback(replying([](const SeenRequest&) { return answer(200, "all good"); }));
    CHECK(runner.ask(http_on(server->port(), true)).body == "all good");
  }
  SUBCASE("until the close") {
    const auto server = sending("HTTP/1.0 200 OK\r\n\r\nall good");
    CHECK(runner.ask(http_on(server->port(), true)).body == "all good");
  }
  SUBCASE("in chunks, after an interim answer") {
    const auto server = sending("HTTP/1.1 100 Continue\r\n\r\n" + chunked_head() + chunk("all ") +
                                chunk("good") + std::string(last_chunk));
    const ProbeFacts facts = runner.ask(http_on(server->port(), true));
    CHECK(facts.status == 200);
    CHECK(facts.body == "all good");
  }
  SUBCASE("of a megabyte, without an end") {
    const auto server = ScriptedServer::on_loopback([](Peer& peer) {
      peer.read_request();
      peer.send("HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n" + std::string(1'000'000, 'x'));
      peer.hang();
    });
    CHECK(runner.ask(http_on(server->port(), true)).body == std::string(10 * 1024, 'x'));
  }
  SUBCASE("the body is not wanted") {
    const auto server = ScriptedServer::on_loopback([](Peer& peer) {
      peer.read_request();
      peer.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc");
      peer.hang();
    });
    const ProbeFacts facts = runner.ask(http_on(server->port()));
    CHECK(facts.end == ProbeEnd::Answered);
    CHECK(facts.body.empty());
  }
}

TEST_CASE("an answer that arrives byte by byte is read whole") {
  const auto server = ScriptedServer::on_loopback([](Peer& peer) {
    peer.read_request();
    for (const char byte : answer(200, "slow but well")) {
      peer.send({&byte, 1});
      usleep(200);  // so that most bytes travel alone
    }
  });
  ProbeRunner runner;
  const ProbeFacts facts = runner.ask(http_on(server->port(), true));
  CHECK(facts.end == ProbeEnd::Answered);
  CHECK(facts.body == "slow but well");
}

TEST_CASE("a check of a closed port is refused") {
  const BoundSocket nobody;
  ProbeRunner runner;
  CHECK(runner.ask(http(nobody.endpoint())).end == ProbeEnd::Refused);
  CHECK(runner.ask(TcpTarget{nobody.endpoint(), 0}).end == ProbeEnd::Refused);
}

TEST_CASE("a connection that the peer resets or closes early is a reset") {
  ProbeRunner runner;
  SUBCASE("the peer resets") {
    const auto server = ScriptedServer::on_loopback([](Peer& peer) {
      peer.read_request();
      peer.reset();
    });
    CHECK(runner.ask(http_on(server->port())).end == ProbeEnd::Reset);
    CHECK(runner.ask(http_on(server->port(), true)).end == ProbeEnd::Reset);
  }
  SUBCASE("closed without an answer") {
    const auto server = ScriptedServer::on_loopback([](Peer& peer) { peer.read_request(); });
    CHECK(runner.ask(http_on(server->port())).end == ProbeEnd::Reset);
  }
  SUBCASE("closed within the head") {
    const auto server = sending("HTTP/1.1 200 OK\r\nContent-");
    CHECK(runner.ask(http_on(server->port(), true)).end == ProbeEnd::Reset);
  }
  SUBCASE("closed within the status line") {
    const auto server = sending("HTTP/1.1 2");
    CHECK(runner.ask(http_on(server->port())).end == ProbeEnd::Reset);
  }
  SUBCASE("closed within a wanted body") {
    const auto server = sending("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab");
    const ProbeFacts facts = runner.ask(http_on(server->port(), true));
    CHECK(facts.end == ProbeEnd::Reset);
    CHECK(facts.body.empty());
    CHECK_FALSE(facts.detail.empty());
  }
}

TEST_CASE("no connection in time is distinguished from no answer in time") {
  ProbeRunner runner;
  SUBCASE("connecting: the listener's queue is full and drops packets") {
    BoundSocket full;
    full.listen(0);
    ProbeRunner fillers;
    for (int i = 0; i < 4; ++i) fillers.start(TcpTarget{full.endpoint(), 1});
    CHECK(runner.ask(http(full.endpoint()), 300ms).end == ProbeEnd::ConnectTimeout);
    CHECK(runner.ask(TcpTarget{full.endpoint(), 0}, 300ms).end == ProbeEnd::ConnectTimeout);
  }
  SUBCASE("answering: no bytes arrive") {
    const auto server = ScriptedServer::on_loopback([](Peer& peer) { peer.hang(); });
    CHECK(runner.ask(http_on(server->port()), 100ms).end == ProbeEnd::AnswerTimeout);
  }
  SUBCASE("answering: a slow sender is cut off although bytes keep arriving") {
    const auto server = ScriptedServer::on_loopback([](Peer& peer) {
      peer.read_request();
      peer.send("HTTP/1.1 200 OK\r\nX: ");
      while (peer.send("x")) usleep(2'000);
    });
    CHECK(runner.ask(http_on(server->port()), 200ms).end == ProbeEnd::AnswerTimeout);
  }
  SUBCASE("answering: a wanted body does not end") {
    const auto server = ScriptedServer::on_loopback([](Peer& peer) {
      peer.read_request();
      peer.send("HTTP/1.1 200 OK\r\n\r\nabc");
      peer.hang();
    });
    CHECK(runner.ask(http_on(server->port(), true), 100ms).end == ProbeEnd::AnswerTimeout);
  }
  SUBCASE("a timeout of zero") {
    BoundSocket silent;
    silent.listen();
    CHECK(runner.ask(http(silent.endpoint()), 0ms).end == ProbeEnd::AnswerTimeout);
  }
}

TEST_CASE("a peer that does not follow HTTP is malformed") {
  ProbeRunner runner;
  SUBCASE("another protocol, at the first bytes") {
    const auto server = ScriptedServer::on_loopback([](Peer& peer) {
      peer.send("SSH-2.0-OpenSSH_9.2");
      peer.hang();
    });
    CHECK(runner.ask(http_on(server->port())).end == ProbeEnd::Malformed);
  }
  SUBCASE("an endless head, at its cap") {
    const auto server = ScriptedServer::on_loopback([](Peer& peer) {
      peer.read_request();
      peer.send("HTTP/1.1 200 OK\r\n");
      while (peer.send("X-Filler: 0123456789012345678901234567890123456789\r\n")) {
      }
    });
    const ProbeFacts facts = runner.ask(http_on(server->port(), true));
    CHECK(facts.end == ProbeEnd::Malformed);
    CHECK(facts.detail == "head larger than 256 KiB");
    CHECK(facts.protocol == PeerProtocol::Http);
    CHECK(runner.ask(http_on(server->port())).end == ProbeEnd::Answered);  // the status decides
  }
}

TEST_CASE("an address without a route, or not numeric, gives no_route") {
  ProbeRunner runner;
  CHECK(runner.ask(http({"255.255.255.255", 80})).end == ProbeEnd::NoRoute);
  const ProbeFacts named = runner.ask(http({"localhost", 80}));
  CHECK(named.end == ProbeEnd::NoRoute);
  CHECK(named.detail == "not a numeric address: localhost");
  CHECK(runner.prober->open() == 0);
}

TEST_CASE("an IPv6 target is checked, and its host header has brackets") {
  BoundSocket listener("::1");
  if (!listener.bound()) {
    MESSAGE("skipped: no IPv6 on this machine");
    return;
  }
  listener.listen();
  ProbeRunner runner;
  const ProbeId id = runner.start(http(listener.endpoint()));
  const int connection = listener.accept();
  const std::string head = read_head(connection);
  CHECK(head.find("Host: [::1]:" + std::to_string(listener.endpoint().port) + "\r\n") != std::string::npos);
  send_all(connection, "HTTP/1.1 200 OK\r\n\r\n");
  ::close(connection);
  CHECK(runner.answer_of(id).status == 200);
}

TEST_CASE("a tcp check connects and reads the wanted banner") {
  ProbeRunner runner;
  SUBCASE("a connection is enough") {
    BoundSocket silent;
    silent.listen();
    CHECK(runner.ask(TcpTarget{silent.endpoint(), 0}).end == ProbeEnd::Answered);
  }
  SUBCASE("the banner is read up to the wanted length, in pieces") {
    const auto server = ScriptedServer::on_loopback([](Peer& peer) {
      peer.send("220 ma");
      usleep(5'000);
      peer.send("il ready\r\n");
      peer.hang();
    });
    const ProbeFacts facts = runner.ask(tcp_on(server->port(), 8));
    CHECK(facts.end == ProbeEnd::Answered);
    CHECK(facts.body == "220 mail");
  }
  SUBCASE("the banner is read byte by byte") {
    const auto server = ScriptedServer::on_loopback([](Peer& peer) {
      for (const char byte : std::string_view("220 mail")) {
        peer.send({&byte, 1});
        usleep(1'000);  // so that most bytes travel alone
      }
      peer.hang();
    });
    const ProbeFacts facts = runner.ask(tcp_on(server->port(), 8));
    CHECK(facts.end == ProbeEnd::Answered);
    CHECK(facts.body == "220 mail");
  }
  SUBCASE("a slow banner is cut off although bytes keep arriving") {
    const auto server = ScriptedServer::on_loopback([](Peer& peer) {
      while (peer.send("2")) usleep(2'000);
    });
    const ProbeFacts facts = runner.ask(tcp_on(server->port(), 10'000), 200ms);
    CHECK(facts.end == ProbeEnd::AnswerTimeout);
    CHECK(facts.body.empty());
  }
  SUBCASE("the peer sends more than wanted at once") {
    const auto server = ScriptedServer::on_loopback([](Peer& peer) {
      peer.send("220 mail ready\r\n" + std::string(200'000, 'x'));
      peer.hang();
    });
    CHECK(runner.ask(tcp_on(server->port(), 3)).body == "220");
  }
  SUBCASE("more is wanted than is kept") {
    const auto server = ScriptedServer::on_loopback([](Peer& peer) {
      peer.send(std::string(200'000, 'x'));
      peer.hang();
    });
    CHECK(runner.ask(tcp_on(server->port(), 1'000'000)).body == std::string(10 * 1024, 'x'));
  }
  SUBCASE("a banner shorter than wanted, then the close") {
    const auto server = ScriptedServer::on_loopback([](Peer& peer) { peer.send("22"); });
    const ProbeFacts facts = runner.ask(tcp_on(server->port(), 8));
    CHECK(facts.end == ProbeEnd::Answered);
    CHECK(facts.body == "22");
  }
  SUBCASE("the peer closes without a banner") {
    const auto server = ScriptedServer::on_loopback([](Peer&) {});
    CHECK(runner.ask(tcp_on(server->port(), 8)).end == ProbeEnd::Reset);
  }
  SUBCASE("no banner in time") {
    BoundSocket silent;
    silent.listen();
    CHECK(runner.ask(TcpTarget{silent.endpoint(), 8}, 100ms).end == ProbeEnd::AnswerTimeout);
  }
}

TEST_CASE("any bytes from a peer give exactly one result") {
  ProbeRunner runner;
  CHECK(rc::check([&runner] {
    auto bytes = *rc::gen::arbitrary<std::string>();
    if (*rc::gen::arbitrary<bool>()) bytes.insert(0, "HTTP/1.1 200 OK\r\n");
    const bool as_tcp = *rc::gen::arbitrary<bool>();
    const auto server = ScriptedServer::on_loopback([&](Peer& peer) {
      if (!as_tcp) peer.read_request();
      peer.send(bytes);
    });
    const bool capture_body = *rc::gen::arbitrary<bool>();
    const ProbeId id = as_tcp ? runner.start(tcp_on(server->port(), 20))
                              : runner.start(http_on(server->port(), capture_body));
    RC_ASSERT(run_until(runner.loop, [&] { return runner.answers.count(id) > 0; }));
    runner.run_ready();
    RC_ASSERT(runner.answers[id].size() == 1u);
    RC_ASSERT(runner.prober->open() == 0u);
  }));
}
