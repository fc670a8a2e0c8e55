#include <doctest/doctest.h>

#include <string>
#include <variant>
#include <vector>

#include "guard/request.hpp"
#include "guard/strict_json.hpp"
#include "guard/verb.hpp"

namespace healer::guard {
namespace {

const std::string id(64, 'a');

std::string get(const std::string& target) {
  return "GET " + target + " HTTP/1.1\r\nHost: docker\r\n\r\n";
}

std::string post(const std::string& target, const std::string& body = {}) {
  return "POST " + target +
         " HTTP/1.1\r\nHost: docker\r\nContent-Type: application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

Ruled<Verb> read(const std::string& bytes) {
  const auto request = parse_request(bytes);
  if (!request) return tl::unexpected(request.error());
  return verb_of(*request);
}

template <class Expected>
Expected accepted(const std::string& bytes) {
  const auto verb = read(bytes);
  REQUIRE_MESSAGE(verb.has_value(), bytes << (verb ? "" : verb.error().reason));
  REQUIRE(std::holds_alternative<Expected>(*verb));
  return std::get<Expected>(*verb);
}

struct Refused {
  Rule rule;
  std::string bytes;
};

void check_refused(const std::vector<Refused>& cases) {
  for (const Refused& each : cases) {
    const auto verb = read(each.bytes);
    CHECK_MESSAGE(!verb.has_value(), each.bytes);
    if (verb) continue;
    CHECK_MESSAGE(to_string(verb.error().rule) == to_string(each.rule), each.bytes << verb.error().reason);
    CHECK(!verb.error().reason.empty());
    CHECK(status_of(verb.error().rule) >= 400);
  }
}

TEST_CASE("what healer asks is understood") {
  CHECK_FALSE(accepted<PingVerb>(get("/_ping")).head_only);
  CHECK(accepted<PingVerb>("HEAD /_ping HTTP/1.1\r\nHost: d\r\n\r\n").head_only);
  accepted<VersionVerb>(get("/v1.41/version"));
  accepted<VersionVerb>(get("/version"));
  accepted<InfoVerb>(get("/v1.41/info"));
  accepted<ListVerb>(get("/v1.41/containers/json?all=1"));
  accepted<ListVerb>(get("/v1.41/containers/json?all=1&filters=%7B%22label%22%3A%5B%22signal%22%5D%7D"));
  CHECK(accepted<EventsVerb>(get("/v1.41/events?filters=%7B%7D&since=1700000000.000000001")).since ==
        "1700000000.000000001");
  CHECK(accepted<InspectVerb>(get("/v1.24/containers/web-1/json")).target == "web-1");
  const auto logs =
      accepted<LogsVerb>(get("/v1.41/containers/web/logs?stdout=1&stderr=1&timestamps=1&tail=50"));
  CHECK(logs.lines == 50);
  CHECK(logs.streams == 3);
  CHECK(logs.timestamps);
  accepted<TopVerb>(get("/v1.41/containers/web/top"));
  CHECK(accepted<StatsVerb>(get("/v1.41/containers/web/stats?stream=false&one-shot=true")).one_shot);
  accepted<NetworksVerb>(get("/v1.41/networks"));
  CHECK(accepted<ImageVerb>(get("/v1.41/images/sha256:" + id + "/json")).id == "sha256:" + id);
  CHECK(accepted<RestartVerb>(post("/v1.41/containers/web/restart?t=10")).seconds == 10U);
  CHECK_FALSE(accepted<StopVerb>(post("/v1.41/containers/web/stop")).seconds.has_value());
  accepted<StartVerb>(post("/v1.41/containers/web/start"));
  CHECK(accepted<KillVerb>(post("/v1.41/containers/web/kill?signal=SIGHUP")).signal == "HUP");
  CHECK(
      accepted<ExecCreateVerb>(
          post(
              "/v1.41/containers/web/exec",
              R"({"AttachStdin":false,"AttachStdout":true,"AttachStderr":true,"Tty":false,"Cmd":["a","b"]})"))
          .command == std::vector<std::string>{"a", "b"});
  CHECK(accepted<ExecStartVerb>(post("/v1.41/exec/" + id + "/start", R"({"Detach":false,"Tty":false})"))
            .exec_id == id);
  accepted<ExecInspectVerb>(get("/v1.41/exec/" + id + "/json"));
  CHECK(accepted<RecreateVerb>(post("/v1.41/containers/" + id + "/recreate?t=3")).seconds == 3U);
}

TEST_CASE("a request line or path in another form is refused") {
  check_refused({
      {Rule::RequestLine, "GET /_ping HTTP/1.0\r\nHost: d\r\n\r\n"},
      {Rule::RequestLine, "GET /_ping HTTP/2\r\nHost: d\r\n\r\n"},
      {Rule::RequestLine, "GET /_ping\r\nHost: d\r\n\r\n"},
      {Rule::RequestLine, "GET  /_ping HTTP/1.1\r\nHost: d\r\n\r\n"},
      {Rule::RequestLine, "GET /_ping  HTTP/1.1\r\nHost: d\r\n\r\n"},
      {Rule::RequestLine, "GET\t/_ping HTTP/1.1\r\nHost: d\r\n\r\n"},
      {Rule::RequestLine, "GET /_ping HTTP/1.1\nHost: d\n\r\n\r\n"},
      {Rule::RequestLine, "\r\nGET /_ping HTTP/1.1\r\nHost: d\r\n\r\n"},
      {Rule::RequestLine, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
      {Rule::RequestLine, "GET /_ping HTTP/1.1 \r\nHost: d\r\n\r\n"},
      {Rule::Verb, "get /_ping HTTP/1.1\r\nHost: d\r\n\r\n"},
      {Rule::Verb, "DELETE /v1.41/containers/web HTTP/1.1\r\nHost: d\r\n\r\n"},
      {Rule::Verb, "PUT /v1.41/containers/web/archive HTTP/1.1\r\nHost: d\r\n\r\n"},
      {Rule::Verb, "CONNECT docker:80 HTTP/1.1\r\nHost: d\r\n\r\n"},
      {Rule::Verb, "HEAD /v1.41/containers/web/archive HTTP/1.1\r\nHost: d\r\n\r\n"},
      {Rule::Path, get("http://docker/v1.41/info")},
      {Rule::Path, get("//v1.41/info")},
      {Rule::Path, get("/v1.41//info")},
      {Rule::Path, get("/v1.41/info/")},
      {Rule::Path, get("/v1.41/../info")},
      {Rule::Path, get("/v1.41/./info")},
      {Rule::Path, get("/v1.41/%69nfo")},
      {Rule::Path, get("/v1.41/containers/%2e%2e/json")},
      {Rule::Path, get("/v1.41/containers/web/json%00")},
      {Rule::Path, get("/v1.41/containers/web;a/json")},
      {Rule::Path, get("/v1.41/containers/web\\..\\x/json")},
      {Rule::Path, get("/v1.41/info#x")},
      {Rule::Path, get("*")},
      {Rule::Path, get("v1.41/info")},
      {Rule::Path, get("/v1.41/containers/a:b/json")},
      {Rule::Path, get("/v1.41/containers/\xC3\xA9/json")},
      {Rule::Path, get("/v1.41/images/sha256:a:b/json")},
      {Rule::Path, get("/v1.41/containers/.web/json")},
      {Rule::Path, get("/v1.41/containers/" + std::string(200, 'a') + "/json")},
      {Rule::Path, get("/v1.41/" + std::string(5000, 'a'))},
  });
}

TEST_CASE("a version that is not accepted is refused") {
  check_refused({
      {Rule::Version, get("/containers/json")},
      {Rule::Version, get("/info")},
      {Rule::Version, post("/containers/web/restart")},
      {Rule::Version, get("/v1.23/info")},
      {Rule::Version, get("/v0.41/info")},
      {Rule::Version, get("/v2.0/info")},
      {Rule::Version, get("/v1.100/info")},
      {Rule::Version, get("/v1.041/info")},
      {Rule::Version, get("/v01.41/info")},
      {Rule::Version, get("/v1/info")},
      {Rule::Version, get("/v1./info")},
      {Rule::Version, get("/v1.4294967337/info")},
      {Rule::Version, get("/v18446744073709551617.41/info")},
      {Rule::Version, get("/v1.41.2/info")},
      {Rule::Version, get("/v1.41")},
      {Rule::Version, get("/vx/info")},
  });
}

TEST_CASE("headers that frame a request in another way are refused") {
  const std::string line = "POST /v1.41/containers/web/restart HTTP/1.1\r\nHost: d\r\n";
  check_refused({
      {Rule::Coding, line + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
      {Rule::Coding, line + "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n"},
      {Rule::Coding, line + "transfer-encoding: identity\r\n\r\n"},
      {Rule::Header, line + "Transfer-Encoding : chunked\r\n\r\n"},
      {Rule::Header, line + "Transfer-Encoding\r\n\r\n"},
      {Rule::Header, line + " Transfer-Encoding: chunked\r\n\r\n"},
      {Rule::Header, line + "X: a\r\n folded\r\n\r\n"},
      {Rule::Header, line + "X: a\x01\r\n\r\n"},
      {Rule::Header, line + "X: a\nTransfer-Encoding: chunked\r\n\r\n"},
      {Rule::Header, line + "X: a\rY: b\r\n\r\n"},
      {Rule::Header, line + "Host: other\r\n\r\n"},
      {Rule::Header, line + ": empty\r\n\r\n"},
      {Rule::Header, "GET /_ping HTTP/1.1\r\n\r\n"},
      {Rule::Header, line + "X: " + std::string(9000, 'a') + "\r\n\r\n"},
      {Rule::Upgrade, line + "Upgrade: tcp\r\nConnection: Upgrade\r\n\r\n"},
      {Rule::Upgrade, line + "Connection: Upgrade, HTTP2-Settings\r\n\r\n"},
      {Rule::Upgrade, line + "Connection: Transfer-Encoding\r\n\r\n"},
      {Rule::Upgrade, line + "HTTP2-Settings: AAMAAABk\r\n\r\n"},
      {Rule::Upgrade, line + "Expect: 100-continue\r\n\r\n"},
      {Rule::Length, line + "Content-Length: 0\r\nContent-Length: 0\r\n\r\n"},
      {Rule::Length, line + "Content-Length: 0, 0\r\n\r\n"},
      {Rule::Length, line + "Content-Length: +1\r\n\r\nx"},
      {Rule::Length, line + "Content-Length: 0x1\r\n\r\nx"},
      {Rule::Length, line + "Content-Length: -1\r\n\r\n"},
      {Rule::Length, line + "Content-Length: 01\r\n\r\nx"},
      {Rule::Length, line + "Content-Length:\r\n\r\n"},
      {Rule::Length, line + "Content-Length: 18446744073709551616\r\n\r\n"},
      {Rule::Length, line + "Content-Length: 1000000\r\n\r\n"},
      {Rule::Length, "GET /_ping HTTP/1.1\r\nHost: d\r\nContent-Length: 2\r\n\r\n{}"},
      {Rule::Length, post("/v1.41/containers/web/start", R"({"Binds":["/:/host"]})")},
      {Rule::Pipelined, get("/_ping") + get("/_ping")},
      {Rule::Pipelined, get("/_ping") + "x"},
      {Rule::Pipelined, post("/v1.41/containers/web/restart") + post("/v1.41/containers/create", "{}")},
  });
  std::string many = "GET /_ping HTTP/1.1\r\nHost: d\r\n";
  for (int i = 0; i < 40; ++i) many += "X-" + std::to_string(i) + ": a\r\n";
  check_refused({{Rule::Header, many + "\r\n"}});
}

TEST_CASE("query keys that a verb does not have are refused") {
  check_refused({
      {Rule::Query, get("/v1.41/containers/web/top?ps_args=aux")},
      {Rule::Query, get("/v1.41/containers/web/json?size=1")},
      {Rule::Query, get("/v1.41/containers/web/logs?stdout=1&tail=all")},
      {Rule::Query, get("/v1.41/containers/web/logs?stdout=1")},
      {Rule::Query, get("/v1.41/containers/web/logs?stdout=1&tail=10&follow=1")},
      {Rule::Query, get("/v1.41/containers/web/logs?stdout=2&tail=10")},
      {Rule::Query, get("/v1.41/containers/web/stats")},
      {Rule::Query, get("/v1.41/containers/web/stats?stream=true")},
      {Rule::Query, post("/v1.41/containers/web/start?checkpoint=x")},
      {Rule::Query, post("/v1.41/containers/web/start?checkpoint-dir=x")},
      {Rule::Query, post("/v1.41/containers/web/start?detachKeys=x")},
      {Rule::Query, post("/v1.41/containers/web/stop?signal=KILL")},
      {Rule::Query, post("/v1.41/containers/web/restart?signal=KILL")},
      {Rule::Query, post("/v1.41/containers/web/restart?t=10&t=1")},
      {Rule::Query, post("/v1.41/containers/web/restart?t=-1")},
      {Rule::Query, post("/v1.41/containers/web/restart?t=")},
      {Rule::Query, post("/v1.41/containers/web/restart?t")},
      {Rule::Query, post("/v1.41/containers/web/restart?T=1")},
      {Rule::Query, post("/v1.41/containers/web/restart?")},
      {Rule::Query, post("/v1.41/containers/web/restart?t=1&")},
      {Rule::Query, post("/v1.41/containers/web/restart?%74=1")},
      {Rule::StopTimeout, post("/v1.41/containers/web/restart?t=301")},
      {Rule::StopTimeout, post("/v1.41/containers/web/stop?t=1000")},
      {Rule::Signal, post("/v1.41/containers/web/kill")},
      {Rule::Signal, post("/v1.41/containers/web/kill?signal=9")},
      {Rule::Signal, post("/v1.41/containers/web/kill?signal=hup")},
      {Rule::Query, get("/v1.41/events?since=yesterday")},
      {Rule::Query, get("/v1.41/events?since=-1")},
      {Rule::Query, get("/v1.41/containers/json?limit=1")},
      {Rule::Query, get("/v1.41/networks?filters=x")},
      {Rule::Query, post("/v1.41/containers/web/recreate")},
      {Rule::Query, post("/v1.41/containers/" + id + "/recreate?parent=web")},
      {Rule::Query, post("/v1.41/containers/" + id + "/recreate?image=evil")},
  });
}

TEST_CASE("calls in no list are refused") {
  std::vector<Refused> cases;
  for (const char* path : {"/containers/web/archive",
                           "/containers/web/export",
                           "/containers/web/changes",
                           "/containers/web/attach/ws",
                           "/images/json",
                           "/images/web/json",
                           "/images/web/get",
                           "/volumes",
                           "/volumes/x",
                           "/secrets",
                           "/configs",
                           "/nodes",
                           "/services",
                           "/tasks",
                           "/swarm",
                           "/swarm/unlockkey",
                           "/plugins",
                           "/plugins/privileges",
                           "/system/df",
                           "/networks/bridge",
                           "/distribution/web/json",
                           "/session",
                           "/grpc",
                           "/build/cache",
                           "/auth",
                           "/images/search"})
    cases.push_back({Rule::Verb, get(std::string("/v1.41") + path)});
  for (const char* path : {"/containers/create",
                           "/containers/web/update",
                           "/containers/web/rename",
                           "/containers/web/pause",
                           "/containers/web/unpause",
                           "/containers/web/attach",
                           "/containers/web/wait",
                           "/containers/web/resize",
                           "/containers/prune",
                           "/commit",
                           "/build",
                           "/images/create",
                           "/images/load",
                           "/images/prune",
                           "/volumes/create",
                           "/networks/create",
                           "/networks/bridge/connect",
                           "/networks/prune",
                           "/swarm/init",
                           "/plugins/pull",
                           "/services/create",
                           "/secrets/create",
                           "/session",
                           "/grpc",
                           "/build/prune",
                           "/auth",
                           "/volumes/prune"})
    cases.push_back({Rule::Verb, post(std::string("/v1.41") + path)});
  cases.push_back({Rule::Verb, post("/v1.41/exec/" + id + "/resize")});
  cases.push_back({Rule::ExecHandle, get("/v1.41/exec/abc/json")});
  check_refused(cases);
}

TEST_CASE("a body with other, repeated or look-alike keys is refused") {
  const std::string create = "/v1.41/containers/web/exec";
  const std::string start = "/v1.41/exec/" + id + "/start";
  check_refused({
      {Rule::Json, post(create)},
      {Rule::Json, post(create, "[]")},
      {Rule::Json, post(create, "{}")},
      {Rule::Json, post(create, R"({"Cmd":"true"})")},
      {Rule::Json, post(create, R"({"Cmd":[]})")},
      {Rule::Json, post(create, R"({"Cmd":[1]})")},
      {Rule::Json, post(create, R"({"Cmd":["a"],"Privileged":true})")},
      {Rule::Json, post(create, R"({"Cmd":["a"],"Privileged":false})")},
      {Rule::Json, post(create, R"({"Cmd":["a"],"User":"0"})")},
      {Rule::Json, post(create, R"({"Cmd":["a"],"Env":["A=b"]})")},
      {Rule::Json, post(create, R"({"Cmd":["a"],"WorkingDir":"/"})")},
      {Rule::Json, post(create, R"({"Cmd":["a"],"Tty":true})")},
      {Rule::Json, post(create, R"({"Cmd":["a"],"AttachStdin":true})")},
      {Rule::Json, post(create, R"({"Cmd":["a"],"DetachKeys":"x"})")},
      {Rule::Json, post(create, R"({"Cmd":["a"],"Cmd":["b"]})")},
      {Rule::Json, post(create, R"({"Cmd":["a"],"cmd":["b"]})")},
      {Rule::Json, post(create, R"({"Cmd":["a"],"CMD":["b"]})")},
      {Rule::Json, post(create, R"({"Cmd":["a"],"\u0043md":["b"]})")},
      {Rule::Json, post(create, R"({"Cmd":["a"],"u\u017Fer":"0"})")},
      {Rule::Json, post(create, R"({"cmd":["a"]})")},
      {Rule::Json, post(create, R"({"Cmd":["a"]} {"Cmd":["b"]})")},
      {Rule::Json, post(create, R"({"Cmd":["a"],})")},
      {Rule::Json, post(create, R"({"Cmd":["a"]/**/})")},
      {Rule::Json, post(create, R"({"Cmd":[")" + std::string(5000, 'a') + R"("]})")},
      {Rule::Json, post(create, R"({"Cmd":)" + std::string(40, '[') + std::string(40, ']') + "}")},
      {Rule::Json, post(start, R"({"Detach":true})")},
      {Rule::Json, post(start, R"({"Detach":false,"Tty":true})")},
      {Rule::Json, post(start, R"({"Detach":false,"ConsoleSize":[1,1]})")},
      {Rule::Json, post(start)},
  });
  CHECK(folded_key("U\xC5\xBF"
                   "er") == "user");
  CHECK(folded_key("Mas\xE2\x84\xAA") == "mask");
  CHECK_FALSE(parse_strict("{\"mask\":1,\"mas\xE2\x84\xAA\":2}").has_value());
  CHECK_FALSE(parse_strict(R"({"a":{"Labels":{},"labels":{}}})").has_value());
  CHECK(parse_strict(R"({"a":{"b":1},"c":{"b":1}})").has_value());
}

}  // namespace
}  // namespace healer::guard
