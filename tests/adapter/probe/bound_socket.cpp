#include "adapter/probe/bound_socket.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <utility>

namespace healer::testing {

BoundSocket::BoundSocket(const std::string& address) {
  sockaddr_storage storage{};
  auto* v4 = reinterpret_cast<sockaddr_in*>(&storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&storage);
  const bool is_v6 = inet_pton(AF_INET6, address.c_str(), &v6->sin6_addr) == 1;
  if (!is_v6) inet_pton(AF_INET, address.c_str(), &v4->sin_addr);
  storage.ss_family = is_v6 ? AF_INET6 : AF_INET;
  socklen_t size = is_v6 ? sizeof *v6 : sizeof *v4;
  auto* raw = reinterpret_cast<sockaddr*>(&storage);
  socket_ = ::socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket_ < 0) return;
  if (::bind(socket_, raw, size) != 0) {
    ::close(std::exchange(socket_, -1));
    return;
  }
  getsockname(socket_, raw, &size);
  endpoint_ = {address, ntohs(is_v6 ? v6->sin6_port : v4->sin_port)};
}

BoundSocket::~BoundSocket() {
  if (socket_ >= 0) ::close(socket_);
}

void BoundSocket::listen(int backlog) {
  ::listen(socket_, backlog);
}

int BoundSocket::accept() {
  return ::accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC);
}

std::string read_head(int connection) {
  std::string head;
  std::array<char, 4096> buffer;
  while (head.find("\r\n\r\n") == std::string::npos) {
    const ssize_t got = ::recv(connection, buffer.data(), buffer.size(), 0);
    if (got <= 0) break;
    head.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return head;
}

void send_all(int connection, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

}  // namespace healer::testing
