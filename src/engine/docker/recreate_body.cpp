#include "engine/docker/recreate_body.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <boost/json/serialize.hpp>

#include "base/text.hpp"
#include "engine/docker/json_fields.hpp"

namespace healer::docker {
namespace {

namespace json = boost::json;

constexpr std::size_t short_id_length = 12;

tl::unexpected<Error> does_not_fit(const std::string& problem) {
  return failure(ErrorCode::Protocol, "the answer does not fit: " + problem);
}

/// The value; null if it is absent or empty: null, "", [], {}.
const json::value* said(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  if (!value || value->is_null()) return nullptr;
  if (value->is_string() && value->get_string().empty()) return nullptr;
  if (value->is_array() && value->get_array().empty()) return nullptr;
  if (value->is_object() && value->get_object().empty()) return nullptr;
  return value;
}

bool says_same(const json::object& one, const json::object& other, std::string_view key) {
  const json::value* a = said(one, key);
  const json::value* b = said(other, key);
  return a && b ? *a == *b : !a && !b;
}

std::string_view text_of(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}

bool flag_of(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value && value->is_bool() && value->get_bool();
}

/// The strings in an array; other elements are left out.
std::vector<std::string> texts_of(const json::object& object, std::string_view key) {
  std::vector<std::string> all;
  if (const json::value* value = said(object, key); value && value->is_array())
    for (const json::value& element : value->get_array())
      if (element.is_string()) all.emplace_back(element.get_string());
  return all;
}

/// A path in a container in normal form: "/data/" and "/data" are equal.
std::string place(std::string_view path) {
  std::string normal = std::filesystem::path(path).lexically_normal().string();
  if (normal.size() > 1 && normal.back() == '/') normal.pop_back();
  return normal;
}

std::string_view owner_of(std::string_view mode) {
  constexpr std::string_view prefix = "container:";
  return mode.starts_with(prefix) ? mode.substr(prefix.size()) : std::string_view();
}

// Config: settings of the image are removed, so that they come from the image again. The engine merges the
// image's settings into a container's at creation (moby daemon/commit.go, merge); each rule here undoes a
// rule of that function.

std::string_view variable_name(std::string_view variable) {
  return variable.substr(0, variable.find('='));
}

/// The engine appends, in order, those variables of the image that the container does not set.
void take_back_variables(json::object& config, const json::object& image) {
  std::vector<std::string> variables = texts_of(config, "Env");
  const std::vector<std::string> of_image = texts_of(image, "Env");
  for (auto next = of_image.rbegin(); next != of_image.rend(); ++next) {
    if (variables.empty()) break;
    if (variables.back() == *next) {
      variables.pop_back();
      continue;
    }
    const bool replaced = std::any_of(variables.begin(), variables.end(), [&](const std::string& variable) {
      return variable_name(variable) == variable_name(*next);
    });
    if (!replaced) break;  // not the engine's merge with this image: leave the rest unchanged
  }
  json::array own;
  for (const std::string& variable : variables) own.emplace_back(variable);
  if (own.empty())
    config.erase("Env");
  else
    config["Env"] = std::move(own);
}

/// For maps: removes each entry that the image has with the same value; the engine adds it again.
void take_back_entries(json::object& config, const json::object& image, std::string_view key) {
  json::value* own = config.if_contains(key);
  const json::value* given = said(image, key);
  if (!own || !own->is_object() || !given || !given->is_object()) return;
  for (const auto& entry : given->get_object()) {
    const json::value* same = own->get_object().if_contains(entry.key());
    if (same && *same == entry.value()) own->get_object().erase(entry.key());
  }
}

/// The engine takes the image's entry point if the container sets none, and the image's command if the
/// container sets neither.
void take_back_command(json::object& config, const json::object& image) {
  const bool same_entry = says_same(config, image, "Entrypoint");
  const bool same_command = says_same(config, image, "Cmd");
  if (same_entry && (same_command || said(config, "Cmd"))) {
    config.erase("Entrypoint");
    if (same_command) config.erase("Cmd");
    return;
  }
  // [""] means "no entry point, although the image has one".
  if (!said(config, "Entrypoint")) config["Entrypoint"] = json::array{""};
}

void take_back(json::object& config, const json::object& image) {
  take_back_variables(config, image);
  take_back_command(config, image);
  for (const char* key : {"Labels", "Volumes", "ExposedPorts"}) take_back_entries(config, image, key);
  for (const char* key : {"User", "WorkingDir", "StopSignal", "Healthcheck"})
    if (says_same(config, image, key)) config.erase(key);
}

// HostConfig.

/// Inspect shows "/other:/me/alias"; the creation needs "other:alias".
void restore_links(json::object& host) {
  json::array links;
  for (const std::string& shown : texts_of(host, "Links")) {
    const std::string_view link = shown;
    const auto colon = std::min(link.find(':'), link.size());
    const std::string_view other = link.substr(0, colon);
    const std::string_view alias = link.substr(std::max(colon, link.rfind('/') + 1));
    links.emplace_back(fmt::format("{}{}{}", other.substr(other.starts_with('/') ? 1 : 0),
                                   colon < link.size() && !alias.starts_with(':') ? ":" : "", alias));
  }
  if (!links.empty()) host["Links"] = std::move(links);
}

/// The paths of all Binds. A bind without a source is an anonymous volume: it is removed here, and
/// keep_volumes() adds the volume by name.
std::set<std::string> bound_places(json::object& host) {
  std::set<std::string> places;
  json::array kept;
  for (const std::string& bind : texts_of(host, "Binds")) {
    const auto source_end = bind.find(':');
    if (source_end == std::string::npos) continue;
    const auto place_end = bind.find(':', source_end + 1);
    const auto length = place_end == std::string::npos ? place_end : place_end - source_end - 1;
    places.insert(place(std::string_view(bind).substr(source_end + 1, length)));
    kept.emplace_back(bind);
  }
  if (said(host, "Binds")) host["Binds"] = std::move(kept);
  return places;
}

json::object* mount_at(json::array& mounts, const std::string& where) {
  for (json::value& mount : mounts)
    if (mount.is_object() && place(text_of(mount.get_object(), "Target")) == where)
      return &mount.get_object();
  return nullptr;
}

/// Sets the name of the volume in a mount. NoCopy: files that were deleted from the volume must not be copied
/// from the image again.
void name_volume(json::object& mount, std::string_view name, std::string_view driver) {
  mount["Source"] = name;
  json::value& options = mount["VolumeOptions"];
  if (!options.is_object()) options = json::object();
  options.get_object()["NoCopy"] = true;
  if (!driver.empty() && driver != "local" && !said(options.get_object(), "DriverConfig"))
    options.get_object()["DriverConfig"] = json::object{{"Name", driver}};
}

/// Adds every volume that the configuration does not name, by its name.
void keep_volumes(json::object& host, const json::object& container) {
  const std::set<std::string> bound = bound_places(host);
  json::array mounts;
  if (const json::value* given = said(host, "Mounts"); given && given->is_array())
    mounts = given->get_array();
  const json::value* seen = said(container, "Mounts");
  if (!seen || !seen->is_array()) return;
  for (const json::value& value : seen->get_array()) {
    if (!value.is_object()) continue;
    const json::object& mounted = value.get_object();
    const std::string where = place(text_of(mounted, "Destination"));
    const std::string_view name = text_of(mounted, "Name");
    if (text_of(mounted, "Type") != "volume" || name.empty() || bound.contains(where)) continue;
    const std::string_view driver = text_of(mounted, "Driver");
    if (json::object* given = mount_at(mounts, where)) {
      if (text_of(*given, "Source").empty()) name_volume(*given, name, driver);
      continue;
    }
    json::object mount{{"Type", "volume"}, {"Target", where}};
    if (!flag_of(mounted, "RW")) mount["ReadOnly"] = true;
    name_volume(mount, name, driver);
    mounts.emplace_back(std::move(mount));
  }
  if (!mounts.empty()) host["Mounts"] = std::move(mounts);
}

// Networks.

/// The settings for one network that an operator can have made, without what the engine adds.
json::object wished_endpoint(const json::object& endpoint, const std::string& short_id) {
  json::object wished;
  for (const char* key : {"IPAMConfig", "Links", "DriverOpts", "GwPriority"})
    if (const json::value* value = said(endpoint, key)) wished[key] = *value;
  json::array aliases;
  for (const std::string& alias : texts_of(endpoint, "Aliases"))
    if (alias != short_id) aliases.emplace_back(alias);
  if (!aliases.empty()) wished["Aliases"] = std::move(aliases);
  return wished;
}

/// Whether this is the network that the container was created on: a mode is a name, an id, or "default".
bool is_network_of(std::string_view mode, std::string_view name, const json::object& endpoint) {
  if (mode == name || (mode == "default" && name == "bridge")) return true;
  return mode.size() >= short_id_length && text_of(endpoint, "NetworkID").starts_with(mode);
}

void plan_networks(const json::object& container, std::string_view mode, const Original& original,
                   json::object& body, RecreationPlan& plan) {
  const json::value* settings = said(container, "NetworkSettings");
  const json::value* networks =
      settings && settings->is_object() ? said(settings->get_object(), "Networks") : nullptr;
  const bool has_none = mode == "host" || mode == "none" || !owner_of(mode).empty();
  if (has_none) return;
  bool still_on_first = false;
  if (networks && networks->is_object()) {
    for (const auto& entry : networks->get_object()) {
      static const json::object nothing;
      const json::object& endpoint = entry.value().is_object() ? entry.value().get_object() : nothing;
      json::object wished = wished_endpoint(endpoint, original.old_alias);
      if (is_network_of(mode, entry.key(), endpoint)) {
        still_on_first = true;
        if (!wished.empty())
          body["NetworkingConfig"] =
              json::object{{"EndpointsConfig", json::object{{entry.key(), std::move(wished)}}}};
      } else {
        plan.connections.push_back(
            {std::string(entry.key()), json::serialize(wished), std::string(entry.key())});
      }
    }
  }
  // Engines before API 1.44 accept one network at creation, so the others are joined one by one, sorted by
  // name.
  std::sort(plan.connections.begin(), plan.connections.end(),
            [](const auto& a, const auto& b) { return a.network < b.network; });
  if (!still_on_first && !plan.connections.empty()) plan.leave = mode == "default" ? "bridge" : mode;
  plan.leave_name = plan.leave;
}

/// Puts ids in the place of the names of networks that the container has joined.
void name_networks_by_id(const json::object& container, json::object& body, RecreationPlan& plan) {
  std::map<std::string, std::string, std::less<>> ids;
  if (const json::value* settings = said(container, "NetworkSettings"); settings && settings->is_object())
    if (const json::value* networks = said(settings->get_object(), "Networks");
        networks && networks->is_object())
      for (const auto& entry : networks->get_object())
        if (entry.value().is_object())
          if (const auto id = text_of(entry.value().get_object(), "NetworkID"); !id.empty())
            ids[entry.key()] = id;
  const auto id_of = [&](const std::string& name) {
    const auto known = ids.find(name);
    return known == ids.end() ? name : known->second;
  };
  for (auto& connection : plan.connections) connection.network = id_of(connection.network);
  std::sort(plan.connections.begin(), plan.connections.end(),
            [](const auto& a, const auto& b) { return a.network < b.network; });
  json::object& host = body["HostConfig"].as_object();
  const std::string mode(text_of(host, "NetworkMode"));
  // The built-in modes are words, not names.
  if (!ids.contains(mode) || mode == "bridge" || mode == "host" || mode == "none") return;
  host["NetworkMode"] = id_of(mode);
  if (json::value* networking = body.if_contains("NetworkingConfig")) {
    json::object endpoints;
    for (const auto& endpoint : networking->as_object()["EndpointsConfig"].as_object())
      endpoints[id_of(endpoint.key())] = endpoint.value();
    networking->as_object()["EndpointsConfig"] = std::move(endpoints);
  }
  plan.leave = id_of(plan.leave);
}

// Whether the old and the new container may run at once.

bool has_fixed_port(const json::object& host) {
  const json::value* ports = said(host, "PortBindings");
  if (!ports || !ports->is_object()) return false;
  for (const auto& entry : ports->get_object()) {
    if (!entry.value().is_array()) continue;
    for (const json::value& binding : entry.value().get_array()) {
      if (!binding.is_object()) continue;
      const std::string_view port = text_of(binding.get_object(), "HostPort");
      if (!port.empty() && port != "0") return true;
    }
  }
  return false;
}

bool has_fixed_address(const json::object& container) {
  const json::value* settings = said(container, "NetworkSettings");
  const json::value* networks =
      settings && settings->is_object() ? said(settings->get_object(), "Networks") : nullptr;
  if (!networks || !networks->is_object()) return false;
  for (const auto& entry : networks->get_object())
    if (entry.value().is_object() && said(entry.value().get_object(), "IPAMConfig")) return true;
  return false;
}

/// Two database servers that both use one folder would corrupt the data.
bool writes_to_disk(const json::object& container) {
  const json::value* mounts = said(container, "Mounts");
  if (!mounts || !mounts->is_array()) return false;
  for (const json::value& mount : mounts->get_array())
    if (mount.is_object() && text_of(mount.get_object(), "Type") != "tmpfs" &&
        flag_of(mount.get_object(), "RW"))
      return true;
  return false;
}

bool may_run_twice(const json::object& container, const json::object& config, const json::object& host) {
  const std::string_view mode = text_of(host, "NetworkMode");
  const bool shares_network = mode == "host" || !owner_of(mode).empty();
  const bool holds_hardware =
      said(host, "Devices") || said(host, "DeviceRequests") || flag_of(host, "Privileged");
  return !shares_network && !holds_hardware && text_of(host, "IpcMode") != "host" &&
         !said(config, "MacAddress") && !has_fixed_port(host) && !has_fixed_address(container) &&
         !writes_to_disk(container);
}

/// Since API 1.48 inspect has the platform of a multi-platform image: "linux/arm64/v8".
std::string platform_of(const json::object& container) {
  const json::value* manifest = said(container, "ImageManifestDescriptor");
  const json::value* platform =
      manifest && manifest->is_object() ? said(manifest->get_object(), "platform") : nullptr;
  if (!platform || !platform->is_object()) return {};
  std::string text(text_of(platform->get_object(), "os"));
  for (const char* part : {"architecture", "variant"})
    if (const std::string_view more = text_of(platform->get_object(), part); !more.empty())
      text += fmt::format("/{}", more);
  return text;
}

/// An inspect answer and the three objects of it that are used here.
class Answer {
 public:
  static Result<Answer> read(std::string_view text) {
    auto parsed = parse_json(text, {});
    if (!parsed) return tl::unexpected(parsed.error());
    if (!parsed->is_object()) return does_not_fit("no object");
    for (const char* part : {"Config", "HostConfig"}) {
      const json::value* value = parsed->get_object().if_contains(part);
      if (!value || !value->is_object()) return does_not_fit(fmt::format("{}: missing", part));
    }
    return Answer(std::move(*parsed));
  }

