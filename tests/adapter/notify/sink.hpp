#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <doctest/doctest.h>

namespace healer::testing {

/// A peer on loopback. Each connection gets the next of the scripted answers, whatever the request, and the
/// requests are kept. An empty answer means: send nothing until the client gives up.
class Sink {
 public:
  explicit Sink(std::vector<std::string> answers) : answers_(std::move(answers)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(listener_, 16) == 0);
    socklen_t size = sizeof address;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~Sink() {
    stop_ = true;
    thread_.join();
    ::close(listener_);
  }
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;

  std::string url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
  }
  std::vector<std::string> requests() {
    const std::lock_guard guard(mutex_);
    return requests_;
  }

 private:
  bool readable(int descriptor) {
    while (!stop_) {
      pollfd wanted{descriptor, POLLIN, 0};
      if (::poll(&wanted, 1, 20) > 0) return true;
    }
    return false;
  }

  void serve() {
    for (std::size_t next = 0; readable(listener_); ++next) {
      const int peer = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (peer < 0) continue;
      const std::string answer = next < answers_.size() ? answers_[next] : answers_.back();
      std::string seen;
      char buffer[4096];
      while (!whole(seen) && readable(peer)) {
        const ssize_t size = ::recv(peer, buffer, sizeof buffer, 0);
        if (size <= 0) break;
        seen.append(buffer, static_cast<std::size_t>(size));
      }
      {
        const std::lock_guard guard(mutex_);
        requests_.push_back(seen);
      }
      if (answer.empty())
        while (readable(peer) && ::recv(peer, buffer, sizeof buffer, 0) > 0) {
        }
      for (std::size_t sent = 0; sent < answer.size();) {
        const ssize_t size = ::send(peer, answer.data() + sent, answer.size() - sent, MSG_NOSIGNAL);
        if (size <= 0) break;
        sent += static_cast<std::size_t>(size);
      }
      ::close(peer);
    }
  }

  static bool whole(const std::string& request) {
    const auto end = request.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    const auto length = request.find("Content-Length: ");
    if (length == std::string::npos || length > end) return true;
    return request.size() >= end + 4 + std::stoul(request.substr(length + 16));
  }

  std::vector<std::string> answers_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  std::vector<std::string> requests_;
  std::thread thread_;
};

/// An HTTP answer with this status line, more header lines, and a body.
inline std::string http(const std::string& status, const std::string& body = "",
                        const std::string& headers = "") {
  return "HTTP/1.1 " + status + "\r\n" + headers + "Content-Length: " + std::to_string(body.size()) +
         "\r\nConnection: close\r\n\r\n" + body;
}

}  // namespace healer::testing
