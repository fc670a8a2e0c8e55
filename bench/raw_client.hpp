#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace healer::bench {

/// The smallest HTTP client over epoll, as the measure for SocketProber's cost. It makes the same system
/// calls, sends the same request and closes in the same way as SocketProber, and reads the status line. It
/// has no limits, no parser, no ids and no event loop. Sends `checks` requests to 127.0.0.1, to `ports` in
/// turn, `concurrency` at a time. Returns how many answers had status 200.
std::size_t ask_raw(const std::vector<std::uint16_t>& ports, std::size_t checks, std::size_t concurrency,
                    const std::vector<std::string>& requests);

}  // namespace healer::bench
