#include "engine_json.hpp"

#include <time.h>

#include <charconv>

#include <fmt/format.h>

namespace healer::bench {

namespace {

std::string iso(std::int64_t unix_nanoseconds) {
  const time_t seconds = unix_nanoseconds / 1'000'000'000;
  tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:09}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                     unix_nanoseconds % 1'000'000'000);
}

std::string labels_json(const FakeContainer& container) {
  return fmt::format(
      R"({{"com.docker.compose.config-hash":"0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0",)"
      R"("com.docker.compose.container-number":"1","com.docker.compose.oneoff":"False",)"
      R"("com.docker.compose.project":"bench","com.docker.compose.service":"service-{0}",{1}"monitored":"true"}})",
      container.number,
      container.address.empty() ? std::string(R"("healer.probe":"engine",)")
                                : fmt::format(R"("healer.path":"/t/{}",)", container.number));
}

std::string ports_json(const FakeContainer& container) {
  if (container.address.empty()) return "{}";
  return fmt::format(R"({{"80/tcp":[{{"HostIp":"{}","HostPort":"{}"}}]}})", container.address,
                     container.port);
}

std::string health_json(const FakeContainer& container) {
  if (!container.address.empty()) return "";
  const std::string now = iso(unix_ns());
  return fmt::format(
      R"(,"Health":{{"Status":"{}","FailingStreak":0,"Log":[{{"Start":"{}","End":"{}","ExitCode":0,"Output":"ok"}}]}})",
      container.health, now, now);
}

constexpr std::string_view host_config_rest =
    R"("PortBindings":{},"VolumesFrom":null,"CapAdd":null,"CapDrop":null,"CgroupnsMode":"host","Dns":[],)"
    R"("DnsOptions":[],"DnsSearch":[],"ExtraHosts":[],"GroupAdd":null,"IpcMode":"private","Cgroup":"","Links":null,)"
    R"("OomScoreAdj":0,"PidMode":"","Privileged":false,"PublishAllPorts":false,"ReadonlyRootfs":false,)"
    R"("SecurityOpt":null,"UTSMode":"","UsernsMode":"","ShmSize":67108864,"Runtime":"runc","ConsoleSize":[0,0],)"
    R"("Isolation":"","CpuShares":0,"Memory":268435456,"NanoCpus":0,"CgroupParent":"","BlkioWeight":0,)"
    R"("BlkioWeightDevice":null,"BlkioDeviceReadBps":null,"BlkioDeviceWriteBps":null,"BlkioDeviceReadIOps":null,)"
    R"("BlkioDeviceWriteIOps":null,"CpuPeriod":0,"CpuQuota":0,"CpuRealtimePeriod":0,"CpuRealtimeRuntime":0,)"
    R"("CpusetCpus":"","CpusetMems":"","Devices":null,"DeviceCgroupRules":null,"DeviceRequests":null,)"
    R"("KernelMemory":0,"KernelMemoryTCP":0,"MemoryReservation":0,"MemorySwap":536870912,"MemorySwappiness":null,)"
    R"("OomKillDisable":false,"PidsLimit":null,"Ulimits":null,"CpuCount":0,"CpuPercent":0,"IOMaximumIOps":0,)"
    R"("IOMaximumBandwidth":0,"MaskedPaths":["/proc/asound","/proc/acpi","/proc/kcore","/proc/keys",)"
    R"("/proc/latency_stats","/proc/timer_list","/proc/timer_stats","/proc/sched_debug","/proc/scsi",)"
    R"("/sys/firmware"],"ReadonlyPaths":["/proc/bus","/proc/fs","/proc/irq","/proc/sys","/proc/sysrq-trigger"])";

constexpr std::string_view environment =
    R"(["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin","LANG=C.UTF-8","APP_MODE=production"])";

}  // namespace

// The multiplication spreads the numbers, so that the first 12 digits of the ids differ, as in real ids.
std::string FakeContainer::id() const {
  return fmt::format("{:08x}{:048x}{:08x}", static_cast<std::uint32_t>(number * 2654435761U), 0xfeedU,
                     number);
}

std::optional<std::size_t> number_of(std::string_view id) {
  if (id.size() != 64) return std::nullopt;
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(id.data() + 56, id.data() + 64, number, 16);
  if (error != std::errc{} || end != id.data() + 64) return std::nullopt;
  return number;
}

std::int64_t unix_ns() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

std::string list_entry_json(const FakeContainer& container) {
  const std::string ports =
      container.address.empty()
          ? std::string()
          : fmt::format(R"({{"IP":"{}","PrivatePort":80,"PublicPort":{},"Type":"tcp"}})", container.address,
                        container.port);
  return fmt::format(
      R"({{"Id":"{}","Names":["/service-{}"],"Image":"bench/service:1.0",)"
      R"("ImageID":"sha256:9f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0",)"
      R"("Command":"/usr/bin/service --serve","Created":1700000000,"Ports":[{}],"Labels":{},"State":"running",)"
      R"("Status":"Up 3 days","HostConfig":{{"NetworkMode":"bench_default"}},"NetworkSettings":{{"Networks":)"
      R"({{"bench_default":{{"IPAMConfig":null,"Links":null,"Aliases":null,"NetworkID":"","EndpointID":"",)"
      R"("Gateway":"172.18.0.1","IPAddress":"172.18.0.2","IPPrefixLen":16,"IPv6Gateway":"",)"
      R"("GlobalIPv6Address":"","GlobalIPv6PrefixLen":0,"MacAddress":"","DriverOpts":null}}}}}},"Mounts":[]}})",
      container.id(), container.number, ports, labels_json(container));
}

