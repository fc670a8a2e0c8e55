#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "net/http_client.hpp"
#include "net/http_response.hpp"

namespace healer::net {

/// Reads a whole HTTP/1.1 answer from bytes split anywhere, without a socket: the head, and bodies with
/// Content-Length, chunked or until the close. Interim (1xx) answers are skipped; after a 101 the rest may be
/// a stream. No input crashes, or takes memory beyond the caps.
class AnswerParser final : private HttpResponseReceiver {
 public:
  using Sink = std::function<Result<void>(std::string_view)>;

  struct Settings {
    bool head_only = false;  ///< the answer to HEAD has no body
    std::size_t head_cap = 64 * 1024;
    std::size_t body_cap = 4 * 1024 * 1024;
    /// Called when the head is complete. The sink that it returns gets the body (`endless`: also beyond
    /// body_cap); without a sink the body is kept in the answer.
    std::function<Sink(const HttpAnswer& head)> on_head;
    bool endless = false;
    /// True: all bytes after the head of a 101, until the peer closes, are its body. False: a 101 ends with
    /// its head.
    bool upgrade = false;
  };

  explicit AnswerParser(Settings settings);
  AnswerParser(const AnswerParser&) = delete;
  AnswerParser& operator=(const AnswerParser&) = delete;

  /// Errors: Protocol, TooLarge, or a sink's error. Must not be called after an error.
  Result<void> feed(std::string_view bytes);
  /// To be called when the peer closed. ConnectionLost when the answer is not complete.
  Result<void> finish();

  bool started() const { return started_; }  ///< a byte was received
  bool done() const { return done_; }        ///< the answer is complete
  bool keep_alive() const;  ///< done, nothing follows the answer, and the peer keeps the connection
  HttpAnswer take();

 private:
  bool on_status(int status, bool http_1_0) override;
  bool on_field(std::string_view name, std::string_view value) override;
  bool on_head(std::optional<std::uint64_t> body_length) override;
  bool on_body(std::string_view bytes) override;
  bool refuse(Error error);

  Settings settings_;
  HttpResponseParser parser_;
  HttpAnswer answer_;
  Sink sink_;
  std::optional<Error> refused_;  ///< error of a cap or a sink within a callback of the parser
  std::size_t body_bytes_ = 0;
  std::size_t heads_ = 0;
  bool http_1_0_ = false;
  bool started_ = false;
  bool done_ = false;
  bool surplus_ = false;   ///< bytes or a close followed the answer
  bool upgraded_ = false;  ///< after the head of a 101: the rest is not HTTP
};

}  // namespace healer::net
