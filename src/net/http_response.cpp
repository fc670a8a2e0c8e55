#include "net/http_response.hpp"

#include <algorithm>
#include <charconv>

#include "net/http_text.hpp"

namespace healer::net {

namespace {

// Largest line with a chunk's size and its extensions, and largest line end after a chunk, in bytes.
constexpr std::size_t chunk_line_cap = 4096;

constexpr std::string_view version_prefix = "HTTP/";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

struct StatusLine {
  std::uint16_t status;
  bool http_1_0;
};

// HTTP-version SP 3DIGIT [ SP reason ]; the reason and its space are often left out.
std::optional<StatusLine> parse_status_line(std::string_view line) {
  if (!line.starts_with(version_prefix)) return std::nullopt;
  line.remove_prefix(version_prefix.size());
  const std::size_t blank = line.find_first_of(" \t");
  const std::string_view version = line.substr(0, blank);
  if (blank == std::string_view::npos || version.empty() ||
      version.find_first_not_of("0123456789.") != std::string_view::npos)
    return std::nullopt;
  const std::string_view code = trim_blanks(line.substr(blank));
  if (code.size() < 3 || !std::all_of(code.begin(), code.begin() + 3, is_digit) || code.front() == '0' ||
      (code.size() > 3 && is_digit(code[3])))
    return std::nullopt;
  const int status = (code[0] - '0') * 100 + (code[1] - '0') * 10 + (code[2] - '0');
  return StatusLine{static_cast<std::uint16_t>(status), version == "1.0"};
}

}  // namespace

HttpResponseParser::State HttpResponseParser::fail(const char* problem) {
  problem_ = problem;
  reading_ = Reading::Ended;
  return state_ = State::Malformed;
}

// The status decides where the body is not needed: then what came of it is enough.
HttpResponseParser::State HttpResponseParser::fail_body(const char* problem) {
  return needs_body() ? fail(problem) : complete();
}

HttpResponseParser::State HttpResponseParser::complete() {
  reading_ = Reading::Ended;
  return state_ = State::Complete;
}

HttpResponseParser::State HttpResponseParser::refuse() {
  return fail("refused by its receiver");
}

HttpResponseParser::State HttpResponseParser::feed(std::string_view bytes) {
  while (state_ == State::More && !bytes.empty()) {
    switch (reading_) {
      case Reading::StatusLine:
      case Reading::Headers:
      case Reading::ChunkSize:
      case Reading::ChunkEnd:
      case Reading::Trailers:
        feed_line(bytes);
        break;
      case Reading::Fixed:
      case Reading::UntilClose:
      case Reading::ChunkData:
        feed_body(bytes);
        break;
      case Reading::Ended:
        return state_;
    }
  }
  surplus_ = bytes.size();
  return state_;
}

HttpResponseParser::State HttpResponseParser::finish() {
  if (state_ != State::More) return state_;
  if (reading_ == Reading::UntilClose) return complete();
  if (reading_ == Reading::StatusLine && !wanted_.receiver)
    if (const auto read = parse_status_line(line_)) {  // without a line end
      status_ = read->status;
      reading_ = Reading::Headers;
    }
  if (status_decides()) return complete();
  reading_ = Reading::Ended;
  return state_ = State::Truncated;
}

bool HttpResponseParser::needs_body() const {
  return wanted_.body == Body::Needed && (wanted_.receiver || status_ < 400);
}

// Whether the answer may end here, within its head or its body.
bool HttpResponseParser::status_decides() const {
  return reading_ != Reading::StatusLine && is_final() && !wanted_.receiver && !needs_body();
}

// A peer with another protocol (SSH, SMTP, HTTP/2) that sends no line end is refused at once, not at the
// timeout. Blank lines may precede the status line.
bool HttpResponseParser::status_line_possible(std::string_view more) const {
  const std::size_t size = line_.size() + more.size();
  const auto at = [&](std::size_t i) { return i < line_.size() ? line_[i] : more[i - line_.size()]; };
  if (at(0) == '\n') return true;
  if (at(0) == '\r') return size == 1 || at(1) == '\n';
  for (std::size_t i = 0; i < std::min(size, version_prefix.size()); ++i)
    if (at(i) != version_prefix[i]) return false;
  return true;
}

HttpResponseParser::State HttpResponseParser::feed_line(std::string_view& bytes) {
  if (reading_ == Reading::StatusLine && !status_line_possible(bytes)) return fail("not an HTTP answer");
  const std::size_t end = bytes.find('\n');
  const std::size_t taken = end == std::string_view::npos ? bytes.size() : end + 1;
  const bool in_head =
      reading_ == Reading::StatusLine || reading_ == Reading::Headers || reading_ == Reading::Trailers;
  if (in_head) {
    if (taken > wanted_.head_cap - head_bytes_) {
      if (status_decides()) return complete();
      head_too_large_ = true;
      return fail("head larger than its cap");
    }
    head_bytes_ += static_cast<std::uint32_t>(taken);
  } else if (line_.size() + taken > chunk_line_cap) {
    return fail_body("chunk line larger than 4 KiB");
  }
  const std::string_view piece = bytes.substr(0, taken);
  bytes.remove_prefix(taken);
  // One byte above the cap tells that the line is longer.
  const std::size_t room = wanted_.receiver ? std::string_view::npos : line_cap + 1 - line_.size();
  if (end == std::string_view::npos) {
    line_.append(piece.substr(0, room));
    return State::More;
  }
  std::string_view line = piece;
  std::string whole;
  if (!line_.empty()) {
    whole = std::move(line_);
    line_.clear();
    whole.append(piece);
    line = whole;
  }
  line.remove_suffix(1);
  if (!wanted_.receiver && line.size() > line_cap) {
    line = line.substr(0, line_cap);
  } else if (!line.empty() && line.back() == '\r') {
    line.remove_suffix(1);
  }
  return read_line(line);
}

HttpResponseParser::State HttpResponseParser::read_line(std::string_view line) {
  switch (reading_) {
    case Reading::StatusLine:
      return read_status_line(line);
    case Reading::Headers:
      return line.empty() ? end_head() : read_header(line);
    case Reading::ChunkSize:
      return read_chunk_size(line);
    case Reading::Trailers:
      return line.empty() ? complete() : State::More;
    default:  // ChunkEnd
      if (!line.empty()) return fail_body("chunk longer than its size");
      reading_ = Reading::ChunkSize;
      return State::More;
  }
}

HttpResponseParser::State HttpResponseParser::read_status_line(std::string_view line) {
  if (line.empty()) return State::More;
  const auto read = parse_status_line(line);
  if (!read) return fail("malformed status line");
  status_ = read->status;
  reading_ = Reading::Headers;
  return wanted_.receiver && !wanted_.receiver->on_status(status_, read->http_1_0) ? refuse() : State::More;
}

HttpResponseParser::State HttpResponseParser::read_header(std::string_view line) {
  if (is_blank(line.front())) return read_folded(trim_blanks(line));
  folded_ = Folded::Ignored;
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return State::More;
  const std::string_view name = trim_blanks(line.substr(0, colon));
  const std::string_view value = trim_blanks(line.substr(colon + 1));
  if (name.empty()) return State::More;
  if (wanted_.receiver && !wanted_.receiver->on_field(name, value)) return refuse();
  const bool kept = wanted_.keeps && fields_.size() < most_kept && wanted_.keeps(status_, name);
  if (kept) {
    fields_.emplace_back(name, value);
    folded_ = Folded::Kept;
  }
  if (same_name(name, "content-length")) {
    folded_ = Folded::Length;
    return read_content_length(value);
  }
  if (same_name(name, "transfer-encoding")) {
    folded_ = Folded::Coding;
    read_transfer_coding(value);
  }
  return State::More;
}

// An obsolete folded line continues the value of the line before (RFC 9112 5.2).
HttpResponseParser::State HttpResponseParser::read_folded(std::string_view value) {
  switch (folded_) {
    case Folded::Length:
      return read_content_length(value);
    case Folded::Coding:
      read_transfer_coding(value);
      break;
    case Folded::Kept: {
      std::string& kept = fields_.back().second;
      if (kept.size() + value.size() < line_cap) kept.append(kept.empty() ? "" : " ").append(value);
      break;
    }
    case Folded::Ignored:
      break;
  }
  return State::More;
}

// The last coding decides where the body ends (RFC 9112 6.3).
void HttpResponseParser::read_transfer_coding(std::string_view value) {
  const std::size_t comma = value.rfind(',');
  const std::string_view last =
      trim_blanks(comma == std::string_view::npos ? value : value.substr(comma + 1));
  if (last.empty()) return;
  chunked_ = same_name(last, "chunked");
  other_coding_ = !chunked_;
}

// One field may repeat the same length as a list (RFC 9110 8.6). A length that cannot be used is as none: the
// body ends with the connection. A receiver, whose connection may serve another answer, gets a failure.
HttpResponseParser::State HttpResponseParser::read_content_length(std::string_view value) {
  for (bool more = true; more;) {
    const std::size_t comma = value.find(',');
    const std::string_view item = trim_blanks(value.substr(0, comma));
    more = comma != std::string_view::npos;
    if (more) value.remove_prefix(comma + 1);
    if (item.empty() && !wanted_.receiver) continue;
    std::uint64_t length = 0;
    const char* end = item.data() + item.size();
    const auto [parsed, error] = std::from_chars(item.data(), end, length);
    const bool number = !item.empty() && error == std::errc{} && parsed == end;
    const bool differs = number && has_length_ && length != remaining_;
    if (number && !differs) {
      has_length_ = true;
      remaining_ = length;
    } else if (wanted_.receiver) {
      return fail(differs ? "two different content-lengths" : "malformed content-length");
    } else {
      unusable_length_ = true;
    }
  }
  return State::More;
}

HttpResponseParser::State HttpResponseParser::end_head() {
  if (!is_final()) {
    reading_ = Reading::StatusLine;
    chunked_ = other_coding_ = has_length_ = unusable_length_ = false;
    folded_ = Folded::Ignored;
    fields_.clear();
    remaining_ = 0;
    return State::More;
  }
  const bool wanted = wanted_.body == Body::Needed || (wanted_.body == Body::OfFailure && status_ >= 400);
  const bool has_body = wanted && status_ != 101 && status_ != 204 && status_ != 304;
  const bool fixed = has_body && has_length_ && !unusable_length_ && !chunked_ && !other_coding_;
  if (wanted_.receiver && !wanted_.receiver->on_head(fixed ? std::optional(remaining_) : std::nullopt))
    return refuse();
  if (!has_body || (fixed && remaining_ == 0)) return complete();
  in_body_ = true;
  if (chunked_) {
    reading_ = Reading::ChunkSize;
  } else if (fixed) {
    reading_ = Reading::Fixed;
  } else {
    reading_ = Reading::UntilClose;
  }
  return State::More;
}

HttpResponseParser::State HttpResponseParser::read_chunk_size(std::string_view line) {
  const std::string_view digits = trim_blanks(line.substr(0, line.find(';')));
  const char* end = digits.data() + digits.size();
  const auto [parsed, error] = std::from_chars(digits.data(), end, remaining_, 16);
  if (digits.empty() || error != std::errc{} || parsed != end) return fail_body("malformed chunk size");
  if (remaining_ == 0) {
    if (!wanted_.receiver) return complete();  // a probe needs no trailers
    reading_ = Reading::Trailers;
    return State::More;
  }
  reading_ = Reading::ChunkData;
  return State::More;
}

HttpResponseParser::State HttpResponseParser::feed_body(std::string_view& bytes) {
  const bool counted = reading_ != Reading::UntilClose;
  std::uint64_t wanted = bytes.size();
  if (counted) wanted = std::min<std::uint64_t>(wanted, remaining_);
  const std::size_t room = wanted_.receiver ? bytes.size() : body_cap - body_.size();
  const std::size_t kept = std::min<std::size_t>(wanted, room);
  const std::string_view piece = bytes.substr(0, kept);
  bytes.remove_prefix(kept);
  if (wanted_.receiver) {
    if (!wanted_.receiver->on_body(piece)) return refuse();
  } else {
    body_.append(piece);
    if (body_.size() == body_cap) return complete();
  }
  if (!counted) return State::More;
  remaining_ -= kept;
  if (remaining_ > 0) return State::More;
  if (reading_ == Reading::Fixed) return complete();
  reading_ = Reading::ChunkEnd;
  return State::More;
}

std::string_view HttpResponseParser::field(std::string_view name) const {
  for (const auto& [seen, value] : fields_)
    if (same_name(seen, name)) return value;
  return {};
}

}  // namespace healer::net
