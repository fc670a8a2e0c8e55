#include "core/workload/tracker.hpp"

#include <deque>
#include <string>

#include <doctest/doctest.h>
#include <rapidcheck.h>

using namespace healer;

namespace {

/// Samples: p pass, f fail, g fail in the start period, u unknown. Result, one letter per sample:
/// . unchanged, ~ pending, W became healthy, I became unhealthy.
std::string run(Tracker& tracker, const std::string& samples, Tracker::Thresholds thresholds = {}) {
  std::string seen;
  for (const char sample : samples) {
    const Outcome outcome = sample == 'p' ? Outcome::Pass : sample == 'u' ? Outcome::Unknown : Outcome::Fail;
    const Tracker::Row row = tracker.observe(outcome, sample == 'g', thresholds);
    const bool pending =
        row.input == Tracker::Input::PassedTooFew || row.input == Tracker::Input::FailedTooFew;
    seen += became(row, Tracker::State::Healthy)     ? 'W'
            : became(row, Tracker::State::Unhealthy) ? 'I'
            : pending                                ? '~'
                                                     : '.';
  }
  return seen;
}

Tracker fresh(bool after_incident = false) {
  Tracker tracker;
  tracker.begin_instance(after_incident);
  return tracker;
}

}  // namespace

TEST_CASE("tracker: without an incident the first pass makes an instance healthy") {
  Tracker tracker = fresh();
  CHECK(run(tracker, "pp") == "W.");
}

TEST_CASE("tracker: three failures in a row make a workload unhealthy, fewer do not") {
  Tracker tracker = fresh();
  CHECK(run(tracker, "pffpfff") == "W~~.~~I");
  CHECK(tracker.failures() == 3);
}

TEST_CASE("tracker: after an incident two passes in a row are needed to be healthy") {
  Tracker tracker = fresh(true);
  CHECK(run(tracker, "pfpp") == "~~~W");
  Tracker unhealthy = fresh();
  CHECK(run(unhealthy, "pfffpfpp") == "W~~I~.~W");
}

TEST_CASE("tracker: unknown changes nothing in any state") {
  Tracker tracker = fresh();
  CHECK(run(tracker, "uffuuf") == ".~~..I");
  CHECK(run(tracker, "upup") == ".~.W");
  Tracker healthy = fresh();
  CHECK(run(healthy, "pfuf") == "W~.~");
  CHECK(healthy.failures() == 2);
}

TEST_CASE("tracker: failures in the start period do not count; the first pass ends the start period") {
  Tracker tracker = fresh();
  CHECK(run(tracker, "gggggg") == "......");
  CHECK(tracker.failures() == 0);
  CHECK(run(tracker, "pggg") == "W~~I");
}

