#include "base/ip_prefix.hpp"

#include <arpa/inet.h>

#include <array>
#include <charconv>
#include <optional>

namespace healer {
namespace {

struct Address {
  std::array<unsigned char, 16> bytes{};
  unsigned bits = 0;  ///< 32 or 128
};

std::optional<Address> read_address(const std::string& text) {
  Address address;
  const bool v6 = text.find(':') != std::string::npos;
  if (::inet_pton(v6 ? AF_INET6 : AF_INET, text.c_str(), address.bytes.data()) != 1) return std::nullopt;
  address.bits = v6 ? 128 : 32;
  return address;
}

}  // namespace

bool in_prefix(const std::string& address, std::string_view prefix) {
  const auto slash = prefix.find('/');
  if (slash == std::string_view::npos) return false;
  const auto one = read_address(address);
  const auto network = read_address(std::string(prefix.substr(0, slash)));
  const std::string_view digits = prefix.substr(slash + 1);
  unsigned length = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
  if (!one || !network || one->bits != network->bits || error != std::errc() ||
      end != digits.data() + digits.size() || length > one->bits)
    return false;
  for (unsigned bit = 0; bit < length; bit += 8) {
    const unsigned left = length - bit;
    const auto mask = static_cast<unsigned char>(left >= 8 ? 0xFF : 0xFF << (8 - left));
    if (((one->bytes[bit / 8] ^ network->bytes[bit / 8]) & mask) != 0) return false;
  }
  return true;
}

}  // namespace healer
