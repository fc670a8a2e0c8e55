#include "loopback_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace healer::bench {

namespace {

constexpr std::string_view answer =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\nConnection: close\r\n\r\n"
    "{\"status\":\"ok\"}";

[[noreturn]] void die(const char* what) {
  std::perror(what);
  std::exit(1);
}

// The request is one small packet, so one recv() reads all of it.
void serve_one(int peer, const std::function<void(std::string_view)>& seen) {
  std::array<char, 4096> buffer;
  const ssize_t got = ::recv(peer, buffer.data(), buffer.size(), 0);
  if (got < 0 && errno == EAGAIN) return;
  if (got > 0) {
    if (seen) {
      std::string_view request(buffer.data(), static_cast<std::size_t>(got));
      const std::size_t from = request.find(' ');
      if (from != std::string_view::npos) {
        request.remove_prefix(from + 1);
        seen(request.substr(0, request.find(' ')));
      }
    }
    if (::send(peer, answer.data(), answer.size(), MSG_NOSIGNAL) < 0) std::perror("send");
  }
  ::close(peer);
}

}  // namespace

int listen_on(const std::string& address, std::uint16_t port) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (listener < 0) die("socket");
  const int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(port);
  inet_pton(AF_INET, address.c_str(), &where.sin_addr);
  if (::bind(listener, reinterpret_cast<sockaddr*>(&where), sizeof where) != 0) die("bind");
  if (::listen(listener, 4096) != 0) die("listen");
  return listener;
}

std::uint16_t port_of(int listener) {
  sockaddr_in where{};
  socklen_t size = sizeof where;
  getsockname(listener, reinterpret_cast<sockaddr*>(&where), &size);
  return ntohs(where.sin_port);
}

void serve_forever(const std::vector<int>& listeners, const std::function<void(std::string_view)>& seen) {
  const int poller = epoll_create1(EPOLL_CLOEXEC);
  if (poller < 0) die("epoll_create1");
  const auto add = [poller](int socket, std::uint32_t wanted, bool listener) {
    epoll_event event{};
    event.events = wanted;
    event.data.u64 = static_cast<std::uint64_t>(listener) << 32 | static_cast<std::uint32_t>(socket);
    if (epoll_ctl(poller, EPOLL_CTL_ADD, socket, &event) != 0) die("epoll_ctl");
  };
  for (const int listener : listeners) add(listener, EPOLLIN, true);
  std::array<epoll_event, 256> events;
  for (;;) {
    const int count = epoll_wait(poller, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < count; ++i) {
      const auto data = events[static_cast<std::size_t>(i)].data.u64;
      const int socket = static_cast<int>(static_cast<std::uint32_t>(data));
      if (data >> 32 == 0) {
        serve_one(socket, seen);
        continue;
      }
      for (;;) {
        const int peer = ::accept4(socket, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (peer < 0) break;
        add(peer, EPOLLIN | EPOLLET, false);
      }
    }
  }
}

int in_child(const std::function<void()>& body) {
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) die("fork");
  if (child > 0) return child;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) std::_Exit(1);
  body();
  std::_Exit(0);
}

}  // namespace healer::bench
