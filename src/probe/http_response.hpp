#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace healer {

/// Reads one HTTP/1.x answer as its bytes arrive, cut anywhere, and stops as soon as a probe knows enough:
/// at the end of the head, or with a body wanted at its end or its cap. No I/O; any bytes are survived.
///
///     | reading    | on                          | goes to                                        |
///     |------------|-----------------------------|------------------------------------------------|
///     | StatusLine | a status line               | Headers                                        |
///     | Headers    | end of a 1xx head (not 101) | StatusLine                                     |
///     | Headers    | end of the final head       | Ended, or the body's framing when it is wanted |
///     | Fixed      | content-length bytes        | Ended                                          |
///     | UntilClose | the peer's close            | Ended                                          |
///     | ChunkSize  | a size, 0                   | ChunkData, Ended                               |
///     | ChunkData  | all its bytes               | ChunkEnd                                       |
///     | ChunkEnd   | its line end                | ChunkSize                                      |
///
/// Every body state ends at the cap. Bare LF is accepted for CRLF, as RFC 9112 2.2 allows.
class HttpResponseParser {
 public:
  static constexpr std::size_t head_cap = 16 * 1024;  ///< all heads together, interim ones included
  static constexpr std::size_t body_cap = 10 * 1024;

  enum class State {
    More,       ///< not whole yet
    Complete,   ///< whole as far as it was wanted
    Malformed,  ///< not HTTP/1.x, or larger than a cap; problem() says how
    Truncated,  ///< the peer closed before it was whole
  };

  struct Wanted {
    bool body = false;      ///< never for the answer to HEAD, which has none
    bool location = false;  ///< the Location field, for redirects
  };

  HttpResponseParser() = default;
  explicit HttpResponseParser(Wanted wanted) : wanted_(wanted) {}

  /// The next bytes. What follows the end of the answer is ignored.
  State feed(std::string_view bytes);
  /// The peer closed: Complete when the answer is whole now, else Truncated.
  State finish();

  State state() const { return state_; }
  int status() const { return status_; }
  /// The decoded body so far, at most body_cap; empty unless it was asked for.
  const std::string& body() const { return body_; }
  std::string take_body() { return std::move(body_); }
  /// The first Location field of the final head; empty unless it was asked for.
  const std::string& location() const { return location_; }
  /// A short phrase once Malformed.
  const char* problem() const { return problem_; }

 private:
  enum class Reading : std::uint8_t {
    StatusLine,
    Headers,
    Fixed,
    UntilClose,
    ChunkSize,
    ChunkData,
    ChunkEnd,
    Ended
  };

  State fail(const char* problem);
  State complete();
  State read_status_line(std::string_view line);
  State read_header(std::string_view line);
  State read_content_length(std::string_view value);
  State read_chunk_size(std::string_view line);
  State end_head();
  State read_line(std::string_view line);
  State feed_line(std::string_view& bytes);
  State feed_body(std::string_view& bytes);
  bool status_line_possible(std::string_view more) const;

  std::string line_;  // the part of a line that came before the rest
  std::string body_;
  std::string location_;
  const char* problem_ = "";
  std::uint64_t remaining_ = 0;  // of a fixed body or of the chunk
  std::uint32_t head_bytes_ = 0;
  std::uint16_t status_ = 0;
  Reading reading_ = Reading::StatusLine;
  State state_ = State::More;
  Wanted wanted_;
  bool chunked_ = false;
  bool other_coding_ = false;
  bool has_length_ = false;
};

}  // namespace healer
