#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace healer::bench {

/// The least that asks an HTTP server over epoll: what SocketProber's cost is measured against. The same
/// system calls, request and closing as SocketProber, the status line read, and nothing else: no limits, no
/// parser, no ids, no event loop underneath. Asks 127.0.0.1 on `ports` in turn, `concurrency` at a time.
/// Returns how many answers had status 200.
std::size_t ask_raw(const std::vector<std::uint16_t>& ports, std::size_t checks, std::size_t concurrency,
                    const std::vector<std::string>& requests);

}  // namespace healer::bench
