#include "heal_watch.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <stdexcept>
#include <string_view>

namespace healer::bench {
namespace {

// Between two requests of a Watch, and per request: what a measured time may be too long by.
constexpr std::chrono::milliseconds pause{10};
constexpr std::chrono::milliseconds request_limit{250};

class Socket {
 public:
  explicit Socket(int flags = 0) : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0)) {}
  ~Socket() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

sockaddr_in address_of(const Endpoint& endpoint) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(endpoint.port);
  ::inet_pton(AF_INET, endpoint.address.c_str(), &address.sin_addr);
  return address;
}

bool ready(int socket, short events, Clock::time_point end) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
  pollfd one{socket, events, 0};
  return left > 0 && ::poll(&one, 1, static_cast<int>(left)) == 1;
}

/// The number in "HTTP/1.1 200 OK".
int status_of(std::string_view line) {
  const auto space = line.find(' ');
  if (!line.starts_with("HTTP/") || space == std::string_view::npos) return 0;
  return std::atoi(std::string(line.substr(space + 1, 3)).c_str());
}

}  // namespace

int http_status(const Endpoint& endpoint, const std::string& method, const std::string& path,
                std::chrono::milliseconds limit) {
  const auto end = Clock::now() + limit;
  const Socket socket(SOCK_NONBLOCK);
  const sockaddr_in address = address_of(endpoint);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
      (errno != EINPROGRESS || !ready(socket.get(), POLLOUT, end)))
    return 0;
  const std::string request =
      method + " " + path + " HTTP/1.1\r\nHost: bench\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
  if (::send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(request.size()))
    return 0;
  std::string line;
  std::array<char, 512> bytes;
  while (line.find('\n') == std::string::npos) {
    if (!ready(socket.get(), POLLIN, end)) return 0;
    const ssize_t got = ::recv(socket.get(), bytes.data(), bytes.size(), 0);
    if (got <= 0) return 0;
    line.append(bytes.data(), static_cast<std::size_t>(got));
  }
  return status_of(line);
}

std::uint16_t free_port() {
  const Socket socket;
  sockaddr_in address = address_of(Endpoint{});
  socklen_t size = sizeof address;
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error("no free port on 127.0.0.1");
  return ntohs(address.sin_port);
}

Watch::Watch(const std::vector<Endpoint>& endpoints) {
  threads_.reserve(endpoints.size());
  for (const Endpoint& endpoint : endpoints)
    threads_.emplace_back([this, endpoint] { ask_until_good(endpoint); });
}

Watch::~Watch() {
  stopped_ = true;
  for (std::thread& thread : threads_) thread.join();
}

void Watch::ask_until_good(const Endpoint& endpoint) {
  while (!stopped_) {
    if (http_status(endpoint, "GET", "/health", request_limit) == 200) {
      const Clock::rep now = Clock::now().time_since_epoch().count();
      Clock::rep before = last_;
      while (before < now && !last_.compare_exchange_weak(before, now)) {
      }
      ++good_;
      return;
    }
    std::this_thread::sleep_for(pause);
  }
}

}  // namespace healer::bench
