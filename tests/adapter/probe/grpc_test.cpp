// Tests of the gRPC health call: its messages, a real gRPC server, and peers that break the protocol.
#include <doctest/doctest.h>
#include <rapidcheck.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapter/probe/bound_socket.hpp"
#include "adapter/probe/probe_runner.hpp"
#include "base/text.hpp"
#include "probe/grpc_call.hpp"
#include "probe/grpc_health.hpp"
#include "support/certificates.hpp"
#include "support/process.hpp"
#include "support/wait.hpp"

using namespace healer;
using namespace healer::testing;

namespace {

constexpr const char* python = "/usr/bin/python3";  // Debian's own, which has grpc

bool has_grpc_server() {
  static const bool has = run({.arguments = {python, "-c", "import grpc, google.protobuf"}}).code == 0;
  if (!has) MESSAGE("skipped: no python3-grpcio on this machine");
  return has;
}

class GrpcServer {
 public:
  explicit GrpcServer(const std::vector<std::string>& arguments = {}) {
    Command command;
    command.arguments = {python, GRPC_HEALTH_SERVER};
    command.arguments.insert(command.arguments.end(), arguments.begin(), arguments.end());
    command.output = folder_.file("output");
    process_.emplace(command);
    wait_until("the gRPC server's port", [&] {
      const std::string said = read_file(command.output);
      if (process_->exit_code()) FAIL("the gRPC server ended: " << said);
      if (said.empty() || said.back() != '\n') return false;
      port_ = static_cast<std::uint16_t>(std::stoi(said));
      return true;
    });
  }
  std::uint16_t port() const { return port_; }

 private:
  TemporaryFolder folder_;
  std::optional<Process> process_;
  std::uint16_t port_ = 0;
};

// HTTP/2 frames, written by hand.

enum FrameType : char { Data = 0, Headers = 1, Reset = 3, Settings = 4, Ping = 6, GoAway = 7 };
constexpr int end_stream = 1, end_headers = 4;

std::string number(std::size_t value, int bytes) {
  std::string text;
  while (bytes-- > 0) text += static_cast<char>(value >> (8 * bytes) & 0xff);
  return text;
}

std::string frame(FrameType type, int flags, std::size_t stream, const std::string& payload = {}) {
  return number(payload.size(), 3) + static_cast<char>(type) + static_cast<char>(flags) + number(stream, 4) +
         payload;
}

// A header field that is in no table (RFC 7541, 6.2.2).
std::string field(const std::string& name, const std::string& value) {
  return number(0, 1) + number(name.size(), 1) + name + number(value.size(), 1) + value;
}

const std::string settings = frame(Settings, 0, 0);
const std::string head =
    frame(Headers, end_headers, 1, field(":status", "200") + field("content-type", "application/grpc"));
const std::string serving = frame(Data, 0, 1, std::string("\0\0\0\0\2\x08\1", 7));
const std::string good_end = frame(Headers, end_headers | end_stream, 1, field("grpc-status", "0"));

std::string trailers_only(const std::string& fields, const std::string& status = "200") {
  return settings + frame(Headers, end_headers | end_stream, 1, field(":status", status) + fields);
}

// A server that sends these bytes after the client's first bytes, then hangs or closes.
std::unique_ptr<ScriptedServer> saying(std::string bytes, bool close = false) {
  return ScriptedServer::on_loopback([bytes = std::move(bytes), close](Peer& peer) {
    peer.read_request();  // the preface "PRI * HTTP/2.0\r\n\r\n" ends like a request's head
    peer.send(bytes);
    if (!close) peer.hang();
  });
}

ProbeFacts facts_after(const std::string& bytes, bool close = false) {
  ProbeRunner runner;
  const auto server = saying(bytes, close);
  return runner.ask(grpc_on(server->port()));
}

}  // namespace

TEST_CASE("the request's message is encoded") {
  CHECK(encode_health_request("") == std::string(5, '\0'));
  CHECK(encode_health_request("db") == std::string("\0\0\0\0\4\x0a\2db", 9));
  const std::string longer = encode_health_request(std::string(300, 'x'));
  CHECK(longer.substr(0, 8) == std::string("\0\0\0\1\x2f\x0a\xac\2", 8));
  CHECK(longer.size() == 308);
}

