// A check that cannot run says nothing about the application: it is unknown, and an operator must repair it.
#include "field/field_case.hpp"

namespace healer::testing {
namespace {

constexpr const char* no_curl =
    "OCI runtime exec failed: exec failed: unable to start container process: exec: \"curl\": executable "
    "file "
    "not found in $PATH: unknown";
constexpr const char* no_setns =
    "OCI runtime exec failed: exec failed: unable to start container process: error executing setns process: "
    "exit status 1: unknown";

Make by_engine(Labels more = {}, HealthCheck check = {}) {
  more["healer.probe"] = "engine";
  return {.labels = std::move(more), .check = std::move(check), .serves = false};
}

TEST_CASE("cannot run: a HEALTHCHECK whose command is not in the image") {
  // The image has no curl, no shell, or a script that may not be executed.
  // opf/openproject-docker-compose#150, blinkospace/blinko#81; as the runtime, the shells and the kernel say
  // it.
  FieldCase field;
  struct Case {
    const char* name;
    int code;
    const char* output;
    const char* hint;
  };
  const std::vector<Case> cases = {
      {"exec", -1, no_curl, "curl"},
      {"ash", 127, "/bin/sh: curl: not found\n", "curl"},
      {"dash", 127, "/bin/sh: 1: wget: not found\n", "wget"},
      {"bash", 127, "bash: line 1: nc: command not found\n", "nc"},
      {"mode", 126, "/bin/sh: /check.sh: Permission denied\n", "check.sh"},
      {"swallowed", 1, "sh: curl: not found\n", "curl"},
  };
  std::vector<std::string> names;
  std::vector<ScriptedContainer*> made;
  for (const Case& one : cases) {
    made.push_back(&field.container(one.name, by_engine()));
    names.emplace_back(one.name);
  }
  ScriptedContainer& early = field.container("early", by_engine());
  field.engine().set_health(early, "unhealthy", -1, no_curl);  // before healer starts
  names.emplace_back("early");
  field.start();
  field.canary_checks(3);
  for (std::size_t number = 0; number < cases.size(); ++number)
    field.engine().set_health(*made[number], "unhealthy", cases[number].code, cases[number].output);
  field.untouched(names, 14);
  for (const Case& one : cases) field.notified(one.name, one.hint);
  field.canary_is_healed();
}

TEST_CASE("cannot run: the runtime cannot execute anything in a container") {
  // A change of the host broke exec for running containers; the applications serve. moby/moby#48179
  FieldCase field;
  ScriptedContainer& one = field.container("one", by_engine());
  ScriptedContainer& two = field.container("two", by_engine());
  field.container("other", by_engine());
  field.start({{"MASS_SHARE", ""}, {"REMEDY_SHARE", ""}});
  field.canary_checks(3);
  field.engine().set_health(one, "unhealthy", -1, no_setns);
  field.engine().set_health(two, "unhealthy", -1,
                            "cannot exec in a stopped state: OCI runtime exec failed: unknown");
  field.untouched({"one", "two", "other"}, 14);
  field.notified("one", "setns|runtime|exec");
  field.canary_is_healed();
}

TEST_CASE("cannot run: an exec probe whose command does not exist") {
  // The same, for a command that healer runs itself.
  FieldCase field;
  ScriptedContainer& tool = field.container(
      "tool", {.labels = {{"healer.probe", "exec"}, {"healer.command", "redis-cli ping"}}, .serves = false});
  field.start();
  field.canary_checks(4);
  field.engine().change([&] {
    tool.exec_answer = [](const std::vector<std::string>&) {
      return CommandEnd{127, "sh: redis-cli: not found\n"};
    };
  });
  field.untouched({"tool"}, 14);
  field.notified("tool", "not found");
  field.canary_is_healed();
}

TEST_CASE("cannot run: a HEALTHCHECK that fails is a failure, whatever its output resembles") {
  // Against a rule taken too far: the engine records its own timeout as -1, curl says "not found" of a 404,
  // and a container at its own pids limit cannot fork.
  FieldCase field;
  ScriptedContainer& late = field.container("late", by_engine({}, {.timeout = 5s}));
  ScriptedContainer& missing = field.container("missing", by_engine());
  ScriptedContainer& full = field.container("full", by_engine());
  ScriptedContainer& empty = field.container("empty", by_engine());
  field.start();
  field.canary_checks(4);
  field.engine().set_health(late, "unhealthy", -1, "Health check exceeded timeout (5s)");
  field.engine().set_health(missing, "unhealthy", 22,
                            "curl: (22) The requested URL returned error: 404 Not Found\n");
  field.engine().set_health(full, "unhealthy", 2, "/bin/sh: can't fork: Resource temporarily unavailable\n");
  field.engine().set_health(empty, "unhealthy", 1, "");
  for (const char* name : {"late", "missing", "full", "empty"}) field.healed(name);
}

TEST_CASE("cannot run: the output of a failed HEALTHCHECK is notified without its secrets") {
  // The output names the cause, and may hold what the container's variables hold.
  FieldCase field;
  Make make = by_engine();
  make.environment = {"DB_PASSWORD=hunter2hunter2", "PATH=/bin"};
  ScriptedContainer& db = field.container("db", make);
  field.start();
  field.canary_checks(4);
  field.engine().set_health(db, "unhealthy", 1, "FATAL: no connection as app with hunter2hunter2");
  field.healed("db");
  field.notified("db", "FATAL: no connection");
  CHECK(field.sink().about("db", "hunter2").empty());
}

TEST_CASE("cannot run: a HEALTHCHECK that never reports") {
  // It stays at starting without a log entry, far beyond its start period: unknown, and notified once.
  FieldCase field;
  Make make = by_engine({}, {.interval = 300ms, .timeout = 200ms});
  make.state = "created";
  ScriptedContainer& stuck = field.container("stuck", make);
  field.start();
  field.engine().start(stuck);
  field.untouched({"stuck"}, 14);
  field.notified("stuck", "HEALTHCHECK|health ?check|starting");
  field.notified_at_most("stuck", 1);
  field.canary_is_healed();
}

TEST_CASE("cannot run: failure_threshold gives the engine's verdict time, too") {
  // A VPN client heals itself: its HEALTHCHECK is unhealthy for one period in place of three.
  // passteque/gluetun#3096, sameersbn/docker-gitlab#2591
  FieldCase field;
  const Labels three = {{"healer.failure_threshold", "4"}};
  ScriptedContainer& vpn = field.container("vpn", by_engine(three, {.interval = 1s}));
  ScriptedContainer& dead = field.container("dead", by_engine(three, {.interval = 1s}));
  field.engine().run_healthcheck(vpn, 0);
  field.engine().run_healthcheck(dead, 0);
  field.start();
  field.canary_checks(4);
  field.engine().run_healthcheck(vpn, 1, "tunnel is down");
  field.engine().run_healthcheck(dead, 1, "tunnel is down");
  field.canary_checks(4);  // less than two seconds: one verdict or two
  field.engine().run_healthcheck(vpn, 0);
  field.untouched({"vpn"}, 10);
  field.healed("dead");
}

}  // namespace
}  // namespace healer::testing
