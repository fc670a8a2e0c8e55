// What an HTTP answer says, and whose trouble it is.
#include <openssl/ssl.h>

#include "field/field_case.hpp"

namespace healer::testing {
namespace {

constexpr const char* up = R"({"status":"UP"})";
const Labels wants_up = {{"healer.body", R"("status":"UP")"}};

TEST_CASE("answers: odd but good answers are healthy") {
  // Old servers, hand-written ones and proxies: what a browser shows as a page is an answer.
  FieldCase field;
  struct Odd {
    const char* name;
    std::string bytes;
    Labels labels = {};
  };
  const std::vector<Odd> cases = {
      {"no-colon", "HTTP/1.1 200 OK\r\nthis line has none\r\nContent-Length: 2\r\n\r\nok"},
      {"twice", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok"},
      {"list", "HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok"},
      {"old", std::string("HTTP/1.0 200 OK\r\n\r\n") + up, wants_up},
      {"early",
       "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + http_answer(200, up),
       wants_up},
      {"chunks",
       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: "
       "X\r\n\r\n7;e=1\r\n{\"statu\r\n8\r\ns\":\"UP\"}\r\n"
       "0\r\nX: y\r\n\r\n",
       wants_up},
      {"folded", "HTTP/1.1 200 OK\r\nX-A: a\r\n  b\r\nContent-Length: 2\r\n\r\nok"},
      {"large", "HTTP/1.1 200 OK\r\nSet-Cookie: a=" + std::string(200 * 1024, 'x') +
                    "\r\nContent-Length: 2\r\n\r\nok"},
      {"empty", "HTTP/1.1 204 No Content\r\n\r\n"},
      {"accepted", http_answer(202)},
  };
  std::vector<std::string> names;
  for (const Odd& one : cases) {
    field.container(one.name, {.labels = one.labels}).app().say_bytes(one.bytes);
    names.emplace_back(one.name);
  }
  field.start();
  field.untouched(names, 8);
  for (const std::string& name : names) field.has_condition(name, "healthy");
  field.canary_is_healed();
}

TEST_CASE("answers: a body that is asked for decides") {
  // Against a rule taken too far: 200 with another body is a failure; a compressed body is unknown.
  FieldCase field;
  ScriptedContainer& down = field.container("down", {.labels = wants_up});
  ScriptedContainer& packed = field.container("packed", {.labels = wants_up});
  for (ScriptedContainer* one : {&down, &packed}) one->app().say(200, up);
  field.start();
  field.checked(down);
  field.checked(packed);
  down.app().say(200, R"({"status":"DOWN"})");
  packed.app().say(200, std::string("\x1f\x8b\x08\x00\x00\x00\x00\x00", 8), "Content-Encoding: gzip\r\n");
  field.healed("down");
  field.untouched({"packed"}, 8);
}

TEST_CASE("answers: 429 is alive, and asks for fewer checks") {
  // A rate limit counts healer's own checks. searxng/searxng#2310
  FieldCase field;
  ScriptedContainer& limited = field.container("limited");
  ScriptedContainer& bare = field.container("bare");
  field.start();
  field.checked(limited);
  field.checked(bare);
  limited.app().say(429, "", "Retry-After: 30\r\n");
  bare.app().say(429);
  field.canary_checks(2);  // what was under way has its answer
  const std::size_t before = limited.app().checks();
  const std::size_t before_bare = bare.app().checks();
  field.untouched({"limited", "bare"}, 20);
  CHECK(limited.app().checks() - before <= 2);  // in eight seconds, with 30 asked for
  CHECK(bare.app().checks() - before_bare <= 5);
  field.notified("limited", R"(\b429\b)");
  field.canary_is_healed();
}

TEST_CASE("answers: 502 and 504 are a proxy's words about something behind it") {
  // The backend of a gateway is down: a restart of the gateway helps once at most.
  // microsoft/service-fabric#1584
  FieldCase field;
  ScriptedContainer& bad = field.container("bad");
  ScriptedContainer& late = field.container("late");
  field.start();
  field.checked(bad);
  field.checked(late);
  bad.app().say(502);
  late.app().say(504);
  field.attempted_at_most("bad", 1, 30);
  field.attempted_at_most("late", 1, 1);
  field.notified("bad", R"(\b502\b)");
  field.notified("late", R"(\b504\b)");
  field.canary_is_healed();
}

TEST_CASE("answers: 503 with Retry-After is waited for as long as it says") {
  // The application names its own time; when that is over and it still fails, it is healed. Without the
  // header it is healed at once.
  FieldCase field;
  ScriptedContainer& longer = field.container("longer");
  ScriptedContainer& brief = field.container("brief");
  ScriptedContainer& plain = field.container("plain");
  field.start();
  for (ScriptedContainer* one : {&longer, &brief, &plain}) field.checked(*one, 1);
  longer.app().say(503, "", "Retry-After: 300\r\n");
  brief.app().say(503, "", "Retry-After: 4\r\n");
  plain.app().say(503);
  field.healed("plain");
  field.healed("brief");
  field.untouched({"longer"}, 10);
}

TEST_CASE("answers: explicit maintenance is a hold, words in a page are not") {
  // An upgrade by its own updater: a JSON member or a header says so. A stock error page says it of every
  // error.
  FieldCase field;
  ScriptedContainer& json = field.container("json");
  ScriptedContainer& header = field.container("header");
  ScriptedContainer& page = field.container("page");
  field.start();
  for (ScriptedContainer* one : {&json, &header, &page}) field.checked(*one, 2);
  json.app().say(503, R"({"installed":true,"maintenance":true,"needsDbUpgrade":false})",
                 "X-Powered-By: PHP\r\n");
  header.app().say(503, "<html>", "X-Nextcloud-Maintenance-Mode: 1\r\n");
  page.app().say(503, "<html><title>503</title>The server is down for maintenance or overloaded.</html>");
  field.healed("page");
  field.untouched({"json", "header"}, 14);
  field.canary_is_healed();
}

TEST_CASE("answers: a server that demands a client certificate is alive") {
  // healer has none, and no restart will give it one. medizininformatik-initiative/fts-next#1611
  FieldCase field;
  const auto add = [&](const char* name, int newest) {
    ScriptedServer::Tls tls = server_tls(true);
    tls.newest = newest;
    field.serve(field.container(name, {.labels = {{"healer.probe", "https"}}, .serves = false}), 8443, true,
                std::move(tls));
  };
  add("newer", TLS1_3_VERSION);
  add("older", TLS1_2_VERSION);
  field.start();
  field.untouched({"newer", "older"}, 12);
  for (const char* name : {"newer", "older"})
    field.hinted(name,
                 "client certificate|certificate[ _]required|demands a certificate|bad[ _]certificate|"
                 "handshake[ _]failure");
  field.canary_is_healed();
}

TEST_CASE("answers: what an operator can change about TLS is named") {
  // http at a port that speaks TLS, and a server that needs a host name: neither is healed by a restart.
  FieldCase field;
  ScriptedServer::Tls nginx = server_tls();
  nginx.plain = [](Peer& peer) {
    if (peer.read_request())
      peer.send(http_answer(400, "<html>The plain HTTP request was sent to HTTPS port</html>"));
  };
  field.serve(field.container("plain", {.labels = {{"healer.probe", "http"}}, .serves = false}), 8443, true,
              nginx);
  field.serve(field.container("abrupt", {.labels = {{"healer.probe", "http"}}, .serves = false}), 8443, true,
              server_tls());
  ScriptedServer::Tls named = server_tls();
  named.only_name = "app.test";
  field.serve(field.container("nameless", {.labels = {{"healer.probe", "https"}}, .serves = false}), 8443,
              true, named);
  field.serve(field.container("named", {.labels = {{"healer.probe", "https"}, {"healer.host", "app.test"}},
                                        .serves = false}),
              8443, true, named);
  field.start();
  field.untouched({"plain", "abrupt", "nameless", "named"}, 12);
  field.hinted("plain", "https");
  field.hinted("nameless", R"(healer\.host|HEALTH_HOST|host name|unrecognized)");
  field.has_condition("named", "healthy");
  field.canary_is_healed();
}

}  // namespace
}  // namespace healer::testing
