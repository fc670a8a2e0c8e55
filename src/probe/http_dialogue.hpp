#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "model/probe.hpp"
#include "net/http_response.hpp"
#include "probe/http_request.hpp"

namespace healer {

/// Tells the time by which an HTTP-date in an answer is read.
using WallClock = std::function<WallTime()>;

/// One HTTP request and its answer. If redirects are followed, the answer may need another connection.
///
/// The status decides. A body is needed only if the target captures it, and then of an answer below 400; of a
/// failed answer, a JSON body and that of a 400 are read for a moment, because they may say why.
class HttpDialogue {
 public:
  explicit HttpDialogue(const HttpTarget& target, std::unique_ptr<const HttpHop> hop = nullptr);

  Duration listens_for() const { return hop_ || target_->tls ? Duration{0} : target_->greeting_wait; }
  /// The request, written into `scratch`, which all dialogues may share; empty when everything is sent.
  std::string_view to_send(std::string& scratch);
  void sent(std::size_t bytes);
  bool take(std::string_view bytes);
  void peer_closed() { parser_.finish(); }
  bool answered() const { return parser_.in_body() && parser_.status() >= 400; }
  Duration more_wait() const;
  PeerProtocol protocol() const;
  ProbeFacts take_facts(const WallClock& clock);
  /// After the end: the next request, for a new connection; null when this answer is the last. Then the facts
  /// say why a redirect is not followed.
  std::unique_ptr<const HttpHop> next();

 private:
  using State = net::HttpResponseParser::State;

  bool no_status_line(std::string_view bytes);
  bool awaits_body() const;
  void explain_failure(ProbeFacts& facts) const;
  ProbeFacts facts_of_answer(const WallClock& clock);
  ProbeFacts facts_without_answer() const;

  const HttpTarget* target_;
  std::unique_ptr<const HttpHop> hop_;  // null: the target's own request
  net::HttpResponseParser parser_;
  std::string opening_;  // the first bytes, while no status line has come
  std::string detail_;
  std::size_t sent_ = 0;
  std::size_t size_ = 0;
  bool all_sent_ = false;
  bool greeted_ = false;  // the first bytes came before the request was sent
};

}  // namespace healer
