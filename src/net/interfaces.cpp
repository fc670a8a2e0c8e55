#include "net/interfaces.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace healer::net {
namespace {

using Bytes = std::array<std::uint8_t, 16>;

/// The bytes of an address or a netmask, of which IPv4 uses the first four.
Bytes bytes_of(const sockaddr& address, int family) {
  Bytes bytes{};
  if (family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    std::memcpy(bytes.data(), &v4.sin_addr, 4);
  } else {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address, sizeof v6);
    std::memcpy(bytes.data(), &v6.sin6_addr, 16);
  }
  return bytes;
}

bool link_local(const Bytes& address, int family) {
  return family == AF_INET6 && address[0] == 0xFE && (address[1] & 0xC0) == 0x80;
}

std::optional<std::string> network_of(const ifaddrs& interface) {
  constexpr unsigned up = IFF_UP;
  constexpr unsigned loopback = IFF_LOOPBACK;
  if (!interface.ifa_addr || !interface.ifa_netmask) return std::nullopt;
  if ((interface.ifa_flags & up) == 0 || (interface.ifa_flags & loopback) != 0) return std::nullopt;
  const int family = interface.ifa_addr->sa_family;
  if (family != AF_INET && family != AF_INET6) return std::nullopt;
  Bytes address = bytes_of(*interface.ifa_addr, family);
  if (link_local(address, family)) return std::nullopt;
  // The kernel leaves the family of a netmask 0.0.0.0 empty on some systems, so the address's counts.
  const Bytes mask = bytes_of(*interface.ifa_netmask, family);
  int length = 0;
  for (std::size_t i = 0; i < address.size(); ++i) {
    address[i] &= mask[i];
    for (int bit = 7; bit >= 0; --bit) length += (mask[i] >> bit & 1) != 0 ? 1 : 0;
  }
  char text[INET6_ADDRSTRLEN] = {};
  if (!inet_ntop(family, address.data(), text, sizeof text)) return std::nullopt;
  return std::string(text) + "/" + std::to_string(length);
}

}  // namespace

std::vector<std::string> networks_of(const ifaddrs* interfaces) {
  std::vector<std::string> networks;
  for (const ifaddrs* each = interfaces; each; each = each->ifa_next)
    if (auto network = network_of(*each)) networks.push_back(std::move(*network));
  std::sort(networks.begin(), networks.end());
  networks.erase(std::unique(networks.begin(), networks.end()), networks.end());
  return networks;
}

std::vector<std::string> connected_networks() {
  ifaddrs* interfaces = nullptr;
  if (getifaddrs(&interfaces) != 0) return {};
  std::vector<std::string> networks = networks_of(interfaces);
  freeifaddrs(interfaces);
  return networks;
}

}  // namespace healer::net
