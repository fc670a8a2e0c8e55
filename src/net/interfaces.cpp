#include "net/interfaces.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <utility>

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

/// It is up, no loopback, and has an IP address.
bool has_address(const ifaddrs& interface) {
  constexpr unsigned up = IFF_UP;
  constexpr unsigned loopback = IFF_LOOPBACK;
  if (!interface.ifa_addr || (interface.ifa_flags & up) == 0 || (interface.ifa_flags & loopback) != 0)
    return false;
  return interface.ifa_addr->sa_family == AF_INET || interface.ifa_addr->sa_family == AF_INET6;
}

std::string text_of(const Bytes& address, int family) {
  char text[INET6_ADDRSTRLEN] = {};
  return inet_ntop(family, address.data(), text, sizeof text) ? text : "";
}

std::optional<std::string> network_of(const ifaddrs& interface) {
  if (!has_address(interface) || !interface.ifa_netmask) return std::nullopt;
  const int family = interface.ifa_addr->sa_family;
  Bytes address = bytes_of(*interface.ifa_addr, family);
  if (link_local(address, family)) return std::nullopt;
  // The kernel leaves the family of a netmask 0.0.0.0 empty on some systems, so the address's counts.
  const Bytes mask = bytes_of(*interface.ifa_netmask, family);
  int length = 0;
  for (std::size_t i = 0; i < address.size(); ++i) {
    address[i] &= mask[i];
    for (int bit = 7; bit >= 0; --bit) length += (mask[i] >> bit & 1) != 0 ? 1 : 0;
  }
  return text_of(address, family) + "/" + std::to_string(length);
}

/// What `of` makes of this machine's interfaces.
template <class Of>
std::vector<std::string> of_interfaces(Of&& of) {
  ifaddrs* interfaces = nullptr;
  if (getifaddrs(&interfaces) != 0) return {};
  std::vector<std::string> made = of(interfaces);
  freeifaddrs(interfaces);
  return made;
}

std::vector<std::string> addresses_of(const ifaddrs* interfaces) {
  std::vector<std::string> addresses;
  for (const ifaddrs* each = interfaces; each; each = each->ifa_next)
    if (has_address(*each))
      addresses.push_back(
          text_of(bytes_of(*each->ifa_addr, each->ifa_addr->sa_family), each->ifa_addr->sa_family));
  return addresses;
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
  return of_interfaces(networks_of);
}

std::vector<std::string> own_addresses() {
  return of_interfaces(addresses_of);
}

}  // namespace healer::net
