// What a failed HTTP answer says besides its status: how long to wait, that it is maintenance, that the port
// wants TLS; and bodies that cannot be compared.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <memory>
#include <string>

#include "adapter/probe/probe_runner.hpp"
#include "probe/maintenance.hpp"
#include "support/growing_deadline.hpp"
#include "support/scripted_server.hpp"

using namespace healer;
using namespace healer::testing;

namespace {

enum class Then { Close, Hang };

// Reads the request, sends these bytes, and closes or keeps the connection.
std::unique_ptr<ScriptedServer> sending(std::string bytes, Then then = Then::Close) {
  return ScriptedServer::on_loopback([bytes = std::move(bytes), then](Peer& peer) {
    peer.read_request();
    peer.send(bytes);
    if (then == Then::Hang) peer.hang();
  });
}

ProbeFacts facts_after(const std::string& bytes, Then then = Then::Close) {
  const auto server = sending(bytes, then);
  ProbeRunner runner;
  return runner.ask(http_on(server->port()), 600s);
}

ProbeFacts captured_after(const std::string& bytes, Then then = Then::Close) {
  const auto server = sending(bytes, then);
  ProbeRunner runner;
  return runner.ask(http_on(server->port(), true), 600s);
}

std::string failed(int status, std::string_view extra) {
  return answer(status, "", "text/plain", extra);
}

}  // namespace

// ---- Retry-After

TEST_CASE("the answer's Retry-After is a fact, in seconds or as a date") {
  CHECK(facts_after(failed(429, "Retry-After: 30\r\n")).retry_after == Duration{30s});
  CHECK(facts_after(failed(503, "retry-after:   120  \r\n")).retry_after == Duration{120s});
  CHECK(facts_after(failed(503, "Retry-After: 999999999999999999999\r\n")).retry_after == Duration{24h});
  CHECK_FALSE(facts_after(failed(503, "Retry-After: soon\r\n")).retry_after);
  CHECK_FALSE(facts_after(failed(503, "")).retry_after);
  CHECK_FALSE(facts_after(answer(200, "ok", "text/plain", "Retry-After: 30\r\n")).retry_after);
}

