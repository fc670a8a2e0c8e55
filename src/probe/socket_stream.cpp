#include "probe/socket_stream.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "probe/socket_errors.hpp"

namespace healer {

namespace {

constexpr std::size_t drain_cap = 256 * 1024;  // bytes of one connection

struct Address {
  sockaddr_storage storage{};
  socklen_t length = 0;  // 0: not numeric
};

Address address_of(const Endpoint& endpoint) {
  Address address;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&address.storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&address.storage);
  if (inet_pton(AF_INET, endpoint.address.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(endpoint.port);
    address.length = sizeof *v4;
  } else if (inet_pton(AF_INET6, endpoint.address.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(endpoint.port);
    address.length = sizeof *v6;
  }
  return address;
}

SocketStream::Fault fault_of(int error, bool connected) {
  return {end_of_errno(error, connected), text_of_errno(error)};
}

}  // namespace

SocketStream& SocketStream::operator=(SocketStream&& other) noexcept {
  if (this == &other) return *this;
  close();
  socket_ = std::exchange(other.socket_, -1);
  errno_ = other.errno_;
  drained_ = other.drained_;
  tls_ = std::move(other.tls_);
  return *this;
}

std::optional<SocketStream::Fault> SocketStream::open(const Endpoint& endpoint) {
  const Address address = address_of(endpoint);
  if (address.length == 0) return Fault{ProbeEnd::NoRoute, "not a numeric address: " + endpoint.address};
  close();
  socket_ = ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
  if (socket_ < 0) return fault_of(errno, false);
  const auto* raw = reinterpret_cast<const sockaddr*>(&address.storage);
  if (::connect(socket_, raw, address.length) != 0 && errno != EINPROGRESS) return fault_of(errno, false);
  return std::nullopt;
}

std::optional<SocketStream::Fault> SocketStream::secure(TlsSessions& sessions, const TlsPeer& peer) {
  auto session = sessions.open(socket_, peer);
  if (!session) {
    const bool memory = session.error().code == ErrorCode::Busy;
    return Fault{memory ? ProbeEnd::NoResources : ProbeEnd::TlsFailed, session.error().message};
  }
  tls_ = std::make_unique<TlsSession>(std::move(*session));
  return std::nullopt;
}

std::optional<SocketStream::Fault> SocketStream::connect_fault() const {
  int error = 0;
  socklen_t size = sizeof error;
  if (getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0) return std::nullopt;
  return fault_of(error, false);
}

SocketStream::Moved SocketStream::send(std::string_view bytes) {
  if (tls_) return tls_->write(bytes.data(), bytes.size());
  const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (sent >= 0) return {Step::Done, static_cast<std::size_t>(sent)};
  errno_ = errno;
  return {errno_ == EAGAIN ? Step::Again : Step::Failed};
}

SocketStream::Moved SocketStream::receive(char* data, std::size_t size) {
  if (tls_) return tls_->read(data, size);
  const ssize_t got = ::recv(socket_, data, size, 0);
  if (got > 0) return {Step::Done, static_cast<std::size_t>(got)};
  if (got == 0) return {Step::Closed};
  errno_ = errno;
  return {errno_ == EAGAIN ? Step::Again : Step::Failed};
}

SocketStream::Fault SocketStream::fault() const {
  if (tls_) return {ProbeEnd::TlsFailed, tls_->reason(), tls_->protocol(), tls_->wants_certificate()};
  return fault_of(errno_, true);
}

void SocketStream::say_goodbye() {
  if (tls_) tls_->say_goodbye();
  tls_.reset();
}

void SocketStream::end_sending() {
  ::shutdown(socket_, SHUT_WR);
}

bool SocketStream::drain() {
  std::array<char, 16 * 1024> nobody_reads;
  while (drained_ < drain_cap) {
    const ssize_t dropped = ::recv(socket_, nobody_reads.data(), nobody_reads.size(), 0);
    if (dropped <= 0) return dropped < 0 && errno == EAGAIN;
    drained_ += static_cast<std::size_t>(dropped);
  }
  return false;
}

void SocketStream::close() {
  tls_.reset();
  drained_ = 0;
  if (socket_ >= 0) ::close(std::exchange(socket_, -1));
}

}  // namespace healer
