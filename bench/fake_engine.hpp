#pragma once

#include <string>
#include <vector>

#include "board.hpp"
#include "engine_json.hpp"

namespace healer::bench {

/// Serves the part of the engine's API that healer uses, on a unix socket, until the process is killed:
/// GET /_ping, /version, /containers/json, /containers/ID/json, /events and POST /containers/ID/restart, with
/// or without /vN.NN before them. A restart takes no time: its events and the 204 are written at once.
///
/// While `board.reactions_done` is below `reactions_wanted`, the engine makes one container with a
/// HEALTHCHECK unhealthy, measures the time from writing the event to reading the restart, makes the
/// container healthy again, and continues with the next container.
[[noreturn]] void run_fake_engine(const std::string& socket_path, std::vector<FakeContainer> containers,
                                  Board& board);

}  // namespace healer::bench
