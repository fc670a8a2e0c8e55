#include "board.hpp"

#include <sys/mman.h>
#include <time.h>

#include <cstdio>
#include <cstdlib>
#include <new>

namespace healer::bench {

std::int64_t now_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

Board& Board::create() {
  void* memory = mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    std::perror("mmap");
    std::exit(1);
  }
  return *new (memory) Board{};
}

void Board::count_check(std::size_t target, std::int64_t at) {
  if (target >= targets.size()) return;
  std::int64_t none = 0;
  first_check.compare_exchange_strong(none, at);
  Target& one = targets[target];
  one.checks.fetch_add(1, std::memory_order_relaxed);
  const std::int64_t before = one.last.exchange(at, std::memory_order_relaxed);
  const std::int64_t from = window_from.load(std::memory_order_relaxed);
  if (before == 0 || from == 0 || at < from) return;
  if (at - before > one.longest_gap.load(std::memory_order_relaxed))
    one.longest_gap.store(at - before, std::memory_order_relaxed);
}

}  // namespace healer::bench
