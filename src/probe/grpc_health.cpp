#include "probe/grpc_health.hpp"

#include <cstdint>

namespace healer {

namespace {

constexpr std::size_t frame_head = 5;

enum WireType : unsigned { Varint = 0, Fixed64 = 1, Length = 2, Fixed32 = 5 };

void append_varint(std::uint64_t value, std::string& out) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

std::optional<std::uint64_t> take_varint(std::string_view& bytes) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  return std::nullopt;
}

bool skip(std::string_view& bytes, std::uint64_t count) {
  if (count > bytes.size()) return false;
  bytes.remove_prefix(count);
  return true;
}

}  // namespace

std::string encode_health_request(std::string_view service) {
  std::string message;
  if (!service.empty()) {
    message += static_cast<char>(1 << 3 | Length);
    append_varint(service.size(), message);
    message += service;
  }
  std::string framed(1, '\0');
  for (int shift = 24; shift >= 0; shift -= 8) framed += static_cast<char>(message.size() >> shift & 0xff);
  return framed + message;
}

std::optional<int> decode_health_response(std::string_view framed) {
  if (framed.size() < frame_head || framed.front() != '\0') return std::nullopt;
  std::uint64_t length = 0;
  for (std::size_t i = 1; i < frame_head; ++i) length = length << 8 | static_cast<unsigned char>(framed[i]);
  std::string_view message = framed.substr(frame_head);
  if (message.size() != length) return std::nullopt;
  int status = 0;
  while (!message.empty()) {
    const auto tag = take_varint(message);
    if (!tag || *tag >> 3 == 0) return std::nullopt;
    std::optional<std::uint64_t> value;
    switch (*tag & 7) {
      case Varint:
        value = take_varint(message);
        if (!value) return std::nullopt;
        if (*tag >> 3 == 1) status = static_cast<int>(static_cast<std::int32_t>(*value));
        break;
      case Fixed64:
        if (!skip(message, 8)) return std::nullopt;
        break;
      case Length:
        value = take_varint(message);
        if (!value || !skip(message, *value)) return std::nullopt;
        break;
      case Fixed32:
        if (!skip(message, 4)) return std::nullopt;
        break;
      default:
        return std::nullopt;
    }
  }
  return status;
}

}  // namespace healer
