#pragma once

#include <cstdio>
#include <cstdlib>

namespace healer::fuzz {

/// Aborts unless `holds`; the fuzzer then keeps the input. `what` names the broken property.
inline void expect(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

}  // namespace healer::fuzz
