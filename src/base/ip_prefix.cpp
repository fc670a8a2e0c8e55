#include "base/ip_prefix.hpp"

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/text.hpp"

namespace healer {
namespace {

using Bytes = std::vector<std::uint8_t>;  // 4 or 16

std::optional<unsigned> read_number(std::string_view text, int base, unsigned most) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size() || value > most) return std::nullopt;
  return value;
}

std::optional<Bytes> read_v4(std::string_view text) {
  Bytes bytes;
  for (const std::string& part : split(text, '.')) {
    const auto byte = part.size() <= 3 ? read_number(part, 10, 255) : std::nullopt;
    if (!byte) return std::nullopt;
    bytes.push_back(static_cast<std::uint8_t>(*byte));
  }
  return bytes.size() == 4 ? std::optional(bytes) : std::nullopt;
}

/// Groups without "::", the last of which may be an IPv4 address. Empty text: no bytes.
std::optional<Bytes> read_groups(std::string_view text) {
  Bytes bytes;
  if (text.empty()) return bytes;
  for (const std::string& part : split(text, ':')) {
    if (part.find('.') != std::string::npos) {
      const auto v4 = read_v4(part);
      if (!v4) return std::nullopt;
      bytes.insert(bytes.end(), v4->begin(), v4->end());
      continue;
    }
    const auto group = part.size() <= 4 ? read_number(part, 16, 0xFFFF) : std::nullopt;
    if (!group) return std::nullopt;
    bytes.push_back(static_cast<std::uint8_t>(*group >> 8));
    bytes.push_back(static_cast<std::uint8_t>(*group & 0xFF));
  }
  return bytes;
}

std::optional<Bytes> read_v6(std::string_view text) {
  constexpr std::size_t size = 16;
  const auto gap = text.find("::");
  auto head = read_groups(text.substr(0, gap));
  if (!head) return std::nullopt;
  if (gap == std::string_view::npos) return head->size() == size ? head : std::nullopt;
  const auto tail = read_groups(text.substr(gap + 2));
  if (!tail || head->size() + tail->size() >= size) return std::nullopt;
  head->resize(size - tail->size());
  head->insert(head->end(), tail->begin(), tail->end());
  return head;
}

std::optional<Bytes> read_address(std::string_view text) {
  return text.find(':') != std::string_view::npos ? read_v6(text) : read_v4(text);
}

}  // namespace

bool in_prefix(std::string_view address, std::string_view prefix) {
  const auto slash = prefix.find('/');
  if (slash == std::string_view::npos) return false;
  const auto one = read_address(address);
  const auto network = read_address(prefix.substr(0, slash));
  if (!one || !network || one->size() != network->size()) return false;
  const auto length = read_number(prefix.substr(slash + 1), 10, static_cast<unsigned>(one->size() * 8));
  if (!length) return false;
  for (unsigned bit = 0; bit < *length; bit += 8) {
    const unsigned left = *length - bit;
    const unsigned mask = left >= 8 ? 0xFFU : 0xFFU << (8 - left) & 0xFFU;
    if ((((*one)[bit / 8] ^ (*network)[bit / 8]) & mask) != 0) return false;
  }
  return true;
}

}  // namespace healer
