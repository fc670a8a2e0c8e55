#pragma once

#include <string>
#include <vector>

#include "board.hpp"
#include "engine_json.hpp"

namespace healer::bench {

/// Plays the part of a container engine that healer uses, on a unix socket, until the process is killed:
/// GET /_ping, /version, /containers/json, /containers/ID/json, /events and POST /containers/ID/restart, with
/// or without /vN.NN before them. A restart takes no time: its events and 204 come at once.
///
/// When the board wants reactions, it turns one container with a HEALTHCHECK unhealthy, measures from the
/// event being written to the restart being read, lets it be healthy again, and goes on with the next one.
[[noreturn]] void run_fake_engine(const std::string& socket_path, std::vector<FakeContainer> containers,
                                  Board& board);

}  // namespace healer::bench
