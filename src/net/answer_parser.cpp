#include "net/answer_parser.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

namespace healer::net {
namespace {

namespace http = boost::beast::http;
using boost::system::error_code;

constexpr std::size_t most_interim_answers = 8;
constexpr std::size_t longest_chunk_head = 16 * 1024;

bool interim(int status) {
  return status >= 100 && status < 200 && status != 101;
}

}  // namespace

struct AnswerParser::Inner {
  explicit Inner(Settings given) : settings(std::move(given)) {}

  Settings settings;
  HttpAnswer answer;
  Sink sink;
  std::optional<Error> failed;  // by a cap or a sink, inside the parser
  std::string pending;          // bytes the parser could not use yet
  std::size_t body_bytes = 0;
  std::size_t interim_answers = 0;
  bool started = false;
  bool done = false;
  bool surplus = false;
  bool upgraded = false;  // past the head of a 101: the rest is no HTTP
  std::unique_ptr<Parser> parser;

  void restart();
  Result<void> body(std::string_view bytes);
};

class AnswerParser::Parser : public http::basic_parser<false> {
 public:
  explicit Parser(Inner& inner) : inner_(inner) {
    eager(true);
    skip(inner.settings.head_only);
    header_limit(static_cast<std::uint32_t>(
        std::min<std::size_t>(inner.settings.head_cap, std::numeric_limits<std::uint32_t>::max())));
    body_limit(boost::none);  // Inner::body counts: an endless body has none, and a sink may end it earlier
  }

 private:
  using Text = boost::beast::string_view;
  static std::string_view view(Text text) { return {text.data(), text.size()}; }

  void fail(Error error, error_code& code) {
    inner_.failed = std::move(error);
    code = http::error::body_limit;
  }

  std::size_t take_body(Text bytes, error_code& code) {
    const auto taken = inner_.body(view(bytes));
    if (!taken) fail(taken.error(), code);
    return bytes.size();
  }

  void on_request_impl(http::verb, Text, Text, int, error_code&) override {}
  void on_response_impl(int status, Text, int, error_code& code) override {
    code = {};
    inner_.answer = HttpAnswer{};
    inner_.answer.status = status;
  }
  void on_field_impl(http::field, Text name, Text value, error_code& code) override {
    code = {};
    inner_.answer.headers.emplace_back(std::string(view(name)), std::string(view(value)));
  }
  void on_header_impl(error_code& code) override {
    code = {};
    if (interim(inner_.answer.status)) return;
    if (inner_.settings.on_head) inner_.sink = inner_.settings.on_head(inner_.answer);
  }
  void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code& code) override {
    code = {};
    if (length && *length > inner_.settings.body_cap && !(inner_.sink && inner_.settings.endless))
      fail(Error{ErrorCode::TooLarge, fmt::format("the answer's body has {} bytes, {} are accepted", *length,
                                                  inner_.settings.body_cap)},
           code);
  }
  std::size_t on_body_impl(Text bytes, error_code& code) override { return take_body(bytes, code); }
  void on_chunk_header_impl(std::uint64_t, Text, error_code& code) override { code = {}; }
  std::size_t on_chunk_body_impl(std::uint64_t, Text bytes, error_code& code) override {
    return take_body(bytes, code);
  }
  void on_finish_impl(error_code& code) override { code = {}; }

  Inner& inner_;
};

void AnswerParser::Inner::restart() {
  parser = std::make_unique<Parser>(*this);
}

Result<void> AnswerParser::Inner::body(std::string_view bytes) {
  body_bytes += bytes.size();
  if (body_bytes > settings.body_cap && !(sink && settings.endless))
    return failure(ErrorCode::TooLarge, fmt::format("the answer's body exceeds {} bytes", settings.body_cap));
  if (sink) return sink(bytes);
  answer.body.append(bytes);
  return {};
}

AnswerParser::AnswerParser(Settings settings) : inner_(std::make_unique<Inner>(std::move(settings))) {
  inner_->restart();
}

AnswerParser::~AnswerParser() = default;

Result<void> AnswerParser::feed(std::string_view bytes) {
  Inner& in = *inner_;
  if (bytes.empty()) return {};
  in.started = true;
  if (in.upgraded) return in.body(bytes);
  const bool joined = !in.pending.empty();
  if (joined) in.pending.append(bytes);
  std::string_view input = joined ? std::string_view(in.pending) : bytes;
  while (!input.empty() && !in.done) {
    error_code code;
    const std::size_t used = in.parser->put({input.data(), input.size()}, code);
    input.remove_prefix(used);
    if (in.failed) return tl::unexpected(*in.failed);
    if (in.parser->is_done()) {
      if (in.answer.status == 101 && in.settings.upgrade) {
        in.upgraded = true;
        const std::string stream(input);
        in.pending.clear();
        return stream.empty() ? Result<void>() : in.body(stream);
      }
      if (!interim(in.answer.status)) {
        in.done = true;
      } else if (++in.interim_answers > most_interim_answers) {
        return failure(ErrorCode::Protocol, "too many interim answers");
      } else {
        in.restart();
      }
      continue;
    }
    if (code == http::error::need_more) break;
    if (code == http::error::header_limit)
      return failure(ErrorCode::TooLarge,
                     fmt::format("the answer's head exceeds {} bytes", in.settings.head_cap));
    if (code) return failure(ErrorCode::Protocol, "not an HTTP answer: " + code.message());
    if (used == 0) break;
  }
  if (in.done) in.surplus = in.surplus || !input.empty();
  in.pending = std::string(in.done ? std::string_view() : input);
  if (in.pending.size() > in.settings.head_cap + longest_chunk_head)
    return failure(ErrorCode::TooLarge, "the answer's framing exceeds its cap");
  return {};
}

Result<void> AnswerParser::finish() {
  Inner& in = *inner_;
  if (in.done) return {};
  if (in.upgraded) {
    in.done = in.surplus = true;
    return {};
  }
  if (in.parser->got_some()) {
    error_code code;
    in.parser->put_eof(code);
    if (!code && in.parser->is_done() && in.pending.empty() && !interim(in.answer.status)) {
      in.done = true;
      in.surplus = true;  // the peer has closed
      return {};
    }
  }
  return failure(ErrorCode::ConnectionLost, in.started ? "the connection ended in the middle of the answer"
                                                       : "the connection ended before an answer came");
}

bool AnswerParser::started() const {
  return inner_->started;
}
bool AnswerParser::done() const {
  return inner_->done;
}
bool AnswerParser::keep_alive() const {
  return inner_->done && !inner_->surplus && inner_->parser->keep_alive();
}
HttpAnswer AnswerParser::take() {
  return std::move(inner_->answer);
}

}  // namespace healer::net
