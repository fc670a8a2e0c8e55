#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace healer::docker {

/// Reads what a container's process wrote from the engine's stream, in any cutting. Without a terminal each
/// piece has a header of 8 bytes: the stream (0 to 3), three zeros, the piece's length as 32 bits, highest
/// byte first. With a terminal there is no header.
class OutputStream {
 public:
  enum class Framing {
    Framed,
    Raw,
    /// By the first byte, for text that cannot begin with one below 4: logs with timestamps.
    ByFirstByte,
  };

  /// `take` gets the output's bytes in the order they came, stdout and stderr alike; of a piece whatever is
  /// there, so that none is held.
  OutputStream(Framing framing, std::function<void(std::string_view)> take);

  /// Protocol when this is no such stream. Not to be fed after an error.
  Result<void> feed(std::string_view bytes);
  /// The stream has ended: ConnectionLost when that was in the middle of a piece.
  Result<void> finish() const;

 private:
  static constexpr std::size_t header_size = 8;

  Framing framing_;
  std::function<void(std::string_view)> take_;
  std::array<unsigned char, header_size> header_{};
  std::size_t header_bytes_ = 0;  // of the present header; header_size: inside its piece
  std::uint32_t left_ = 0;        // of the present piece
};

/// Keeps the newest bytes of a text, at most `cap`.
class Tail {
 public:
  explicit Tail(std::size_t cap) : cap_(cap) {}
  void append(std::string_view bytes);
  /// What was kept; when something was dropped, from the first line that is whole, or the bytes as they are
  /// when there is none.
  std::string take();

 private:
  std::size_t cap_;
  std::string text_;
  bool dropped_ = false;
};

}  // namespace healer::docker
