#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "engine/docker/caller.hpp"
#include "engine/docker/container_secrets.hpp"
#include "engine/docker/exec.hpp"
#include "engine/docker/image_labels.hpp"
#include "engine/docker/json_container.hpp"
#include "engine/docker/network_drivers.hpp"
#include "model/container.hpp"

namespace healer::docker {

/// The inspects of containers: GET /containers/{id}/json, then in parallel what its answer needs.
///
///   needed                        | asked                        | if it is not answered
///   ------------------------------+------------------------------+------------------------------------------
///   labels of compose or an owner | the image's labels           | ImageLabels: a problem, or the inspect
///                                 |                              | fails
///   attached to an unknown network| all networks                 | the drivers stay empty
///   commands run inside           | GET /exec/{id}/json for each,| that command is left out
///                                 | at most `most_execs`         |
///
/// At most `inspects_at_once` inspects are open; the others wait, and the wait does not count in their
/// deadlines. Each call of an inspect has call_deadline.
class Inspects {
 public:
  using Done = std::function<void(Result<Container>)>;
  static constexpr std::size_t most_execs = 16;

  /// `caller`, `execs` and `secrets`, which learns those of each inspected container, must outlive this
  /// object.
  Inspects(Caller& caller, const Execs& execs, ContainerSecrets& secrets)
      : caller_(caller), execs_(execs), secrets_(secrets) {}

  /// Engine::inspect. `done` is never called from inside the call.
  void inspect(std::string id, Done done);
  /// A new connection: `product` answers, and a socket proxy may have other rules than before.
  void connected(Product product);

 private:
  struct Waiting {
    std::string id;
    Done done;
    std::chrono::steady_clock::time_point since;
  };
  struct Look;

  void next();
  void begin(Waiting waiting);
  void answered(const std::shared_ptr<Look>& look, const Result<net::HttpAnswer>& answer);
  void ask_image(const std::shared_ptr<Look>& look);
  void ask_networks(const std::shared_ptr<Look>& look);
  void ask_execs(const std::shared_ptr<Look>& look);
  void part_done(const std::shared_ptr<Look>& look);
  void finish(const std::shared_ptr<Look>& look, Result<Container> result);

  Caller& caller_;
  const Execs& execs_;
  ContainerSecrets& secrets_;
  ImageLabels images_{caller_};
  NetworkDrivers networks_{caller_};
  Product product_ = Product::Docker;
  std::deque<Waiting> waiting_;
  std::size_t open_ = 0;
};

}  // namespace healer::docker
