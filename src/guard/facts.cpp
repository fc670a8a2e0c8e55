#include "guard/facts.hpp"

#include <algorithm>
#include <filesystem>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include "base/text.hpp"
#include "engine/docker/compose.hpp"
#include "engine/docker/owner.hpp"

namespace healer::guard {
namespace {

namespace json = boost::json;

/// "/var/run" is a link to "/run".
std::string plain_path(std::string_view path) {
  std::string plain = std::filesystem::path(path).lexically_normal().string();
  while (plain.size() > 1 && plain.back() == '/') plain.pop_back();
  if (plain == "/var/run" || plain.starts_with("/var/run/")) plain.erase(0, 4);
  return plain;
}

bool holds_path(std::string_view folder, std::string_view path) {
  return folder == "/" || folder == path || (path.starts_with(folder) && path[folder.size()] == '/');
}

/// A mount that shows the engine's or the guard's socket or state, by the folder above or a file below it.
bool reaches(std::string_view source, const Settings& settings) {
  const std::string mounted = plain_path(source);
  for (const std::string* guarded : {&settings.engine, &settings.socket, &settings.admin_socket,
                                     &settings.authz_socket, &settings.state}) {
    const std::string path = plain_path(*guarded);
    if (holds_path(mounted, path)) return true;
  }
  return holds_path(plain_path(settings.state), mounted) || mounted.ends_with("docker.sock") ||
         mounted.ends_with("containerd.sock");
}

void add_mounts(const json::object& inspect, const Settings& settings, std::vector<std::string>& hazards) {
  std::vector<std::string> sources;
  for (const std::string& bind : texts_at(object_at(inspect, "HostConfig"), "Binds"))
    if (bind.starts_with('/')) sources.push_back(bind.substr(0, bind.find(':')));
  for (const json::object* from : {&inspect, &object_at(inspect, "HostConfig")})
    for (const json::value& mount : array_at(*from, "Mounts"))
      if (mount.is_object() && text_at(mount.get_object(), "Type") == "bind")
        sources.push_back(text_at(mount.get_object(), "Source"));
  const auto fatal = std::find_if(sources.begin(), sources.end(),
                                  [&](const std::string& source) { return reaches(source, settings); });
  if (fatal != sources.end()) hazards.push_back("mounts " + clip(printable(*fatal), 60));
}

std::vector<std::string> hazards_of(const json::object& inspect, const Settings& settings) {
  const json::object& host = object_at(inspect, "HostConfig");
  std::vector<std::string> hazards;
  if (flag_at(host, "Privileged")) hazards.emplace_back("privileged");
  for (const char* key : {"PidMode", "NetworkMode", "IpcMode", "UTSMode", "UsernsMode", "CgroupnsMode"})
    // CgroupnsMode "host" is the default on cgroup v1.
    if (text_at(host, key) == "host" && std::string_view(key) != "CgroupnsMode")
      hazards.push_back(std::string(key) + " host");
  for (const char* key : {"PidMode", "IpcMode"})
    if (text_at(host, key).starts_with("container:"))
      hazards.push_back(std::string(key) + " of another container");
  for (const char* key : {"CapAdd", "Devices", "DeviceRequests", "DeviceCgroupRules", "VolumesFrom"})
    if (!array_at(host, key).empty()) hazards.emplace_back(key);
  for (const std::string& option : texts_at(host, "SecurityOpt"))
    if (option.find("unconfined") != std::string::npos || option.find("disable") != std::string::npos)
      hazards.push_back("SecurityOpt " + clip(printable(option), 40));
  add_mounts(inspect, settings, hazards);
  return hazards;
}

}  // namespace

Result<json::object> object_of(std::string_view text) {
  json::error_code fault;
  json::value value = json::parse(text, fault);
  if (fault || !value.is_object())
    return failure(ErrorCode::Protocol, "the engine's answer is no JSON object");
  return std::move(value.get_object());
}

std::string text_at(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

const json::object& object_at(const json::object& object, std::string_view key) {
  static const json::object nothing;
  const json::value* value = object.if_contains(key);
  return value && value->is_object() ? value->get_object() : nothing;
}

const json::array& array_at(const json::object& object, std::string_view key) {
  static const json::array nothing;
  const json::value* value = object.if_contains(key);
  return value && value->is_array() ? value->get_array() : nothing;
}

bool flag_at(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value && value->is_bool() && value->get_bool();
}

std::vector<std::string> texts_at(const json::object& object, std::string_view key) {
  std::vector<std::string> texts;
  for (const json::value& value : array_at(object, key))
    if (value.is_string()) texts.emplace_back(value.get_string());
  return texts;
}

docker::Labels labels_at(const json::object& object, std::string_view key) {
  docker::Labels labels;
  for (const auto& member : object_at(object, key))
    if (member.value().is_string()) labels[member.key()] = member.value().get_string();
  return labels;
}

docker::Labels image_labels(const json::object& image) {
  return labels_at(object_at(image, "Config"), "Labels");
}

OptIn opt_in_of(const docker::Labels& labels, const std::optional<docker::Labels>& image) {
  OptIn result = OptIn::No;
  for (const std::string name : {"monitored", "healer.enable"}) {
    const auto label = labels.find(name);
    if (label == labels.end()) continue;
    const auto value = parse_bool(label->second);
    if (!value) continue;
    if (!*value) return OptIn::No;
    const bool own = image && docker::own_label(labels, *image, name) != nullptr;
    if (own)
      result = OptIn::Own;
    else if (result == OptIn::No)
      result = OptIn::ByImage;
  }
  return result;
}

Result<Facts> read_facts(const json::object& inspect, const std::optional<docker::Labels>& image,
                         const Settings& settings) {
  Facts facts;
  facts.id = text_at(inspect, "Id");
  facts.name = text_at(inspect, "Name");
  if (facts.name.starts_with('/')) facts.name.erase(0, 1);
  facts.image_id = text_at(inspect, "Image");
  facts.status = text_at(object_at(inspect, "State"), "Status");
  if (facts.id.empty() || facts.name.empty() || facts.status.empty())
    return failure(ErrorCode::Protocol, "the inspect has no Id, Name or State.Status");
  const json::object& config = object_at(inspect, "Config");
  const json::object& host = object_at(inspect, "HostConfig");
  facts.labels = labels_at(config, "Labels");
  if (image)
    for (const auto& [name, value] : facts.labels)
      if (docker::own_label(facts.labels, *image, name)) facts.own_labels.emplace(name, value);
  facts.opt_in = opt_in_of(facts.labels, image);
  const docker::ComposeFacts compose = image ? docker::compose_facts(facts.labels, *image)
                                             : docker::unproven_compose(facts.labels, "no image");
  facts.one_off = compose.identity.one_off;
  facts.service = compose.identity.service;
  facts.lineage = compose.identity.key.empty() ? facts.name : compose.identity.key;
  facts.owner = docker::owner_of(facts.name, facts.labels, image.value_or(docker::Labels{}),
                                 flag_at(host, "AutoRemove"))
                    .name;
  facts.hazards = hazards_of(inspect, settings);
  if (const std::string mode = text_at(host, "NetworkMode"); mode.starts_with("container:"))
    facts.network_parent = mode.substr(10);
  facts.environment = texts_at(config, "Env");
  facts.exec_ids = texts_at(inspect, "ExecIDs");
  return facts;
}

}  // namespace healer::guard
