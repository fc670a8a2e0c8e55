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

/// A whole HTTP/1.1 answer from bytes in any cutting, without a socket: head, Content-Length, chunked and
/// until-the-end bodies, interim (1xx) answers skipped, 101 followed by a stream of its own. Any byte
/// sequence is survived and no memory is taken beyond the caps.
class AnswerParser final : private HttpResponseReceiver {
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
  AnswerParser(const AnswerParser&) = delete;
  AnswerParser& operator=(const AnswerParser&) = delete;

  /// Errors: Protocol, TooLarge, or what a sink returned. Not to be fed after an error.
  Result<void> feed(std::string_view bytes);
  /// The peer closed. ConnectionLost when the answer is not whole.
  Result<void> finish();

  bool started() const { return started_; }  ///< any byte seen
  bool done() const { return done_; }        ///< the answer is whole
  bool keep_alive() const;  ///< done, nothing came after it, and the peer keeps the connection
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
  std::optional<Error> refused_;  ///< by a cap or a sink, inside the parser
  std::size_t body_bytes_ = 0;
  std::size_t heads_ = 0;
  bool http_1_0_ = false;
  bool started_ = false;
  bool done_ = false;
  bool surplus_ = false;   ///< bytes or the close came after the answer
  bool upgraded_ = false;  ///< past the head of a 101: the rest is no HTTP
};

}  // namespace healer::net
