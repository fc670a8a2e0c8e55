// A deployment in progress: while a compose project is being changed, its containers fail for a reason.
#include "field/field_case.hpp"

namespace healer::testing {
namespace {

Make of(const std::string& service, const std::string& version = "1") {
  Labels labels = compose_labels("shop", service);
  labels["com.docker.compose.config-hash"] = hex_id(service + version);
  return {.labels = labels, .image = "shop/" + service + ":" + version};
}

TEST_CASE("deployment: while a project's containers are replaced, its others are left alone") {
  // `compose pull && compose up -d` takes its time; the web server fails until the last service is there. A
  // minute after the last change it still fails, and is healed. Another project is healed at any time.
  FieldCase field;
  ScriptedContainer& web = field.container("shop-web-1", of("web"));
  ScriptedContainer& other = field.container("blog-web-1", {.labels = compose_labels("blog", "web")});
  std::vector<ScriptedContainer*> old = {&field.container("shop-api-1", of("api")),
                                         &field.container("shop-worker-1", of("worker"))};
  field.start();
  field.checked(web);
  field.checked(other);
  web.app().say(503);
  for (ScriptedContainer* one : old) {
    const std::string name = one->name;
    Make make = of(one->labels["com.docker.compose.service"], "2");
    field.engine().destroy(*one);
    field.canary_checks(2);
    make.state = "created";
    ScriptedContainer& made = field.container(name, make);
    field.engine().create(made);
    field.canary_checks(2);
    field.engine().start(made);
  }
  other.app().say(503);
  field.healed("blog-web-1");
  if (!field.untouched({"shop-web-1"}, 12)) return;
  field.hinted("shop-web-1", "deploy");
  field.healed("shop-web-1");
}

TEST_CASE("deployment: a project that is taken down is not started again") {
  // `compose down` stops and removes one after the other; dependents fail before their turn comes.
  FieldCase field;
  ScriptedContainer& db = field.container("shop-db-1", of("db"));
  ScriptedContainer& web = field.container("shop-web-1", of("web"));
  field.start();
  field.checked(web);
  field.engine().destroy(db);
  web.app().say(500);
  field.untouched({"shop-db-1", "shop-web-1"}, 14);
  field.canary_is_healed();
}

TEST_CASE("deployment: what is no deployment holds nothing") {
  // Against a rule taken too far: a one-off container, a service that was never there, a stop and a start,
  // and healer's own recreation.
  FieldCase field;
  ScriptedContainer& web = field.container("shop-web-1", of("web"));
  ScriptedContainer& idle = field.container("shop-idle-1", of("idle"));
  Make recreated = {.labels = compose_labels("blog", "api")};
  recreated.labels["healer.remedies"] = "recreate";
  ScriptedContainer& api = field.container("blog-api-1", recreated);
  ScriptedContainer& page = field.container("blog-page-1", {.labels = compose_labels("blog", "page")});
  field.heals_by_restart(api);
  field.start();
  for (ScriptedContainer* one : {&web, &api, &page}) field.checked(*one, 2);

  Make one_off = of("web");
  one_off.labels["com.docker.compose.oneoff"] = "True";
  one_off.serves = false;
  field.deploy("shop-web-run-1", one_off);
  Make added = of("metrics");
  added.watched = false;
  added.serves = false;
  field.deploy("shop-metrics-1", added);
  field.engine().stop(idle);
  field.engine().start(idle);
  web.app().say(503);
  field.healed("shop-web-1");

  api.app().say(503);
  field.healed("blog-api-1");
  page.app().say(503);
  field.healed("blog-page-1");
}

}  // namespace
}  // namespace healer::testing
