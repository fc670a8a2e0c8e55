#include "net/http_response.hpp"

#include <algorithm>
#include <charconv>

#include "net/http_text.hpp"

namespace healer::net {

namespace {

// Largest line with a chunk's size and its extensions, and largest line end after a chunk, in bytes.
constexpr std::size_t chunk_line_cap = 4096;

constexpr std::string_view version_prefix = "HTTP/1.";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

HttpResponseParser::State HttpResponseParser::fail(const char* problem) {
  problem_ = problem;
  reading_ = Reading::Ended;
  return state_ = State::Malformed;
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
  reading_ = Reading::Ended;
  return state_ = State::Truncated;
}

// A peer with another protocol (SSH, SMTP, HTTP/2) that sends no line end is refused at once, not at the
// timeout.
bool HttpResponseParser::status_line_possible(std::string_view more) const {
  if (line_.size() >= version_prefix.size()) return true;
  const std::string_view expected = version_prefix.substr(line_.size());
  const std::size_t length = std::min(expected.size(), more.size());
  return more.substr(0, length) == expected.substr(0, length);
}

HttpResponseParser::State HttpResponseParser::feed_line(std::string_view& bytes) {
  if (reading_ == Reading::StatusLine && !status_line_possible(bytes)) return fail("not an HTTP/1.x answer");
  const std::size_t end = bytes.find('\n');
  const std::size_t taken = end == std::string_view::npos ? bytes.size() : end + 1;
  const bool in_head =
      reading_ == Reading::StatusLine || reading_ == Reading::Headers || reading_ == Reading::Trailers;
  if (in_head) {
    if (taken > wanted_.head_cap - head_bytes_) {
      head_too_large_ = true;
      return fail("head larger than its cap");
    }
    head_bytes_ += static_cast<std::uint32_t>(taken);
  } else if (line_.size() + taken > chunk_line_cap) {
    return fail("chunk line larger than 4 KiB");
  }
  const std::string_view piece = bytes.substr(0, taken);
  bytes.remove_prefix(taken);
  if (end == std::string_view::npos) {
    line_.append(piece);
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
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
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
      if (!line.empty()) return fail("chunk longer than its size");
      reading_ = Reading::ChunkSize;
      return State::More;
  }
}

// HTTP-version SP 3DIGIT [ SP reason ]; the reason and its space are often left out.
HttpResponseParser::State HttpResponseParser::read_status_line(std::string_view line) {
  constexpr std::size_t code_at = 9;  // "HTTP/1.x "
  if (line.size() < code_at + 3 || !line.starts_with(version_prefix) || !is_digit(line[7]) || line[8] != ' ')
    return fail("malformed status line");
  const std::string_view code = line.substr(code_at, 3);
  if (!std::all_of(code.begin(), code.end(), is_digit) || code.front() == '0' ||
      (line.size() > code_at + 3 && line[code_at + 3] != ' '))
    return fail("malformed status line");
  status_ = static_cast<std::uint16_t>((code[0] - '0') * 100 + (code[1] - '0') * 10 + (code[2] - '0'));
  reading_ = Reading::Headers;
  return wanted_.receiver && !wanted_.receiver->on_status(status_, line[7] == '0') ? refuse() : State::More;
}

HttpResponseParser::State HttpResponseParser::read_header(std::string_view line) {
  // An obsolete folded line (RFC 9112 5.2) continues a value. It is ignored: the fields used here are never
  // folded.
  if (is_blank(line.front())) return State::More;
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return fail("malformed header line");
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trim_blanks(line.substr(colon + 1));
  if (wanted_.receiver && !wanted_.receiver->on_field(name, value)) return refuse();
  if (same_name(name, "content-length")) return read_content_length(value);
  if (same_name(name, "transfer-encoding")) {
    // The last coding decides where the body ends (RFC 9112 6.3).
    const std::size_t comma = value.rfind(',');
    const std::string_view last =
        trim_blanks(comma == std::string_view::npos ? value : value.substr(comma + 1));
    chunked_ = same_name(last, "chunked");
    other_coding_ = !chunked_;
  } else if (wanted_.location && location_.empty() && same_name(name, "location")) {
    location_ = value;
  }
  return State::More;
}

HttpResponseParser::State HttpResponseParser::read_content_length(std::string_view value) {
  // One field may repeat the same length as a list (RFC 9110 8.6).
  for (bool more = true; more;) {
    const std::size_t comma = value.find(',');
    const std::string_view item = trim_blanks(value.substr(0, comma));
    more = comma != std::string_view::npos;
    if (more) value.remove_prefix(comma + 1);
    std::uint64_t length = 0;
    const char* end = item.data() + item.size();
    const auto [parsed, error] = std::from_chars(item.data(), end, length);
    if (item.empty() || error != std::errc{} || parsed != end) return fail("malformed content-length");
    if (has_length_ && length != remaining_) return fail("two different content-lengths");
    has_length_ = true;
    remaining_ = length;
  }
  return State::More;
}

HttpResponseParser::State HttpResponseParser::end_head() {
  if (status_ >= 100 && status_ < 200 && status_ != 101) {
    reading_ = Reading::StatusLine;
    chunked_ = other_coding_ = has_length_ = false;
    location_.clear();
    remaining_ = 0;
    return State::More;
  }
  const bool has_body = wanted_.body && status_ != 101 && status_ != 204 && status_ != 304;
  const bool fixed = has_body && has_length_ && !chunked_ && !other_coding_;
  if (wanted_.receiver && !wanted_.receiver->on_head(fixed ? std::optional(remaining_) : std::nullopt))
    return refuse();
  if (!has_body) return complete();
  if (chunked_) {
    reading_ = Reading::ChunkSize;
  } else if (fixed) {
    if (remaining_ == 0) return complete();
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
  if (digits.empty() || error != std::errc{} || parsed != end) return fail("malformed chunk size");
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

}  // namespace healer::net
