#pragma once

#include "base/time.hpp"
#include "model/record.hpp"

namespace healer {

/// Adds `by` to every Instant of the record, to move the record to another timeline. "Never" (the epoch) and
/// "for ever" (Instant::max()) stay, and so do times by the engine's clock (EventCursor): they are no
/// Instants.
void move_times(Record& record, Duration by);

}  // namespace healer
