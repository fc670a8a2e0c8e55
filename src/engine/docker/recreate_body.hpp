#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace healer::docker {

/// The facts about the old container that are needed before any other call.
struct Original {
  std::string id;
  std::string name;       ///< without the leading '/'
  std::string image_id;   ///< "sha256:..." of the image it was created from
  std::string image;      ///< the reference it was created with; may name another image now
  bool ran = false;       ///< running, or about to be started by its restart policy
  std::string old_alias;  ///< its short id, which engines add to names and aliases
};

/// Reads the answer of GET /containers/{id}/json. Conflict for a container that cannot be recreated safely:
/// it is removed when it stops (`--rm`), is a Swarm task, is paused, or is being removed.
Result<Original> read_original(std::string_view container_json);

/// How to create a container with the configuration of another.
struct RecreationPlan {
  /// One more network, joined after the creation and before the start.
  struct Connection {
    std::string network;   ///< as the call names it
    std::string endpoint;  ///< JSON object: aliases, static addresses, links, driver options
    std::string name;      ///< of the network
  };

  std::string body;      ///< body of POST /containers/create
  std::string platform;  ///< query parameter of that POST; empty: none
  std::vector<Connection> connections;
  std::string leave;                ///< network that the creation joins, but the old container has left
  std::string leave_name;           ///< its name
  std::vector<std::string> owners;  ///< containers whose namespaces it shares; they must run
  /// The old and the new container may run at once: no fixed host port, address or MAC, no shared network or
  /// host IPC namespace, no device or privileges, and no writable mount.
  bool side_by_side = false;
};

/// A network's name can come to mean another network; its id cannot. Names are what inspects and other tools
/// show.
enum class NetworkNaming { Names, Ids };

struct RecreationWishes {
  std::string image;  ///< image to create from: the reference if it still names the same image, else the id
  std::string network_parent;  ///< RecreateOrder::network_parent
  NetworkNaming networks = NetworkNaming::Names;
};

/// `image_json`: the answer of GET /images/{id}/json for the image of the old container. Settings that equal
/// the image's are left to the image; without `image_json` all settings are set explicitly. Anonymous volumes
/// are kept by name. No label and no variable is added.
///
/// Protocol: an answer does not have the expected form. InvalidInput: a network parent for a container that
/// does not share another container's network.
Result<RecreationPlan> plan_recreation(std::string_view container_json,
                                       std::optional<std::string_view> image_json,
                                       const RecreationWishes& wishes);

}  // namespace healer::docker
