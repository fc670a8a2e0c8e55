#include "guard/answers.hpp"

#include <algorithm>
#include <initializer_list>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "base/text.hpp"
#include "engine/docker/compose.hpp"
#include "engine/docker/owner.hpp"

namespace healer::guard {
namespace {

namespace json = boost::json;
using Keys = std::initializer_list<const char*>;

constexpr std::size_t longest_text = 64 * 1024;
constexpr std::size_t most_members = 4096;
constexpr unsigned deepest = 12;

enum class Kind { Value, Text };

/// A copy with every text hidden and clipped.
json::value clean(const json::value& value, const Hider& hider, Kind kind, unsigned depth = 0) {
  if (depth > deepest) return nullptr;
  if (value.is_string()) {
    const std::string_view text = value.get_string();
    return json::string(clip(kind == Kind::Text ? hider.text(text) : hider.value(text), longest_text));
  }
  if (value.is_array()) {
    json::array all;
    for (const json::value& each : value.get_array())
      if (all.size() < most_members) all.push_back(clean(each, hider, kind, depth + 1));
    return all;
  }
  if (!value.is_object()) return value;
  json::object all;
  for (const auto& member : value.get_object())
    if (all.size() < most_members)
      all.emplace(hider.value(member.key()), clean(member.value(), hider, kind, depth + 1));
  return all;
}

void copy(const json::object& from, json::object& to, Keys keys, const Hider& hider,
          Kind kind = Kind::Value) {
  for (const char* key : keys)
    if (const json::value* value = from.if_contains(key)) to[key] = clean(*value, hider, kind);
}

/// As the engine writes them: nothing in them is a container's text.
void copy_facts(const json::object& from, json::object& to, Keys keys) {
  for (const char* key : keys)
    if (const json::value* value = from.if_contains(key)) to[key] = *value;
}

json::array names_of_environment(const json::object& config) {
  json::array names;
  for (const std::string& variable : texts_at(config, "Env"))
    names.emplace_back(clip(variable.substr(0, variable.find('=')), 256) + "=");
  return names;
}

json::object shown_networks_of(const json::object& settings, View view, const Hider& hider) {
  json::object networks;
  for (const auto& network : object_at(settings, "Networks")) {
    json::object shown;
    if (network.value().is_object()) {
      copy_facts(network.value().get_object(), shown,
                 {"NetworkID", "IPAddress", "GlobalIPv6Address", "Gateway"});
      if (view == View::Whole) copy(network.value().get_object(), shown, {"Aliases"}, hider);
    }
    networks.emplace(network.key(), std::move(shown));
  }
  return networks;
}

json::object shown_state(const json::object& state, View view, const Hider& hider) {
  json::object shown;
  copy_facts(state, shown,
             {"Status", "Running", "Paused", "Restarting", "OOMKilled", "Dead", "ExitCode", "StartedAt",
              "FinishedAt"});
  const json::object& health = object_at(state, "Health");
  if (!health.empty()) {
    json::object of_health;
    copy_facts(health, of_health, {"Status", "FailingStreak"});
    if (view == View::Whole) copy(health, of_health, {"Log"}, hider, Kind::Text);
    shown["Health"] = std::move(of_health);
  }
  if (view == View::Whole) copy(state, shown, {"Error"}, hider, Kind::Text);
  return shown;
}

json::object shown_config(const json::object& config, const Hider& hider) {
  json::object shown;
  copy(config, shown,
       {"Hostname", "User", "Image", "ExposedPorts", "StopSignal", "StopTimeout", "Tty", "Labels",
        "Healthcheck"},
       hider);
  // HEALTHCHECK is compared with the command that runs, so it is no free text.
  copy(config, shown, {"Cmd", "Entrypoint"}, hider, Kind::Text);
  shown["Env"] = names_of_environment(config);
  return shown;
}

}  // namespace

json::object shown_inspect(const json::object& inspect, View view, const Hider& hider) {
  json::object shown;
  copy_facts(inspect, shown, {"Id", "Name"});
  const json::object& host = object_at(inspect, "HostConfig");
  const json::object& networking = object_at(inspect, "NetworkSettings");
  json::object shown_host;
  json::object shown_networking;
  copy_facts(host, shown_host, {"NetworkMode"});
  copy_facts(networking, shown_networking, {"Ports"});
  shown_networking["Networks"] = shown_networks_of(networking, view, hider);
  shown["State"] = shown_state(object_at(inspect, "State"), view, hider);
  if (view == View::Outline) {
    shown["Config"] = json::object{{"Labels", json::object()}};
  } else {
    copy_facts(inspect, shown, {"Image", "Created", "RestartCount", "Driver", "Platform", "ExecIDs"});
    copy(inspect, shown, {"Path", "Args"}, hider, Kind::Text);
    copy_facts(host, shown_host,
               {"RestartPolicy", "AutoRemove", "PidMode", "IpcMode", "Memory", "NanoCpus", "PortBindings",
                "PublishAllPorts"});
    shown["Config"] = shown_config(object_at(inspect, "Config"), hider);
  }
  shown["HostConfig"] = std::move(shown_host);
  shown["NetworkSettings"] = std::move(shown_networking);
  return shown;
}

json::object shown_list_entry(const json::object& entry, View view, const Hider& hider) {
  json::object shown;
  copy_facts(entry, shown, {"Id", "Names", "State", "Status", "Ports", "Created"});
  json::object host;
  copy_facts(object_at(entry, "HostConfig"), host, {"NetworkMode"});
  shown["HostConfig"] = std::move(host);
  shown["NetworkSettings"] =
      json::object{{"Networks", shown_networks_of(object_at(entry, "NetworkSettings"), view, hider)}};
  shown["Labels"] = json::object();
  if (view == View::Whole) {
    copy_facts(entry, shown, {"ImageID"});
    copy(entry, shown, {"Image", "Labels"}, hider);
    copy(entry, shown, {"Command"}, hider, Kind::Text);
  }
  return shown;
}

json::object shown_event(const json::object& event, View view, const Hider& hider) {
  json::object shown;
  // "exec_start: sh -c ..." is not among the events that are asked for.
  copy_facts(event, shown, {"Type", "Action", "status", "id", "time", "timeNano", "scope"});
  const json::object& actor = object_at(event, "Actor");
  const json::object& attributes = object_at(actor, "Attributes");
  json::object shown_attributes;
  if (text_at(event, "Type") != "container")
    copy_facts(attributes, shown_attributes, {"container", "name", "type"});
  else if (view == View::Outline)
    copy_facts(attributes, shown_attributes, {"name", "oldName"});
  else if (const json::value cleaned = clean(attributes, hider, Kind::Value); cleaned.is_object())
    shown_attributes = cleaned.get_object();
  json::object shown_actor;
  copy_facts(actor, shown_actor, {"ID"});
  shown_actor["Attributes"] = std::move(shown_attributes);
  shown["Actor"] = std::move(shown_actor);
  return shown;
}

json::object shown_version(const json::object& version) {
  json::object shown;
  copy_facts(version, shown,
             {"Version", "ApiVersion", "MinAPIVersion", "Os", "Arch", "KernelVersion", "BuildTime"});
  json::array components;
  for (const json::value& component : array_at(version, "Components")) {
    if (!component.is_object()) continue;
    json::object one;
    copy_facts(component.get_object(), one, {"Name", "Version"});
    components.emplace_back(std::move(one));
  }
  shown["Components"] = std::move(components);
  return shown;
}

json::object shown_info(const json::object& info) {
  json::object shown;
  copy_facts(info, shown,
             {"ID", "Name", "ServerVersion", "OperatingSystem", "OSType", "Architecture", "SecurityOptions",
              "Containers", "ContainersRunning", "LiveRestoreEnabled"});
  return shown;
}

json::array shown_networks(const json::array& networks) {
  json::array all;
  for (const json::value& network : networks) {
    if (!network.is_object()) continue;
    json::object shown;
    copy_facts(network.get_object(), shown, {"Id", "Name", "Driver", "Scope"});
    all.emplace_back(std::move(shown));
  }
  return all;
}

json::object shown_image(const json::object& image) {
  json::object labels;
  for (const auto& [name, value] : labels_at(object_at(image, "Config"), "Labels"))
    if (docker::is_compose_label(name) || docker::is_owner_label(name))
      labels.emplace(name, clip(value, 4096));
  json::object shown;
  copy_facts(image, shown, {"Id"});
  shown["Config"] = json::object{{"Labels", std::move(labels)}};
  return shown;
}

json::object shown_top(const json::object& top, const Hider& hider) {
  json::object shown;
  copy(top, shown, {"Titles", "Processes"}, hider, Kind::Text);
  return shown;
}

json::object shown_stats(const json::object& stats) {
  json::object shown;
  copy_facts(stats, shown, {"read", "preread", "pids_stats", "cpu_stats", "precpu_stats", "memory_stats"});
  return shown;
}

json::object shown_exec(const json::object& exec, const Hider& hider) {
  json::object shown;
  copy_facts(exec, shown, {"ID", "Running", "ExitCode", "ContainerID", "Pid"});
  json::object process;
  copy(object_at(exec, "ProcessConfig"), process, {"entrypoint", "arguments"}, hider);
  shown["ProcessConfig"] = std::move(process);
  return shown;
}

std::string output_frame(std::string_view text) {
  std::string frame{'\1', '\0', '\0', '\0'};
  for (const int shift : {24, 16, 8, 0})
    frame += static_cast<char>((text.size() >> static_cast<unsigned>(shift)) & 0xffU);
  return frame.append(text);
}

}  // namespace healer::guard
