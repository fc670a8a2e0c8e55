#include "guard/io.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

namespace healer::guard {
namespace {

tl::unexpected<Error> system_failure(ErrorCode code, const std::string& what) {
  return failure(code, fmt::format("{}: {}", what, std::strerror(errno)));
}

Result<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return failure(ErrorCode::InvalidInput, fmt::format("{}: {} bytes; the path of a socket has at most {}",
                                                        path, path.size(), sizeof address.sun_path - 1));
  std::copy(path.begin(), path.end(), address.sun_path);
  return address;
}

Fd unix_socket() {
  return Fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

}  // namespace

Fd::~Fd() {
  if (value_ >= 0) close(value_);
}

int Deadline::left() const {
  const auto rest =
      std::chrono::duration_cast<std::chrono::milliseconds>(at_ - std::chrono::steady_clock::now());
  return static_cast<int>(std::clamp<std::int64_t>(rest.count(), 0, 3'600'000));
}

WallTime wall_now() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count()};
}

Result<Fd> connect_unix(const std::string& path) {
  const auto address = address_of(path);
  if (!address) return tl::unexpected(address.error());
  Fd fd = unix_socket();
  if (!fd || connect(fd.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0)
    return system_failure(ErrorCode::Unreachable, path);
  return fd;
}

Result<Fd> listen_unix(const std::string& path, unsigned mode) {
  const auto address = address_of(path);
  if (!address) return tl::unexpected(address.error());
  if (connect_unix(path)) return failure(ErrorCode::Conflict, path + ": another process listens there");
  struct stat facts {};
  if (lstat(path.c_str(), &facts) == 0 && S_ISSOCK(facts.st_mode)) unlink(path.c_str());
  Fd fd = unix_socket();
  constexpr int backlog = 64;
  if (!fd || bind(fd.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0 ||
      chmod(path.c_str(), mode) != 0 || listen(fd.get(), backlog) != 0)
    return system_failure(ErrorCode::Refused, path);
  return fd;
}

Result<void> write_all(int fd, std::string_view bytes, const Deadline& deadline) {
  while (!bytes.empty()) {
    pollfd ready{fd, POLLOUT, 0};
    if (poll(&ready, 1, deadline.left()) == 0) return failure(ErrorCode::Timeout, "the peer does not read");
    const ssize_t sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (sent < 0) return system_failure(ErrorCode::ConnectionLost, "write");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return {};
}

Result<std::size_t> read_some(int fd, char* into, std::size_t size, const Deadline& deadline, int watched) {
  for (;;) {
    std::array<pollfd, 2> ready{pollfd{fd, POLLIN, 0}, pollfd{watched, POLLRDHUP, 0}};
    const int count = poll(ready.data(), ready.size(), deadline.left());
    if (count < 0 && errno == EINTR) continue;
    if (count == 0) return failure(ErrorCode::Timeout, "no more bytes in time");
    if (ready[1].revents != 0) return failure(ErrorCode::Cancelled, "the client went away");
    const ssize_t got = recv(fd, into, size, MSG_DONTWAIT);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got < 0) return system_failure(ErrorCode::ConnectionLost, "read");
    return static_cast<std::size_t>(got);
  }
}

Result<unsigned> peer_of(int fd) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
    return system_failure(ErrorCode::Protocol, "SO_PEERCRED");
  return peer.uid;
}

}  // namespace healer::guard
