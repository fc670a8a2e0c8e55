#include "core/tracker.hpp"

#include <string>

#include <doctest/doctest.h>

using namespace healer;

namespace {

/// p pass, f fail, g fail in the grace, u unknown; the answer: . unchanged, ~ pending, W became well, I
/// became ill.
std::string run(Tracker& tracker, const std::string& samples, Tracker::Thresholds thresholds = {}) {
  std::string seen;
  for (const char sample : samples) {
    const Outcome outcome = sample == 'p' ? Outcome::Pass : sample == 'u' ? Outcome::Unknown : Outcome::Fail;
    switch (tracker.observe(outcome, sample == 'g', thresholds)) {
      case Tracker::Transition::Unchanged:
        seen += '.';
        break;
      case Tracker::Transition::Pending:
        seen += '~';
        break;
      case Tracker::Transition::BecameWell:
        seen += 'W';
        break;
      case Tracker::Transition::BecameIll:
        seen += 'I';
        break;
    }
  }
  return seen;
}

Tracker fresh(bool after_illness = false) {
  Tracker tracker;
  tracker.begin_run(after_illness);
  return tracker;
}

}  // namespace

TEST_CASE("tracker: the first pass of an ordinary run is enough") {
  Tracker tracker = fresh();
  CHECK(run(tracker, "pp") == "W.");
}

TEST_CASE("tracker: three failures in a row make it ill, fewer do not") {
  Tracker tracker = fresh();
  CHECK(run(tracker, "pffpfff") == "W~~.~~I");
  CHECK(tracker.failures() == 3);
}

TEST_CASE("tracker: after an illness two passes in a row are needed") {
  Tracker tracker = fresh(true);
  CHECK(run(tracker, "pfpp") == "~~~W");
  Tracker ill = fresh();
  CHECK(run(ill, "pfffpfpp") == "W~~I~.~W");
}

TEST_CASE("tracker: unknown moves nothing, in no state") {
  Tracker tracker = fresh();
  CHECK(run(tracker, "uffuuf") == ".~~..I");
  CHECK(run(tracker, "upup") == ".~.W");
  Tracker well = fresh();
  CHECK(run(well, "pfuf") == "W~.~");
  CHECK(well.failures() == 2);
}

TEST_CASE("tracker: failures in the grace do not count, the first pass ends it") {
  Tracker tracker = fresh();
  CHECK(run(tracker, "gggggg") == "......");
  CHECK(tracker.failures() == 0);
  CHECK(run(tracker, "pggg") == "W~~I");
}

TEST_CASE("tracker: a pending verdict is one that more samples would decide") {
  Tracker tracker = fresh();
  CHECK(tracker.pending());
  run(tracker, "p");
  CHECK_FALSE(tracker.pending());
  run(tracker, "f");
  CHECK(tracker.pending());
  run(tracker, "ff");
  CHECK_FALSE(tracker.pending());
  run(tracker, "p");
  CHECK(tracker.pending());
}

TEST_CASE("tracker: a settled verdict needs no threshold") {
  Tracker tracker = fresh();
  CHECK(tracker.settle(false) == Tracker::Transition::BecameIll);
  CHECK(tracker.settle(false) == Tracker::Transition::Unchanged);
  CHECK(tracker.settle(true) == Tracker::Transition::BecameWell);
  CHECK(tracker.failures() == 0);
}

TEST_CASE("tracker: a new run forgets the streak") {
  Tracker tracker = fresh();
  run(tracker, "pff");
  tracker.begin_run(false);
  CHECK(tracker.state() == Tracker::State::Fresh);
  CHECK(run(tracker, "ff") == "~~");
}
