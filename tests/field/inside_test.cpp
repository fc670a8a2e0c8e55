// An operator works inside a container: a restart would end the command that runs there.
#include "field/field_case.hpp"

namespace healer::testing {
namespace {

TEST_CASE("inside: a dump, an upgrade or a shell holds the remedy, and its end releases it") {
  // The application is slow or stopped while an operator works on its data.
  FieldCase field;
  ScriptedContainer& db = field.container("db");
  ScriptedContainer& cloud = field.container("cloud");
  ScriptedContainer& shell = field.container("shell");
  field.start();
  field.checked(shell);
  const std::string dump = field.engine().exec_begin(db, {"pg_dump", "-U", "app", "shop"});
  const std::string upgrade = field.engine().exec_begin(cloud, {"php", "occ", "upgrade"});
  const std::string bash = field.engine().exec_begin(shell, {"bash"}, true);
  for (ScriptedContainer* one : {&db, &cloud, &shell}) one->app().say(503);
  if (!field.untouched({"db", "cloud", "shell"}, 14)) return;
  field.hinted("db", "operator_inside|inside");
  field.engine().exec_end(dump);
  field.engine().exec_end(upgrade, 1);
  field.engine().exec_end(bash, 130);
  field.healed("db");
  field.healed("cloud");
  field.healed("shell");
}

TEST_CASE("inside: a command that began before healer did, or whose events were lost") {
  // Only inspect shows it: the exec's id is in the container's list.
  FieldCase field;
  ScriptedContainer& before = field.container("before");
  ScriptedContainer& lost = field.container("lost");
  field.engine().exec_begin(before, {"mysqldump", "--all-databases"});
  field.start();
  field.checked(before);
  field.checked(lost);
  field.engine().lose_events(true);
  field.engine().exec_begin(lost, {"mongodump"});
  field.engine().lose_events(false);
  before.app().say(503);
  lost.app().say(503);
  field.untouched({"before", "lost"}, 14);
  field.canary_is_healed();
}

TEST_CASE("inside: the HEALTHCHECK and healer's own probe are not operators") {
  // Against a rule taken too far: commands run inside all the time.
  FieldCase field;
  ScriptedContainer& checked = field.container("checked", {.check = HealthCheck{.interval = 200ms}});
  field.engine().run_healthcheck(checked, 0);
  ScriptedContainer& probed = field.container(
      "probed",
      {.labels = {{"healer.probe", "exec"}, {"healer.command", "/bin/check --all"}}, .serves = false});
  ScriptedContainer& done = field.container("done");
  field.start();
  field.checked(checked);
  field.checked(done);
  field.engine().exec_end(field.engine().exec_begin(done, {"ls"}));
  field.engine().change([&] {
    probed.exec_answer = [](const std::vector<std::string>&) { return CommandEnd{1, "no answer"}; };
  });
  checked.app().say(503);
  done.app().say(503);
  field.healed("checked");
  field.healed("probed");
  field.healed("done");
}

TEST_CASE("inside: work in one container holds no other, and a crash ends it") {
  // Against a rule taken too far: the neighbour is healed, and what has exited has nobody inside.
  FieldCase field;
  ScriptedContainer& busy = field.container("busy", {.policy = "no"});
  ScriptedContainer& neighbour = field.container("neighbour");
  field.start();
  field.checked(busy);
  field.checked(neighbour);
  field.engine().exec_begin(busy, {"sh"}, true);
  neighbour.app().say(503);
  field.healed("neighbour");
  field.engine().crash(busy, 1);
  field.healed("busy");
}

}  // namespace
}  // namespace healer::testing
