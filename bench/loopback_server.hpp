#pragma once

#include <sys/epoll.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace healer::bench {

/// Opens a listening, non-blocking loopback socket; port 0 picks a free port. Ends the program on failure.
int listen_on(const std::string& address, std::uint16_t port);
std::uint16_t port_of(int listener);

/// Serves HTTP on these listeners until the process is killed: one small answer to each request, then closes
/// the connection, as the health endpoint of a service does. Calls `seen` with the path of each request
/// before the answer.
[[noreturn]] void serve_forever(const std::vector<int>& listeners,
                                const std::function<void(std::string_view path)>& seen);

/// Runs `body` in a child process, which is killed when its parent ends. Returns the child's pid.
int in_child(const std::function<void()>& body);

}  // namespace healer::bench
