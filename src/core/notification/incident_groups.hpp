#pragma once

#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "core/notification/routing.hpp"
#include "model/notice.hpp"

namespace healer {

class HostOut;
struct HostState;
struct Workload;

/// Incidents that begin close together are notified together. HEALING.md 6.
///
///   group     | input                                     | next      | what is notified
///   ----------+-------------------------------------------+-----------+--------------------------------------
///   (none)    | an incident is notified, the third of the | Gathering | nothing yet
///             | same channels within 10 s                 |           |
///   Gathering | another one for the same channels         | Gathering | nothing yet
///   Gathering | 10 s after the group's beginning          | Notified  | one DEGRADED with all members
///   Gathering | the same; every member's incident ended   | (none)    | one RECOVERED with all members
///   Notified  | the last member's incident ended          | (none)    | one RECOVERED with all members
///   any       | an operator is called for a member        | the same  | its own notification, and later its
///             |                                           |           | own end besides the group's
///   (start)   | one was Gathering, from disk              | Gathering | it is notified at once
///   (start)   | an open incident of one that was Notified | Notified  | nothing
///
/// A member keeps the group's dedup key in its incident, so that a later process ends what this one began.
class IncidentGroups {
 public:
  enum class Notified { No, Yes };

  /// Whether an incident whose notification would go to these channels joins a group: the group's dedup key.
  /// Empty: it is notified by itself. Whoever gets a key must store it in the workload's incident.
  std::string joined_by(const std::vector<Destination>& destinations, const HostState& host,
                        Instant now) const;

  /// To be called after each decision about the workload. `before`: whether its incident had been
  /// notified.
  void decided(const Workload& workload, Notified before, HostOut& out);
  void due(HostOut& out);
  /// When due() must be called again; empty: no group waits.
  std::optional<Instant> deadline() const;

 private:
  struct Group {
    std::string key;
    std::string channels;  ///< their names, sorted, one a line
    Instant due{};         ///< when it is notified
    bool sent = false;
    std::vector<Destination> destinations;
    std::vector<notice::GroupMember> members;  ///< in the order in which they joined
    std::map<std::string, std::string> open;   ///< workload key -> name, while the member's incident is open
    std::set<std::string> called;              ///< keys of members for which an operator was called
    std::vector<notice::GroupLeaver> otherwise;  ///< members whose incident ended, but who are not healthy
  };
  using Groups = std::vector<Group>;

  void join(const Workload& workload, const std::string& key, HostOut& out);
  void leave(const Workload& workload, HostOut& out);
  static void send(const Group& group, NotificationKind kind, Notice notice, HostOut& out);
  void save(HostOut& out) const;

  Groups groups_;
  std::map<std::string, std::string> member_of_;  ///< workload key -> the group's key
  /// By channels: when the newest two incidents were notified, or joined a group. The older one is first.
  std::map<std::string, std::array<Instant, 2>> newest_;
};

}  // namespace healer
