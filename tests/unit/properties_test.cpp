// HEALING.md 7 in random worlds. RC_PARAMS="max_success=2000" runs more of them; with HEALER_TRANSCRIPT set,
// a counterexample is printed with its whole transcript.
#include <cstdlib>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "support/random_world.hpp"
#include "support/scene.hpp"

using namespace healer;
using namespace healer::testing;

namespace {

bool wants_transcript() {
  return std::getenv("HEALER_TRANSCRIPT") != nullptr;
}

rc::Gen<std::vector<Op>> some_ops() {
  return rc::gen::container<std::vector<Op>>(
      rc::gen::build<Op>(rc::gen::set(&Op::kind, rc::gen::inRange(0u, Op::kinds)),
                         rc::gen::set(&Op::box, rc::gen::inRange(0u, 3u)),
                         rc::gen::set(&Op::number, rc::gen::inRange(0u, 1000u))));
}

}  // namespace

TEST_CASE("properties: the invariants hold under random operations and faults") {
  const bool holds = rc::check("invariants 1, 2, 3, 5, 6 and the wake-ups", [] {
    const unsigned seed = *rc::gen::inRange(1u, 100000u);
    const std::vector<Op> ops = *rc::gen::scale(1.5, some_ops());
    RandomWorld world(seed, some_dialect(seed), wants_transcript());
    for (const Op& op : ops) world.perform(op);
    world.quiet();
    if (!world.verdict().empty()) {
      RC_LOG() << world.verdict() << "\nseed " << seed;
      if (wants_transcript()) RC_LOG() << (world.seen.empty() ? world.scene.transcript() : world.seen);
      RC_FAIL("an invariant is broken");
    }
  });
  CHECK(holds);
}

TEST_CASE("properties: the same record replays to the same effects") {
  const bool holds = rc::check("invariant 7", [] {
    const unsigned seed = *rc::gen::inRange(1u, 100000u);
    const std::vector<Op> ops = *some_ops();
    std::uint64_t digests[2] = {0, 0};
    for (std::uint64_t& digest : digests) {
      RandomWorld world(seed, some_dialect(seed), true);
      for (const Op& op : ops) world.perform(op);
      digest = world.scene.digest();
    }
    RC_ASSERT(digests[0] == digests[1]);
  });
  CHECK(holds);
}

TEST_CASE("properties: a lasting failure that a remedy can end is attempted in time, and recovered") {
  const bool holds = rc::check("invariant 4", [] {
    Policy policy = Scene::policy();
    policy.interval = Duration{*rc::gen::inRange(200, 20000)};
    policy.timeout = Duration{*rc::gen::inRange(50, 5000)};
    policy.failure_threshold = *rc::gen::inRange(1u, 6u);
    policy.success_threshold = *rc::gen::inRange(1u, 4u);
    if (*rc::gen::arbitrary<bool>()) policy.fast_interval = Duration{*rc::gen::inRange(100, 10000)};
    policy.start_period = Duration{*rc::gen::inRange(0, 60000)};
    const int how = *rc::gen::inRange(0, 4);
    const bool new_instance = *rc::gen::arbitrary<bool>();
    const Duration when{*rc::gen::inRange(0, 60000)};

    Scene scene(some_dialect(static_cast<unsigned>(how) + 1));
    scene.keep_transcript = wants_transcript();
    Box& box = scene.add("web", policy);
    scene.connect();
    if (!new_instance) scene.pass(policy.interval * 2 + policy.effective_timeout());
    scene.pass(when);
    const Instant since = scene.now();
    if (how == 0) box.broken = true;
    if (how == 1) box.hangs = true;
    if (how == 2) {
      ProbeFacts reset;
      reset.end = ProbeEnd::Reset;
      box.answer = reset;
    }
    if (how == 3) scene.crash(box);
    // Jitter stretches a period by up to 5 %; healer judges an exit on Podman 2 s later.
    const Duration limit = policy.interval * policy.failure_threshold * 105 / 100 +
                           policy.effective_timeout() + *policy.start_period + Duration{2200};
    scene.pass_until([&] { return !scene.orders.empty(); }, limit);
    if (scene.orders.empty()) RC_LOG() << scene.transcript();
    RC_ASSERT(!scene.orders.empty());
    RC_ASSERT(scene.order_times[0] >= since);
    box.answer.reset();
    scene.pass_until([&] { return !scene.incidents.empty() && scene.incidents.at(1).closed_at; }, 10min);
    if (scene.incidents.at(1).outcome != IncidentOutcome::Recovered) RC_LOG() << scene.transcript();
    RC_ASSERT(scene.incidents.at(1).outcome == IncidentOutcome::Recovered);
  });
  CHECK(holds);
}
