#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.hpp"
#include "engine/docker/caller.hpp"

namespace healer::docker {

/// The drivers of the engine's networks, by one GET /networks for all. The driver of a network id never
/// changes, so the engine is asked again only when a container is attached to a network that was not in the
/// last answer. After a refusal it is not asked again before forget(), after another failure not for a
/// minute.
class NetworkDrivers {
 public:
  static constexpr std::size_t most_networks = 4096;

  /// `caller` must outlive this object.
  explicit NetworkDrivers(Caller& caller) : caller_(caller) {}

  /// Calls `done` once, possibly from inside the call, when of() knows these networks, or cannot.
  void learn(const std::vector<std::string>& network_ids, std::function<void()> done);
  /// "bridge", "macvlan"; empty: not known.
  std::string of(const std::string& network_id) const;
  /// For a new connection: the engine or a socket proxy may be another one.
  void forget();

 private:
  bool may_ask() const;
  void answered(const Result<net::HttpAnswer>& answer);

  Caller& caller_;
  std::unordered_map<std::string, std::string> known_;  ///< also networks that the engine does not list: ""
  std::optional<std::chrono::steady_clock::time_point> not_before_;
  bool refused_ = false;
  std::vector<std::string> asked_for_;          ///< by the call under way
  std::vector<std::function<void()>> waiting_;  ///< for the call under way
};

}  // namespace healer::docker
