#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace healer::docker {

/// What of a container must be known before anything is asked of the engine.
struct Original {
  std::string id;
  std::string name;       ///< without the leading '/'
  std::string image_id;   ///< "sha256:..." of the image it was made from
  std::string image;      ///< the reference it was made with; may mean another image by now
  bool ran = false;       ///< running, or between two starts of its restart policy
  std::string old_alias;  ///< its short id, which engines add to names and aliases
};

/// Reads the answer of GET /containers/{id}/json, and refuses (Conflict) what cannot be recreated safely: one
/// that removes itself when it stops (`--rm`), a Swarm task, a paused one, one that is being removed.
Result<Original> read_original(std::string_view container_json);

/// How to make a container with another one's configuration.
struct RecreationPlan {
  /// One further network, joined after the creation and before the start.
  struct Connection {
    std::string network;
    std::string endpoint;  ///< JSON object: aliases, static addresses, links, driver options
  };

  std::string body;      ///< of POST /containers/create
  std::string platform;  ///< its query parameter; empty: none
  std::vector<Connection> connections;
  std::string leave;                ///< network that the creation joins although the old one has left it
  std::vector<std::string> owners;  ///< containers whose namespaces it shares: these must run
  /// Old and new may run at the same time: no fixed host port, address or MAC, no shared network namespace,
  /// no device, and nothing on disk that both could write to.
  bool side_by_side = false;
};

struct RecreationWishes {
  std::string image;  ///< what to create from: the reference while it means the same image, else the id
  std::string network_parent;  ///< RecreateOrder::network_parent
};

/// `image_json` is the answer of GET /images/{id}/json for the image the container was made from. What
/// equals the image's own settings is left to the image, as it was; without it everything is pinned.
/// Anonymous volumes are kept by name. Nothing is added: no label, no variable.
///
/// Protocol: an answer does not fit. InvalidInput: a network parent for a container with a network of its
/// own.
Result<RecreationPlan> plan_recreation(std::string_view container_json,
                                       std::optional<std::string_view> image_json,
                                       const RecreationWishes& wishes);

}  // namespace healer::docker
