// Tests of redirects: which are followed, where to, and the detail when they are not.
#include "probe/http_redirect.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "adapter/probe/probe_runner.hpp"
#include "support/growing_deadline.hpp"
#include "support/scripted_server.hpp"

using namespace healer;
using namespace healer::testing;

namespace {

HttpTarget shop(bool tls = false) {
  HttpTarget target;
  target.endpoint = {"10.0.0.5", 8080};
  target.host_header = "shop.example";
  target.tls = tls;
  target.redirects = 2;
  return target;
}

// The path of the next request, or the refusal.
std::string outcome(const HttpTarget& target, std::string_view location,
                    const std::string& path = "/a/b/c?x=1") {
  const auto hop = next_hop(target, {path, "GET"}, 302, location);
  return hop ? hop->path : hop.error();
}

std::string found(const std::string& location, int status = 302) {
  return "HTTP/1.1 " + std::to_string(status) + " Moved\r\nLocation: " + location +
         "\r\nContent-Length: 4\r\n\r\nbody";
}

}  // namespace

TEST_CASE("a Location is resolved against the requested path") {
  const std::vector<std::pair<std::string, std::string>> all{
      {"/next", "/next"},
      {"/next?y=2#part", "/next?y=2"},
      {"next", "/a/b/next"},
      {"./next/", "/a/b/next/"},
      {"../next", "/a/next"},
      {"../../../../next", "/next"},
      {"..", "/a/"},
      {".", "/a/b/"},
      {"/a/./b/../c", "/a/c"},
      {"/a//b", "/a//b"},
      {"?y=2", "/a/b/c?y=2"},
      {"?y=../z", "/a/b/c?y=../z"},
      {"#part", "/a/b/c?x=1"},
      {"d:e", "redirect to d:// not followed: it names another scheme, host or port than the target's"},
      {"./d:e", "/a/b/d:e"},
      {"http://shop.example/next", "/next"},
      {"HTTP://SHOP.example:80/next", "/next"},
      {"http://shop.example", "/"},
      {"http://shop.example?y=2", "/?y=2"},
      {"//shop.example/next", "/next"},
      {"http://10.0.0.5:8080/next", "/next"},
  };
  for (const auto& row : all) {
    CAPTURE(row.first);
    CHECK(outcome(shop(), row.first) == row.second);
  }
  CHECK(outcome(shop(), "next", "") == "/next");
  HttpTarget v6 = shop();
  v6.endpoint = {"::1", 8080};
  CHECK(outcome(v6, "http://[::1]:8080/next") == "/next");
}

TEST_CASE("a Location that names another scheme, host or port is not followed") {
  for (const char* location :
       {"https://shop.example/", "http://bank.example/", "http://shop.example:8080/", "http://10.0.0.5/",
        "http://10.0.0.6:8080/", "//bank.example/", "ftp://shop.example/", "mailto:shop.example",
        "http:/next", "http://user@shop.example/", "http://", "http://shop.example:99999999999/",
        "http://[shop.example/", "http://shop.example.bank.example/", "http://shop.example:80x/"}) {
    CAPTURE(location);
    CHECK(outcome(shop(), location).find("not followed") != std::string::npos);
  }
  CHECK(outcome(shop(true), "https://shop.example/next") == "/next");
  CHECK(outcome(shop(true), "http://shop.example/next").find("not followed") != std::string::npos);
  // The detail leaves out the parts that may hold a token.
  CHECK(outcome(shop(), "https://me:secret@bank.example:444/login?token=secret") ==
        "redirect to https://bank.example:444 not followed: it names another scheme, host or port than the "
        "target's");
}

TEST_CASE("the next request has the method that the status requires") {
  const auto method = [](const char* before, int status) {
    return next_hop(shop(), {"/", before}, status, "/next")->method;
  };
  for (const int status : {301, 302, 303, 307, 308}) {
    CAPTURE(status);
    CHECK(is_redirect(status));
    CHECK(method("GET", status) == "GET");
    CHECK(method("HEAD", status) == "HEAD");
    CHECK(method("POST", status) == (status >= 307 ? "POST" : "GET"));
    CHECK(method("PUT", status) == (status == 303 ? "GET" : "PUT"));
  }
  for (const int status : {200, 300, 304, 305, 306, 309, 400}) CHECK_FALSE(is_redirect(status));
}

TEST_CASE("any Location gives a path or a refusal, and adds no header") {
  const auto piece = rc::gen::weightedOneOf<std::string>(
      {{1, rc::gen::arbitrary<std::string>()},
       {3, rc::gen::element<std::string>("http:", "//", "/", ".", "..", "?", "#", "@", ":", "shop.example",
                                         "10.0.0.5:8080", "[", "]", "\r\n", " ")}});
  CHECK(rc::check([&piece] {
    std::string location;
    for (const std::string& each : *rc::gen::container<std::vector<std::string>>(piece)) location += each;
    const auto hop = next_hop(shop(), {"/a/b", "GET"}, 302, location);
    if (!hop) return RC_ASSERT(!hop.error().empty());
    RC_ASSERT(hop->path.starts_with("/"));
    std::string request, plain;
    write_http_request(shop(), request, &*hop);
    write_http_request(shop(), plain);
    RC_ASSERT(std::count(request.begin(), request.end(), '\n') ==
              std::count(plain.begin(), plain.end(), '\n'));
  }));
}

