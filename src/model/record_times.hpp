#pragma once

#include "base/time.hpp"
#include "model/record.hpp"

namespace healer {

/// Moves every time that the record says, as a change of timeline; "never" (the epoch) and "for ever"
/// (Instant::max()) stay.
void move_times(Record& record, Duration by);

}  // namespace healer
