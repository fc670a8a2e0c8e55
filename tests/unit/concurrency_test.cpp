#include "core/host/concurrency.hpp"

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
using Answer = ConcurrencyLimiter::Answer;

}  // namespace

TEST_CASE("concurrency: the limit is 30 % of the watched workloads, rounded down, and at least one") {
  ConcurrencyLimiter concurrency;
  concurrency.set_limit(0.3, 0);
  CHECK(concurrency.limit() == 1);
  concurrency.set_limit(0.3, 6);
  CHECK(concurrency.limit() == 1);
  concurrency.set_limit(0.3, 7);
  CHECK(concurrency.limit() == 2);
  concurrency.set_limit(0.3, 10);
  CHECK(concurrency.limit() == 3);
  concurrency.set_limit(0.3, 10000);
  CHECK(concurrency.limit() == 3000);
  concurrency.set_limit(0.0, 10);
  CHECK(concurrency.limit() == 1);
  concurrency.set_limit(1.0, 10);
  CHECK(concurrency.limit() == 10);
}

TEST_CASE("concurrency: no more remedies than the limit are under way at once") {
  ConcurrencyLimiter concurrency;
  concurrency.set_limit(0.3, 7);
  concurrency.taken("");
  CHECK(concurrency.ask("b", "", at(0s)) == Answer::Free);
  concurrency.taken("");
  CHECK(concurrency.ask("c", "", at(0s)) == Answer::Busy);
  concurrency.given_back("");
  CHECK(concurrency.ask("c", "", at(0s)) == Answer::Free);
}

TEST_CASE("concurrency: one replica of a service at a time; a service without replicas is not held") {
  ConcurrencyLimiter concurrency;
  concurrency.set_limit(1.0, 10);
  concurrency.joined("p/web");
  concurrency.joined("p/web");
  concurrency.joined("p/db");
  concurrency.taken("p/web");
  CHECK(concurrency.ask("p/web/2", "p/web", at(0s)) == Answer::ReplicaBusy);
  CHECK(concurrency.ask("p/db/1", "p/db", at(0s)) == Answer::Free);
  concurrency.given_back("p/web");
  CHECK(concurrency.ask("p/web/2", "p/web", at(0s)) == Answer::Free);
  concurrency.taken("p/web");
  concurrency.left("p/web");
  CHECK(concurrency.ask("p/web/2", "p/web", at(0s)) == Answer::Free);
}

TEST_CASE("concurrency: the workload that has been due longest gets the free slot") {
  ConcurrencyLimiter concurrency;
  concurrency.set_limit(0.3, 4);
  concurrency.wait("late", at(20s));
  concurrency.wait("early", at(10s));
  CHECK(concurrency.ask("late", "", at(20s)) == Answer::Busy);
  CHECK(concurrency.ask("new", "", at(30s)) == Answer::Busy);
  CHECK(concurrency.ask("early", "", at(10s)) == Answer::Free);
  concurrency.wait_no_more("early");
  CHECK(concurrency.ask("late", "", at(20s)) == Answer::Free);
  concurrency.wait("late", at(5s));
  CHECK(concurrency.waiting() == 1);
  concurrency.wait_no_more("late");
  CHECK(concurrency.waiting() == 0);
}

TEST_CASE("concurrency: the limit holds, and a free slot is never refused to every workload") {
  REQUIRE(rc::check("slots", [] {
    struct One {
      std::string service;
      Instant due{};
      bool in_remedy = false;
    };
    ConcurrencyLimiter concurrency;
    std::map<std::string, One> all;
    const auto count = *rc::gen::inRange(1, 12);
    for (int i = 0; i < count; ++i) {
      const auto service = *rc::gen::elementOf(std::vector<std::string>{"", "p/a", "p/b"});
      all["w" + std::to_string(i)] = {service, at(Duration{*rc::gen::inRange(0, 5)})};
      concurrency.joined(service);
    }
    concurrency.set_limit(0.3, all.size());
    for (int step = 0; step < 60; ++step) {
      auto chosen = std::next(all.begin(), *rc::gen::inRange(0, count));
      auto& [key, one] = *chosen;
      if (one.in_remedy) {
        one.in_remedy = false;
        concurrency.given_back(one.service);
        continue;
      }
      const Answer answer = concurrency.ask(key, one.service, one.due);
      concurrency.wait_no_more(key);
      if (answer == Answer::Busy) concurrency.wait(key, one.due);
      if (answer == Answer::Free) {
        one.in_remedy = true;
        concurrency.taken(one.service);
      }
      std::size_t busy = 0;
      std::map<std::string, int> by_service;
      for (const auto& [k, o] : all) {
        if (!o.in_remedy) continue;
        ++busy;
        if (!o.service.empty()) RC_ASSERT(++by_service[o.service] == 1);
      }
      RC_ASSERT(busy == concurrency.in_use());
      RC_ASSERT(busy <= concurrency.limit());
      if (concurrency.full()) continue;
      // Some workload is in remedy or may take the free slot.
      bool holder = false;
      for (const auto& [k, o] : all)
        holder = holder || o.in_remedy || concurrency.ask(k, o.service, o.due) == Answer::Free;
      RC_ASSERT(holder);
    }
  }));
}