TEST_CASE("a date in Retry-After counts from the peer's clock, else from healer's") {
  const std::string date = "Retry-After: Mon, 07 Nov 1994 12:00:50 GMT\r\n";
  CHECK(facts_after(failed(503, date + "Date: Mon, 07 Nov 1994 12:00:00 GMT\r\n")).retry_after ==
        Duration{50s});
  const auto server = sending(failed(503, date));
  ProbeRunner runner;
  runner.wall = WallTime{784'209'640'000};  // Mon, 07 Nov 1994 12:00:40 GMT
  CHECK(runner.ask(http_on(server->port())).retry_after == Duration{10s});
}

// ---- maintenance

TEST_CASE("a header that switches maintenance on is a fact of a failed answer") {
  CHECK(facts_after(failed(503, "X-Nextcloud-Maintenance-Mode: 1\r\n")).maintenance);
  CHECK(facts_after(failed(500, "x-maintenance: ON\r\n")).maintenance);
  CHECK(facts_after(failed(404, "Maintenance-Mode: true\r\n")).maintenance);
  CHECK_FALSE(facts_after(failed(503, "X-Maintenance: false\r\n")).maintenance);
  CHECK_FALSE(facts_after(failed(503, "X-Maintenance: 0\r\n")).maintenance);
  CHECK_FALSE(facts_after(failed(503, "X-Maintenance-Contact: 1\r\n")).maintenance);
  CHECK_FALSE(facts_after(failed(503, "X-Premaintenance: 1\r\n")).maintenance);
  CHECK_FALSE(facts_after(answer(200, "ok", "text/plain", "X-Maintenance: 1\r\n")).maintenance);
}

TEST_CASE("a JSON body that says maintenance is a fact of a failed answer") {
  const std::string body = R"({"installed":true,"maintenance":true})";
  CHECK(facts_after(answer(503, body)).maintenance);
  CHECK(facts_after(answer(503, body)).body.empty());
  CHECK(facts_after(answer(503, body, "text/html; charset=utf-8")).maintenance);
  CHECK(facts_after(answer(500, R"({"status":"maintenance"})", "application/problem+json")).maintenance);
  CHECK_FALSE(facts_after(answer(200, body)).maintenance);
  CHECK_FALSE(facts_after(answer(503, R"({"maintenance":false})")).maintenance);
  CHECK_FALSE(facts_after(answer(503, "<html><h1>Down for maintenance</h1>{\"maintenance\":true}</html>",
                                 "text/html"))
                  .maintenance);
  CHECK_FALSE(facts_after(answer(503, body, "application/json", "Content-Encoding: gzip\r\n")).maintenance);
  const ProbeFacts captured = captured_after(answer(503, body));
  CHECK(captured.maintenance);
  CHECK(captured.body == body);
}

TEST_CASE("a JSON body is read in pieces, and to its end") {
  SUBCASE("after the head, in chunks, without a close") {
    const auto server = ScriptedServer::on_loopback([](Peer& peer) {
      peer.read_request();
      peer.send(chunked_head(503));
      peer.send(chunk("{\"mainte"));
      peer.send(chunk("nance_mode\":"));
      peer.send(chunk("\"on\"}") + std::string(last_chunk));
      peer.hang();
    });
    ProbeRunner runner;
    CHECK(runner.ask(http_on(server->port()), 600s).maintenance);
  }
  SUBCASE("until the close") {
    CHECK(facts_after("HTTP/1.0 503 Busy\r\nContent-Type: text/json\r\n\r\n {\"isMaintenance\" : 1}")
              .maintenance);
  }
  SUBCASE("HEAD has none") {
    const auto server =
        sending("HTTP/1.1 503 Busy\r\nContent-Type: text/json\r\nContent-Length: 9\r\n\r\n", Then::Hang);
    ProbeRunner runner;
    HttpTarget target = http_on(server->port());
    target.method = "HEAD";
    CHECK(runner.ask(target, 600s).status == 503);
  }
}

TEST_CASE("a failed answer's body that does not come is not waited for") {
  const std::string json =
      "HTTP/1.1 503 Busy\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n";
  SUBCASE("no body") {
    const ProbeFacts facts = facts_after(json, Then::Hang);
    CHECK(facts.end == ProbeEnd::Answered);
    CHECK(facts.status == 503);
    CHECK_FALSE(facts.maintenance);
  }
  SUBCASE("half a body counts as far as it came") {
    const ProbeFacts facts = facts_after(json + R"({"maintenance":true,"until)", Then::Hang);
    CHECK(facts.status == 503);
    CHECK(facts.maintenance);
  }
  SUBCASE("a 400 without a body") {
    CHECK(facts_after("HTTP/1.1 400 Bad Request\r\n\r\n", Then::Hang).status == 400);
  }
  SUBCASE("a page, of which nothing is wanted") {
    CHECK(facts_after("HTTP/1.1 404 No\r\nContent-Type: text/html\r\n\r\n<html>", Then::Hang).status == 404);
  }
  SUBCASE("closed within the body") {
    CHECK(facts_after(json + "{").status == 503);
  }
  SUBCASE("reset within the body") {
    const auto server = ScriptedServer::on_loopback([&json](Peer& peer) {
      peer.read_request();
      peer.send(json);
      peer.reset();
    });
    ProbeRunner runner;
    CHECK(runner.ask(http_on(server->port()), 600s).status == 503);
  }
  SUBCASE("chunks that are none") {
    const ProbeFacts facts = facts_after(
        "HTTP/1.1 500 Oops\r\nTransfer-Encoding: chunked\r\nContent-Type: text/json\r\n\r\nxyz\r\n");
    CHECK(facts.end == ProbeEnd::Answered);
    CHECK(facts.status == 500);
  }
}

TEST_CASE("of a failed answer whose body is captured, what came in time is the body") {
  const auto server = sending("HTTP/1.1 500 Oops\r\nContent-Length: 9\r\n\r\nabc", Then::Hang);
  ProbeRunner runner;
  const ProbeFacts facts = with_growing_deadline(
      200ms, [&](Duration timeout) { return runner.ask(http_on(server->port(), true), timeout); },
      [](const ProbeFacts& seen) { return seen.status != 0; });
  CHECK(facts.end == ProbeEnd::Answered);
  CHECK(facts.status == 500);
  CHECK(facts.body == "abc");
}

TEST_CASE("a JSON object says maintenance by its top-level members alone") {
  for (const char* body :
       {R"({"maintenance":true})", R"({"maintenance":1})", R"({"maintenance" : "True" , "x":1})",
        R"({"a":[{"b":"}"}],"maintenanceMode":true})", R"({"maintenance_mode":"enabled"})",
        R"({"under-maintenance":true})", R"({"status":"MAINTENANCE"})", R"({"state":"under maintenance"})",
        R"({"error":"maintenance_mode"})", "\xEF\xBB\xBF {\"maintenance\":true}",
        R"({"x":"\"}","maintenance":true})", R"({"maintenance":true,)"}) {
    CAPTURE(body);
    CHECK(says_maintenance(body));
  }
  for (const char* body : {"",
                           "{",
                           "[{\"maintenance\":true}]",
                           R"({"maintenance":false})",
                           R"({"maintenance":0})",
                           R"({"maintenance":null})",
                           R"({"maintenance":"off"})",
                           R"({"maintenance":{"active":true}})",
                           R"({"next":{"maintenance":true}})",
                           R"({"status":"no maintenance"})",
                           R"({"status":["maintenance"]})",
                           R"({"message":"maintenance":true})",
                           R"({"maintenance_window":true})",
                           R"({"x":"maintenance":true})",
                           R"({"maintenance":tru)",
                           R"({"maintenance":true)",
                           R"("maintenance":true)",
                           R"({'maintenance':true})",
                           R"({"x":"{\"maintenance\":true}"})",
                           R"({"x":1 "maintenance":true})",
                           "maintenance"}) {
    CAPTURE(body);
    CHECK_FALSE(says_maintenance(body));
  }
}

