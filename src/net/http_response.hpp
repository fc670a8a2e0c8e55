#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace healer::net {

/// Receives the parts of an answer from HttpResponseParser, for callers that need more than the status.
/// Returning false ends the parsing.
class HttpResponseReceiver {
 public:
  virtual bool on_status(int status, bool http_1_0) = 0;  ///< also for interim answers
  virtual bool on_field(std::string_view name, std::string_view value) = 0;
  /// The final head is complete; `body_length`: if the head gives one.
  virtual bool on_head(std::optional<std::uint64_t> body_length) = 0;
  virtual bool on_body(std::string_view bytes) = 0;

 protected:
  ~HttpResponseReceiver() = default;
};

/// Reads one HTTP answer as its bytes arrive, split anywhere. Stops at the end of the head or, if the body is
/// wanted, at the end of the body or its cap. No I/O; no input crashes.
///
/// It reads generously: blank lines before the status line, any version, no reason phrase, bare LF for CRLF
/// (RFC 9112 2.2), folded lines, blanks around a field's name; lines without a colon are ignored. Where the
/// body is not needed, the status line decides: no later byte makes the answer malformed, and the peer's
/// close or the head's cap ends the head.
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
/// Every body state ends at the cap, unless a receiver gets the body.
class HttpResponseParser {
 public:
  static constexpr std::size_t head_cap = 256 * 1024;
  static constexpr std::size_t body_cap = 10 * 1024;
  static constexpr std::size_t line_cap = 8 * 1024;  ///< the rest of a longer line is dropped
  static constexpr std::size_t most_kept = 32;       ///< fields

  enum class State {
    More,       ///< not complete yet
    Complete,   ///< every wanted part is complete
    Malformed,  ///< not HTTP, or larger than a cap; problem() has the reason
    Truncated,  ///< the peer closed before the answer was complete
  };

  /// How much of the body is read. Must be None for the answer to HEAD, which has no body.
  enum class Body : std::uint8_t {
    None,       ///< the answer is complete with its head
    OfFailure,  ///< of a status of 400 or above, what comes: its end may be missing or wrong
    Needed  ///< whole, or up to the cap; of a status of 400 or above as OfFailure, unless a receiver gets it
  };

  struct Wanted {
    Body body = Body::None;
    /// Whether the field of this name, in any case, is kept. Null: none is.
    bool (*keeps)(int status, std::string_view name) = nullptr;
    std::size_t head_cap =
        HttpResponseParser::head_cap;  ///< bytes of all heads together, with those of interim answers
    HttpResponseReceiver* receiver = nullptr;
  };

  HttpResponseParser() = default;
  explicit HttpResponseParser(Wanted wanted) : wanted_(wanted) {}

  /// Reads the next bytes. Bytes after the end of the answer are not read: see surplus().
  State feed(std::string_view bytes);
  /// To be called when the peer closed: Complete if that ends the answer, else Truncated.
  State finish();

  State state() const { return state_; }
  int status() const { return status_; }  ///< 0 before the status line; also that of an interim answer
  /// The final head is complete, and the body, which follows, is wanted.
  bool in_body() const { return in_body_; }
  /// Whether it is Malformed because the head is larger than its cap.
  bool head_too_large() const { return head_too_large_; }
  /// Number of bytes of the last feed() that follow the end of the answer.
  std::size_t surplus() const { return surplus_; }
  /// The decoded body so far, at most body_cap; empty if it is not wanted, or if there is a receiver.
  const std::string& body() const { return body_; }
  std::string take_body() { return std::move(body_); }
  /// The kept fields of the final head, at most most_kept: name and value.
  const std::vector<std::pair<std::string, std::string>>& fields() const { return fields_; }
  /// The value of the first kept field of this name, which must be lower case; empty if there is none.
  std::string_view field(std::string_view name) const;
  /// The reason in a short phrase, if Malformed.
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

  /// The field that a folded line continues.
  enum class Folded : std::uint8_t { Ignored, Length, Coding, Kept };

  State fail(const char* problem);
  State fail_body(const char* problem);
  State complete();
  State refuse();
  State read_status_line(std::string_view line);
  State read_header(std::string_view line);
  State read_folded(std::string_view value);
  State read_content_length(std::string_view value);
  void read_transfer_coding(std::string_view value);
  State read_chunk_size(std::string_view line);
  State end_head();
  State read_line(std::string_view line);
  State feed_line(std::string_view& bytes);
  State feed_body(std::string_view& bytes);
  bool status_line_possible(std::string_view more) const;
  bool is_final() const { return status_ >= 200 || status_ == 101; }
  bool needs_body() const;
  bool status_decides() const;

  std::string line_;  // the received part of an incomplete line
  std::string body_;
  std::vector<std::pair<std::string, std::string>> fields_;
  const char* problem_ = "";
  std::uint64_t remaining_ = 0;  // of a fixed body or of the chunk
  std::size_t surplus_ = 0;
  std::uint32_t head_bytes_ = 0;
  std::uint16_t status_ = 0;
  Reading reading_ = Reading::StatusLine;
  Folded folded_ = Folded::Ignored;
  State state_ = State::More;
  Wanted wanted_;
  bool chunked_ = false;
  bool other_coding_ = false;
  bool has_length_ = false;
  bool unusable_length_ = false;
  bool in_body_ = false;
  bool head_too_large_ = false;
};

}  // namespace healer::net