TEST_CASE("redirects are followed over new connections, and the last answer counts") {
  const auto server = ScriptedServer::on_loopback([](Peer& peer) {
    const auto request = peer.read_request();
    if (!request) return;
    if (request->target == "/health") peer.send(found("/one", 301));
    if (request->target == "/one") peer.send(found("two?x=y", 307));
    if (request->target == "/two?x=y") peer.send(answer(200, "well"));
    peer.hang();
  });
  ProbeRunner runner;
  HttpTarget target = http_on(server->port(), true);
  target.redirects = 2;
  target.headers = {{"X-Token", Secret("s3cret")}};
  const ProbeFacts facts = runner.ask(target);
  CHECK(facts.end == ProbeEnd::Answered);
  CHECK(facts.status == 200);
  CHECK(facts.body == "well");
  CHECK(facts.detail.empty());
  CHECK(server->connections() == 3);
  for (const SeenRequest& request : server->requests())
    CHECK(request.head.find("\r\nX-Token: s3cret\r\n") != std::string::npos);
  CHECK(runner.prober->open() == 0);
}

TEST_CASE("what is not followed is the answer") {
  ProbeRunner runner;
  std::string location = "/again";
  const auto server = ScriptedServer::on_loopback([&](Peer& peer) {
    peer.read_request();
    peer.send(location.empty() ? "HTTP/1.1 302 Found\r\n\r\n" : found(location));
  });
  HttpTarget target = http_on(server->port(), true);
  ProbeFacts facts;
  unsigned connections = 1;
  SUBCASE("when redirects are off") {
    facts = runner.ask(target);
  }
  SUBCASE("a loop, at the limit") {
    target.redirects = 5;
    connections = 6;
    facts = runner.ask(target);
    CHECK(facts.detail == "redirect not followed: 5 were already");
  }
  SUBCASE("to another host") {
    target.redirects = 5;
    location = "http://bank.example/";
    facts = runner.ask(target);
    CHECK(facts.detail ==
          "redirect to http://bank.example not followed: it names another scheme, host or port than the "
          "target's");
  }
  SUBCASE("without a Location") {
    target.redirects = 5;
    location = "";
    facts = runner.ask(target);
    CHECK(facts.detail == "redirect without a Location");
  }
  CHECK(facts.end == ProbeEnd::Answered);
  CHECK(facts.status == 302);
  CHECK(facts.body == (location.empty() ? "" : "body"));
  CHECK(server->connections() == connections);
}

TEST_CASE("one timeout covers all hops") {
  ProbeRunner runner;
  HttpTarget target;
  SUBCASE("a hop that hangs") {
    const auto server = ScriptedServer::on_loopback([](Peer& peer) {
      const auto request = peer.read_request();
      if (request && request->target == "/health") peer.send(found("/hang"));
      peer.hang();
    });
    target = http_on(server->port());
    target.redirects = 3;
    unsigned before = 0;
    const ProbeFacts facts = with_growing_deadline(
        300ms,
        [&](Duration timeout) {
          before = server->connections();
          return runner.ask(target, timeout);
        },
        [&](const ProbeFacts&) { return server->connections() == before + 2; });
    CHECK(facts.end == ProbeEnd::AnswerTimeout);
    CHECK(facts.duration >= 300ms);
    CHECK(server->connections() == before + 2);
  }
  SUBCASE("endless hops") {
    const auto server = ScriptedServer::on_loopback([](Peer& peer) {
      peer.read_request();
      peer.send(found("/again"));
    });
    target = http_on(server->port());
    target.redirects = 1'000'000'000;
    CHECK(runner.ask(target, 200ms).end == ProbeEnd::AnswerTimeout);
  }
  CHECK(runner.prober->open() == 0);
}

TEST_CASE("a check cancelled between its hops gives no result") {
  const auto server = ScriptedServer::on_loopback([](Peer& peer) {
    const auto request = peer.read_request();
    if (request && request->target == "/health") peer.send(found("/hang"));
    peer.hang();
  });
  ProbeRunner runner;
  HttpTarget target = http_on(server->port());
  target.redirects = 1;
  const ProbeId id = runner.start(target);
  CHECK(run_until(runner.loop, [&] { return server->connections() == 2; }));
  CHECK(runner.prober->open() == 1);
  runner.prober->cancel(id);
  CHECK(runner.prober->open() == 0);
  runner.run_ready();
  CHECK(runner.order.empty());
}
