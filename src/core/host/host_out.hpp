#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "core/host/host_state.hpp"
#include "core/notification/routing.hpp"
#include "model/effect.hpp"
#include "model/record.hpp"

namespace healer {

/// A notification that belongs to no workload.
struct HostMessage {
  NotificationKind kind = NotificationKind::Info;
  Notice notice;
  std::string dedup_key;
  Following follows;
  std::vector<Destination> more = {};  ///< besides the destinations of its routes
  std::vector<Destination> only = {};  ///< unless empty: instead of those of its routes
};

/// What the host gives back in one step: effects, in order. Exists for that step only.
class HostOut {
 public:
  HostOut(HostState& state, HostRecord& record, Instant now, Effects& effects)
      : state_(state), record_(record), now_(now), effects_(effects) {}

  Instant now() const { return now_; }
  const std::string& host_name() const { return state_.policy.host_name; }
  /// For a workload's controller, and for parts that only append.
  Effects& effects() { return effects_; }
  /// As Out::add().
  template <class OneEffect>
  void add(OneEffect effect);
  void inspect(std::string container);
  void log(LogLevel level, Fact fact);
  /// A decision about the host, for the history.
  void decide(Rule rule, Fact fact);
  /// Returns all destinations.
  std::vector<Destination> notify(HostMessage message);
  /// What must survive healer's process; save() writes it, with the pause of all.
  HostRecord& record() { return record_; }
  void save();

 private:
  HostState& state_;
  HostRecord& record_;
  Instant now_;
  Effects& effects_;
};

}  // namespace healer