TEST_CASE("tracker: a verdict is pending while more results would decide it") {
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

TEST_CASE("tracker: a settled verdict applies at once, without a threshold") {
  Tracker tracker = fresh();
  CHECK(became(tracker.settle(false), Tracker::State::Unhealthy));
  CHECK_FALSE(became(tracker.settle(false), Tracker::State::Unhealthy));
  CHECK(became(tracker.settle(true), Tracker::State::Healthy));
  CHECK(tracker.failures() == 0);
}

TEST_CASE("tracker: a new instance starts without a streak") {
  Tracker tracker = fresh();
  run(tracker, "pff");
  tracker.begin_instance(false);
  CHECK(tracker.state() == Tracker::State::Fresh);
  CHECK(run(tracker, "ff") == "~~");
}

namespace {

Tracker::Thresholds windowed(unsigned failures, unsigned of, unsigned in_a_row = 3, unsigned passes = 2) {
  return {in_a_row, passes, FailureWindow{failures, of}};
}

}  // namespace

TEST_CASE("tracker: m failures among the last n make a workload unhealthy, despite passes between them") {
  Tracker tracker = fresh();
  CHECK(run(tracker, "pfpfpf", windowed(3, 10)) == "W~.~.I");
  CHECK(tracker.failures() == 1);
  CHECK(tracker.failures_of_instance(10) == 3);
  Tracker without = fresh();
  CHECK(run(without, "pfpfpfpfpf") == "W~.~.~.~.~");
  Tracker slower = fresh();
  CHECK(run(slower, "pffppppppppffpf", windowed(3, 5)) == "W~~........~~.I");
}

TEST_CASE("tracker: a failure that left the window does not count") {
  Tracker tracker = fresh();
  CHECK(run(tracker, "pfppfppfppf", windowed(3, 6)) == "W~..~..~..~");
  CHECK(run(tracker, "pf", windowed(3, 6)) == ".I");
}

TEST_CASE("tracker: with a window the success threshold alone is no recovery") {
  Tracker tracker = fresh();
  CHECK(run(tracker, "pfff", windowed(3, 10)) == "W~~I");
  CHECK(run(tracker, "ppppppp", windowed(3, 10)) == "~~~~~~~");
  CHECK(run(tracker, "p", windowed(3, 10)) == "W");
}

TEST_CASE("tracker: the window outlives the restarts of one incident, so a short calm is no recovery") {
  Tracker tracker = fresh();
  run(tracker, "pfff", windowed(3, 10));
  for (int restart = 0; restart < 5; ++restart) {
    tracker.begin_instance(true);
    // Healthy for a while after each restart, then failing again.
    CHECK(run(tracker, "pppfff", windowed(3, 10)) == "~~~~~I");
  }
  tracker.begin_instance(true);
  CHECK(run(tracker, "pppppppp", windowed(3, 10)) == "~~~~~~~W");
  // Without a window the same samples are a recovery each time.
  Tracker without = fresh();
  run(without, "pfff");
  without.begin_instance(true);
  CHECK(run(without, "pppfff") == "~W.~~I");
}

TEST_CASE("tracker: failures before a restart do not make the new instance unhealthy") {
  Tracker tracker = fresh();
  run(tracker, "pffff", windowed(3, 10, 4));
  tracker.begin_instance(true);
  CHECK(run(tracker, "pf", windowed(3, 10, 4)) == "~~");
  CHECK(run(tracker, "pfpf", windowed(3, 10, 4)) == "~~~I");
}

TEST_CASE("tracker: without an incident a new instance has an empty window; its start adds no failure") {
  Tracker tracker = fresh();
  run(tracker, "pff", windowed(3, 10));
  tracker.begin_instance(false);
  CHECK(run(tracker, "pf", windowed(3, 10)) == "W~");
  Tracker starting = fresh();
  CHECK(run(starting, "gggggpff", windowed(3, 10)) == ".....W~~");
  CHECK(starting.failures_in(64) == 2);
}

namespace {

/// The rule of the window in its plainest form, to compare with.
struct Model {
  std::deque<bool> failed;  // results since the incident began, newest first
  std::size_t of_instance = 0;
  unsigned row = 0;
  unsigned passes = 0;
  bool after_incident = false;
  Tracker::State state = Tracker::State::Fresh;

  unsigned count(std::size_t length) const {
    unsigned found = 0;
    for (std::size_t i = 0; i < length && i < failed.size(); ++i) found += failed[i] ? 1 : 0;
    return found;
  }
  void run(bool after) {
    if (!after) failed.clear();
    of_instance = 0;
    row = passes = 0;
    after_incident = after;
    state = Tracker::State::Fresh;
  }
  void observe(bool fail, const Tracker::Thresholds& limits) {
    failed.push_front(fail);
    ++of_instance;
    if (fail) {
      passes = 0;
      if (state == Tracker::State::Unhealthy) return;
      ++row;
      const std::size_t here = std::min<std::size_t>(of_instance, limits.window.of);
      if (row >= limits.failures || (limits.window.failures > 0 && count(here) >= limits.window.failures))
        state = Tracker::State::Unhealthy;
      return;
    }
    row = 0;
    if (state == Tracker::State::Healthy) return;
    ++passes;
    const unsigned needed = state == Tracker::State::Unhealthy || after_incident ? limits.passes : 1;
    const bool calm = limits.window.failures == 0 || count(limits.window.of) < limits.window.failures;
    if (passes < needed || !calm) return;
    state = Tracker::State::Healthy;
    passes = 0;
    after_incident = false;
  }
};

}  // namespace

TEST_CASE("tracker: with random results the window agrees with a plain model of its rule") {
  const bool same = rc::check("it does what the long way does, and unknown outcomes change nothing", [] {
    const unsigned of = *rc::gen::inRange(1u, 65u);
    const unsigned failures = *rc::gen::inRange(0u, of + 1);
    const Tracker::Thresholds limits =
        windowed(failures, of, *rc::gen::inRange(1u, 6u), *rc::gen::inRange(1u, 5u));
    const auto samples = *rc::gen::container<std::string>(
        rc::gen::weightedElement<char>({{8, 'p'}, {6, 'f'}, {3, 'u'}, {1, 'r'}}));
    Tracker tracker = fresh();
    Model model;
    for (const char sample : samples) {
      if (sample == 'r') {
        const bool unhealthy = tracker.state() == Tracker::State::Unhealthy;
        tracker.begin_instance(unhealthy);
        model.run(unhealthy);
        continue;
      }
      if (sample == 'u') {
        const unsigned before = tracker.failures_in(64);
        const Tracker::Row row = tracker.observe(Outcome::Unknown, false, limits);
        RC_ASSERT(row.from == row.to);
        RC_ASSERT(tracker.failures_in(64) == before);
      } else {
        tracker.observe(sample == 'f' ? Outcome::Fail : Outcome::Pass, false, limits);
        model.observe(sample == 'f', limits);
      }
      RC_ASSERT(tracker.state() == model.state);
      RC_ASSERT(tracker.passes() == model.passes);
    }
  });
  CHECK(same);
  const bool wider = rc::check("it becomes unhealthy no later than without a window", [] {
    const Tracker::Thresholds plain{*rc::gen::inRange(1u, 6u), 2, {0, 0}};
    const Tracker::Thresholds with = windowed(*rc::gen::inRange(1u, 5u), 10, plain.failures);
    const auto samples = *rc::gen::container<std::string>(rc::gen::elementOf(std::string("pf")));
    Tracker without = fresh();
    Tracker windowed_one = fresh();
    for (const char sample : samples) {
      const Outcome outcome = sample == 'f' ? Outcome::Fail : Outcome::Pass;
      const bool unhealthy = became(without.observe(outcome, false, plain), Tracker::State::Unhealthy);
      windowed_one.observe(outcome, false, with);
      if (unhealthy) RC_ASSERT(windowed_one.state() == Tracker::State::Unhealthy);
    }
  });
  CHECK(wider);
}
