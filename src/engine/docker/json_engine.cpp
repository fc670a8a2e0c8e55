#include "engine/docker/json_engine.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <boost/json/monotonic_resource.hpp>

#include "base/text.hpp"
#include "engine/docker/json_fields.hpp"

namespace healer::docker {
namespace {

namespace json = boost::json;

constexpr std::size_t longest_message = 300;

}  // namespace

std::optional<ApiVersion> parse_api_version(std::string_view text) {
  ApiVersion version;
  const char* const end = text.data() + text.size();
  const auto major = std::from_chars(text.data(), end, version.major);
  if (major.ec != std::errc() || major.ptr == end || *major.ptr != '.') return std::nullopt;
  const auto minor = std::from_chars(major.ptr + 1, end, version.minor);
  if (minor.ec != std::errc() || minor.ptr != end) return std::nullopt;
  if (version.major > 1000 || version.minor > 10'000) return std::nullopt;
  return version;
}

std::string to_string(ApiVersion version) {
  return fmt::format("{}.{}", version.major, version.minor);
}

Result<EngineVersion> parse_engine_version(std::string_view text) {
  json::monotonic_resource memory;
  const auto parsed = parse_json(text, &memory);
  if (!parsed) return tl::unexpected(parsed.error());
  Fields::Problem problem;
  const Fields root(*parsed, problem);
  EngineVersion engine;
  engine.version = clip(printable(root.text("Version")), 60);
  engine.newest = parse_api_version(root.text("ApiVersion"));
  engine.oldest = parse_api_version(root.text("MinAPIVersion"));
  if (const json::array* components = root.array("Components")) {
    for (const auto& value : *components)
      if (root.within("Components", value).text("Name").starts_with("Podman"))
        engine.product = Product::Podman;
  }
  if (problem) return failure(ErrorCode::Protocol, "the answer does not fit: " + *problem);
  return engine;
}

Result<bool> parse_rootless(std::string_view text) {
  json::monotonic_resource memory;
  const auto parsed = parse_json(text, &memory);
  if (!parsed) return tl::unexpected(parsed.error());
  Fields::Problem problem;
  const Fields root(*parsed, problem);
  bool rootless = false;
  if (const json::array* options = root.array("SecurityOptions")) {
    for (const auto& value : *options)  // "name=rootless", "name=seccomp,profile=default"
      for (const std::string& part : split(root.text_of("SecurityOptions", value), ','))
        rootless = rootless || part == "name=rootless";
  }
  if (problem) return failure(ErrorCode::Protocol, "the answer does not fit: " + *problem);
  return rootless;
}

bool has_guard_plugin(std::string_view text) {
  const auto parsed = parse_json(text, {});
  if (!parsed) return false;
  Fields::Problem problem;
  const Fields plugins = Fields(*parsed, problem).object("Plugins");
  const json::array* names = plugins.array("Authorization");
  return names && std::any_of(names->begin(), names->end(), [](const json::value& name) {
           return name.is_string() && std::string_view(name.get_string()).starts_with("healer-guard");
         });
}

Result<NetworkList> parse_networks(std::string_view text) {
  json::monotonic_resource memory;
  const auto parsed = parse_json(text, &memory);
  if (!parsed) return tl::unexpected(parsed.error());
  const json::array* all = parsed->if_array();
  if (!all) return failure(ErrorCode::Protocol, "the answer does not fit: an array expected");
  Fields::Problem problem;
  NetworkList networks;
  for (const auto& value : *all) {
    const Fields network(value, problem);
    networks.emplace_back(network.text("Id"), clip(printable(network.text("Driver")), 40));
  }
  if (problem) return failure(ErrorCode::Protocol, "the answer does not fit: " + *problem);
  return networks;
}

std::string error_message(std::string_view body) {
  json::monotonic_resource memory;
  const auto parsed = parse_json(body, &memory);
  std::string message;
  if (parsed && parsed->is_object()) {
    Fields::Problem ignored;
    message = Fields(*parsed, ignored).text("message");
  }
  if (message.empty()) message = std::string(body.substr(0, 4 * longest_message));
  return clip(trim(printable(message)), longest_message);
}

}  // namespace healer::docker
