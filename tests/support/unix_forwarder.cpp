#include "support/unix_forwarder.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace healer::testing {
namespace {

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) throw std::runtime_error("socket path too long: " + path);
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

bool send_all(int socket, const char* bytes, std::size_t size) {
  while (size > 0) {
    const ssize_t sent = ::send(socket, bytes, size, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes += sent;
    size -= static_cast<std::size_t>(sent);
  }
  return true;
}

}  // namespace

UnixForwarder::UnixForwarder(std::string path, std::string target)
    : path_(std::move(path)), target_(std::move(target)) {}

UnixForwarder::~UnixForwarder() {
  close();
}

void UnixForwarder::open() {
  if (listener_ >= 0) return;
  const sockaddr_un address = address_of(path_);
  ::unlink(path_.c_str());
  listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener_, 64) != 0)
    throw std::runtime_error("cannot listen on " + path_ + ": " + std::strerror(errno));
  closing_ = false;
  acceptor_ = std::thread([this] { accept_all(); });
}

void UnixForwarder::close() {
  if (listener_ < 0) return;
  ::unlink(path_.c_str());
  closing_ = true;
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  ::close(listener_);
  listener_ = -1;
  std::list<Link> links;
  {
    const std::lock_guard lock(mutex_);  // a connection's thread may need the mutex to end
    links.swap(links_);
  }
  for (Link& link : links) {
    ::shutdown(link.client, SHUT_RDWR);
    ::shutdown(link.server, SHUT_RDWR);
    link.pump.join();
    ::close(link.client);
    ::close(link.server);
  }
}

void UnixForwarder::accept_all() {
  while (!closing_) {
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      return;
    }
    const int server = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_un address = address_of(target_);
    if (::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      ::close(server);
      ::close(client);
      continue;
    }
    const std::lock_guard lock(mutex_);
    links_.push_back(Link{client, server, std::thread([this, client, server] { carry(client, server); })});
  }
}

void UnixForwarder::swallow(std::string text) {
  const std::lock_guard lock(mutex_);
  unwanted_ = std::move(text);
}

bool UnixForwarder::to_be_swallowed(std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  if (unwanted_.empty() || bytes.find(unwanted_) == std::string_view::npos) return false;
  ++swallowed_;
  return true;
}

void UnixForwarder::refuse(std::string text, std::string answer) {
  const std::lock_guard lock(mutex_);
  forbidden_ = std::move(text);
  refusal_ = std::move(answer);
}

/// The answer to send instead of forwarding; empty: forward.
std::string UnixForwarder::refusal_of(std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  if (forbidden_.empty() || bytes.find(forbidden_) == std::string_view::npos) return {};
  ++refused_;
  return refusal_;
}

/// Runs until either side ends. The descriptors stay open until close(), so that no number is reused
/// meanwhile.
void UnixForwarder::carry(int client, int server) {
  std::array<char, 16 * 1024> buffer;
  std::array<pollfd, 2> both{pollfd{client, POLLIN, 0}, pollfd{server, POLLIN, 0}};
  while (::poll(both.data(), both.size(), -1) >= 0 || errno == EINTR) {
    for (std::size_t from = 0; from < both.size(); ++from) {
      if (both[from].revents == 0) continue;
      const ssize_t got = ::recv(both[from].fd, buffer.data(), buffer.size(), 0);
      if (got > 0 && from == 0 && to_be_swallowed({buffer.data(), static_cast<std::size_t>(got)})) continue;
      std::string refusal;
      if (got > 0 && from == 0) refusal = refusal_of({buffer.data(), static_cast<std::size_t>(got)});
      if (!refusal.empty()) send_all(client, refusal.data(), refusal.size());
      if (got <= 0 || !refusal.empty() ||
          !send_all(both[1 - from].fd, buffer.data(), static_cast<std::size_t>(got))) {
        ::shutdown(client, SHUT_RDWR);
        ::shutdown(server, SHUT_RDWR);
        return;
      }
    }
  }
}

}  // namespace healer::testing
