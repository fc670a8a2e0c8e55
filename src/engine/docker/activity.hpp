#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "engine/docker/caller.hpp"
#include "engine/engine.hpp"

namespace healer::docker {

/// Engine::activity: the container's statistics, and then the time of its newest log line. Logs that cannot
/// be read (a log driver without reading, a socket proxy) leave Activity::logged empty.
class Activities {
 public:
  using Done = std::function<void(Result<Activity>)>;

  /// `caller` must outlive this object.
  explicit Activities(Caller& caller) : caller_(caller) {}
  /// `done` is never called from inside the call.
  void find(std::string id, Done done);

 private:
  void find_log(const std::string& id, Activity activity, Done done);

  Caller& caller_;
};

}  // namespace healer::docker
