// A new image starts slowly: migrations, indexes and models take their time once.
#include "field/field_case.hpp"

namespace healer::testing {
namespace {

/// healer learns how long starts take.
const Settings learned = {{"START_PERIOD", ""}};

TEST_CASE("starts: the first start of a new image is waited for, though earlier starts were quick") {
  // The release migrates its data: no answer, errors or a refused port until it is done.
  // louislam/uptime-kuma#5273, immich-app/immich#30613
  FieldCase field;
  field.start(learned);
  const std::vector<std::string> names = {"error", "silent", "closed"};
  std::vector<ScriptedContainer*> running;
  for (const std::string& name : names) running.push_back(&field.deploy(name, {}));
  for (ScriptedContainer* one : running) field.checked(*one, 2);
  for (ScriptedContainer* one : running) {
    field.engine().restart(*one);
    field.checked(*one, 2);
  }
  const Make release = {.image = "shop/app:2"};
  running[0] = &field.replace(*running[0], release, [](ScriptedContainer& made) { made.app().say(503); });
  running[1] = &field.replace(*running[1], release, [](ScriptedContainer& made) { made.app().hang(); });
  running[2] = &field.replace(*running[2], release);
  running[2]->app().down();
  if (!field.untouched(names, 24)) return;
  for (ScriptedContainer* one : running) {
    one->app().up();
    one->app().say(200);
  }
  for (ScriptedContainer* one : running) field.checked(*one);
  for (ScriptedContainer* one : running) one->app().say(503);
  for (const std::string& name : names) field.healed(name);
}

TEST_CASE("starts: a start period that an operator set is obeyed") {
  // Against a rule taken too far: a set time is the whole time, on a new image, too.
  FieldCase field;
  ScriptedContainer& old = field.container("web", {.labels = {{"healer.start_period", "2s"}}});
  field.start(learned);
  field.checked(old);
  field.replace(old, {.labels = {{"healer.start_period", "2s"}}, .image = "shop/app:2"},
                [](ScriptedContainer& made) { made.app().say(503); });
  field.healed("web");
}

TEST_CASE("starts: what has run for long is healed at once") {
  // Against a rule taken too far: no start is under way.
  FieldCase field;
  ScriptedContainer& web = field.container("web");
  ScriptedContainer& api =
      field.container("api", {.labels = {{"healer.probe", "engine"}}, .check = HealthCheck{}});
  field.start(learned);
  field.checked(web);
  field.canary_checks(4);
  web.app().say(503);
  field.engine().set_health(api, "unhealthy", 1, "no answer");
  field.healed("web");
  field.healed("api");
}

TEST_CASE("starts: the engine's verdict during a first start is not acted on") {
  // The image's own start period is too short for a first boot. coollabsio/coolify#11277
  FieldCase field;
  field.start(learned);
  Make make = {.labels = {{"healer.probe", "engine"}}, .check = HealthCheck{}, .serves = false};
  ScriptedContainer& coolify = field.deploy("coolify", make);
  field.canary_checks(2);
  field.engine().set_health(coolify, "unhealthy", 1, "not yet: the database is being read");
  if (!field.untouched({"coolify"}, 8)) return;
  field.engine().set_health(coolify, "healthy");
  if (!field.untouched({"coolify"}, 16)) return;  // by then twice its longest start is over
  field.engine().set_health(coolify, "unhealthy", 1, "no answer");
  field.healed("coolify");
}

TEST_CASE("starts: the same holds for the next start of the same image") {
  // An operator restarts it; this time its HEALTHCHECK is unhealthy within the usual time.
  FieldCase field;
  field.start(learned);
  Make make = {.labels = {{"healer.probe", "engine"}}, .check = HealthCheck{}, .serves = false};
  ScriptedContainer& gitlab = field.deploy("gitlab", make);
  field.canary_checks(12);
  field.engine().set_health(gitlab, "healthy");
  field.canary_checks(2);
  field.engine().restart(gitlab);
  field.canary_checks(2);
  field.engine().set_health(gitlab, "unhealthy", 1, "the server is not ready");
  field.untouched({"gitlab"}, 8);
  field.canary_is_healed();
}

}  // namespace
}  // namespace healer::testing
