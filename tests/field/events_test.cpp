// Lost events are lost knowledge: the engine keeps 256 of them, in memory.
#include "field/field_case.hpp"

namespace healer::testing {
namespace {

/// Four containers that nothing starts again, and their exits: an error, a stop, a kill, and memory.
struct Exits {
  ScriptedContainer& crashed;
  ScriptedContainer& stopped;
  ScriptedContainer& killed;
  ScriptedContainer& memory;

  explicit Exits(FieldCase& field)
      : crashed(field.container("crashed", {.policy = "no"})),
        stopped(field.container("stopped", {.policy = "no"})),
        killed(field.container("killed", {.policy = "no"})),
        memory(field.container("memory", {.policy = "no"})) {}
  /// Each passes, and one more event stands in the engine's memory: the last that healer has seen.
  void prove(FieldCase& field) const {
    for (const ScriptedContainer* one : {&crashed, &stopped, &killed, &memory}) field.checked(*one, 2);
    field.engine().emit(field.canary(), "update");
    field.canary_checks(4);
  }
  void happen(FieldCase& field) const {
    field.engine().crash(crashed, 1);
    field.engine().stop(stopped, 1);
    field.engine().kill(killed, "KILL");
    field.engine().crash(memory, 137, true);
  }
  /// Only the one whose state tells why it ended is started.
  static void are_left_alone(FieldCase& field, unsigned checks) {
    field.untouched({"crashed", "stopped", "killed"}, checks);
    field.notified("crashed", R"(exit|stopped|ended|not running)");
    field.healed("memory");
  }
};

TEST_CASE("events: an exit while healer was down, beyond the engine's memory, is left alone and notified") {
  // Whether an operator stopped a container or it crashed cannot be known; an out-of-memory kill is in its
  // state.
  FieldCase field;
  const Exits exits(field);
  field.start();
  exits.prove(field);
  field.stop_healer();
  exits.happen(field);
  field.engine().flood(300);
  field.start();
  Exits::are_left_alone(field, 24);
}

TEST_CASE("events: an exit while the stream was refused, beyond the engine's memory, is left alone") {
  // A socket proxy has no connection to spare: inspect and list answer, the stream does not come back for a
  // while.
  FieldCase field;
  const Exits exits(field);
  field.start({{"HEALER_RESYNC_INTERVAL", "1m"}});
  exits.prove(field);
  field.engine().intercept([](const EngineCall& call) -> std::optional<std::string> {
    if (call.path != "/events") return std::nullopt;
    return answer(503, "503 Service Unavailable\n", "text/html");
  });
  field.engine().cut_streams();
  exits.happen(field);
  field.engine().flood(300);
  field.canary_checks(4);
  field.engine().intercept({});
  // Longer than the 30 s that a restart policy has after an engine's return.
  Exits::are_left_alone(field, 85);
}

TEST_CASE("events: a replay that reaches back decides as if it had been seen") {
  // Against a rule taken too far: healer was down, but the engine kept what happened.
  FieldCase field;
  const Exits exits(field);
  field.start();
  exits.prove(field);
  field.stop_healer();
  exits.happen(field);
  field.engine().flood(20);
  field.start();
  field.healed("crashed");
  field.healed("memory");
  field.untouched({"stopped", "killed"}, 8);
}

TEST_CASE("events: a restarted healer whose cursor lies in the future") {
  // The clock was an hour ahead when the newest event was stored.
  FieldCase field;
  ScriptedContainer& web = field.container("web", {.policy = "no"});
  field.start();
  field.checked(web, 2);
  constexpr EngineTime hour = 3'600'000'000'000;
  field.engine().emit(field.canary(), "update", {}, engine_now() + hour);
  field.canary_checks(4);
  field.stop_healer();
  field.start();
  field.checked(web, 2);
  field.engine().crash(web, 1);
  field.healed("web");
}

TEST_CASE("events: a label that has an attribute's name is no evidence") {
  // moby copies the container's labels over the attributes of its events.
  FieldCase field;
  ScriptedContainer& server =
      field.container("server", {.labels = {{"exitCode", "0"}, {"signal", "15"}}, .policy = "no"});
  ScriptedContainer& stopped = field.container("stopped", {.labels = {{"signal", "1"}}, .policy = "no"});
  ScriptedContainer& job = field.container(
      "job", {.labels = {{"exitCode", "0"}}, .policy = "no", .running_for = 3s, .serves = false});
  field.start();
  field.checked(server, 2);
  field.checked(stopped, 2);
  field.engine().crash(server, 1);
  field.engine().stop(stopped, 1);
  field.engine().crash(job, 3);
  field.healed("server");
  field.untouched({"stopped", "job"}, 10);
  field.notified("job", R"(\b3\b)");
}

TEST_CASE("events: an operator's stop is left alone, and what is started again is healed") {
  // Against a rule taken too far: nothing was lost.
  FieldCase field;
  ScriptedContainer& web = field.container("web", {.policy = "no"});
  field.heals_by_restart(web);
  field.start();
  field.checked(web, 2);
  field.engine().stop(web, 1);
  if (!field.untouched({"web"}, 8)) return;
  field.engine().start(web);
  field.checked(web, 2);
  web.app().say(503);
  field.healed("web");
}

}  // namespace
}  // namespace healer::testing