std::string inspect_json(const FakeContainer& container) {
  const bool has_check = container.address.empty();
  return fmt::format(
      R"({{"Id":"{0}","Created":"2023-11-14T22:13:20.000000000Z","Path":"/usr/bin/service","Args":["--serve"],)"
      R"("State":{{"Status":"running","Running":true,"Paused":false,"Restarting":false,"OOMKilled":false,)"
      R"("Dead":false,"Pid":4242,"ExitCode":0,"Error":"","StartedAt":"{1}",)"
      R"("FinishedAt":"0001-01-01T00:00:00Z"{2}}},)"
      R"("Image":"sha256:9f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0",)"
      R"("ResolvConfPath":"/var/lib/docker/containers/{0}/resolv.conf",)"
      R"("HostnamePath":"/var/lib/docker/containers/{0}/hostname",)"
      R"("HostsPath":"/var/lib/docker/containers/{0}/hosts",)"
      R"("LogPath":"/var/lib/docker/containers/{0}/{0}-json.log","Name":"/service-{3}","RestartCount":0,)"
      R"("Driver":"overlay2","Platform":"linux","MountLabel":"","ProcessLabel":"","AppArmorProfile":"",)"
      R"("ExecIDs":null,"HostConfig":{{"Binds":null,"ContainerIDFile":"","LogConfig":{{"Type":"json-file",)"
      R"("Config":{{}}}},"NetworkMode":"bench_default","RestartPolicy":{{"Name":"no","MaximumRetryCount":0}},)"
      R"("AutoRemove":false,"VolumeDriver":"",{4}}},)"
      R"("GraphDriver":{{"Data":{{"LowerDir":"/var/lib/docker/overlay2/a-init/diff:/var/lib/docker/overlay2/b/diff",)"
      R"("MergedDir":"/var/lib/docker/overlay2/a/merged","UpperDir":"/var/lib/docker/overlay2/a/diff",)"
      R"("WorkDir":"/var/lib/docker/overlay2/a/work"}},"Name":"overlay2"}},"Mounts":[],)"
      R"("Config":{{"Hostname":"{5}","Domainname":"","User":"","AttachStdin":false,"AttachStdout":true,)"
      R"("AttachStderr":true,"ExposedPorts":{6},"Tty":false,"OpenStdin":false,"StdinOnce":false,"Env":{7},)"
      R"("Cmd":["--serve"],{8}"Image":"bench/service:1.0","Volumes":null,"WorkingDir":"","Entrypoint":)"
      R"(["/usr/bin/service"],"OnBuild":null,"Labels":{9}}},)"
      R"("NetworkSettings":{{"Bridge":"","SandboxID":"","HairpinMode":false,"LinkLocalIPv6Address":"",)"
      R"("LinkLocalIPv6PrefixLen":0,"Ports":{10},"SandboxKey":"/var/run/docker/netns/{5}",)"
      R"("SecondaryIPAddresses":null,"SecondaryIPv6Addresses":null,"EndpointID":"","Gateway":"",)"
      R"("GlobalIPv6Address":"","GlobalIPv6PrefixLen":0,"IPAddress":"","IPPrefixLen":0,"IPv6Gateway":"",)"
      R"("MacAddress":"","Networks":{{"bench_default":{{"IPAMConfig":null,"Links":null,"Aliases":["{5}"],)"
      R"("NetworkID":"","EndpointID":"","Gateway":"172.18.0.1","IPAddress":"172.18.0.2","IPPrefixLen":16,)"
      R"("IPv6Gateway":"","GlobalIPv6Address":"","GlobalIPv6PrefixLen":0,"MacAddress":"","DriverOpts":null}}}}}}}})",
      container.id(), iso(container.started), health_json(container), container.number, host_config_rest,
      container.id().substr(0, 12), has_check ? "{}" : R"({"80/tcp":{}})", environment,
      has_check
          ? R"("Healthcheck":{"Test":["CMD","/check"],"Interval":30000000000,"Timeout":5000000000,"Retries":3},)"
          : "",
      labels_json(container), ports_json(container));
}

std::string event_json(const FakeContainer& container, std::string_view action, std::string_view attributes) {
  const std::int64_t now = unix_ns();
  return fmt::format(
      R"({{"status":"{0}","id":"{1}","from":"bench/service:1.0","Type":"container","Action":"{0}","Actor":)"
      R"({{"ID":"{1}","Attributes":{{"com.docker.compose.project":"bench","image":"bench/service:1.0",)"
      R"("name":"service-{2}"{3}}}}},"scope":"local","time":{4},"timeNano":{5}}})",
      action, container.id(), container.number, attributes, now / 1'000'000'000, now);
}

}  // namespace healer::bench
