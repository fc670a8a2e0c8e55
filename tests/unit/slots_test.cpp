#include "core/slots.hpp"

#include <map>
#include <optional>
#include <vector>

#include <doctest/doctest.h>
#include <rapidcheck.h>

using namespace healer;

namespace {

Instant at(Duration time) {
  return Instant{time};
}
using Answer = Slots::Answer;

}  // namespace

TEST_CASE("slots: 30 % of the watched, rounded down, at least one") {
  Slots slots;
  slots.set_limit(0.3, 0);
  CHECK(slots.limit() == 1);
  slots.set_limit(0.3, 6);
  CHECK(slots.limit() == 1);
  slots.set_limit(0.3, 7);
  CHECK(slots.limit() == 2);
  slots.set_limit(0.3, 10);
  CHECK(slots.limit() == 3);
  slots.set_limit(0.3, 10000);
  CHECK(slots.limit() == 3000);
  slots.set_limit(0.0, 10);
  CHECK(slots.limit() == 1);
  slots.set_limit(1.0, 10);
  CHECK(slots.limit() == 10);
}

TEST_CASE("slots: no more than the limit at a time") {
  Slots slots;
  slots.set_limit(0.3, 7);
  slots.taken("");
  CHECK(slots.ask("b", "", at(0s)) == Answer::Free);
  slots.taken("");
  CHECK(slots.ask("c", "", at(0s)) == Answer::Busy);
  slots.given_back("");
  CHECK(slots.ask("c", "", at(0s)) == Answer::Free);
}

TEST_CASE("slots: of a service with replicas one at a time, of a single one nothing is held") {
  Slots slots;
  slots.set_limit(1.0, 10);
  slots.joined("p/web");
  slots.joined("p/web");
  slots.joined("p/db");
  slots.taken("p/web");
  CHECK(slots.ask("p/web/2", "p/web", at(0s)) == Answer::ReplicaBusy);
  CHECK(slots.ask("p/db/1", "p/db", at(0s)) == Answer::Free);
  slots.given_back("p/web");
  CHECK(slots.ask("p/web/2", "p/web", at(0s)) == Answer::Free);
  slots.taken("p/web");
  slots.left("p/web");
  CHECK(slots.ask("p/web/2", "p/web", at(0s)) == Answer::Free);
}

TEST_CASE("slots: who is due longest is first") {
  Slots slots;
  slots.set_limit(0.3, 4);
  slots.wait("late", at(20s));
  slots.wait("early", at(10s));
  CHECK(slots.ask("late", "", at(20s)) == Answer::Busy);
  CHECK(slots.ask("new", "", at(30s)) == Answer::Busy);
  CHECK(slots.ask("early", "", at(10s)) == Answer::Free);
  slots.wait_no_more("early");
  CHECK(slots.ask("late", "", at(20s)) == Answer::Free);
  slots.wait("late", at(5s));
  CHECK(slots.waiting() == 1);
  slots.wait_no_more("late");
  CHECK(slots.waiting() == 0);
}

TEST_CASE("slots: never more than allowed, and a free slot is never refused to all") {
  REQUIRE(rc::check("slots", [] {
    struct One {
      std::string service;
      Instant due{};
      bool in_remedy = false;
    };
    Slots slots;
    std::map<std::string, One> all;
    const auto count = *rc::gen::inRange(1, 12);
    for (int i = 0; i < count; ++i) {
      const auto service = *rc::gen::elementOf(std::vector<std::string>{"", "p/a", "p/b"});
      all["w" + std::to_string(i)] = {service, at(Duration{*rc::gen::inRange(0, 5)})};
      slots.joined(service);
    }
    slots.set_limit(0.3, all.size());
    for (int step = 0; step < 60; ++step) {
      auto chosen = std::next(all.begin(), *rc::gen::inRange(0, count));
      auto& [key, one] = *chosen;
      if (one.in_remedy) {
        one.in_remedy = false;
        slots.given_back(one.service);
        continue;
      }
      const Answer answer = slots.ask(key, one.service, one.due);
      slots.wait_no_more(key);
      if (answer == Answer::Busy) slots.wait(key, one.due);
      if (answer == Answer::Free) {
        one.in_remedy = true;
        slots.taken(one.service);
      }
      std::size_t busy = 0;
      std::map<std::string, int> by_service;
      for (const auto& [k, o] : all) {
        if (!o.in_remedy) continue;
        ++busy;
        if (!o.service.empty()) RC_ASSERT(++by_service[o.service] == 1);
      }
      RC_ASSERT(busy == slots.in_use());
      RC_ASSERT(busy <= slots.limit());
      if (slots.full()) continue;
      // Somebody may go: of those that wait for a slot, or whoever comes.
      bool somebody = false;
      for (const auto& [k, o] : all)
        somebody = somebody || o.in_remedy || slots.ask(k, o.service, o.due) == Answer::Free;
      RC_ASSERT(somebody);
    }
  }));
}
