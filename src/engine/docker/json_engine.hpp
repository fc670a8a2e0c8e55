#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace healer::docker {

/// A version of the engine's API, "1.41".
struct ApiVersion {
  unsigned major = 0;
  unsigned minor = 0;
  auto operator<=>(const ApiVersion&) const = default;
};

std::optional<ApiVersion> parse_api_version(std::string_view text);
std::string to_string(ApiVersion version);

enum class Product { Docker, Podman };

/// The answer of GET /version.
struct EngineVersion {
  Product product = Product::Docker;
  std::string version;  ///< "20.10.24+dfsg1"
  std::optional<ApiVersion> newest;
  std::optional<ApiVersion> oldest;
};

Result<EngineVersion> parse_engine_version(std::string_view json);

/// Whether the answer of GET /info names `rootless` among the security options: the engine and its networks
/// are in a user's namespaces.
Result<bool> parse_rootless(std::string_view json);

/// Whether the answer of GET /info lists healer-guard among the authorization plugins.
bool has_guard_plugin(std::string_view json);

/// The networks in the answer of GET /networks: id and driver.
using NetworkList = std::vector<std::pair<std::string, std::string>>;
Result<NetworkList> parse_networks(std::string_view json);

/// The text of an error answer: its `message`, else the whole body; printable, at most 300 bytes.
std::string error_message(std::string_view body);

}  // namespace healer::docker