  const json::object& container() const { return value_.get_object(); }
  const json::object& config() const { return container().at("Config").get_object(); }
  const json::object& host() const { return container().at("HostConfig").get_object(); }

 private:
  explicit Answer(json::value value) : value_(std::move(value)) {}
  json::value value_;
};

tl::unexpected<Error> refused(std::string why) {
  return failure(ErrorCode::Conflict, std::move(why));
}

Original original_of(const json::object& container, const json::object& config, std::string_view status) {
  Original original;
  original.id = text_of(container, "Id");
  original.name = text_of(container, "Name");
  if (original.name.starts_with('/')) original.name.erase(0, 1);
  original.image_id = text_of(container, "Image");
  original.image = text_of(config, "Image");
  original.ran = status == "running" || status == "restarting" || status == "stopping";
  original.old_alias = original.id.substr(0, short_id_length);
  return original;
}

}  // namespace

Result<Original> read_original(std::string_view container_json) {
  const auto answer = Answer::read(container_json);
  if (!answer) return tl::unexpected(answer.error());
  const json::value* state = said(answer->container(), "State");
  const std::string status =
      state && state->is_object() ? lower(text_of(state->get_object(), "Status")) : std::string();
  Original original = original_of(answer->container(), answer->config(), status);
  if (original.id.empty() || original.name.empty() || original.image_id.empty())
    return does_not_fit("Id, Name or Image: missing");
  if (flag_of(answer->host(), "AutoRemove"))
    return refused("it was started with --rm: the engine removes it as soon as it stops");
  const json::value* labels = said(answer->config(), "Labels");
  if (labels && labels->is_object() && labels->get_object().contains("com.docker.swarm.task.id"))
    return refused("it is a Swarm task: Swarm makes it anew itself");
  for (const char* busy : {"paused", "removing", "dead"})
    if (status == busy) return refused(fmt::format("it is {}", busy));
  return original;
}

Result<RecreationPlan> plan_recreation(std::string_view container_json,
                                       std::optional<std::string_view> image_json,
                                       const RecreationWishes& wishes) {
  const auto answer = Answer::read(container_json);
  if (!answer) return tl::unexpected(answer.error());
  const json::object& container = answer->container();
  const Original original = original_of(container, answer->config(), {});
  json::object config = answer->config();
  json::object host = answer->host();
  RecreationPlan plan;
  plan.side_by_side = may_run_twice(container, config, host);

  std::string mode(text_of(host, "NetworkMode"));
  if (!wishes.network_parent.empty()) {
    if (owner_of(mode).empty())
      return failure(ErrorCode::InvalidInput,
                     fmt::format("it has a network of its own (\"{}\"), not another container's",
                                 clip(printable(mode), 60)));
    mode = "container:" + wishes.network_parent;
    host["NetworkMode"] = mode;
  }
  for (const std::string_view shared :
       {std::string_view(mode), text_of(host, "IpcMode"), text_of(host, "PidMode")})
    if (const auto owner = owner_of(shared); !owner.empty()) plan.owners.emplace_back(owner);

  if (image_json) {
    const auto image = parse_json(*image_json, {});
    if (!image) return tl::unexpected(image.error());
    const json::object* whole = image->if_object();
    const json::value* its_config = whole ? whole->if_contains("Config") : nullptr;
    static const json::object nothing;
    take_back(config, its_config && its_config->is_object() ? its_config->get_object() : nothing);
  }
  // OnBuild belongs to images only.
  config.erase("OnBuild");
  // A hostname that the engine made from the id, or takes from another container or the host.
  const bool another_name = !owner_of(mode).empty() || text_of(host, "UTSMode") == "host";
  if (another_name || text_of(config, "Hostname") == original.old_alias) config.erase("Hostname");
  // Ports of the image: forbidden, and without meaning, in another container's network.
  if (!owner_of(mode).empty()) config.erase("ExposedPorts");
  config["Image"] = wishes.image;

  restore_links(host);
  keep_volumes(host, container);
  json::object body = std::move(config);
  plan_networks(container, mode, original, body, plan);
  body["HostConfig"] = std::move(host);
  if (wishes.networks == NetworkNaming::Ids) name_networks_by_id(container, body, plan);
  plan.body = json::serialize(body);
  plan.platform = platform_of(container);
  return plan;
}

}  // namespace healer::docker
