#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "engine/docker/recreate_body.hpp"
#include "engine/engine.hpp"

namespace healer::docker {

class Caller;
class Recreation;

/// Implements Engine::recreate and Engine::resume_recreate. recreate_body.hpp makes the configuration of the
/// new container, recreate_steps.hpp decides the order of the steps.
///
/// The old container is renamed to "NAME-MARK"; the new container is created as "NAME-MARK-new". An error
/// means that the old container is back or was never touched; the message names the failed step and the state
/// of the old container. The exception is ConnectionLost: the engine did not answer any more, and resume()
/// continues from what exists. `done` may come later than the order's deadline, by at most undo_limit of the
/// settings. An old container that the engine refuses to remove stays, stopped, as "NAME-MARK"; that is a
/// success, because the new container has taken over.
class Recreator {
 public:
  using Done = std::function<void(Result<std::string>)>;

  /// `caller` must outlive this object, and must not call back after this object is destroyed.
  explicit Recreator(Caller& caller);
  ~Recreator();
  Recreator(const Recreator&) = delete;
  Recreator& operator=(const Recreator&) = delete;

  /// Ids: the engine's authorization plugin accepts only them, also of the image.
  void name_networks_by(NetworkNaming networks) { networks_ = networks; }
  void recreate(RecreateOrder order, Done done);
  void resume(RecreateOrder order, Done done);

 private:
  void begin(RecreateOrder order, Done done, bool resumed);

  Caller& caller_;
  NetworkNaming networks_ = NetworkNaming::Names;
  std::uint64_t last_ = 0;
  std::map<std::uint64_t, std::unique_ptr<Recreation>> under_way_;
};

}  // namespace healer::docker
