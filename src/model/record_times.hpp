#pragma once

#include "base/time.hpp"
#include "model/record.hpp"

namespace healer {

/// Moves every Instant of the record, as a change of timeline; "never" (the epoch) and "for ever"
/// (Instant::max()) stay. Times by the engine's clock are no Instants (EventCursor), and stay.
void move_times(Record& record, Duration by);

}  // namespace healer