TEST_CASE("the answer's message is decoded") {
  const auto decode = [](const std::string& message) {
    return decode_health_response(number(0, 1) + number(message.size(), 4) + message);
  };
  CHECK(decode("") == 0);
  CHECK(decode("\x08\1") == 1);
  CHECK(decode("\x08\2") == 2);
  CHECK(decode("\x08\x01\x08\x03") == 3);  // of a repeated field the last value counts
  CHECK(decode("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01") == -1);
  // Fields that are not in the definition: 2 varint, 3 fixed64, 4 bytes, 5 fixed32.
  CHECK(decode(std::string("\x10\x05\x19"
                           "12345678\x22\3abc\x2d"
                           "1234\x08\1",
                           23)) == 1);
  for (const char* bad : {"\x08", "\x08\xff", "\x22\5abc",
                          "\x19"
                          "1234",
                          "\x2d"
                          "12",
                          "\x0b", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "\x02\x01"})
    CHECK_FALSE(decode(bad));
  CHECK_FALSE(decode_health_response(""));
  CHECK_FALSE(decode_health_response(std::string("\0\0\0\0", 4)));
  CHECK_FALSE(decode_health_response(std::string("\1\0\0\0\2\x08\1", 7)));             // compressed
  CHECK_FALSE(decode_health_response(std::string("\0\0\0\0\3\x08\1", 7)));             // cut off
  CHECK_FALSE(decode_health_response(std::string("\0\0\0\0\2\x08\1\0\0\0\0\0", 12)));  // two messages
  CHECK(rc::check([] { (void)decode_health_response(*rc::gen::arbitrary<std::string>()); }));
}

TEST_CASE("the answers of a real gRPC server are read") {
  if (!has_grpc_server()) return;
  const GrpcServer server;
  ProbeRunner runner;
  const auto ask = [&](const std::string& service) { return runner.ask(grpc_on(server.port(), service)); };

  const std::vector<std::pair<std::string, int>> all{
      {"", 1}, {"serving", 1}, {"down", 2}, {"unset", 0}, {"unknown-status", 3}, {std::string(300, 'x'), 1}};
  for (const auto& row : all) {
    CAPTURE(row.first);
    const ProbeFacts facts = ask(row.first);
    CHECK(facts.end == ProbeEnd::Answered);
    CHECK(facts.grpc_status == 0);
    CHECK(facts.status == row.second);
    CHECK(facts.detail.empty());
    CHECK(facts.duration.count() > 0);
  }
  const ProbeFacts missing = ask("missing");
  CHECK(missing.end == ProbeEnd::Answered);
  CHECK(missing.grpc_status == 5);
  CHECK(missing.detail == printable("no 100 % such service\n"));
  const ProbeFacts limited = ask("limited");
  CHECK(limited.grpc_status == 15);
  CHECK(limited.detail == "limit notified");
  CHECK(runner.prober->open() == 0);
}

TEST_CASE("of many checks at once, one that hangs delays no other") {
  if (!has_grpc_server()) return;
  const GrpcServer server;
  ProbeRunner runner;
  const ProbeId stuck = runner.start(grpc_on(server.port(), "hang"));
  constexpr std::size_t count = 200;
  for (std::size_t i = 0; i < count; ++i) runner.start(grpc_on(server.port()));
  CHECK(run_until(runner.loop, [&] { return runner.order.size() == count; }));
  CHECK(runner.answers.count(stuck) == 0);
  for (const auto& [id, answers] : runner.answers) {
    REQUIRE(answers.size() == 1);
    REQUIRE(answers.front().status == 1);
  }
  runner.prober->cancel(stuck);
  CHECK(runner.prober->open() == 0);
}

TEST_CASE("a check of a service that hangs times out") {
  if (!has_grpc_server()) return;
  const GrpcServer server;
  ProbeRunner runner;
  CHECK(runner.ask(grpc_on(server.port(), "hang"), 300ms).end == ProbeEnd::AnswerTimeout);
}

TEST_CASE("a server without the health service gives unimplemented") {
  if (!has_grpc_server()) return;
  const GrpcServer server({"--no-health"});
  ProbeRunner runner;
  const ProbeFacts facts = runner.ask(grpc_on(server.port()));
  CHECK(facts.end == ProbeEnd::Answered);
  CHECK(facts.grpc_status == 12);
}

