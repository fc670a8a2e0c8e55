// Peers that are not what the probe expects: that speak first, or another protocol.
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "adapter/probe/bound_socket.hpp"
#include "adapter/probe/probe_runner.hpp"
#include "support/scripted_server.hpp"

using namespace healer;
using namespace healer::testing;

namespace {

// Longer than the tests wait for a result: a test that ends has not waited for its end.
constexpr Duration very_long = 600s;

const std::string tls_alert = "\x15\x03\x01" + std::string("\0\x02\x02\x46", 4);

HttpTarget listening(Endpoint endpoint, Duration wait) {
  HttpTarget target = http(std::move(endpoint));
  target.greeting_wait = wait;
  return target;
}

struct Greeted {
  ProbeFacts facts;
  std::string received;  // by the peer
};

// The peer sends these bytes as soon as it has the connection.
Greeted greeted_by(const std::string& bytes) {
  BoundSocket listener;
  listener.listen();
  ProbeRunner runner;
  const ProbeId id = runner.start(listening(listener.endpoint(), very_long), very_long);
  const int connection = listener.accept();
  send_all(connection, bytes);
  Greeted greeted;
  greeted.facts = runner.answer_of(id);
  CHECK(run_until(runner.loop, [&] {
    char buffer[4096];
    const auto got = ::recv(connection, buffer, sizeof buffer, MSG_DONTWAIT);
    if (got > 0) greeted.received.append(buffer, static_cast<std::size_t>(got));
    return got == 0 || (got < 0 && errno != EAGAIN);  // the prober has closed
  }));
  ::close(connection);
  return greeted;
}

ProbeFacts answered_by(const std::string& bytes) {
  const auto server = ScriptedServer::on_loopback([&bytes](Peer& peer) {
    peer.read_request();
    peer.send(bytes);
    peer.hang();
  });
  ProbeRunner runner;
  return runner.ask(http_on(server->port()), very_long);
}

}  // namespace

