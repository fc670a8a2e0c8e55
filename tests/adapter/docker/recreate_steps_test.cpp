#include "engine/docker/recreate_steps.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include <rapidcheck.h>

using namespace healer::docker;

namespace {

Sight sight_of(Place old_place, bool old_instances, Place new_place, bool new_instances) {
  Sight sight;
  sight.old_place = old_place;
  sight.old_instances = old_instances;
  sight.new_place = new_place;
  sight.new_instances = new_instances;
  return sight;
}

/// An engine that executes each step.
struct Engine {
  Sight now = sight_of(Place::Named, true, Place::Gone, false);
  std::vector<RecreateStep> done;
  bool both_ran = false;
  bool none_ran_under_no_name = false;

  void carry_out(RecreateStep step) {
    done.push_back(step);
    switch (step) {
      case RecreateStep::Create:
        now.new_place = Place::Aside;
        now.to_join = now.to_leave = true;
        break;
      case RecreateStep::Leave:
        now.to_leave = false;
        break;
      case RecreateStep::Connect:
        now.to_join = false;
        break;
      case RecreateStep::StartNew:
        REQUIRE_FALSE(now.to_join);
        now.new_instances = true;
        break;
      case RecreateStep::StopOld:
        now.old_instances = false;
        break;
      case RecreateStep::SetOldAside:
        now.old_place = Place::Aside;
        break;
      case RecreateStep::NameNew:
        REQUIRE(now.old_place != Place::Named);
        now.new_place = Place::Named;
        break;
      case RecreateStep::RemoveOld:
        REQUIRE(now.new_instances);
        REQUIRE(now.new_place == Place::Named);
        now.old_place = Place::Gone;
        now.old_instances = false;
        break;
      case RecreateStep::RemoveNew:
        now.new_place = Place::Gone;
        now.new_instances = now.to_join = now.to_leave = false;
        break;
      case RecreateStep::StartOld:
        now.old_instances = true;
        break;
      case RecreateStep::NameOld:
        REQUIRE(now.new_place != Place::Named);
        now.old_place = Place::Named;
        break;
      case RecreateStep::Finished:
      case RecreateStep::Undone:
      case RecreateStep::Lost:
        FAIL("no step");
    }
    both_ran = both_ran || (now.old_instances && now.new_instances);
  }

  /// True when the last step was reached within `steps` steps.
  bool replace(bool side_by_side, int steps = 30) {
    for (; steps > 0; --steps) {
      const RecreateStep step = replace_step(now, side_by_side);
      if (step == RecreateStep::Finished) return true;
      carry_out(step);
    }
    return false;
  }
  bool undo(bool start_old, int steps = 30) {
    for (; steps > 0; --steps) {
      const RecreateStep step = undo_step(now, start_old);
      if (step == RecreateStep::Undone) return true;
      carry_out(step);
    }
    return false;
  }
};

}  // namespace

TEST_CASE("one after the other: the new one is created first and started after the old one is set aside") {
  Engine engine;
  REQUIRE(engine.replace(false));
  CHECK(engine.done == std::vector{RecreateStep::Create, RecreateStep::Leave, RecreateStep::Connect,
                                   RecreateStep::StopOld, RecreateStep::SetOldAside, RecreateStep::NameNew,
                                   RecreateStep::StartNew, RecreateStep::RemoveOld});
  CHECK_FALSE(engine.both_ran);
}

TEST_CASE("side by side: the new one is started before the old one is stopped") {
  Engine engine;
  REQUIRE(engine.replace(true));
  CHECK(engine.done == std::vector{RecreateStep::Create, RecreateStep::Leave, RecreateStep::Connect,
                                   RecreateStep::StartNew, RecreateStep::StopOld, RecreateStep::SetOldAside,
                                   RecreateStep::NameNew, RecreateStep::RemoveOld});
}

TEST_CASE("after any step, undoing leads back to the old container") {
  for (const bool side_by_side : {false, true})
    for (const bool ran : {false, true})
      for (int steps = 0; steps < 8; ++steps) {
        CAPTURE(side_by_side);
        CAPTURE(ran);
        CAPTURE(steps);
        Engine engine;
        engine.now.old_instances = ran;
        engine.replace(side_by_side, steps);
        if (engine.now.old_place == Place::Gone) continue;  // finished
        REQUIRE(engine.undo(ran));
        CHECK(engine.now.old_place == Place::Named);
        CHECK(engine.now.old_instances == ran);
        CHECK(engine.now.new_place == Place::Gone);
      }
}

