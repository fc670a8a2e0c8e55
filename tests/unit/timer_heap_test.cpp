#include "base/timer_heap.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <map>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "base/time.hpp"

using namespace healer;

TEST_CASE("timer heap: it agrees with a sorted set; of equal times the key that was set first comes first") {
  CHECK(rc::check([](const std::vector<std::tuple<std::uint8_t, bool, std::uint8_t>>& steps) {
    TimerHeap<Instant> heap;
    std::set<std::tuple<Instant, std::size_t, std::uint32_t>> sorted;
    std::map<std::uint32_t, std::pair<Instant, std::size_t>> of;
    std::size_t order = 0;
    const auto forget = [&](std::uint32_t key) {
      if (const auto found = of.find(key); found != of.end()) {
        sorted.erase({found->second.first, found->second.second, key});
        of.erase(found);
      }
    };
    const auto agree = [&] {
      RC_ASSERT(heap.size() == sorted.size());
      RC_ASSERT(heap.empty() == sorted.empty());
      if (sorted.empty()) return;
      RC_ASSERT(heap.earliest() == std::get<0>(*sorted.begin()));
      RC_ASSERT(heap.earliest_key() == std::get<2>(*sorted.begin()));
    };
    for (const auto& [key, set, milliseconds] : steps) {
      const Instant at{Duration{milliseconds / 8}};
      forget(key);
      if (set) {
        heap.set(key, at);
        of[key] = {at, ++order};
        sorted.insert({at, order, key});
      } else {
        heap.remove(key);
      }
      RC_ASSERT(heap.contains(key) == set);
      agree();
    }
    while (!sorted.empty()) {
      const auto key = heap.earliest_key();
      heap.remove(key);
      forget(key);
      agree();
    }
  }));
}
