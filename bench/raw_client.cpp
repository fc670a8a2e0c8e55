#include "raw_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace healer::bench {

namespace {

[[noreturn]] void die(const char* what) {
  std::perror(what);
  std::exit(1);
}

class RawClient {
 public:
  RawClient(const std::vector<std::uint16_t>& ports, std::size_t checks, std::size_t concurrency,
            const std::vector<std::string>& requests)
      : poller_(epoll_create1(EPOLL_CLOEXEC)), left_(checks), requests_(requests) {
    if (poller_ < 0) die("epoll_create1");
    for (const std::uint16_t port : ports) {
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_port = htons(port);
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      addresses_.push_back(address);
    }
    for (std::size_t i = 0; i < concurrency; ++i) open_one();
  }
  ~RawClient() { ::close(poller_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  std::size_t run() {
    std::array<epoll_event, 256> events;
    while (open_ > 0) {
      const int count = epoll_wait(poller_, events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < count; ++i) handle(events[static_cast<std::size_t>(i)]);
    }
    return good_;
  }

 private:
  enum State : std::uint8_t { Sending, Reading, Lingering };

  void open_one() {
    if (left_ == 0) return;
    --left_;
    ++open_;
    const std::size_t at = next_++ % addresses_.size();
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
    if (fd < 0) die("socket");
    if (states_.size() <= static_cast<std::size_t>(fd)) {
      states_.resize(static_cast<std::size_t>(fd) + 1);
      targets_.resize(static_cast<std::size_t>(fd) + 1);
    }
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&addresses_[at]), sizeof addresses_[at]) != 0 &&
        errno != EINPROGRESS)
      die("connect");
    targets_[static_cast<std::size_t>(fd)] = static_cast<std::uint32_t>(at);
    states_[static_cast<std::size_t>(fd)] = try_send(fd) ? Reading : Sending;
    epoll_event event{};
    event.events =
        EPOLLIN | EPOLLRDHUP | EPOLLET | (states_[static_cast<std::size_t>(fd)] == Sending ? EPOLLOUT : 0u);
    event.data.fd = fd;
    if (epoll_ctl(poller_, EPOLL_CTL_ADD, fd, &event) != 0) die("epoll_ctl");
  }

  bool try_send(int fd) {
    const std::string& request = requests_[targets_[static_cast<std::size_t>(fd)]];
    const ssize_t sent = ::send(fd, request.data(), request.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) die("send");
    return sent >= 0;
  }

  void handle(const epoll_event& event) {
    const int fd = event.data.fd;
    State& state = states_[static_cast<std::size_t>(fd)];
    const bool closed = (event.events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
    if (state == Lingering) {
      if (closed) ::close(fd);
      if (closed) --open_;
      return;
    }
    if (state == Sending) {
      if (!try_send(fd)) return;
      state = Reading;
    }
    const ssize_t got = ::recv(fd, buffer_.data(), buffer_.size(), 0);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) die("recv");
    const std::string_view answer(buffer_.data(), static_cast<std::size_t>(got));
    if (answer.starts_with("HTTP/1.1 200") && answer.find("\r\n\r\n") != std::string_view::npos) ++good_;
    if (closed) {
      ::close(fd);
      --open_;
    } else {
      state = Lingering;
    }
    open_one();
  }

  int poller_;
  std::size_t left_;
  std::size_t open_ = 0;
  std::size_t good_ = 0;
  std::size_t next_ = 0;
  const std::vector<std::string>& requests_;
  std::vector<sockaddr_in> addresses_;
  std::vector<State> states_;           // index: descriptor
  std::vector<std::uint32_t> targets_;  // index: descriptor
  std::array<char, 32 * 1024> buffer_;
};

}  // namespace

std::size_t ask_raw(const std::vector<std::uint16_t>& ports, std::size_t checks, std::size_t concurrency,
                    const std::vector<std::string>& requests) {
  return RawClient(ports, checks, concurrency, requests).run();
}

}  // namespace healer::bench
