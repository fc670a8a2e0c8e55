#include "app/alert_places.hpp"

#include <array>
#include <fstream>

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <unistd.h>

#include "base/text.hpp"

namespace healer {
namespace {

using Names = std::set<std::string, std::less<>>;

std::string text_of(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void add_addresses(Names& names) {
  ifaddrs* all = nullptr;
  if (getifaddrs(&all) != 0) return;
  for (const ifaddrs* each = all; each != nullptr; each = each->ifa_next) {
    if (each->ifa_addr == nullptr) continue;
    const int family = each->ifa_addr->sa_family;
    if (family != AF_INET && family != AF_INET6) continue;
    const void* bytes =
        family == AF_INET
            ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in*>(each->ifa_addr)->sin_addr)
            : &reinterpret_cast<const sockaddr_in6*>(each->ifa_addr)->sin6_addr;
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (inet_ntop(family, bytes, text.data(), text.size()) == nullptr) continue;
    const std::string address = host_in(text.data());
    if (!is_loopback(address)) names.insert(address);
  }
  freeifaddrs(all);
}

}  // namespace

AlertPlaces alert_places(const DaemonSettings& settings, const std::string& name, const Runtime& runtime) {
  AlertPlaces places;
  places.any = settings.alert_match.any;
  if (places.any) return places;
  std::array<char, 256> machine{};
  if (gethostname(machine.data(), machine.size() - 1) != 0) machine.fill('\0');
  const std::string hosts = text_of("/etc/hosts");
  const std::string resolv_conf = text_of("/etc/resolv.conf");
  for (const std::string& each : {name, std::string(machine.data())})
    places.here.merge(names_of_host(each, hosts, resolv_conf));
  for (const std::string& each : settings.alert_match.names) places.here.insert(host_in(each));
  add_addresses(places.here);
  std::erase_if(places.here, [](const std::string& each) { return each.empty() || is_loopback(each); });
  for (const std::string& each : runtime.engine_names()) places.containers.insert(lower(each));
  runtime.supervisor().each([&](const Workload& workload) {
    for (const NetworkAttachment& network : workload.container.networks)
      if (!network.address.empty()) places.containers.insert(host_in(network.address));
  });
  return places;
}

}  // namespace healer
