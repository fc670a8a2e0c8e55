// How a tcp check ends its connection, and how long it keeps it.
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "adapter/probe/bound_socket.hpp"
#include "adapter/probe/probe_runner.hpp"
#include "support/growing_deadline.hpp"
#include "support/scripted_server.hpp"

using namespace healer;
using namespace healer::testing;

namespace {

constexpr Duration very_long = 600s;  // longer than the tests wait for a result

TcpTarget held(std::uint16_t port, Duration hold) {
  TcpTarget target = tcp_on(port);
  target.hold = hold;
  return target;
}

// How the peer sees the end of the connection: 0 for an orderly one, else the errno.
int end_seen_by(ProbeRunner& runner, int connection) {
  int error = EAGAIN;
  CHECK(run_until(runner.loop, [&] {
    char byte = 0;
    const auto got = ::recv(connection, &byte, 1, MSG_DONTWAIT);
    error = got < 0 ? errno : 0;
    return error != EAGAIN;
  }));
  return error;
}

}  // namespace

TEST_CASE("a tcp check of a peer that greets first ends with FIN") {
  BoundSocket listener;
  listener.listen();
  ProbeRunner runner;
  SUBCASE("the greeting is there before the end") {
    const ProbeId id = runner.start(TcpTarget{listener.endpoint(), 0});
    const int connection = listener.accept();
    send_all(connection, "220 mail.example ESMTP\r\n");
    CHECK(runner.answer_of(id).end == ProbeEnd::Answered);
    CHECK(end_seen_by(runner, connection) == 0);
    ::close(connection);
  }
  SUBCASE("the greeting comes after the result") {
    const ProbeId id = runner.start(TcpTarget{listener.endpoint(), 0});
    const int connection = listener.accept();
    CHECK(runner.answer_of(id).end == ProbeEnd::Answered);
    CHECK(end_seen_by(runner, connection) == 0);
    send_all(connection, "220 mail.example ESMTP\r\n");
    runner.run_ready();
    CHECK(end_seen_by(runner, connection) == 0);
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(connection, SOL_SOCKET, SO_ERROR, &error, &size);
    CHECK(error == 0);
    ::close(connection);
  }
  SUBCASE("the greeting is longer than the banner that is read") {
    const ProbeId id = runner.start(TcpTarget{listener.endpoint(), 3});
    const int connection = listener.accept();
    send_all(connection, "220 mail.example ESMTP\r\n" + std::string(100'000, 'x'));
    CHECK(runner.answer_of(id).body == "220");
    CHECK(end_seen_by(runner, connection) == 0);
    ::close(connection);
  }
}

TEST_CASE("a tcp check does not read an endless greeting") {
  const auto server = ScriptedServer::on_loopback([](Peer& peer) {
    while (peer.send(std::string(10'000, 'x'))) {
    }
  });
  ProbeRunner runner;
  CHECK(runner.ask(tcp_on(server->port()), very_long).end == ProbeEnd::Answered);
  // The server's destructor waits for its thread, which ends when the prober has closed.
  CHECK(runner.prober->open() == 0);
}

TEST_CASE("a held connection that the peer gives up is a reset") {
  ProbeRunner runner;
  SUBCASE("closed") {
    const auto server = ScriptedServer::on_loopback([](Peer&) {});
    const ProbeFacts facts = runner.ask(held(server->port(), very_long), very_long);
    CHECK(facts.end == ProbeEnd::Reset);
    CHECK(facts.detail == "accepted and closed at once");
    CHECK(runner.ask(tcp_on(server->port())).end == ProbeEnd::Answered);  // without hold
  }
  SUBCASE("reset") {
    const auto server = ScriptedServer::on_loopback([](Peer& peer) { peer.reset(); });
    const ProbeFacts facts = runner.ask(held(server->port(), very_long), very_long);
    CHECK(facts.end == ProbeEnd::Reset);
    CHECK(facts.detail == "accepted and closed at once");
  }
}

TEST_CASE("a held connection passes with a byte, or in silence") {
  ProbeRunner runner;
  BoundSocket silent;
  silent.listen();
  SUBCASE("a byte") {
    const auto server = ScriptedServer::on_loopback([](Peer& peer) {
      peer.send("2");
      peer.hang();
    });
    CHECK(runner.ask(held(server->port(), very_long), very_long).end == ProbeEnd::Answered);
  }
  SUBCASE("a byte, then the close") {
    const auto server = ScriptedServer::on_loopback([](Peer& peer) { peer.send("2"); });
    CHECK(runner.ask(held(server->port(), very_long), very_long).end == ProbeEnd::Answered);
  }
  SUBCASE("silence until the end of the hold") {
    const ProbeFacts facts = runner.ask(held(silent.endpoint().port, 30ms), very_long);
    CHECK(facts.end == ProbeEnd::Answered);
    CHECK(facts.duration >= 30ms);
  }
  SUBCASE("silence until the timeout") {
    const ProbeFacts facts = with_growing_deadline(
        50ms, [&](Duration timeout) { return runner.ask(held(silent.endpoint().port, very_long), timeout); },
        [](const ProbeFacts& seen) { return seen.end == ProbeEnd::Answered; });
    CHECK(facts.end == ProbeEnd::Answered);
  }
  SUBCASE("a banner is awaited as without a hold") {
    TcpTarget target = held(silent.endpoint().port, 1ms);
    target.banner_bytes = 3;
    CHECK(runner.ask(target, 100ms).end == ProbeEnd::AnswerTimeout);
  }
}
