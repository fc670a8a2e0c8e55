#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.hpp"
#include "base/time.hpp"

namespace healer::guard {

/// A descriptor that is closed at its end.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int value) : value_(value) {}
  Fd(Fd&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  ~Fd();
  int get() const { return value_; }
  explicit operator bool() const { return value_ >= 0; }

 private:
  int value_ = -1;
};

/// A point in time by the monotonic clock.
class Deadline {
 public:
  explicit Deadline(Duration from_now) : at_(std::chrono::steady_clock::now() + from_now) {}
  /// Milliseconds for poll(), at least 0.
  int left() const;

 private:
  std::chrono::steady_clock::time_point at_;
};

/// Time of the wall clock, the one of the engine's events.
WallTime wall_now();

Result<Fd> connect_unix(const std::string& path);
/// A listening socket; a socket file that no process listens on is replaced.
Result<Fd> listen_unix(const std::string& path, unsigned mode);
Result<void> write_all(int fd, std::string_view bytes, const Deadline& deadline);
/// The next bytes, at most `into`'s size; 0 at the end. Cancelled: the peer of `watched` (-1: none) went
/// away.
Result<std::size_t> read_some(int fd, char* into, std::size_t size, const Deadline& deadline,
                              int watched = -1);
/// The user at the other end of a unix socket.
Result<unsigned> peer_of(int fd);

}  // namespace healer::guard
