#include "app/alert_places.hpp"

#include <array>
#include <fstream>

#include <unistd.h>

#include "base/text.hpp"
#include "net/interfaces.hpp"

namespace healer {
namespace {

std::string text_of(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

AlertPlaces alert_places(const DaemonSettings& settings, const std::string& name, const Runtime& runtime) {
  AlertPlaces places;
  places.any = settings.alerts.match.any;
  if (places.any) return places;
  std::array<char, 256> machine{};
  if (gethostname(machine.data(), machine.size() - 1) != 0) machine.fill('\0');
  const std::string hosts = text_of("/etc/hosts");
  const std::string resolv_conf = text_of("/etc/resolv.conf");
  for (const std::string& each : {name, std::string(machine.data())})
    places.here.merge(names_of_host(each, hosts, resolv_conf));
  for (const std::string& each : settings.alerts.match.names) places.here.insert(host_in(each));
  for (const std::string& each : net::own_addresses()) places.here.insert(host_in(each));
  std::erase_if(places.here, [](const std::string& each) { return each.empty() || is_loopback(each); });
  for (const std::string& each : runtime.engine_names()) places.containers.insert(lower(each));
  runtime.supervisor().each([&](const Workload& workload) {
    for (const NetworkAttachment& network : workload.container.networks)
      if (!network.address.empty()) places.containers.insert(host_in(network.address));
  });
  return places;
}

}  // namespace healer
