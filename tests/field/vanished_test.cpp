// Vanished is noticed: a watched container that was removed and has no successor.
#include "field/field_case.hpp"

namespace healer::testing {
namespace {

TEST_CASE("vanished: one notification for what is gone, none for what has a successor") {
  // All at once, because each takes the two minutes of the rule: a container removed by mistake, a project
  // taken down, a blue-green deployment, a job that was done, a container with another owner, and one that
  // was removed in the middle of an incident.
  FieldCase field;
  ScriptedContainer& lone = field.container("lone");
  ScriptedContainer& shop_web = field.container("crm-web-1", {.labels = compose_labels("crm", "web")});
  ScriptedContainer& shop_api = field.container("crm-api-1", {.labels = compose_labels("crm", "api")});
  ScriptedContainer& blue = field.container("front-blue", {.image = "registry.example.org/front:1"});
  ScriptedContainer& old = field.container("up-web-1", {.labels = compose_labels("up", "web")});
  ScriptedContainer& job = field.container("job", {.policy = "no", .running_for = 3s, .serves = false});
  ScriptedContainer& pod = field.container("pod", {.labels = {{"io.kubernetes.pod.name", "web"},
                                                              {"io.kubernetes.pod.namespace", "default"},
                                                              {"io.kubernetes.pod.uid", "b8b1"}}});
  ScriptedContainer& broken = field.container("broken", {.labels = {{"healer.remedies", "none"}}});
  field.start();
  for (ScriptedContainer* one : {&lone, &shop_web, &shop_api, &blue, &old, &pod, &broken})
    field.checked(*one, 2);
  broken.app().say(503);
  field.notified("broken", R"(\b503\b)");
  field.engine().crash(job, 0);
  field.canary_checks(4);

  const std::size_t before_broken = field.sink().about("broken").size();
  const std::size_t before_job = field.sink().about("job").size();
  for (ScriptedContainer* one : {&lone, &shop_web, &shop_api, &blue, &job, &pod, &broken})
    field.engine().destroy(*one);
  field.deploy("front-green", {.image = "registry.example.org/front:2"});
  field.replace(old, {.labels = compose_labels("up", "web")});

  field.notified("lone", "gone|removed|vanished|no longer");
  field.canary_checks(8);  // the others are due at the same time
  field.notified_at_most("lone", 1);
  CHECK(field.sink().about("broken").size() > before_broken);
  CHECK(field.sink().about("broken", "critical").size() > 0);
  std::size_t about_the_project = 0;
  for (const std::string& text : field.sink().texts())
    if (says_of(text, "crm", "") || says_of(text, "crm-web-1", "") || says_of(text, "crm-api-1", ""))
      ++about_the_project;
  CHECK(about_the_project == 1);
  CHECK(field.sink().about("front-blue").empty());
  CHECK(field.sink().about("up-web-1").empty());
  CHECK(field.sink().about("job").size() == before_job);
  CHECK(field.sink().about("pod").empty());
  field.canary_is_healed();
}

TEST_CASE("vanished: a container that comes back in time is the same workload") {
  // Against a rule taken too far: a slow pull between `down` and `up`. It is watched again and healed.
  FieldCase field;
  ScriptedContainer& web = field.container("web");
  field.start();
  field.checked(web);
  field.engine().destroy(web);
  field.canary_checks(8);
  ScriptedContainer& made = field.deploy("web", {});
  field.checked(made);
  field.notified_at_most("web", 0);
  made.app().say(503);
  field.healed("web");
}

}  // namespace
}  // namespace healer::testing
