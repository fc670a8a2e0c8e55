#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace healer::docker {

/// Reads the output of a container's process from the engine's stream, which may arrive in pieces of any
/// size. Without a terminal each frame has a header of 8 bytes: the stream (0 to 3), three zeros, and the
/// frame's length in 32 bits, highest byte first. With a terminal there are no headers.
class OutputStream {
 public:
  enum class Framing {
    Framed,
    Raw,
    /// Chosen by the first byte, for texts that cannot begin with a byte below 4: logs with timestamps.
    ByFirstByte,
  };

  /// `take` gets the bytes of stdout and stderr in the order in which they arrive, also parts of a frame:
  /// nothing is buffered.
  OutputStream(Framing framing, std::function<void(std::string_view)> take);

  /// Protocol if the framing is invalid. Must not be called after an error.
  Result<void> feed(std::string_view bytes);
  /// Call at the end of the stream. ConnectionLost if it ends within a frame.
  Result<void> finish() const;

 private:
  static constexpr std::size_t header_size = 8;

  Framing framing_;
  std::function<void(std::string_view)> take_;
  std::array<unsigned char, header_size> header_{};
  std::size_t header_bytes_ = 0;  // of the current header; header_size: within the frame
  std::uint32_t left_ = 0;        // bytes left of the current frame
};

/// Keeps the newest bytes of a text, at most `cap`.
class Tail {
 public:
  explicit Tail(std::size_t cap) : cap_(cap) {}
  void append(std::string_view bytes);
  /// The kept bytes. If older bytes were dropped, they begin with the first complete line, if there is one.
  std::string take();

 private:
  std::size_t cap_;
  std::string text_;
  bool dropped_ = false;
};

}  // namespace healer::docker
