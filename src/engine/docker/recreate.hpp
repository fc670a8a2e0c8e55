#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "engine/engine.hpp"

namespace healer::docker {

class Caller;
class Recreation;

/// Carries out Engine::recreate and Engine::resume_recreate. recreate_body.hpp says what the new container is
/// made of, recreate_steps.hpp what is done when.
///
/// The old container, set aside, is called "NAME-MARK"; the new one begins as "NAME-MARK-new". An error comes
/// only when the old one is back, or was never touched; it says which step failed and how the old one is now.
/// ConnectionLost is the one exception: the engine could not be checked any more, and resume() goes on from
/// what it finds. An answer may take up to the settings' undo_limit longer than the order's deadline. An old
/// one that the engine refuses to remove is left, stopped, as "NAME-MARK": the new one has taken over, and
/// that is success.
class Recreator {
 public:
  using Done = std::function<void(Result<std::string>)>;

  /// `caller` outlives it, and must call nothing back any more once this is destroyed.
  explicit Recreator(Caller& caller);
  ~Recreator();
  Recreator(const Recreator&) = delete;
  Recreator& operator=(const Recreator&) = delete;

  void recreate(RecreateOrder order, Done done);
  void resume(RecreateOrder order, Done done);

 private:
  void begin(RecreateOrder order, Done done, bool resumed);

  Caller& caller_;
  std::uint64_t last_ = 0;
  std::map<std::uint64_t, std::unique_ptr<Recreation>> under_way_;
};

}  // namespace healer::docker
