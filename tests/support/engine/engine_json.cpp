#include "support/engine/engine_json.hpp"

#include <unistd.h>

#include <array>
#include <ctime>

namespace healer::testing {
namespace json = boost::json;

namespace {

constexpr EngineTime second = 1'000'000'000;

json::object label_json(const Labels& labels) {
  json::object all;
  for (const auto& [name, value] : labels) all[name] = value;
  return all;
}

json::array array_of(const std::vector<std::string>& texts) {
  json::array all;
  for (const std::string& text : texts) all.emplace_back(text);
  return all;
}

std::string tcp(std::uint16_t port) {
  return std::to_string(port) + "/tcp";
}

json::object bindings_json(const ScriptedContainer& container) {
  json::object all;
  for (const PublishedPort& port : container.ports) {
    json::value& list = all[tcp(port.container_port)];
    if (!list.is_array()) list = json::array();
    list.as_array().push_back(
        json::object{{"HostIp", port.host_address}, {"HostPort", std::to_string(port.host_port)}});
  }
  return all;
}

json::object endpoint_json(const ScriptedContainer& container, const std::string& network,
                           const std::string& address) {
  const bool has = container.running() && !address.empty();
  return {{"IPAMConfig", nullptr},
          {"Links", nullptr},
          {"Aliases", nullptr},
          {"NetworkID", hex_id("network " + network)},
          {"EndpointID", container.running() ? hex_id(container.id + network) : ""},
          {"Gateway", has ? "127.0.0.1" : ""},
          {"IPAddress", has ? address : ""},
          {"IPPrefixLen", has ? 8 : 0},
          {"IPv6Gateway", ""},
          {"GlobalIPv6Address", ""},
          {"GlobalIPv6PrefixLen", 0},
          {"MacAddress", has ? "02:42:7f:00:00:02" : ""},
          {"DriverOpts", nullptr}};
}

json::object networks_json(const ScriptedContainer& container) {
  json::object all;
  for (const auto& [name, address] : container.networks) all[name] = endpoint_json(container, name, address);
  return all;
}

json::object health_json(const ScriptedContainer& container) {
  json::array log;
  for (const HealthEntry& entry : container.health_log)
    log.push_back(json::object{{"Start", engine_text(entry.start)},
                               {"End", engine_text(entry.end)},
                               {"ExitCode", entry.result.code},
                               {"Output", entry.result.output}});
  json::object health{{"Status", container.health}, {"FailingStreak", container.failing_streak}};
  if (log.empty())
    health["Log"] = nullptr;
  else
    health["Log"] = std::move(log);
  return health;
}

json::object state_json(const ScriptedContainer& container) {
  json::object state{{"Status", container.state},
                     {"Running", container.running() || container.state == "restarting"},
                     {"Paused", container.state == "paused"},
                     {"Restarting", container.state == "restarting"},
                     {"OOMKilled", container.out_of_memory},
                     {"Dead", container.state == "dead"},
                     {"Pid", container.running() ? 4242 : 0},
                     {"ExitCode", container.exit_code},
                     {"Error", container.error},
                     {"StartedAt", engine_text(container.started)},
                     {"FinishedAt", engine_text(container.finished)}};
  if (!container.health.empty()) state["Health"] = health_json(container);
  return state;
}

std::int64_t nanoseconds(std::chrono::milliseconds time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time).count();
}

json::object config_json(const ScriptedContainer& container) {
  json::object exposed;
  for (const std::uint16_t port : container.exposed) exposed[tcp(port)] = json::object();
  for (const PublishedPort& port : container.ports) exposed[tcp(port.container_port)] = json::object();
  json::object config{{"Hostname", container.id.substr(0, 12)},
                      {"Domainname", ""},
                      {"User", ""},
                      {"AttachStdin", false},
                      {"AttachStdout", false},
                      {"AttachStderr", false},
                      {"ExposedPorts", std::move(exposed)},
                      {"Tty", false},
                      {"OpenStdin", false},
                      {"StdinOnce", false},
                      {"Env", array_of(container.environment)},
                      {"Cmd", array_of(container.command)},
                      {"Image", container.image},
                      {"Volumes", nullptr},
                      {"WorkingDir", ""},
                      {"Entrypoint", nullptr},
                      {"OnBuild", nullptr},
                      {"Labels", label_json(container.labels)}};
  if (container.check)
    config["Healthcheck"] = json::object{{"Test", array_of(container.check->test)},
                                         {"Interval", nanoseconds(container.check->interval)},
                                         {"Timeout", nanoseconds(container.check->timeout)},
                                         {"StartPeriod", nanoseconds(container.check->start_period)},
                                         {"Retries", container.check->retries}};
  return config;
}

std::string network_mode(const ScriptedContainer& container) {
  if (container.network_mode != "bridge") return container.network_mode;
  if (container.networks.empty() || container.networks.contains("bridge")) return "default";
  return container.networks.begin()->first;
}

json::object host_json(const ScriptedContainer& container) {
  return {{"Binds", nullptr},
          {"ContainerIDFile", ""},
          {"LogConfig", json::object{{"Type", "json-file"}, {"Config", json::object()}}},
          {"NetworkMode", network_mode(container)},
          {"PortBindings", bindings_json(container)},
          {"RestartPolicy", json::object{{"Name", container.policy}, {"MaximumRetryCount", 0}}},
          {"AutoRemove", container.auto_remove},
          {"VolumeDriver", ""},
          {"VolumesFrom", nullptr},
          {"CapAdd", nullptr},
          {"CapDrop", nullptr},
          {"CgroupnsMode", "private"},
          {"Dns", json::array()},
          {"DnsOptions", json::array()},
          {"DnsSearch", json::array()},
          {"ExtraHosts", nullptr},
          {"GroupAdd", nullptr},
          {"IpcMode", "private"},
          {"Cgroup", ""},
          {"Links", nullptr},
          {"OomScoreAdj", 0},
          {"PidMode", ""},
          {"Privileged", false},
          {"PublishAllPorts", false},
          {"ReadonlyRootfs", false},
          {"SecurityOpt", nullptr},
          {"UTSMode", ""},
          {"UsernsMode", ""},
          {"ShmSize", 67108864},
          {"Runtime", "runc"},
          {"Isolation", ""},
          {"CpuShares", 0},
          {"Memory", 0},
          {"NanoCpus", 0},
          {"PidsLimit", nullptr},
          {"Ulimits", nullptr},
          {"MaskedPaths", json::array{"/proc/kcore"}},
          {"ReadonlyPaths", json::array{"/proc/sys"}}};
}

json::object network_settings_json(const ScriptedContainer& container) {
  json::object ports;
  if (container.running()) {
    for (const std::uint16_t port : container.exposed) ports[tcp(port)] = nullptr;
    for (auto& [name, list] : bindings_json(container)) ports[name] = list;
  }
  const auto bridge = container.networks.find("bridge");
  const std::string address =
      container.running() && bridge != container.networks.end() ? bridge->second : std::string();
  return {{"Bridge", ""},
          {"SandboxID", hex_id("sandbox " + container.id)},
          {"HairpinMode", false},
          {"LinkLocalIPv6Address", ""},
          {"LinkLocalIPv6PrefixLen", 0},
          {"Ports", std::move(ports)},
          {"SandboxKey", "/var/run/docker/netns/" + container.id.substr(0, 12)},
          {"SecondaryIPAddresses", nullptr},
          {"SecondaryIPv6Addresses", nullptr},
          {"EndpointID", ""},
          {"Gateway", address.empty() ? "" : "127.0.0.1"},
          {"GlobalIPv6Address", ""},
          {"GlobalIPv6PrefixLen", 0},
          {"IPAddress", address},
          {"IPPrefixLen", address.empty() ? 0 : 8},
          {"IPv6Gateway", ""},
          {"MacAddress", ""},
          {"Networks", networks_json(container)}};
}

std::string status_text(const ScriptedContainer& container) {
  if (container.state == "created") return "Created";
  if (container.state == "paused") return "Up 10 minutes (Paused)";
  if (container.state == "restarting")
    return "Restarting (" + std::to_string(container.exit_code) + ") 1 second ago";
  if (container.state != "running")
    return "Exited (" + std::to_string(container.exit_code) + ") 1 minute ago";
  if (container.health.empty()) return "Up 10 minutes";
  return "Up 10 minutes (" + (container.health == "starting" ? "health: starting" : container.health) + ")";
}

}  // namespace

