#include "core/workload/pause.hpp"

#include "core/host/host_contribution.hpp"

namespace healer {

std::optional<Instant> pause_end(const View& view) {
  std::optional<Instant> end;
  for (const auto& until : {view.workload.paused_until, view.host.pause.until})
    if (until && view.now < *until && (!end || *until > *end)) end = until;
  return end;
}

unsigned pauses_set(const View& view) {
  return view.workload.pauses + view.host.pause.times;
}

bool notifications_paused(const View& view) {
  return pause_end(view).has_value();
}

bool notifications_suppressed(const View& view) {
  return notifications_paused(view) || (view.host.mass.on() && !cause_is_elsewhere(view.workload));
}

}  // namespace healer
