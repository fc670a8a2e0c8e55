#pragma once

#include <sys/epoll.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace healer::bench {

/// A listening, non-blocking loopback socket; port 0 picks one. Ends the program when that fails.
int listen_on(const std::string& address, std::uint16_t port);
std::uint16_t port_of(int listener);

/// Serves HTTP on these listeners until the process is killed: one small answer to each request and then the
/// close, as a service's health endpoint does. `seen` is called with each request's path, at once.
[[noreturn]] void serve_forever(const std::vector<int>& listeners,
                                const std::function<void(std::string_view path)>& seen);

/// Runs `body` in a child process, which dies with its parent. Returns its pid.
int in_child(const std::function<void()>& body);

}  // namespace healer::bench