TEST_CASE(
    "healer ends at any step, in either direction, any number of times: one container is left and runs") {
  CHECK(rc::check("one is left", [] {
    Engine engine;
    const bool side_by_side = *rc::gen::arbitrary<bool>();
    engine.replace(side_by_side, *rc::gen::inRange(0, 9));
    if (*rc::gen::arbitrary<bool>() && engine.now.old_place != Place::Gone)
      engine.undo(true, *rc::gen::inRange(0, 5));
    const bool begun = engine.now.new_place != Place::Gone || !engine.now.old_instances;
    for (int resumed = 0; resumed < 3; ++resumed) {
      switch (resume_by(engine.now)) {
        case Resumption::Replace:
          engine.now.to_join = engine.now.to_leave = false;  // a resumed one does not know the networks
          engine.replace(false, resumed == 2 ? 30 : *rc::gen::inRange(0, 4));
          break;
        case Resumption::Undo:
          engine.undo(true, resumed == 2 ? 30 : *rc::gen::inRange(0, 3));
          break;
        default:
          break;
      }
    }
    const bool old_left = engine.now.old_place == Place::Named && engine.now.old_instances;
    const bool new_left = engine.now.new_place == Place::Named && engine.now.new_instances;
    RC_ASSERT(old_left != new_left);
    RC_ASSERT((engine.now.old_place == Place::Gone) != (engine.now.new_place == Place::Gone));
    RC_CLASSIFY(begun, "begun");
  }));
}

TEST_CASE("resumed: a recreation that has not begun leaves the container untouched") {
  CHECK(resume_by(sight_of(Place::Named, true, Place::Gone, false)) == Resumption::Untouched);
  // An operator's stop: healer never leaves the old container stopped under its name without a new one.
  CHECK(resume_by(sight_of(Place::Named, false, Place::Gone, false)) == Resumption::Untouched);
  CHECK(resume_by(sight_of(Place::Elsewhere, false, Place::Gone, false)) == Resumption::Untouched);
}

TEST_CASE("resumed: a half-done recreation is finished or undone") {
  CHECK(resume_by(sight_of(Place::Named, true, Place::Aside, false)) == Resumption::Undo);
  CHECK(resume_by(sight_of(Place::Named, true, Place::Aside, true)) == Resumption::Replace);
  CHECK(resume_by(sight_of(Place::Aside, false, Place::Aside, false)) == Resumption::Replace);
  CHECK(resume_by(sight_of(Place::Aside, false, Place::Named, false)) == Resumption::Replace);
  CHECK(resume_by(sight_of(Place::Aside, false, Place::Gone, false)) == Resumption::Undo);
  CHECK(resume_by(sight_of(Place::Gone, false, Place::Aside, true)) == Resumption::Replace);
  CHECK(resume_by(sight_of(Place::Gone, false, Place::Named, true)) == Resumption::Finished);
  CHECK(resume_by(sight_of(Place::Gone, false, Place::Gone, false)) == Resumption::Nothing);
}

TEST_CASE("other parties' changes are kept") {
  Sight taken = sight_of(Place::Aside, false, Place::Gone, false);
  taken.stranger = true;
  CHECK(resume_by(taken) == Resumption::Taken);
  Sight deployed = sight_of(Place::Gone, false, Place::Aside, true);
  deployed.stranger = true;
  CHECK(resume_by(deployed) == Resumption::Undo);
  CHECK(undo_step(deployed, true) == RecreateStep::RemoveNew);
  CHECK(replace_step(sight_of(Place::Elsewhere, true, Place::Aside, false), false) == RecreateStep::Lost);
  CHECK(undo_step(sight_of(Place::Elsewhere, true, Place::Aside, false), true) == RecreateStep::RemoveNew);
  CHECK(replace_step(sight_of(Place::Gone, false, Place::Aside, false), false) == RecreateStep::StartNew);
  // The engine was restarted, and the restart policy started the old container.
  CHECK(replace_step(sight_of(Place::Aside, true, Place::Named, true), false) == RecreateStep::StopOld);
}

TEST_CASE("every step has a name to show") {
  for (int step = 0; step <= static_cast<int>(RecreateStep::Lost); ++step)
    CHECK(std::string(to_string(static_cast<RecreateStep>(step))) != "?");
}
