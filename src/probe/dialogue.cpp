#include "probe/dialogue.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "probe/http_redirect.hpp"

namespace healer {

namespace {

constexpr std::size_t banner_cap = 10 * 1024;  // bytes, the limit of ProbeFacts::body

}  // namespace

// ---- HTTP

HttpDialogue::HttpDialogue(const HttpTarget& target, std::unique_ptr<const HttpHop> hop)
    : target_(&target), hop_(std::move(hop)) {
  const std::string& method = hop_ ? hop_->method : target.method;
  parser_ = net::HttpResponseParser({.body = target.capture_body && method != "HEAD",  //
                                     .location = target.redirects > 0});
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

ProbeFacts HttpDialogue::take_facts() {
  ProbeFacts facts;
  switch (parser_.state()) {
    case net::HttpResponseParser::State::Complete:
      facts.status = parser_.status();
      facts.body = parser_.take_body();
      facts.detail = std::move(detail_);
      break;
    case net::HttpResponseParser::State::Malformed:
      facts.end = ProbeEnd::Malformed;
      facts.detail = parser_.head_too_large()
                         ? fmt::format("head larger than {} KiB", net::HttpResponseParser::head_cap / 1024)
                         : parser_.problem();
      break;
    default:
      facts.end = ProbeEnd::Reset;
      facts.detail = "closed before the answer was whole";
      break;
  }
  return facts;
}

std::unique_ptr<const HttpHop> HttpDialogue::next() {
  if (target_->redirects == 0 || parser_.state() != net::HttpResponseParser::State::Complete ||
      !is_redirect(parser_.status()))
    return nullptr;
  const HttpHop before = hop_ ? *hop_ : HttpHop{target_->path, target_->method};
  auto hop = next_hop(*target_, before, parser_.status(), parser_.location());
  if (hop) return std::make_unique<const HttpHop>(std::move(*hop));
  detail_ = std::move(hop.error());
  return nullptr;
}

// ---- TCP

BannerDialogue::BannerDialogue(const TcpTarget& target)
    : wanted_(std::min(target.banner_bytes, banner_cap)) {}

bool BannerDialogue::take(std::string_view bytes) {
  banner_.append(bytes.substr(0, wanted_ - banner_.size()));
  return over();
}

ProbeFacts BannerDialogue::take_facts() {
  ProbeFacts facts;
  if (wanted_ > 0 && banner_.empty()) {
    facts.end = ProbeEnd::Reset;
    facts.detail = "closed before any banner";
  }
  // A banner may be shorter than wanted. The caller judges whether it is enough.
  facts.body = std::move(banner_);
  return facts;
}

}  // namespace healer
