// Finished is not failed: what a process's end means depends on what the container was there for.
#include "field/field_case.hpp"

namespace healer::testing {
namespace {

Labels service_of(const std::string& project, const std::string& service, const std::string& awaits = {}) {
  Labels labels = compose_labels(project, service);
  if (!awaits.empty())
    labels["com.docker.compose.depends_on"] = awaits + ":service_completed_successfully:false";
  return labels;
}

Make job(const Labels& labels = {}, const std::string& policy = "no") {
  return {.labels = labels, .policy = policy, .running_for = 3s, .serves = false};
}

TEST_CASE("finished: a one-shot that others await ends with 0 and stays ended") {
  // apache/airflow's airflow-init: the other services wait for it by service_completed_successfully. Beside
  // it a job under on-failure, one that nothing waits for, and one that ended before healer started.
  FieldCase field;
  ScriptedContainer& init = field.container("airflow-init-1", job(service_of("airflow", "init")));
  field.container("airflow-web-1", {.labels = service_of("airflow", "web", "init")});
  ScriptedContainer& import = field.container("import", job({}, "on-failure"));
  ScriptedContainer& report = field.container("report", job());
  Make before = job(service_of("shop", "migrate"));
  before.state = "exited";
  field.container("shop-migrate-1", before);
  field.container("shop-web-1", {.labels = service_of("shop", "web", "migrate")});
  field.start();
  field.canary_checks(4);
  for (ScriptedContainer* one : {&init, &import, &report}) field.engine().crash(*one, 0);
  field.untouched({"airflow-init-1", "import", "report", "shop-migrate-1"}, 14);
  for (const char* name : {"airflow-init-1", "import", "report"}) field.has_condition(name, "completed");
  field.canary_is_healed();
}

TEST_CASE("finished: a job that others await is not expected to listen at the port of its image") {
  // apache/airflow: airflow-init runs the web server's image, which exposes 8080, and works for minutes.
  FieldCase field;
  ScriptedContainer& init = field.container("airflow-init-1", job(service_of("airflow", "init")));
  // Against a rule taken too far: an operator gave this job a check.
  Labels checked = service_of("airflow", "seed");
  checked["healer.probe"] = "http";
  ScriptedContainer& seed = field.container("airflow-seed-1", job(checked));
  field.container("airflow-web-1", {.labels = service_of("airflow", "web", "init")});
  field.container("airflow-api-1", {.labels = service_of("airflow", "api", "seed")});
  field.engine().change([&] {
    for (ScriptedContainer* one : {&init, &seed}) one->exposed = {8080};
  });
  field.start();
  field.notified("airflow-seed-1", "has not passed");
  field.canary_checks(8);
  field.notified_at_most("airflow-init-1", 0);
  field.canary_is_healed();
}

TEST_CASE("finished: a job that fails is notified, not run again") {
  // Its exit is final: a second run may do its work twice.
  FieldCase field;
  ScriptedContainer& seed = field.container("shop-seed-1", job(service_of("shop", "seed")));
  field.container("shop-api-1", {.labels = service_of("shop", "api", "seed")});
  ScriptedContainer& backup = field.container("backup", job());
  field.start();
  field.canary_checks(4);
  field.engine().crash(seed, 3);
  field.engine().crash(backup, 2);
  field.untouched({"shop-seed-1", "backup"}, 14);
  field.notified("shop-seed-1", R"(\b3\b)");
  field.notified("backup", R"(\b2\b)");
  field.canary_is_healed();
}

TEST_CASE("finished: a server that ends has crashed, whatever its exit code") {
  // Against a rule taken too far: its checks passed, no operator stopped it, and no policy starts it.
  FieldCase field;
  ScriptedContainer& quiet = field.container("quiet", {.policy = "no"});
  ScriptedContainer& loud = field.container("loud", {.policy = "no"});
  ScriptedContainer& killed = field.container("killed", {.policy = "no"});
  field.start();
  field.checked(killed);
  field.engine().crash(quiet, 0);
  field.engine().crash(loud, 1);
  field.engine().crash(killed, 137, true);
  field.healed("quiet");
  field.healed("loud");
  field.healed("killed");
}

TEST_CASE("finished: code 0 under on-failure is completed, whatever came before") {
  // Its checks passed; the engine's own policy says that 0 is a good end.
  FieldCase field;
  ScriptedContainer& batch = field.container("batch", {.policy = "on-failure"});
  field.start();
  field.checked(batch);
  field.engine().crash(batch, 0);
  field.untouched({"batch"}, 12);
  field.canary_is_healed();
}

TEST_CASE("finished: a scheduler that ends with 0 each time is in no crash loop") {
  // `restart: unless-stopped` runs it again and again; a real crash loop beside it is notified.
  FieldCase field;
  ScriptedContainer& cron = field.container("cron", job({}, "unless-stopped"));
  ScriptedContainer& sync = field.container("sync", job({}, "always"));
  ScriptedContainer& looping = field.container("looping", job({}, "unless-stopped"));
  field.start();
  field.canary_checks(2);
  for (int end = 0; end < 7; ++end) {
    field.engine().crash(cron, 0, false, 200ms);
    field.engine().crash(sync, 0, false, 200ms);
    field.engine().crash(looping, 1, false, 200ms);
    field.canary_checks(2);
  }
  field.untouched({"cron", "sync"}, 4);
  field.notified("looping", "crash");
  field.notified_at_most("cron", 0);
  field.notified_at_most("sync", 0);
  field.canary_is_healed();
}

TEST_CASE("finished: an operator can say what an exit with 0 means") {
  // A label overrides what healer concludes, in both directions.
  FieldCase field;
  ScriptedContainer& worker = field.container("worker", job({{"healer.on_exit_0", "restart"}}));
  ScriptedContainer& once =
      field.container("once", {.labels = {{"healer.on_exit_0", "completed"}}, .policy = "no"});
  field.start();
  field.checked(once);
  field.canary_checks(2);
  field.engine().crash(worker, 0);
  field.engine().crash(once, 0);
  field.healed("worker");
  field.untouched({"once"}, 10);
}

}  // namespace
}  // namespace healer::testing