EngineTime engine_now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string engine_text(EngineTime time) {
  if (time == 0) return "0001-01-01T00:00:00Z";
  const std::time_t whole = time / second;
  std::tm parts{};
  ::gmtime_r(&whole, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::string fraction = std::to_string(time % second);
  fraction.insert(0, 9 - fraction.size(), '0');
  return text.data() + ("." + fraction + "Z");
}

std::string hex_id(const std::string& text) {
  std::string id;
  std::uint64_t word = 0xcbf29ce484222325;  // FNV-1a
  for (const char c : text) word = (word ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  for (int digit = 0; digit < 64; ++digit) {
    if (digit % 16 == 0) word = (word ^ (word >> 29)) * 0xbf58476d1ce4e5b9 + 1;
    id += "0123456789abcdef"[(word >> (4 * (digit % 16))) & 15];
  }
  return id;
}

json::object inspect_json(const ScriptedContainer& container, const std::vector<std::string>& exec_ids) {
  json::value execs = nullptr;
  if (!exec_ids.empty()) execs = array_of(exec_ids);
  return {{"Id", container.id},
          {"Created", engine_text(container.created)},
          {"Path", container.command.front()},
          {"Args", array_of({container.command.begin() + 1, container.command.end()})},
          {"State", state_json(container)},
          {"Image", container.image_id},
          {"ResolvConfPath", ""},
          {"HostnamePath", ""},
          {"HostsPath", ""},
          {"LogPath", ""},
          {"Name", "/" + container.name},
          {"RestartCount", container.restart_count},
          {"Driver", "overlay2"},
          {"Platform", "linux"},
          {"MountLabel", ""},
          {"ProcessLabel", ""},
          {"AppArmorProfile", ""},
          {"ExecIDs", std::move(execs)},
          {"HostConfig", host_json(container)},
          {"GraphDriver", json::object{{"Name", "overlay2"}, {"Data", json::object()}}},
          {"Mounts", json::array()},
          {"Config", config_json(container)},
          {"NetworkSettings", network_settings_json(container)}};
}

json::object summary_json(const ScriptedContainer& container) {
  json::array ports;
  for (const PublishedPort& port : container.ports)
    ports.push_back(json::object{{"IP", port.host_address},
                                 {"PrivatePort", port.container_port},
                                 {"PublicPort", port.host_port},
                                 {"Type", "tcp"}});
  return {{"Id", container.id},
          {"Names", json::array{"/" + container.name}},
          {"Image", container.image},
          {"ImageID", container.image_id},
          {"Command", container.command.front()},
          {"Created", container.created / second},
          {"Ports", std::move(ports)},
          {"Labels", label_json(container.labels)},
          {"State", container.state},
          {"Status", status_text(container)},
          {"HostConfig", json::object{{"NetworkMode", network_mode(container)}}},
          {"NetworkSettings", json::object{{"Networks", networks_json(container)}}},
          {"Mounts", json::array()}};
}

json::object network_json(const std::string& name, const std::vector<const ScriptedContainer*>& attached) {
  json::object containers;
  for (const ScriptedContainer* one : attached)
    containers[one->id] = json::object{{"Name", one->name},
                                       {"EndpointID", hex_id(one->id + name)},
                                       {"MacAddress", "02:42:7f:00:00:02"},
                                       {"IPv4Address", one->networks.at(name) + "/8"},
                                       {"IPv6Address", ""}};
  const bool special = name == "host" || name == "none";
  const json::object subnet{{"Subnet", "127.0.0.0/8"}, {"Gateway", "127.0.0.1"}};
  return {
      {"Name", name},
      {"Id", hex_id("network " + name)},
      {"Created", engine_text(second)},
      {"Scope", "local"},
      {"Driver", special ? name : std::string("bridge")},
      {"EnableIPv6", false},
      {"IPAM", json::object{{"Driver", "default"}, {"Options", nullptr}, {"Config", json::array{subnet}}}},
      {"Internal", false},
      {"Attachable", false},
      {"Ingress", false},
      {"ConfigFrom", json::object{{"Network", ""}}},
      {"ConfigOnly", false},
      {"Containers", std::move(containers)},
      {"Options", json::object()},
      {"Labels", json::object()}};
}

json::object exec_json(const ScriptedExec& exec) {
  json::value code = nullptr;
  if (exec.code) code = *exec.code;
  const std::vector<std::string> arguments(exec.command.begin() + (exec.command.empty() ? 0 : 1),
                                           exec.command.end());
  return {{"ID", exec.id},
          {"Running", exec.running},
          {"ExitCode", std::move(code)},
          {"ProcessConfig",
           json::object{{"tty", exec.tty},
                        {"entrypoint", exec.command.empty() ? std::string() : exec.command.front()},
                        {"arguments", array_of(arguments)},
                        {"privileged", false}}},
          {"OpenStdin", false},
          {"OpenStderr", true},
          {"OpenStdout", true},
          {"CanRemove", false},
          {"ContainerID", exec.container->id},
          {"DetachKeys", ""},
          {"Pid", exec.running ? 4300 : 0}};
}

json::object stats_json(const ScriptedContainer& container) {
  const json::object cpu{{"cpu_usage", json::object{{"total_usage", container.cpu_nanoseconds}}},
                         {"system_cpu_usage", engine_now()},
                         {"online_cpus", 2}};
  return {{"read", engine_text(engine_now())},
          {"pids_stats", json::object{{"current", 1}}},
          {"cpu_stats", cpu},
          {"precpu_stats", json::object()},
          {"blkio_stats", json::object{{"io_service_bytes_recursive", json::array()}}},
          {"memory_stats", json::object{{"usage", 20 << 20},
                                        {"limit", std::int64_t{1} << 33},
                                        {"stats", json::object{{"inactive_file", 1 << 20}}}}},
          {"name", "/" + container.name},
          {"id", container.id}};
}

json::object version_json(const std::string& api, const std::string& least) {
  const json::object details{{"ApiVersion", api}, {"MinAPIVersion", least}};
  return {{"Platform", json::object{{"Name", "Docker Engine - Community"}}},
          {"Components",
           json::array{json::object{{"Name", "Engine"}, {"Version", "20.10.24"}, {"Details", details}}}},
          {"Version", "20.10.24"},
          {"ApiVersion", api},
          {"MinAPIVersion", least},
          {"GitCommit", "0"},
          {"GoVersion", "go1.19"},
          {"Os", "linux"},
          {"Arch", "amd64"},
          {"KernelVersion", "6.1.0"}};
}

json::object info_json(std::size_t containers, const std::vector<std::string>& security) {
  return {{"ID", "FIELD"},
          {"Containers", containers},
          {"Driver", "overlay2"},
          {"SecurityOptions", array_of(security)},
          {"Name", "field"},
          {"ServerVersion", "20.10.24"},
          {"OperatingSystem", "Debian GNU/Linux 12"},
          {"OSType", "linux"},
          {"NCPU", 2},
          {"MemTotal", std::int64_t{1} << 33},
          {"LiveRestoreEnabled", true},
          {"Swarm", json::object{{"LocalNodeState", "inactive"}}},
          {"CgroupVersion", "2"},
          {"DefaultRuntime", "runc"}};
}

json::object container_event(const ScriptedContainer& container, const std::string& action,
                             json::object attributes, EngineTime at) {
  for (const auto& [name, value] : container.labels) attributes[name] = value;
  attributes["image"] = container.image;
  attributes["name"] = container.name;
  return {{"status", action},
          {"id", container.id},
          {"from", container.image},
          {"Type", "container"},
          {"Action", action},
          {"Actor", json::object{{"ID", container.id}, {"Attributes", std::move(attributes)}}},
          {"scope", "local"},
          {"time", at / second},
          {"timeNano", at}};
}

json::object network_event(const ScriptedContainer& container, const std::string& network,
                           const std::string& action, EngineTime at) {
  json::object attributes{{"container", container.id}, {"name", network}, {"type", "bridge"}};
  return {
      {"Type", "network"},
      {"Action", action},
      {"Actor", json::object{{"ID", hex_id("network " + network)}, {"Attributes", std::move(attributes)}}},
      {"scope", "local"},
      {"time", at / second},
      {"timeNano", at}};
}

}  // namespace healer::testing
