// Heal as fast as the evidence allows, and not faster.
#include <atomic>
#include <memory>

#include "field/field_case.hpp"

namespace healer::testing {
namespace {

/// The number of checks that had reached the container when its first restart was ordered.
std::shared_ptr<std::atomic<std::size_t>> checks_at_the_first_restart(FieldCase& field,
                                                                      const ScriptedContainer& container) {
  auto checks = std::make_shared<std::atomic<std::size_t>>(0);
  field.engine().intercept([checks, &container](const EngineCall& call) -> std::optional<std::string> {
    if (call.path == "/containers/" + container.id + "/restart" && *checks == 0)
      *checks = container.app().checks();
    return std::nullopt;
  });
  return checks;
}

/// The next two requests get this, and later ones 200.
App::Reply failing_twice(const std::string& failure) {
  return [failure, failures = std::make_shared<std::atomic<int>>(0)](const SeenRequest&) {
    return (*failures)++ < 2 ? failure : http_answer(200);
  };
}

TEST_CASE("speed: the order follows the failure threshold, without further checks") {
  // With a long interval the checks after a first failure are close together.
  FieldCase field;
  ScriptedContainer& web =
      field.container("web", {.labels = {{"healer.interval", "3s"}, {"healer.failure_threshold", "3"}}});
  field.start({{"FAST_INTERVAL", ""}});
  field.checked(web, 2);
  const std::size_t before = web.app().checks();
  const auto at_the_order = checks_at_the_first_restart(field, web);
  web.app().say(503);
  field.healed("web");
  CHECK(*at_the_order - before <= 4);  // three failures, and one check that was under way
}

TEST_CASE("speed: an outage shorter than a second is no outage") {
  // A reload or a garbage collection: two checks fail, the next one passes.
  FieldCase field;
  ScriptedContainer& error = field.container("error");
  ScriptedContainer& closed = field.container("closed");
  field.start();
  field.checked(error);
  field.checked(closed);
  error.app().say(failing_twice(http_answer(503)));
  closed.app().say(failing_twice(""));
  field.untouched({"error", "closed"}, 8);
  // Against a rule taken too far: an outage that lasts is healed.
  error.app().say(503);
  field.healed("error");
}

TEST_CASE("speed: a restarted healer continues a failing streak") {
  // healer is updated in the middle of an outage: what it had seen is not seen again from the start.
  FieldCase field;
  ScriptedContainer& web = field.container("web", {.labels = {{"healer.failure_threshold", "8"}}});
  field.start();
  field.checked(web);
  web.app().say(503);
  const std::size_t first = web.app().checks();
  wait_until("most of the failures", [&] { return web.app().checks() >= first + 6; });
  field.healer().kill();
  const std::size_t seen = web.app().checks();
  const auto at_the_order = checks_at_the_first_restart(field, web);
  field.start();
  field.healed("web");
  CHECK(*at_the_order - seen < 6);
}

TEST_CASE("speed: what became unhealthy while the engine was away is healed at its return") {
  // The probes need no engine; the container's own address answers 503 all the time.
  FieldCase field;
  ScriptedContainer& web = field.container("web");
  field.start();
  field.checked(web);
  field.engine().go_away(false, false);
  web.app().say(503);
  field.checked(web, 6);
  const std::size_t before = field.canary().app().checks();
  field.engine().come_back();
  field.healed("web");
  CHECK(field.canary().app().checks() - before <= 5);
}

TEST_CASE("speed: published ports that went with the engine are no failure") {
  // Against a rule taken too far: the engine's proxies die with it and come back with it.
  FieldCase field;
  ScriptedContainer& one = field.container("one");
  ScriptedContainer& two = field.container("two");
  ScriptedContainer& lasting = field.container("lasting", {.published = false});
  field.start();
  for (ScriptedContainer* container : {&one, &two, &lasting}) field.checked(*container, 2);
  field.engine().go_away(true, true);
  field.checked(lasting, 8);
  field.engine().come_back();
  field.untouched({"one", "two", "lasting"}, 12);
  field.canary_is_healed();
}

TEST_CASE("speed: the first checks do not wait for an interval") {
  // With a few containers there is no reason to spread them: an outage may be under way already.
  FieldCase field;
  std::vector<ScriptedContainer*> made;
  for (int number = 0; number < 6; ++number)
    made.push_back(
        &field.container("web" + std::to_string(number), {.labels = {{"healer.interval", "30s"}}}));
  field.start();
  field.canary_checks(6);
  for (const ScriptedContainer* one : made) {
    CAPTURE(one->name);
    CHECK(one->app().checks() > 0);
  }
}

TEST_CASE("speed: a dependent that asks for it is restarted after its dependency") {
  // compose's depends_on with restart: true, the third field of its label; beside it one with false.
  FieldCase field;
  const auto dependent = [](const char* service, const char* restart) {
    Labels labels = compose_labels("shop", service);
    labels["com.docker.compose.depends_on"] = std::string("db:service_started:") + restart;
    return Make{.labels = labels};
  };
  ScriptedContainer& db = field.container("shop-db-1", {.labels = compose_labels("shop", "db")});
  ScriptedContainer& bound = field.container("shop-bound-1", dependent("bound", "true"));
  field.container("shop-free-1", dependent("free", "false"));
  field.heals_by_restart(db);
  field.start();
  field.checked(db);
  field.checked(bound);
  db.app().say(503);
  field.healed("shop-db-1");
  field.healed("shop-bound-1");
  field.attempted_at_most("shop-bound-1", 1, 12);
  field.untouched({"shop-free-1"}, 1);
}

}  // namespace
}  // namespace healer::testing
