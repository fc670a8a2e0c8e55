#include "engine/docker/output_stream.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace healer::docker {
namespace {

constexpr unsigned char highest_stream = 3;  // stdin, stdout, stderr, and the engine's own errors

}  // namespace

OutputStream::OutputStream(Framing framing, std::function<void(std::string_view)> take)
    : framing_(framing), take_(std::move(take)) {}

Result<void> OutputStream::feed(std::string_view bytes) {
  if (framing_ == Framing::ByFirstByte && !bytes.empty())
    framing_ = static_cast<unsigned char>(bytes.front()) <= highest_stream ? Framing::Framed : Framing::Raw;
  if (framing_ == Framing::Raw) {
    take_(bytes);
    return {};
  }
  while (!bytes.empty()) {
    if (header_bytes_ == header_size) {
      const auto piece = bytes.substr(0, left_);
      bytes.remove_prefix(piece.size());
      left_ -= static_cast<std::uint32_t>(piece.size());
      if (left_ == 0) header_bytes_ = 0;
      take_(piece);
      continue;
    }
    const auto byte = static_cast<unsigned char>(bytes.front());
    const bool fits = header_bytes_ == 0 ? byte <= highest_stream : header_bytes_ > 3 || byte == 0;
    if (!fits)
      return failure(ErrorCode::Protocol,
                     fmt::format("the output's framing is broken: byte {} of a header is {}", header_bytes_,
                                 static_cast<unsigned>(byte)));
    header_[header_bytes_++] = byte;
    bytes.remove_prefix(1);
    if (header_bytes_ < header_size) continue;
    left_ = 0;
    for (std::size_t i = 4; i < header_size; ++i) left_ = left_ << 8 | header_[i];
    if (left_ == 0) header_bytes_ = 0;
  }
  return {};
}

Result<void> OutputStream::finish() const {
  if (header_bytes_ == 0) return {};
  return failure(ErrorCode::ConnectionLost, "the output was cut");
}

void Tail::append(std::string_view bytes) {
  if (bytes.size() >= cap_) {
    dropped_ = dropped_ || !text_.empty() || bytes.size() > cap_;
    text_ = bytes.substr(bytes.size() - cap_);
    return;
  }
  text_ += bytes;
  // The bytes are moved only after `cap_` more have come, so that moving stays cheap.
  if (text_.size() > 2 * cap_) {
    text_.erase(0, text_.size() - cap_);
    dropped_ = true;
  }
}

std::string Tail::take() {
  if (text_.size() > cap_) {
    text_.erase(0, text_.size() - cap_);
    dropped_ = true;
  }
  if (dropped_) {
    const auto line_end = text_.find('\n');
    if (line_end != std::string::npos && line_end + 1 < text_.size()) text_.erase(0, line_end + 1);
  }
  return std::move(text_);
}

}  // namespace healer::docker
