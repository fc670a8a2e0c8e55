#include <doctest/doctest.h>

#include <cstdlib>
#include <string>

#include "adapter/probe/probe_runner.hpp"
#include "support/scripted_server.hpp"

using namespace healer;
using namespace healer::testing;

namespace {

// A self-signed certificate for 127.0.0.1 and shop.example, and a server that uses it.
class TlsServer {
 public:
  TlsServer() {
    const std::string command =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test "
        "-addext subjectAltName=IP:127.0.0.1,DNS:shop.example -keyout '" +
        folder_.file("key.pem") + "' -out '" + certificate() + "' 2>'" + folder_.file("log") + "'";
    REQUIRE(std::system(command.c_str()) == 0);
    server_ =
        ScriptedServer::on_loopback_tls(replying([](const SeenRequest&) { return answer(200, "over TLS"); }),
                                        certificate(), folder_.file("key.pem"));
  }
  std::string certificate() const { return folder_.file("cert.pem"); }
  std::uint16_t port() const { return server_->port(); }

 private:
  TemporaryFolder folder_;
  std::unique_ptr<ScriptedServer> server_;
};

// A prober reads the CA store for its first verified session, so each new prober reads this file.
class TrustedFile {
 public:
  explicit TrustedFile(const std::string& path) { ::setenv("SSL_CERT_FILE", path.c_str(), 1); }
  ~TrustedFile() { ::unsetenv("SSL_CERT_FILE"); }
};

}  // namespace

TEST_CASE("a self-signed certificate is accepted unless verification is on") {
  const TlsServer server;
  ProbeRunner runner;
  HttpTarget target = https_on(server.port());
  target.capture_body = true;
  const ProbeFacts unchecked = runner.ask(target);
  CHECK(unchecked.end == ProbeEnd::Answered);
  CHECK(unchecked.status == 200);
  CHECK(unchecked.body == "over TLS");

  const ProbeFacts checked = runner.ask(https_on(server.port(), true));
  CHECK(checked.end == ProbeEnd::TlsFailed);
  CHECK(checked.detail == "self-signed certificate");
}

TEST_CASE("a trusted certificate must name the target") {
  const TlsServer server;
  const TrustedFile trusted(server.certificate());
  ProbeRunner runner;
  HttpTarget target = https_on(server.port(), true);
  CHECK(runner.ask(target).end == ProbeEnd::Answered);  // the target's address is in the certificate
  target.host_header = "shop.example:443";
  CHECK(runner.ask(target).end == ProbeEnd::Answered);
  target.host_header = "bank.example";
  const ProbeFacts other = runner.ask(target);
  CHECK(other.end == ProbeEnd::TlsFailed);
  CHECK(other.detail == "hostname mismatch: the certificate names other hosts: set healer.host");
}

TEST_CASE("a peer without TLS gives a failure with its cause") {
  ProbeRunner runner;
  SUBCASE("the peer speaks HTTP") {
    const auto server = ScriptedServer::on_loopback([](Peer& peer) {
      peer.send("HTTP/1.1 400 Bad Request\r\n\r\n");
      peer.hang();
    });
    const ProbeFacts facts = runner.ask(https_on(server->port()));
    CHECK(facts.end == ProbeEnd::TlsFailed);
    CHECK_FALSE(facts.detail.empty());
  }
  SUBCASE("the peer sends nothing") {
    const auto server = ScriptedServer::on_loopback([](Peer& peer) { peer.hang(); });
    CHECK(runner.ask(https_on(server->port()), 100ms).end == ProbeEnd::AnswerTimeout);
  }
  SUBCASE("the peer closes") {
    const auto server = ScriptedServer::on_loopback([](Peer&) {});
    CHECK(runner.ask(https_on(server->port())).end == ProbeEnd::Reset);
  }
}
