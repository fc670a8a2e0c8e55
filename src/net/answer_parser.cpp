#include "net/answer_parser.hpp"

#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "net/http_text.hpp"

namespace healer::net {
namespace {

constexpr std::size_t most_interim_answers = 8;

}  // namespace

AnswerParser::AnswerParser(Settings settings)
    : settings_(std::move(settings)),
      parser_(
          {.body = settings_.head_only ? HttpResponseParser::Body::None : HttpResponseParser::Body::Needed,
           .head_cap = settings_.head_cap,
           .receiver = this}) {}

bool AnswerParser::refuse(Error error) {
  refused_ = std::move(error);
  return false;
}

bool AnswerParser::on_status(int status, bool http_1_0) {
  if (++heads_ > most_interim_answers + 1) return refuse({ErrorCode::Protocol, "too many interim answers"});
  answer_ = HttpAnswer{};
  answer_.status = status;
  http_1_0_ = http_1_0;
  return true;
}

bool AnswerParser::on_field(std::string_view name, std::string_view value) {
  answer_.headers.emplace_back(name, value);
  return true;
}

bool AnswerParser::on_head(std::optional<std::uint64_t> body_length) {
  if (settings_.on_head) sink_ = settings_.on_head(answer_);
  if (body_length && *body_length > settings_.body_cap && !(sink_ && settings_.endless))
    return refuse({ErrorCode::TooLarge, fmt::format("the answer's body has {} bytes, {} are accepted",
                                                    *body_length, settings_.body_cap)});
  return true;
}

bool AnswerParser::on_body(std::string_view bytes) {
  body_bytes_ += bytes.size();
  if (body_bytes_ > settings_.body_cap && !(sink_ && settings_.endless))
    return refuse(
        {ErrorCode::TooLarge, fmt::format("the answer's body exceeds {} bytes", settings_.body_cap)});
  if (!sink_) {
    answer_.body.append(bytes);
    return true;
  }
  auto taken = sink_(bytes);
  return taken || refuse(std::move(taken.error()));
}

Result<void> AnswerParser::feed(std::string_view bytes) {
  if (bytes.empty()) return {};
  started_ = true;
  if (done_) {
    surplus_ = true;
    return {};
  }
  if (!upgraded_) {
    const auto state = parser_.feed(bytes);
    if (refused_) return tl::unexpected(*refused_);
    if (parser_.head_too_large())
      return failure(ErrorCode::TooLarge,
                     fmt::format("the answer's head exceeds {} bytes", settings_.head_cap));
    if (state == HttpResponseParser::State::Malformed)
      return failure(ErrorCode::Protocol, std::string("not an HTTP answer: ") + parser_.problem());
    if (state != HttpResponseParser::State::Complete) return {};
    bytes.remove_prefix(bytes.size() - parser_.surplus());
    upgraded_ = answer_.status == 101 && settings_.upgrade;
    done_ = !upgraded_;
    surplus_ = !bytes.empty();
  }
  if (upgraded_ && !bytes.empty() && !on_body(bytes)) return tl::unexpected(*refused_);
  return {};
}

Result<void> AnswerParser::finish() {
  if (done_) return {};
  if (upgraded_ || parser_.finish() == HttpResponseParser::State::Complete) {
    done_ = surplus_ = true;  // the peer closed, so the connection cannot be kept
    return {};
  }
  return failure(ErrorCode::ConnectionLost, started_ ? "the connection ended in the middle of the answer"
                                                     : "the connection ended before an answer came");
}

// RFC 9112 9.3.
bool AnswerParser::keep_alive() const {
  if (!done_ || surplus_ || answer_.status == 101) return false;
  bool close = false, keep = false;
  for (const auto& [name, value] : answer_.headers) {
    if (!same_name(name, "connection")) continue;
    for (const std::string& option : split(value, ',')) {
      close = close || same_name(trim_blanks(option), "close");
      keep = keep || same_name(trim_blanks(option), "keep-alive");
    }
  }
  return !close && (keep || !http_1_0_);
}

HttpAnswer AnswerParser::take() {
  return std::move(answer_);
}

}  // namespace healer::net
