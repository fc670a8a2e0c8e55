#include "probe/deadline_heap.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <map>
#include <tuple>
#include <vector>

using healer::DeadlineHeap;

TEST_CASE("the heap agrees with a map, whatever is set, moved and removed") {
  CHECK(rc::check([](const std::vector<std::tuple<std::uint8_t, bool, std::uint8_t>>& steps) {
    DeadlineHeap heap;
    std::map<std::uint32_t, DeadlineHeap::Time> model;
    for (const auto& [key, set, at] : steps) {
      const DeadlineHeap::Time time{std::chrono::milliseconds(at)};
      if (set) {
        heap.set(key, time);
        model[key] = time;
      } else {
        heap.remove(key);
        model.erase(key);
      }
      RC_ASSERT(heap.empty() == model.empty());
      if (model.empty()) continue;
      auto earliest = DeadlineHeap::Time::max();
      for (const auto& [other, when] : model) earliest = std::min(earliest, when);
      RC_ASSERT(heap.earliest() == earliest);
      RC_ASSERT(model.at(heap.earliest_key()) == earliest);
    }
    while (!model.empty()) {
      const auto key = heap.earliest_key();
      for (const auto& [other, when] : model) RC_ASSERT(heap.earliest() <= when);
      heap.remove(key);
      RC_ASSERT(model.erase(key) == 1u);
    }
    RC_ASSERT(heap.empty());
  }));
}
