// Automatic probe selection looks before it chooses: the lowest port is not always the one that speaks HTTP.
#include "field/field_case.hpp"

namespace healer::testing {
namespace {

constexpr const char* ssh = "SSH-2.0-OpenSSH_9.2\r\n";
constexpr const char* smtp = "220 mail.example.org ESMTP\r\n";

TEST_CASE("selection: another protocol at the lowest port is no failure") {
  // A forge publishes SSH below HTTP, a resolver DNS, a mail catcher SMTP, a broker MQTT. hth73/hth-docker
  FieldCase field;
  struct Server {
    const char* name;
    std::uint16_t port;
    const char* greeting;
    std::uint16_t http;
  };
  const std::vector<Server> servers = {{"forge", 2222, ssh, 3000},
                                       {"resolver", 53, "", 80},
                                       {"mail", 1025, smtp, 8025},
                                       {"broker", 1883, "", 18083}};
  std::vector<ScriptedContainer*> made;
  std::vector<std::string> names;
  for (const Server& one : servers) {
    made.push_back(&field.container(one.name, {.serves = false}));
    names.emplace_back(one.name);
    field.serve(*made.back(), one.port).greet(one.greeting);
    field.serve(*made.back(), one.http);
  }
  field.start();
  field.untouched(names, 12);
  for (const std::string& name : names) field.has_condition(name, "healthy");
  field.hinted("forge", R"(3000|auto)");
  const std::size_t asked = made[0]->app().checks();
  field.canary_checks(8);
  CHECK(made[0]->app().checks() == asked);  // once for each start
  for (const ScriptedContainer* one : made) one->apps[1]->say(503);
  for (const std::string& name : names) field.healed(name);
}

TEST_CASE("selection: a server that greets is not spoken to") {
  // MySQL counts a client that says anything else as an error and blocks its host; a TCP check that ends with
  // a reset is one as well. louislam/uptime-kuma#7691
  FieldCase field;
  const std::string mysql = std::string("J\0\0\0\n8.0.36\0", 13) + std::string(60, 'x');
  ScriptedContainer& found = field.container("found", {.check = HealthCheck{}, .port = 3306});
  ScriptedContainer& set = field.container("set", {.labels = {{"healer.probe", "tcp"}}, .port = 3306});
  found.app().greet(mysql);
  set.app().greet(mysql);
  field.start();
  field.checked(set, 4);
  field.untouched({"found", "set"}, 10);
  field.has_condition("found", "healthy");
  field.has_condition("set", "healthy");
  CHECK(found.app().received().empty());
  CHECK(set.app().received().empty());
  // A greeting may cross the end of a check.
  CHECK(set.app().resets() * 4 <= set.app().checks());
  field.engine().set_health(found, "unhealthy", 1, "mysqladmin: connect failed");
  field.healed("found");
}

TEST_CASE("selection: what is only exposed, or speaks TLS, is found") {
  // Behind a reverse proxy nothing is published, and some applications serve HTTPS alone.
  FieldCase field;
  ScriptedContainer& behind = field.container("behind", {.published = false});
  ScriptedContainer& secure = field.container("secure", {.serves = false});
  field.serve(secure, 8443, true, server_tls());
  field.start();
  field.has_condition("behind", "healthy");
  field.has_condition("secure", "healthy");
  behind.app().say(500);
  secure.app().say(500);
  field.healed("behind");
  field.healed("secure");
}

TEST_CASE("selection: the lowest port that passes is adopted, and stays adopted") {
  // A management port answers as well; when the adopted port fails, the other one is no excuse.
  FieldCase field;
  ScriptedContainer& web = field.container("web");
  App& management = field.serve(web, 9000);
  field.start();
  field.checked(web, 4);
  field.has_condition("web", "healthy");
  web.app().say(503);
  field.healed("web");
  CHECK(management.requests().size() <= 2);
}

TEST_CASE("selection: the engine's HEALTHCHECK beside a probe that does not fit") {
  // It decides alone when no port passes, and counts beside a port that does.
  FieldCase field;
  ScriptedContainer& alone = field.container("alone", {.check = HealthCheck{}});
  alone.app().say(404);
  ScriptedContainer& both = field.container("both", {.check = HealthCheck{}});
  field.start();
  field.checked(both);
  field.untouched({"alone", "both"}, 10);
  field.has_condition("alone", "healthy");
  field.has_condition("both", "healthy");
  field.engine().set_health(alone, "unhealthy", 1, "no answer");
  field.engine().set_health(both, "unhealthy", 1, "no answer");
  field.healed("alone");
  field.healed("both");
}

TEST_CASE("selection: a plain application needs no look around") {
  // Against a rule taken too far: one port, one health path; it fails and is healed, its neighbour is not
  // asked for more than its health path.
  FieldCase field;
  ScriptedContainer& web = field.container("web");
  field.start();
  field.checked(web);
  for (const SeenRequest& request : web.app().requests()) CHECK(request.target == "/health");
  web.app().say(503);
  field.healed("web");
}

}  // namespace
}  // namespace healer::testing
