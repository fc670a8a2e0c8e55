#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "net/http_client.hpp"

namespace healer::net {

/// HTTP/1.1 answers from bytes in any cutting, without a socket: head, Content-Length, chunked and
/// until-the-end bodies, interim (1xx) answers skipped, 101 followed by a stream of its own. Any byte
/// sequence is survived and no memory is taken beyond the caps.
class AnswerParser {
 public:
  using Sink = std::function<Result<void>(std::string_view)>;

  struct Settings {
    bool head_only = false;  ///< the answer to HEAD has no body
    std::size_t head_cap = 64 * 1024;
    std::size_t body_cap = 4 * 1024 * 1024;
    /// Called when the head is whole. The sink it returns gets the body (without regard to body_cap when
    /// `endless`); with none the body is kept in the answer.
    std::function<Sink(const HttpAnswer& head)> on_head;
    bool endless = false;
    /// What follows the head of a 101, until the peer closes, is its body; else a 101 ends with its head.
    bool upgrade = false;
  };

  explicit AnswerParser(Settings settings);
  ~AnswerParser();
  AnswerParser(const AnswerParser&) = delete;
  AnswerParser& operator=(const AnswerParser&) = delete;

  /// Errors: Protocol, TooLarge, or what a sink returned. Not to be fed after an error.
  Result<void> feed(std::string_view bytes);
  /// The peer closed. ConnectionLost when the answer is not whole.
  Result<void> finish();

  bool started() const;     ///< any byte seen
  bool done() const;        ///< the answer is whole
  bool keep_alive() const;  ///< done, nothing came after it, and the peer keeps the connection
  HttpAnswer take();

 private:
  class Parser;
  struct Inner;
  std::unique_ptr<Inner> inner_;
};

}  // namespace healer::net
