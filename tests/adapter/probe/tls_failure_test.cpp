// What healer says of TLS that fails: the alert of the server, and what an operator can change.
#include <doctest/doctest.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include <openssl/ssl.h>

#include "adapter/probe/bound_socket.hpp"
#include "adapter/probe/probe_runner.hpp"
#include "probe/tls_alert.hpp"
#include "support/certificates.hpp"
#include "support/growing_deadline.hpp"
#include "support/scripted_server.hpp"

using namespace healer;
using namespace healer::testing;

namespace {

const Certificates& certificates() {
  static const Certificates made;
  return made;
}

struct ContextFree {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};

// A TLS server for one connection; `configure` sets what its handshake wants.
class OneHandshake {
 public:
  explicit OneHandshake(const std::function<void(SSL_CTX*)>& configure)
      : context_(SSL_CTX_new(TLS_server_method())) {
    REQUIRE(SSL_CTX_use_certificate_chain_file(context_.get(), certificates().file("server.pem").c_str()) ==
            1);
    REQUIRE(SSL_CTX_use_PrivateKey_file(context_.get(), certificates().file("server-key.pem").c_str(),
                                        SSL_FILETYPE_PEM) == 1);
    configure(context_.get());
    std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes with write(2)
    listener_.listen();
    thread_ = std::thread([this] { serve(); });
  }
  ~OneHandshake() { thread_.join(); }
  std::uint16_t port() const { return listener_.endpoint().port; }

 private:
  void serve() {
    const int connection = listener_.accept();
    SSL* session = SSL_new(context_.get());
    SSL_set_fd(session, connection);
    if (SSL_accept(session) == 1) {
      char request[4096];
      SSL_read(session, request, sizeof request);
      SSL_write(session, "HTTP/1.1 204 No Content\r\n\r\n", 27);
      SSL_shutdown(session);
    }
    SSL_free(session);
    ::close(connection);
  }

  BoundSocket listener_;
  std::unique_ptr<SSL_CTX, ContextFree> context_;
  std::thread thread_;
};

void demand_certificate(SSL_CTX* context, int newest) {
  SSL_CTX_set_max_proto_version(context, newest);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
}

// Knows the name known.example alone.
int know_one_name(SSL* session, int* alert, void*) {
  const char* name = SSL_get_servername(session, TLSEXT_NAMETYPE_host_name);
  *alert = SSL_AD_UNRECOGNIZED_NAME;
  return name != nullptr && std::string(name) == "known.example" ? SSL_TLSEXT_ERR_OK
                                                                 : SSL_TLSEXT_ERR_ALERT_FATAL;
}

ProbeFacts facts_of_one(const std::function<void(SSL_CTX*)>& configure, const std::string& host = {}) {
  const OneHandshake server(configure);
  ProbeRunner runner;
  HttpTarget target = https_on(server.port());
  target.host_header = host;
  return runner.ask(target);
}

ProbeFacts facts_of_plain(const std::string& bytes) {
  const auto server = ScriptedServer::on_loopback([&bytes](Peer& peer) {
    peer.send(bytes);
    peer.hang();
  });
  ProbeRunner runner;
  return runner.ask(https_on(server->port()));
}

}  // namespace

TEST_CASE("a server that demands a client certificate is alive, and named so") {
  SUBCASE("TLS 1.3: the alert comes after the handshake") {
    const ProbeFacts facts =
        facts_of_one([](SSL_CTX* context) { demand_certificate(context, TLS1_3_VERSION); });
    CHECK(facts.end == ProbeEnd::TlsFailed);
    CHECK(facts.protocol == PeerProtocol::Tls);
    CHECK(facts.detail == "the server demands a client certificate (TLS alert certificate_required)");
    CHECK(facts.wants_certificate);
  }
  SUBCASE("TLS 1.2: the alert ends the handshake") {
    const ProbeFacts facts =
        facts_of_one([](SSL_CTX* context) { demand_certificate(context, TLS1_2_VERSION); });
    CHECK(facts.end == ProbeEnd::TlsFailed);
    CHECK(facts.protocol == PeerProtocol::Tls);
    CHECK(facts.detail == "the server demands a client certificate (TLS alert handshake_failure)");
    CHECK(facts.wants_certificate);
  }
  SUBCASE("each check of many, also when the request is on its way already") {
    const auto server =
        ScriptedServer::on_loopback_tls([](Peer& peer) { peer.hang(); }, certificates().file("server.pem"),
                                        certificates().file("server-key.pem"), certificates().file("ca.pem"));
    ProbeRunner runner;
    for (int i = 0; i < 20; ++i) {
      const ProbeFacts facts = runner.ask(https_on(server->port()));
      CHECK(facts.end == ProbeEnd::TlsFailed);
      CHECK(facts.detail == "the server demands a client certificate (TLS alert certificate_required)");
      CHECK(facts.wants_certificate);
    }
  }
  SUBCASE("a server that asks for a certificate and goes on without") {
    const ProbeFacts facts =
        facts_of_one([](SSL_CTX* context) { SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr); });
    CHECK(facts.end == ProbeEnd::Answered);
    CHECK(facts.status == 204);
  }
  SUBCASE("a 400 in words") {
    const auto server = ScriptedServer::on_loopback_tls(
        replying([](const SeenRequest&) {
          return answer(400, "<title>400 No required SSL certificate was sent</title>", "text/html");
        }),
        certificates().file("server.pem"), certificates().file("server-key.pem"));
    ProbeRunner runner;
    const ProbeFacts facts = runner.ask(https_on(server->port()));
    CHECK(facts.end == ProbeEnd::Answered);
    CHECK(facts.status == 400);
    CHECK(facts.protocol == PeerProtocol::Tls);
    CHECK(facts.detail == "the server demands a client certificate");
    CHECK(facts.wants_certificate);
  }
}

