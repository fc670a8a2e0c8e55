#pragma once

#include <optional>

#include "core/workload/view.hpp"

namespace healer {

/// The end of the workload's own pause or of the pause of all, whichever is later; empty: not paused.
std::optional<Instant> pause_end(const View& view);
/// How often an operator has paused the workload, or all: tells whether a pause is newer than a command.
unsigned pauses_set(const View& view);
/// An operator paused it: no notifications.
bool notifications_paused(const View& view);
/// Notifications wait for the end of a pause or of a mass failure.
bool notifications_suppressed(const View& view);

}  // namespace healer