TEST_CASE("no text makes the search for maintenance fail") {
  CHECK(rc::check([] {
    const auto part =
        rc::gen::element<std::string>("{", "}", "[", "]", "\"", "\\", ":", ",", " ", "maintenance", "true",
                                      "\"maintenance\":", "x", std::string(1, '\0'));
    std::string body;
    for (const std::string& each : *rc::gen::container<std::vector<std::string>>(part)) body += each;
    const bool said = says_maintenance(body);
    RC_ASSERT(!said || body.find("maintenance") != std::string::npos);
  }));
}

// ---- a port that wants TLS

TEST_CASE("a 400 to a plain request that names HTTPS is the answer of a TLS port") {
  for (const char* body :
       {"<html>\r\n<head><title>400 The plain HTTP request was sent to HTTPS port</title></head>\r\n</html>",
        "<p>Reason: You're speaking plain HTTP to an SSL-enabled server port.<br />",
        "<p>Reason: You&#39;re speaking plain HTTP to an SSL-enabled server port.<br />",
        "Bad Request\r\nThis combination of host and port requires TLS.\r\n",
        "The client sent a plain HTTP request, but this server only speaks HTTPS on this port."}) {
    CAPTURE(body);
    const ProbeFacts facts = facts_after(answer(400, body, "text/html"));
    CHECK(facts.end == ProbeEnd::Answered);
    CHECK(facts.status == 400);
    CHECK(facts.protocol == PeerProtocol::Tls);
    CHECK(facts.detail == "the port speaks TLS: set healer.probe=https");
  }
  const char* go = "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n";
  CHECK(facts_after(go).protocol == PeerProtocol::Tls);
  CHECK(captured_after(go).protocol == PeerProtocol::Tls);
}

TEST_CASE("another 400, or another status, is the answer of an HTTP port") {
  CHECK(facts_after(answer(400, "Bad Request", "text/html")).protocol == PeerProtocol::Http);
  const std::string words = "The plain HTTP request was sent to HTTPS port";
  CHECK(facts_after(answer(404, words, "text/html")).protocol == PeerProtocol::Http);
  CHECK(facts_after(answer(200, words, "text/html")).protocol == PeerProtocol::Http);
}

// ---- compression

TEST_CASE("a captured body that is compressed is no mismatch") {
  for (const char* field : {"Content-Encoding: gzip\r\n", "content-encoding: X-GZIP\r\n",
                            "Content-Encoding: identity, br\r\n", "Content-Encoding: zstd\r\n"}) {
    CAPTURE(field);
    const ProbeFacts facts = captured_after(answer(200, "\x1f\x8b...", "text/plain", field), Then::Hang);
    CHECK(facts.end == ProbeEnd::Compressed);
    CHECK(facts.status == 200);
    CHECK(facts.body.empty());
  }
  const ProbeFacts coded = captured_after("HTTP/1.1 200 OK\r\nTransfer-Encoding: deflate, chunked\r\n\r\n" +
                                          chunk("xyz") + std::string(last_chunk));
  CHECK(coded.end == ProbeEnd::Compressed);
  CHECK(coded.detail == "the body is compressed (deflate)");
  const ProbeFacts failure = captured_after(answer(503, "xyz", "text/plain", "Content-Encoding: gzip\r\n"));
  CHECK(failure.end == ProbeEnd::Compressed);
  CHECK(failure.status == 503);
}

TEST_CASE("a body that is not compressed, or not asked for, is read as usual") {
  for (const char* field : {"Content-Encoding: identity\r\n", "Content-Encoding: utf-8\r\n"}) {
    CAPTURE(field);
    CHECK(captured_after(answer(200, "fine", "text/plain", field)).body == "fine");
  }
  const std::string gzip = "Content-Encoding: gzip\r\n";
  CHECK(captured_after(answer(200, "", "text/plain", gzip)).end == ProbeEnd::Answered);
  CHECK(captured_after("HTTP/1.1 204 No Content\r\n" + gzip + "\r\n").end == ProbeEnd::Answered);
  CHECK(facts_after(answer(200, "xyz", "text/plain", gzip)).end == ProbeEnd::Answered);
}

TEST_CASE("a request for a body asks for none of the codings, unless the target's headers do") {
  const auto server = sending(answer(200, "ok"));
  ProbeRunner runner;
  HttpTarget target = http_on(server->port());
  runner.ask(target);
  target.capture_body = true;
  runner.ask(target);
  target.headers = {{"ACCEPT-encoding", Secret("br")}};
  runner.ask(target);
  const auto requests = server->requests();
  REQUIRE(requests.size() == 3);
  CHECK(requests[0].head.find("ncoding") == std::string::npos);
  CHECK(requests[1].head.find("\r\nAccept-Encoding: identity\r\n") != std::string::npos);
  CHECK(requests[2].head.find("Accept-Encoding") == std::string::npos);
  CHECK(requests[2].head.find("\r\nACCEPT-encoding: br\r\n") != std::string::npos);
}
