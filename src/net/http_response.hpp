#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace healer::net {

/// Gets what an HttpResponseParser reads, for whoever needs more of an answer than its status. False ends it.
class HttpResponseReceiver {
 public:
  virtual bool on_status(int status, bool http_1_0) = 0;  ///< interim answers' too
  virtual bool on_field(std::string_view name, std::string_view value) = 0;
  /// The final head is whole; the body's length where it says one.
  virtual bool on_head(std::optional<std::uint64_t> body_length) = 0;
  virtual bool on_body(std::string_view bytes) = 0;

 protected:
  ~HttpResponseReceiver() = default;
};

/// Reads one HTTP/1.x answer as its bytes arrive, cut anywhere, and stops as soon as enough is known:
/// at the end of the head, or with a body wanted at its end or its cap. No I/O; any bytes are survived.
///
///     | reading    | on                          | goes to                                        |
///     |------------|-----------------------------|------------------------------------------------|
///     | StatusLine | a status line               | Headers                                        |
///     | Headers    | end of a 1xx head (not 101) | StatusLine                                     |
///     | Headers    | end of the final head       | Ended, or the body's framing when it is wanted |
///     | Fixed      | content-length bytes        | Ended                                          |
///     | UntilClose | the peer's close            | Ended                                          |
///     | ChunkSize  | a size, 0                   | ChunkData, Ended; Trailers with a receiver     |
///     | ChunkData  | all its bytes               | ChunkEnd                                       |
///     | ChunkEnd   | its line end                | ChunkSize                                      |
///     | Trailers   | an empty line               | Ended                                          |
///
/// Every body state ends at the cap, unless a receiver gets the body. Bare LF is accepted for CRLF, as RFC
/// 9112 2.2 allows.
class HttpResponseParser {
 public:
  static constexpr std::size_t head_cap = 16 * 1024;
  static constexpr std::size_t body_cap = 10 * 1024;

  enum class State {
    More,       ///< not whole yet
    Complete,   ///< whole as far as it was wanted
    Malformed,  ///< not HTTP/1.x, or larger than a cap; problem() says how
    Truncated,  ///< the peer closed before it was whole
  };

  struct Wanted {
    bool body = false;                                    ///< never for the answer to HEAD, which has none
    bool location = false;                                ///< the Location field, for redirects
    std::size_t head_cap = HttpResponseParser::head_cap;  ///< all heads together, interim ones included
    HttpResponseReceiver* receiver = nullptr;
  };

  HttpResponseParser() = default;
  explicit HttpResponseParser(Wanted wanted) : wanted_(wanted) {}

  /// The next bytes. What follows the end of the answer is not read: see surplus().
  State feed(std::string_view bytes);
  /// The peer closed: Complete when the answer is whole now, else Truncated.
  State finish();

  State state() const { return state_; }
  int status() const { return status_; }
  /// Malformed because the head is larger than its cap.
  bool head_too_large() const { return head_too_large_; }
  /// How many of the last feed's bytes follow the end of the answer.
  std::size_t surplus() const { return surplus_; }
  /// The decoded body so far, at most body_cap; empty unless it was wanted, or with a receiver.
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
    Trailers,
    Ended
  };

  State fail(const char* problem);
  State complete();
  State refuse();
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
  std::size_t surplus_ = 0;
  std::uint32_t head_bytes_ = 0;
  std::uint16_t status_ = 0;
  Reading reading_ = Reading::StatusLine;
  State state_ = State::More;
  Wanted wanted_;
  bool chunked_ = false;
  bool other_coding_ = false;
  bool has_length_ = false;
  bool head_too_large_ = false;
};

}  // namespace healer::net