TEST_CASE("a check over TLS gives the service's state") {
  if (!has_grpc_server()) return;
  const Certificates certificates;
  const GrpcServer server({certificates.file("server.pem"), certificates.file("server-key.pem")});
  ProbeRunner runner;
  GrpcTarget target = grpc_on(server.port(), "down");
  CHECK(runner.ask(target).end != ProbeEnd::Answered);  // a plain connection to a server with TLS
  target.tls = true;
  const ProbeFacts facts = runner.ask(target);
  CHECK(facts.end == ProbeEnd::Answered);
  CHECK(facts.status == 2);
  target.tls_verify = true;
  const ProbeFacts checked = runner.ask(target);
  CHECK(checked.end == ProbeEnd::TlsFailed);
  CHECK_FALSE(checked.detail.empty());
}

TEST_CASE("the request starts with the HTTP/2 preface and ends with the message") {
  const GrpcTarget target = grpc_on(50051, "db");
  GrpcCall call(target, 1500ms);
  const std::string sent{call.to_send()};
  CHECK(sent.starts_with("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
  CHECK(sent.ends_with(encode_health_request("db")));
}

TEST_CASE("answers written by hand are read") {
  SUBCASE("head, message, trailers") {
    const ProbeFacts facts = facts_after(settings + head + serving + good_end);
    CHECK(facts.end == ProbeEnd::Answered);
    CHECK(facts.status == 1);
    CHECK(facts.grpc_status == 0);
  }
  SUBCASE("trailers only") {
    const ProbeFacts facts =
        facts_after(trailers_only(field("grpc-status", "12") + field("grpc-message", "no%20%zz%\n")));
    CHECK(facts.end == ProbeEnd::Malformed);  // a line end in a field
    const ProbeFacts clean =
        facts_after(trailers_only(field("grpc-status", "12") + field("grpc-message", "no%20%zz%")));
    CHECK(clean.end == ProbeEnd::Answered);
    CHECK(clean.grpc_status == 12);
    CHECK(clean.detail == "no %zz%");
  }
  SUBCASE("a PING before the answer") {
    const ProbeFacts facts =
        facts_after(settings + frame(Ping, 0, 0, "12345678") + head + serving + good_end);
    CHECK(facts.status == 1);
  }
  SUBCASE("a proxy's error") {
    const ProbeFacts facts = facts_after(trailers_only("", "503"));
    CHECK(facts.end == ProbeEnd::Answered);
    CHECK(facts.grpc_status == 14);
    CHECK(facts.detail == "HTTP 503 without a grpc-status");
    CHECK(facts_after(trailers_only("", "404")).grpc_status == 12);
  }
  SUBCASE("no grpc-status") {
    CHECK(facts_after(trailers_only("")).end == ProbeEnd::Malformed);
    CHECK(facts_after(trailers_only(field("grpc-status", "fine"))).end == ProbeEnd::Malformed);
  }
  SUBCASE("status 0 without a message") {
    const ProbeFacts facts = facts_after(trailers_only(field("grpc-status", "0")));
    CHECK(facts.end == ProbeEnd::Malformed);
    CHECK(facts.detail == "not a health answer");
  }
  SUBCASE("an endless message") {
    std::string bytes = settings + head;
    for (int i = 0; i < 8; ++i) bytes += frame(Data, 0, 1, std::string(16'000, '\0'));
    const ProbeFacts facts = facts_after(bytes);
    CHECK(facts.end == ProbeEnd::Malformed);
    CHECK(facts.detail == "answer larger than 64 KiB");
  }
}

TEST_CASE("a call that the server ends is reset or refused") {
  SUBCASE("the server resets the stream") {
    const ProbeFacts facts = facts_after(settings + frame(Reset, 0, 1, number(2, 4)));
    CHECK(facts.end == ProbeEnd::Reset);
    CHECK(facts.detail == "the server ended the call: INTERNAL_ERROR");
  }
  SUBCASE("the server sends GOAWAY") {
    CHECK(facts_after(settings + frame(GoAway, 0, 0, number(0, 8))).end == ProbeEnd::Reset);
  }
  SUBCASE("the server closes") {
    CHECK(facts_after(settings + head + serving, true).end == ProbeEnd::Reset);
    CHECK(facts_after("", true).end == ProbeEnd::Reset);
  }
  SUBCASE("the server does not listen") {
    const BoundSocket nobody;
    ProbeRunner runner;
    CHECK(runner.ask(grpc_on(nobody.endpoint().port)).end == ProbeEnd::Refused);
  }
}

TEST_CASE("a peer that is not HTTP/2 is malformed, or times out") {
  SUBCASE("HTTP/1") {
    const ProbeFacts facts = facts_after("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    CHECK(facts.end == ProbeEnd::Malformed);
    CHECK(facts.detail == "not HTTP/2: the port speaks HTTP/1");
    CHECK(facts.protocol == PeerProtocol::Http);
  }
  SUBCASE("TLS") {
    const ProbeFacts facts = facts_after("\x15\x03\x01" + std::string("\0\x02\x02\x46", 4));
    CHECK(facts.end == ProbeEnd::Malformed);
    CHECK(facts.detail == "not HTTP/2: the port speaks TLS: set healer.probe=grpcs");
    CHECK(facts.protocol == PeerProtocol::Tls);
  }
  SUBCASE("another protocol") {
    const ProbeFacts facts = facts_after("SSH-2.0-OpenSSH_9.2\r\n");
    CHECK(facts.end == ProbeEnd::Malformed);
    CHECK(facts.detail.starts_with("not HTTP/2"));
  }
  SUBCASE("a broken frame") {
    CHECK(facts_after(settings + frame(Settings, 0, 0, "12345")).end == ProbeEnd::Malformed);
  }
  SUBCASE("no answer in time") {
    ProbeRunner runner;
    const auto silent = saying("");
    CHECK(runner.ask(grpc_on(silent->port()), 100ms).end == ProbeEnd::AnswerTimeout);
    const auto half = saying(settings + head + serving);
    CHECK(runner.ask(grpc_on(half->port()), 100ms).end == ProbeEnd::AnswerTimeout);
  }
  SUBCASE("TLS that agrees on no HTTP/2") {
    const Certificates certificates;
    const auto server =
        ScriptedServer::on_loopback_tls(replying([](const SeenRequest&) { return answer(200, "ok"); }),
                                        certificates.file("server.pem"), certificates.file("server-key.pem"));
    ProbeRunner runner;
    GrpcTarget target = grpc_on(server->port());
    target.tls = true;
    const ProbeFacts facts = runner.ask(target);
    CHECK(facts.end == ProbeEnd::Malformed);
    CHECK(facts.detail == "not HTTP/2: the server does not agree to it over TLS (ALPN)");
  }
}

TEST_CASE("a target that is no numeric address or not gRPC cannot be checked") {
  ProbeRunner runner;
  GrpcTarget named;
  named.endpoint = {"localhost", 80};
  CHECK(runner.ask(named).end == ProbeEnd::NoRoute);
  CHECK(runner.ask(ExecTarget{"id", {"true"}}).end == ProbeEnd::EngineFailed);
  CHECK(runner.prober->open() == 0);
}

TEST_CASE("any bytes from a gRPC server give one result") {
  ProbeRunner runner;
  const auto piece = rc::gen::weightedOneOf<std::string>(
      {{1, rc::gen::arbitrary<std::string>()},
       {4, rc::gen::elementOf(std::vector<std::string>{settings, head, serving, good_end,
                                                       frame(Ping, 0, 0, "12345678"),
                                                       frame(GoAway, 0, 0, number(0, 8))})}});
  CHECK(rc::check([&] {
    std::string bytes = *rc::gen::arbitrary<bool>() ? settings : std::string();
    for (const std::string& each : *rc::gen::container<std::vector<std::string>>(piece)) bytes += each;
    const auto server = saying(bytes, true);
    const ProbeId id = runner.start(grpc_on(server->port()));
    RC_ASSERT(run_until(runner.loop, [&] { return runner.answers.count(id) > 0; }));
    runner.run_ready();
    RC_ASSERT(runner.answers[id].size() == 1u);
    RC_ASSERT(runner.prober->open() == 0u);
  }));
}
