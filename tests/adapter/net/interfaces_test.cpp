#include "net/interfaces.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include "base/ip_prefix.hpp"

using namespace healer;

namespace {

/// Interfaces as getifaddrs() lists them.
class Interfaces {
 public:
  void add(const std::string& address, const std::string& mask, unsigned flags = IFF_UP) {
    all_.emplace_back();
    Entry& entry = all_.back();
    fill(entry.address, address);
    fill(entry.mask, mask);
    entry.item.ifa_flags = flags;
    entry.item.ifa_addr = address.empty() ? nullptr : reinterpret_cast<sockaddr*>(&entry.address);
    entry.item.ifa_netmask = mask.empty() ? nullptr : reinterpret_cast<sockaddr*>(&entry.mask);
    if (all_.size() > 1) all_[all_.size() - 2].item.ifa_next = &entry.item;
  }
  std::vector<std::string> networks() const {
    return net::networks_of(all_.empty() ? nullptr : &all_.front().item);
  }

 private:
  struct Entry {
    ifaddrs item{};
    sockaddr_storage address{};
    sockaddr_storage mask{};
  };
  static void fill(sockaddr_storage& into, const std::string& text) {
    if (text == "packet") {
      into.ss_family = AF_PACKET;
    } else if (text.find(':') != std::string::npos) {
      sockaddr_in6 v6{};
      v6.sin6_family = AF_INET6;
      REQUIRE(inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr) == 1);
      std::memcpy(&into, &v6, sizeof v6);
    } else if (!text.empty()) {
      sockaddr_in v4{};
      v4.sin_family = AF_INET;
      REQUIRE(inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1);
      std::memcpy(&into, &v4, sizeof v4);
    }
  }
  std::deque<Entry> all_;
};

using Networks = std::vector<std::string>;

}  // namespace

TEST_CASE("the networks of a machine's interfaces are those of their addresses and netmasks") {
  Interfaces machine;
  CHECK(machine.networks().empty());
  machine.add("192.168.1.77", "255.255.255.0");
  machine.add("172.17.0.1", "255.255.0.0");
  machine.add("10.8.0.5", "255.255.255.255");
  machine.add("172.30.77.129", "255.255.255.128");
  machine.add("fd00:1:2:3::4", "ffff:ffff:ffff:ffff::");
  CHECK(machine.networks() ==
        Networks{"10.8.0.5/32", "172.17.0.0/16", "172.30.77.128/25", "192.168.1.0/24", "fd00:1:2:3::/64"});
}

TEST_CASE("equal networks are named once; loopback, link-local and other addresses are left out") {
  Interfaces machine;
  machine.add("192.168.1.77", "255.255.255.0");
  machine.add("192.168.1.78", "255.255.255.0");
  machine.add("127.0.0.1", "255.0.0.0", IFF_UP | IFF_LOOPBACK);
  machine.add("fe80::1", "ffff:ffff:ffff:ffff::");
  machine.add("10.0.0.1", "255.0.0.0", 0);
  machine.add("packet", "");
  machine.add("", "");
  machine.add("10.9.0.1", "");
  CHECK(machine.networks() == Networks{"192.168.1.0/24"});
}

TEST_CASE("this machine's interfaces can be read") {
  for (const std::string& network : net::connected_networks()) {
    CAPTURE(network);
    CHECK(network.find('/') != std::string::npos);
    CHECK(network.find("127.") != 0);
  }
}

TEST_CASE("this machine's addresses lie in its networks, and none is a loopback one") {
  const Networks networks = net::connected_networks();
  for (const std::string& address : net::own_addresses()) {
    CAPTURE(address);
    CHECK_FALSE(address.starts_with("127."));
    CHECK(address != "::1");
    if (address.starts_with("fe80:")) continue;
    CHECK(std::any_of(networks.begin(), networks.end(),
                      [&](const std::string& network) { return in_prefix(address, network); }));
  }
}
