// The host has bad minutes: a machine that stood still, a disk that is full.
#include <csignal>
#include <thread>

#include "field/field_case.hpp"

namespace healer::testing {
namespace {

/// healer stands still for some seconds, as in a snapshot or a live migration of its machine.
void stand_still(FieldCase& field, const std::function<void()>& meanwhile) {
  field.healer().process().signal(SIGSTOP);
  meanwhile();
  std::this_thread::sleep_for(6s);  // the standstill itself: more than two intervals
  field.healer().process().signal(SIGCONT);
}

TEST_CASE("host: what failed while healer stood still is checked anew") {
  // One check is under way or has failed when the machine stops; after it everything is fine again.
  FieldCase field;
  ScriptedContainer& open = field.container("open");
  ScriptedContainer& failed = field.container("failed");
  ScriptedContainer& closed = field.container("closed");
  field.start();
  for (ScriptedContainer* one : {&open, &failed, &closed}) field.checked(*one);
  open.app().hang();
  failed.app().say(503);
  const std::size_t before = failed.app().checks();
  const std::size_t before_open = open.app().checks();
  wait_until("the first failures",
             [&] { return failed.app().checks() > before && open.app().checks() > before_open; });
  stand_still(field, [&] { closed.app().down(); });
  for (ScriptedContainer* one : {&open, &failed, &closed}) {
    one->app().say(200);
    one->app().up();
  }
  field.untouched({"open", "failed", "closed"}, 12);
  field.canary_is_healed();
}

TEST_CASE("host: what goes on failing after a standstill is healed") {
  // Against a rule taken too far: the streak starts again, it does not end.
  FieldCase field;
  ScriptedContainer& web = field.container("web");
  field.start();
  field.checked(web);
  stand_still(field, [&] { web.app().say(503); });
  field.healed("web");
}

TEST_CASE("host: a full disk holds the remedy of the container that says so") {
  // A restart there ends in a container that cannot start.
  FieldCase field;
  const Make make = {.labels = {{"healer.probe", "engine"}}, .check = HealthCheck{}, .serves = false};
  ScriptedContainer& db = field.container("db", make);
  ScriptedContainer& queue = field.container("queue", make);
  ScriptedContainer& other = field.container("other", make);
  field.start();
  field.canary_checks(4);
  field.engine().set_health(db, "unhealthy", 1, "PANIC: could not write to file: No space left on device\n");
  field.engine().set_health(queue, "unhealthy", 2, "OSError: [Errno 28] No space left on device\n");
  // Against a rule taken too far: a quota of the application is not the disk.
  field.engine().set_health(other, "unhealthy", 1,
                            "quota exceeded, no space for new messages in this queue\n");
  field.untouched({"db", "queue"}, 14);
  field.notified("db", "disk|space");
  field.healed("other");
  field.canary_is_healed();
}

TEST_CASE("host: an engine that cannot write holds every remedy") {
  // Its answer to the first order names the full disk; a second order would leave the next container stopped.
  FieldCase field;
  ScriptedContainer& first = field.container("first");
  ScriptedContainer& second = field.container("second");
  field.engine().intercept([](const EngineCall& call) -> std::optional<std::string> {
    if (call.method != "POST" || !call.path.ends_with("/restart")) return std::nullopt;
    return answer(500, R"({"message":"mkdir /var/lib/docker/overlay2/x: no space left on device"})");
  });
  field.start();
  field.checked(first);
  field.checked(second);
  first.app().say(503);
  field.healed("first");
  field.canary_checks(2);
  second.app().say(503);
  field.untouched({"second"}, 14);
  field.attempted_at_most("first", 1, 1);
}

}  // namespace
}  // namespace healer::testing
