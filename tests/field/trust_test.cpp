// A probe earns trust: what never passed is a matter of configuration, and what passed once is believed until
// the application itself says that something else is in the way.
#include "field/field_case.hpp"

namespace healer::testing {
namespace {

/// Answers 200 at "/" and this status at every other path.
App::Reply only_root(int status) {
  return [status](const SeenRequest& request) { return http_answer(request.target == "/" ? 200 : status); };
}

ScriptedContainer& with_status(FieldCase& field, const std::string& name, int status, const Make& make = {}) {
  ScriptedContainer& made = field.container(name, make);
  made.app().say(status);
  return made;
}

TEST_CASE("trust: a default path that answers 404 from the start is no failure") {
  // The application serves no /health; with and without a HEALTHCHECK, which says healthy.
  // sameersbn/docker-gitlab#2992, meeb/tubesync#168, keycloak/keycloak#39985
  FieldCase field;
  field.container("plain").app().say(only_root(404));
  field.container("checked", {.check = HealthCheck{}}).app().say(only_root(404));
  field.container("login").app().say(302, "", "Location: /login\r\n");
  field.start();
  field.untouched({"plain", "checked", "login"}, 12);
  field.notified("plain", R"(healer\.path|HEALTH_PATH)");
  field.has_condition("checked", "healthy");
  field.canary_is_healed();
}

TEST_CASE("trust: a configured probe that never passed is notified, never acted on") {
  // A label names a path, a port or a command that is not there, or an application that never worked.
  FieldCase field;
  with_status(field, "path", 404, {.labels = {{"healer.path", "/wrong"}}});
  with_status(field, "error", 500, {.labels = {{"healer.path", "/broken"}}});
  field.container("port", {.labels = {{"healer.probe", "tcp"}, {"healer.port", "9999"}}});
  field.container("closed", {.labels = {{"healer.probe", "tcp"}}}).app().down();
  field.container("silent", {.labels = {{"healer.path", "/slow"}}}).app().hang();
  field
      .container("command",
                 {.labels = {{"healer.probe", "exec"}, {"healer.command", "/bin/check"}}, .serves = false})
      .exec_answer = [](const std::vector<std::string>&) {
    return CommandEnd{1, "no such host"};
  };
  field.start();
  field.untouched({"path", "error", "port", "closed", "silent", "command"}, 14);
  field.notified("path", R"(healer\.path|HEALTH_PATH)");
  field.notified("error", R"(\b500\b)");
  field.notified("closed", R"(healer\.port|HEALTH_PORT)");
  field.notified("command", R"(healer\.command|HEALTH_COMMAND|no such host)");
  field.canary_is_healed();
}

TEST_CASE("trust: an operator can have a probe act that never passed") {
  // Against a rule taken too far: the old behaviour is a label away.
  FieldCase field;
  with_status(field, "web", 503, {.labels = {{"healer.unproven", "act"}}});
  field.start();
  field.healed("web");
}

TEST_CASE("trust: what stands in front of a proven path is no failure of the application") {
  // A release puts a login before the health path: 401, 403 or a redirect, for ever.
  FieldCase field;
  ScriptedContainer& basic = field.container("basic");
  ScriptedContainer& forbidden = field.container("forbidden");
  ScriptedContainer& redirected = field.container("redirected");
  field.start();
  field.checked(redirected);
  basic.app().say(401, "", "WWW-Authenticate: Basic realm=\"shop\"\r\n");
  forbidden.app().say(403, "no");
  redirected.app().say(307, "", "Location: https://sso.example.org/\r\n");
  field.untouched({"basic", "forbidden", "redirected"}, 16);
  field.notified("basic", R"(\b401\b)");
  field.notified("forbidden", R"(\b403\b)");
  field.notified("redirected", R"(\b307\b)");
  for (const char* name : {"basic", "forbidden", "redirected"}) field.notified_at_most(name, 1);
  field.canary_is_healed();
}

TEST_CASE("trust: a proven probe that fails is acted on") {
  // Against a rule taken too far: an error, a refusal or silence after a pass is a failure.
  FieldCase field;
  ScriptedContainer& error = field.container("error");
  ScriptedContainer& closed = field.container("closed");
  ScriptedContainer& silent = field.container("silent");
  field.start();
  field.checked(silent);
  error.app().say(500);
  closed.app().down();
  silent.app().hang();
  field.healed("error");
  field.healed("closed");
  field.healed("silent");
}

TEST_CASE("trust: 404 on a proven path is worth one attempt, not more") {
  // The application lost its routes (a restart helps), or the path is gone (a restart does not).
  FieldCase field;
  ScriptedContainer& lost = field.container("lost");
  ScriptedContainer& gone = field.container("gone");
  field.heals_by_restart(lost);
  field.start();
  field.checked(gone);
  lost.app().say(404);
  gone.app().say(only_root(404));
  field.healed("lost");
  field.healed("gone");
  field.attempted_at_most("gone", 1, 24);
  field.notified("gone", R"(\b404\b)");
}

TEST_CASE("trust: a health path that moved with a release is no reason to restart for ever") {
  // The new image answers something else at the old path, from its first start on.
  FieldCase field;
  std::vector<ScriptedContainer*> old = {&field.container("moved"), &field.container("broken"),
                                         &field.container("behind")};
  field.start({{"START_PERIOD", "2s"}});
  field.checked(*old.back());
  const Make release = {.image = "shop/app:2"};
  field.replace(*old[0], release, [](ScriptedContainer& made) { made.app().say(only_root(404)); });
  field.replace(*old[1], release, [](ScriptedContainer& made) { made.app().say(500); });
  field.replace(*old[2], release, [](ScriptedContainer& made) { made.app().say(401); });
  field.attempted_at_most("moved", 1, 30);
  field.attempted_at_most("broken", 1, 1);
  field.attempted_at_most("behind", 1, 1);
  field.notified("moved", R"(\b404\b|path)");
  field.canary_is_healed();
}

TEST_CASE("trust: the same image, made again, is still trusted") {
  // Against a rule taken too far: `compose up --force-recreate` is not a new release.
  FieldCase field;
  ScriptedContainer& old = field.container("web");
  field.start();
  field.checked(old);
  ScriptedContainer& made = field.replace(old, {});
  field.checked(made);
  const std::size_t before = field.orders("web");
  made.app().say(503);
  field.healed("web", before);
}

TEST_CASE("trust: it survives a restart of healer, and a changed probe starts without it") {
  // healer is killed after the first passes. The next process is configured alike, then with another path.
  FieldCase field;
  ScriptedContainer& web = field.container("web");
  field.heals_by_restart(web);
  field.start();
  field.checked(web);
  field.healer().kill();
  web.app().say(503);
  field.start();
  field.healed("web");
  field.checked(web);
  field.healer().kill();
  const std::size_t before = field.orders("web");
  web.app().say(
      [](const SeenRequest& request) { return http_answer(request.target == "/health" ? 200 : 404); });
  field.start({{"HEALTH_PATH", "/elsewhere"}});
  field.attempted_at_most("web", before, 12);
  field.notified("web", R"(elsewhere|healer\.path|HEALTH_PATH)");
}

TEST_CASE("trust: a probe that passes late is trusted from then on") {
  // The application needs a while for its first good answer; later it fails.
  FieldCase field;
  ScriptedContainer& late = with_status(field, "late", 500, {.labels = {{"healer.path", "/ready"}}});
  field.start();
  if (!field.untouched({"late"}, 8)) return;
  late.app().say(200);
  field.checked(late);
  late.app().say(500);
  field.healed("late");
}

TEST_CASE("trust: exits do not need it") {
  // The probe never passed, the HEALTHCHECK did: a crash is a crash.
  FieldCase field;
  ScriptedContainer& web = field.container("web", {.policy = "no", .check = HealthCheck{}});
  web.app().say(only_root(404));
  field.start();
  field.canary_checks(4);
  const std::size_t before = field.orders("web");
  field.engine().crash(web, 1);
  field.healed("web", before);
}

}  // namespace
}  // namespace healer::testing