TEST_CASE("a peer that greets before the request speaks another protocol, and gets no request") {
  const Greeted ssh = greeted_by("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n");
  CHECK(ssh.facts.end == ProbeEnd::Malformed);
  CHECK(ssh.facts.protocol == PeerProtocol::Other);
  CHECK(ssh.facts.detail == "it greets first: \"SSH-2.0-OpenSSH_9.2p1 Debian-2\"");
  CHECK(ssh.received.empty());
  CHECK(greeted_by("220 mail.example ESMTP\r\n").facts.detail ==
        "it greets first: \"220 mail.example ESMTP\"");
  const Greeted mysql = greeted_by(std::string("J\0\0\0\n8.0.36\0", 12) + std::string(60, 'x'));
  CHECK(mysql.facts.protocol == PeerProtocol::Other);
  CHECK(mysql.facts.detail.find("8.0.36") != std::string::npos);
  CHECK(mysql.facts.detail.find('\0') == std::string::npos);
  const Greeted endless = greeted_by(std::string(100'000, 'y'));
  CHECK(endless.facts.protocol == PeerProtocol::Other);
  CHECK(endless.facts.detail.size() < 120);
}

TEST_CASE("a greeting that is TLS or HTTP is named so") {
  const Greeted tls = greeted_by(tls_alert);
  CHECK(tls.facts.end == ProbeEnd::Malformed);
  CHECK(tls.facts.protocol == PeerProtocol::Tls);
  const Greeted early = greeted_by("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  CHECK(early.facts.end == ProbeEnd::Answered);
  CHECK(early.facts.protocol == PeerProtocol::Http);
  CHECK(early.facts.status == 200);
}

TEST_CASE("an answer that begins before the request is read on after it") {
  BoundSocket listener;
  listener.listen();
  ProbeRunner runner;
  const ProbeId id = runner.start(listening(listener.endpoint(), very_long), very_long);
  const int connection = listener.accept();
  send_all(connection, "HTTP/1.1 20");
  std::string head;
  CHECK(run_until(runner.loop, [&] {
    char buffer[4096];
    const auto got = ::recv(connection, buffer, sizeof buffer, MSG_DONTWAIT);
    if (got > 0) head.append(buffer, static_cast<std::size_t>(got));
    return head.ends_with("\r\n\r\n");
  }));
  send_all(connection, "4 No Content\r\n\r\n");
  CHECK(runner.answer_of(id).status == 204);
  ::close(connection);
}

TEST_CASE("a silent peer gets the request after the wait for a greeting") {
  const auto server =
      ScriptedServer::on_loopback(replying([](const SeenRequest&) { return answer(200, "ok"); }));
  ProbeRunner runner;
  const ProbeFacts facts = runner.ask(listening({"127.0.0.1", server->port()}, 20ms), very_long);
  CHECK(facts.end == ProbeEnd::Answered);
  CHECK(facts.protocol == PeerProtocol::Http);
  CHECK(facts.duration >= 20ms);
  CHECK(server->requests().size() == 1);
}

TEST_CASE("a wait for a greeting ends with the check's timeout, and with the peer") {
  ProbeRunner runner;
  BoundSocket silent;
  silent.listen();
  CHECK(runner.ask(listening(silent.endpoint(), very_long), 100ms).end == ProbeEnd::AnswerTimeout);
  const auto closing = ScriptedServer::on_loopback([](Peer&) {});
  CHECK(runner.ask(listening({"127.0.0.1", closing->port()}, very_long), very_long).end == ProbeEnd::Reset);
  const auto resetting = ScriptedServer::on_loopback([](Peer& peer) { peer.reset(); });
  CHECK(runner.ask(listening({"127.0.0.1", resetting->port()}, very_long), very_long).end == ProbeEnd::Reset);
  CHECK(runner.prober->open() == 0);
}

TEST_CASE("a check that listens for a greeting can be cancelled") {
  BoundSocket silent;
  silent.listen();
  ProbeRunner runner;
  const ProbeId id = runner.start(listening(silent.endpoint(), 10ms), very_long);
  const int connection = silent.accept();
  runner.prober->cancel(id);
  CHECK(read_head(connection).empty());
  ::close(connection);
  CHECK(runner.ask(http({"nowhere", 1})).end == ProbeEnd::NoRoute);
  CHECK(runner.answers.count(id) == 0);
}

TEST_CASE("redirects do not wait for a greeting again") {
  const auto server = ScriptedServer::on_loopback(replying([](const SeenRequest& request) {
    return request.target == "/health" ? answer(302, "", "text/plain", "Location: /up\r\n") : answer(200, "");
  }));
  ProbeRunner runner;
  HttpTarget target = listening({"127.0.0.1", server->port()}, 10ms);
  target.redirects = 1;
  CHECK(runner.ask(target, very_long).status == 200);
}

TEST_CASE("an answer that is not HTTP names what came") {
  const ProbeFacts redis = answered_by("-ERR wrong number of arguments for 'get' command\r\n");
  CHECK(redis.end == ProbeEnd::Malformed);
  CHECK(redis.protocol == PeerProtocol::Other);
  CHECK(redis.detail == "it sent \"-ERR wrong number of arguments for 'get' command\"");
  const ProbeFacts amqp = answered_by(std::string("AMQP\0\0\x09\x01", 8));
  CHECK(amqp.protocol == PeerProtocol::Other);
  CHECK(amqp.detail == "it sent \"AMQP?? ?\"");
  const ProbeFacts http2 = answered_by(std::string("\0\0\x12\x04\0\0\0\0\0", 9) + std::string(18, '\0'));
  CHECK(http2.end == ProbeEnd::Malformed);
  CHECK(http2.detail == "the port speaks HTTP/2 without TLS: set healer.probe=grpc or another port");
}

TEST_CASE("a plain request that is answered in TLS names the probe to set") {
  SUBCASE("an alert") {
    const ProbeFacts facts = answered_by(tls_alert);
    CHECK(facts.end == ProbeEnd::Malformed);
    CHECK(facts.protocol == PeerProtocol::Tls);
    CHECK(facts.detail == "the port speaks TLS: set healer.probe=https");
  }
  SUBCASE("byte by byte") {
    const auto server = ScriptedServer::on_loopback([](Peer& peer) {
      peer.read_request();
      for (const char byte : tls_alert) {
        peer.send({&byte, 1});
        usleep(1'000);  // so that most bytes travel alone
      }
      peer.hang();
    });
    ProbeRunner runner;
    CHECK(runner.ask(http_on(server->port()), very_long).protocol == PeerProtocol::Tls);
  }
  SUBCASE("one byte that is no record, then the close") {
    const auto server = ScriptedServer::on_loopback([](Peer& peer) {
      peer.read_request();
      peer.send("\x15");
    });
    ProbeRunner runner;
    const ProbeFacts facts = runner.ask(http_on(server->port()), very_long);
    CHECK(facts.end == ProbeEnd::Malformed);
    CHECK(facts.protocol == PeerProtocol::Other);
  }
}
