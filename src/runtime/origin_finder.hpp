#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "engine/engine.hpp"
#include "model/event.hpp"
#include "runtime/host.hpp"

namespace healer {

/// Finds where healer's checks come from, and reports each change.
///
///   healer runs             | found by                          | again
///   ------------------------+-----------------------------------+----------------------------------
///   on the host             | the host's connected networks     | connection, list, and before the
///                           |                                   | facts of a container after any
///                           |                                   | event of the engine: its network
///                           |                                   | may be as new as the container
///   in a container          | an inspect of healer's container; | connection, list, and an event
///                           | with the host's network also as   | about healer's container
///                           | on the host                       |
///   in a container that the | nothing: as on the host, and the  | connection, list
///   engine does not know    | connected networks are not known  |
///
/// An inspect that fails otherwise keeps what was found before.
class OriginFinder {
 public:
  using Learned = std::function<void(ProbeOrigin)>;
  using Warn = std::function<void(std::string)>;

  /// `own_container_id` empty: on the host. `host` and `engine` must outlive this object.
  OriginFinder(std::string own_container_id, Host& host, Engine& engine, Learned learned, Warn warn)
      : own_id_(std::move(own_container_id)),
        host_(host),
        engine_(engine),
        learned_(std::move(learned)),
        warn_(std::move(warn)) {}

  /// A new connection: finds the origin, then calls `then`, possibly from inside the call.
  void connected(bool rootless, std::function<void()> then);
  /// Finds the origin again.
  void refresh();
  /// The engine reported something about this container.
  void heard(const std::string& container_id);
  /// The facts of a container are about to be reported.
  void before_facts();

 private:
  void answered(Result<Container> self, bool connecting);
  void found(ProbeOrigin origin, bool connecting);
  ProbeOrigin on_host() const;

  std::string own_id_;
  Host& host_;
  Engine& engine_;
  Learned learned_;
  Warn warn_;
  bool rootless_ = false;
  bool stale_ = false;  ///< the connected networks may have changed
  bool asking_ = false;
  bool again_ = false;
  bool known_ = false;  ///< an inspect found healer's container
  ProbeOrigin last_;
  std::string last_warning_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace healer
