#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "heal_contestant.hpp"
#include "heal_watch.hpp"
#include "integration/lab.hpp"

namespace healer::bench {

enum class Network {
  Published,  ///< a published port of its own
  Address,    ///< its own address in a network of the scene
  Parent,     ///< the network of the scene's parent, which publishes this container's port
};

struct Target {
  std::string name;
  Endpoint endpoint;
};

/// The containers of one scenario for one contestant: `broken` ones, which the scenario breaks, and others,
/// which no contestant has a reason to restart. The destructor removes them all.
class Scene {
 public:
  struct Shape {
    std::size_t broken = 1;
    std::size_t others = 1;
    Network network = Network::Published;  ///< of the broken ones; the others have published ports
  };

  Scene(testing::Lab& lab, Contestant contestant, const Shape& shape);
  ~Scene();
  Scene(const Scene&) = delete;
  Scene& operator=(const Scene&) = delete;

  const testing::DockerCli& docker() const { return lab_.docker(); }
  const std::vector<Target>& broken() const { return broken_; }
  std::vector<Endpoint> broken_endpoints() const;
  /// The container in whose network the broken ones are; empty without Network::Parent.
  const std::string& parent() const { return parent_; }
  std::vector<std::string> names() const;

  /// Starts and restarts what an earlier round left broken, and waits until all containers answer.
  void repair() const;
  /// Sends POST `path`. Throws when sample-app does not take it; a crash gives no answer.
  void instruct(const Target& target, const std::string& path) const;
  /// How often each container has started since the scene began.
  std::map<std::string, int> starts() const;

 private:
  Target run(const std::string& name, Network network);
  std::vector<std::string> network_options(Target& target, Network network);
  void make_network();
  void log_starts();

  testing::Lab& lab_;
  Contestant contestant_;
  testing::TemporaryFolder folder_;
  std::unique_ptr<testing::Process> events_;
  std::string network_;
  std::string network_prefix_;  ///< "172.18.0."
  std::string parent_;
  std::vector<Target> broken_;
  std::vector<Target> others_;
};

}  // namespace healer::bench
