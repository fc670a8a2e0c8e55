#pragma once

#include <cstdio>
#include <cstdlib>

namespace healer::fuzz {

/// What must hold for every input; the fuzzer keeps the input that breaks it.
inline void expect(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

}  // namespace healer::fuzz
