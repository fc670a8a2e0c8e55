#pragma once

#include <optional>

#include "base/time.hpp"

namespace healer {

/// The earliest of several times.
class Earliest {
 public:
  void at(std::optional<Instant> candidate) {
    if (candidate && (!when_ || *candidate < *when_)) when_ = candidate;
  }
  std::optional<Instant> when() const { return when_; }

 private:
  std::optional<Instant> when_;
};

}  // namespace healer
