#pragma once

#include <string>
#include <vector>

struct ifaddrs;

namespace healer::net {

/// The networks of this machine's interfaces, which it reaches without a router: "10.1.0.0/16", "fd00::/64".
/// Without loopback addresses and IPv6's link-local ones, which need the interface's name as well. Sorted.
/// Reads the interfaces at each call, about 0.1 ms.
std::vector<std::string> connected_networks();

/// The addresses of this machine's interfaces that are up, in their order, without loopback ones: "10.1.2.3",
/// "fe80::1".
std::vector<std::string> own_addresses();

/// Those of this list: of interfaces that are up.
std::vector<std::string> networks_of(const ifaddrs* interfaces);

}  // namespace healer::net