TEST_CASE("a server that wants a host name is named with the setting") {
  const auto one_name = [](SSL_CTX* context) {
    SSL_CTX_set_tlsext_servername_callback(context, know_one_name);
  };
  const ProbeFacts none = facts_of_one(one_name);
  CHECK(none.end == ProbeEnd::TlsFailed);
  CHECK(none.protocol == PeerProtocol::Tls);
  CHECK(none.detail ==
        "the server refuses the handshake (TLS alert unrecognized_name); if it needs a host name, set "
        "healer.host");
  CHECK(facts_of_one(one_name, "other.example:8443").detail ==
        "the server does not know the name other.example (TLS alert unrecognized_name): set healer.host");
  CHECK(facts_of_one(one_name, "known.example").status == 204);
}

TEST_CASE("an https check of a port without TLS names its protocol") {
  const ProbeFacts http = facts_of_plain("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
  CHECK(http.end == ProbeEnd::TlsFailed);
  CHECK(http.protocol == PeerProtocol::Http);
  CHECK(http.detail == "the port speaks plain HTTP: set healer.probe=http");
  CHECK(facts_of_plain("<!DOCTYPE HTML>\n<html><head>").protocol == PeerProtocol::Http);
  const ProbeFacts ssh = facts_of_plain("SSH-2.0-OpenSSH_9.2\r\n");
  CHECK(ssh.end == ProbeEnd::TlsFailed);
  CHECK(ssh.protocol == PeerProtocol::Other);
  CHECK(ssh.detail == "the port does not speak TLS: it sent \"SSH-2...\"");
}

TEST_CASE("a check that ends within TLS knows that the peer speaks it") {
  const auto server =
      ScriptedServer::on_loopback_tls([](Peer& peer) { peer.hang(); }, certificates().file("server.pem"),
                                      certificates().file("server-key.pem"));
  ProbeRunner runner;
  const ProbeFacts late = with_growing_deadline(
      100ms, [&](Duration timeout) { return runner.ask(https_on(server->port()), timeout); },
      [](const ProbeFacts& seen) { return seen.protocol == PeerProtocol::Tls; });
  CHECK(late.end == ProbeEnd::AnswerTimeout);
  CHECK(late.protocol == PeerProtocol::Tls);
  BoundSocket silent;
  silent.listen();
  CHECK(runner.ask(https_on(silent.endpoint().port), 100ms).protocol == PeerProtocol::Unknown);
}

TEST_CASE("an alert is explained by its name, and by what healer sent") {
  CHECK(tls_alert_name(116) == "certificate_required");
  CHECK(tls_alert_name(77) == "77");
  CHECK(explain_alert(42, ClientCertificate::NotAskedFor, "") ==
        "the server demands a client certificate (TLS alert bad_certificate)");
  CHECK(explain_alert(40, ClientCertificate::AskedFor, "a.example") ==
        "the server demands a client certificate (TLS alert handshake_failure)");
  CHECK(explain_alert(40, ClientCertificate::NotAskedFor, "a.example") ==
        "the server refuses the handshake (TLS alert handshake_failure)");
  CHECK(explain_alert(70, ClientCertificate::NotAskedFor, "") ==
        "the server wants another version or other ciphers of TLS (TLS alert protocol_version)");
}
