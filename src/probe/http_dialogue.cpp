#include "probe/http_dialogue.hpp"

#include <utility>

#include <fmt/format.h>

#include "net/http_date.hpp"
#include "probe/answer_hints.hpp"
#include "probe/http_redirect.hpp"
#include "probe/opening.hpp"

namespace healer {

namespace {

// How long a failed answer's body is worth waiting for: its status decides already.
constexpr Duration longest_body_wait = 300ms;

using Body = net::HttpResponseParser::Body;

}  // namespace

HttpDialogue::HttpDialogue(const HttpTarget& target, std::unique_ptr<const HttpHop> hop)
    : target_(&target), hop_(std::move(hop)) {
  const std::string& method = hop_ ? hop_->method : target.method;
  const Body wanted = target.capture_body ? Body::Needed : Body::OfFailure;
  parser_ = net::HttpResponseParser({.body = method == "HEAD" ? Body::None : wanted,
                                     .keeps = target.capture_body ? &keeps_field_of_body : &keeps_field});
}

std::string_view HttpDialogue::to_send(std::string& scratch) {
  if (all_sent_) return {};
  write_http_request(*target_, scratch, hop_.get());
  size_ = scratch.size();
  return std::string_view(scratch).substr(sent_);
}

void HttpDialogue::sent(std::size_t bytes) {
  sent_ += bytes;
  all_sent_ = sent_ == size_;
}

bool HttpDialogue::take(std::string_view bytes) {
  const bool before = parser_.status() == 0;
  const State state = parser_.feed(bytes);
  if (before && parser_.status() == 0) return no_status_line(bytes);
  return state != State::More || (parser_.in_body() && !awaits_body());
}

bool HttpDialogue::no_status_line(std::string_view bytes) {
  if (opening_.empty()) greeted_ = sent_ == 0;
  opening_.append(bytes.substr(0, opening_cap - opening_.size()));
  return parser_.state() != State::More && !may_become_tls(opening_);
}

// Whether the body, which has begun or will begin, is worth waiting for.
bool HttpDialogue::awaits_body() const {
  if (target_->capture_body) return compression_of(parser_).empty();
  return body_may_explain(parser_);
}

Duration HttpDialogue::more_wait() const {
  return answered() && !target_->capture_body ? longest_body_wait : Duration{0};
}

PeerProtocol HttpDialogue::protocol() const {
  return parser_.status() != 0 ? PeerProtocol::Http : protocol_of_opening(opening_);
}

ProbeFacts HttpDialogue::take_facts(const WallClock& clock) {
  const bool whole =
      parser_.state() == State::Complete || (parser_.state() == State::More && parser_.in_body());
  return whole ? facts_of_answer(clock) : facts_without_answer();
}

ProbeFacts HttpDialogue::facts_of_answer(const WallClock& clock) {
  ProbeFacts facts;
  facts.status = parser_.status();
  facts.protocol = PeerProtocol::Http;
  facts.detail = std::move(detail_);
  if (facts.status >= 300) {
    // The peer's own clock, if it sends its time, else healer's.
    const auto sent_at = net::parse_http_date(parser_.field("date"));
    if (const std::string_view text = parser_.field("retry-after"); !text.empty())
      facts.retry_after = net::parse_retry_after(text, sent_at ? *sent_at : clock());
  }
  if (facts.status >= 400) explain_failure(facts);
  if (!target_->capture_body) return facts;
  const std::string coding = parser_.in_body() ? compression_of(parser_) : "";
  if (!coding.empty()) {
    facts.end = ProbeEnd::Compressed;
    facts.detail = "the body is compressed (" + coding + ")";
  } else {
    facts.body = parser_.take_body();
  }
  return facts;
}

void HttpDialogue::explain_failure(ProbeFacts& facts) const {
  facts.maintenance = answer_says_maintenance(parser_);
  if (facts.status != 400) return;
  if (!target_->tls && body_wants_tls(parser_.body())) {
    facts.protocol = PeerProtocol::Tls;
    facts.detail = "the port speaks TLS: set healer.probe=https";
  } else if (target_->tls && body_wants_certificate(parser_.body())) {
    facts.protocol = PeerProtocol::Tls;
    facts.wants_certificate = true;
    facts.detail = "the server demands a client certificate";
  }
}

ProbeFacts HttpDialogue::facts_without_answer() const {
  ProbeFacts facts;
  facts.protocol = protocol();
  if (parser_.state() != State::Malformed) {
    facts.end = ProbeEnd::Reset;
    facts.detail = "closed before the answer was whole";
    return facts;
  }
  facts.end = ProbeEnd::Malformed;
  facts.detail = parser_.head_too_large()
                     ? fmt::format("head larger than {} KiB", net::HttpResponseParser::head_cap / 1024)
                     : parser_.problem();
  // Within TLS the first bytes are the application's; a TLS record there is nonsense, not a hint.
  if (parser_.status() == 0 && !target_->tls)
    facts.detail = explain_opening(opening_, greeted_ ? "it greets first:" : "it sent");
  return facts;
}

std::unique_ptr<const HttpHop> HttpDialogue::next() {
  const bool read =
      parser_.state() == State::Complete || (parser_.state() == State::More && parser_.in_body());
  if (target_->redirects == 0 || !read || !is_redirect(parser_.status())) return nullptr;
  const HttpHop before = hop_ ? *hop_ : HttpHop{target_->path, target_->method};
  auto hop = next_hop(*target_, before, parser_.status(), parser_.field("location"));
  if (hop) return std::make_unique<const HttpHop>(std::move(*hop));
  detail_ = std::move(hop.error());
  return nullptr;
}

}  // namespace healer
