#include "model/record_times.hpp"

#include "model/walk.hpp"

namespace healer {

void move_times(Record& record, Duration by) {
  if (by == Duration{0}) return;
  walk(record, [by](Instant& at) {
    if (at != Instant{} && at != Instant::max()) at += by;
  });
}

}  // namespace healer
