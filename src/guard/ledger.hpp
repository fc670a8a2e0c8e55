#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "guard/rules.hpp"

namespace healer::guard {

enum class OrderKind { Start, Stop, Restart, Kill, Recreate };

const char* to_string(OrderKind kind);
std::optional<OrderKind> order_kind_of(std::string_view name);

/// The workload of an order. Budgets count by each of the three, so that neither a new id nor a new name
/// refills them.
struct Subject {
  std::string id;
  std::string name;
  std::string lineage;
};

struct Order {
  std::uint64_t number = 0;  ///< unique over the life of the journal
  OrderKind kind = OrderKind::Restart;
  Subject subject;
  WallTime at;
};

/// One container in the list that follows a connection to the engine's event stream.
struct SeenContainer {
  std::string id;
  std::string name;
  std::string lineage;
  bool running = false;
  bool watched = false;            ///< it opted in
  std::string healthy_image = {};  ///< id of its image, if the engine reports it healthy
};

inline constexpr std::size_t workload_budget = 10;
inline constexpr std::size_t host_budget = 60;
inline constexpr Duration budget_window{30 * 60 * 1000};
inline constexpr std::size_t down_percent = 30;
inline constexpr std::size_t down_least = 3;
inline constexpr std::size_t images_of_workload = 4;

/// What the guard remembers of orders and containers, and the limits that follow from it. No I/O and no
/// clock.
///
/// A container is `stopped` when an operator stopped it, or when it was not running at the first look after a
/// gap in the events; a start that the guard sees ends that. Events between an order of the guard and its
/// answer are the order's.
///
///   event, outside an order of the guard     | the container
///   -----------------------------------------+-----------------------------
///   stop                                     | stopped
///   die within 10 s after a kill             | stopped
///   die                                      | ended: it may be started
///   start                                    | running
///   not running in the list after a gap      | stopped, unless an order of the guard ended it
class Ledger {
 public:
  /// Whether the order is within the limits and not against an operator's will. `running`: by an inspect that
  /// is newer than the request.
  Ruled<void> judge(OrderKind kind, const Subject& subject, bool running, WallTime now) const;

  void ordered(const Order& order);
  /// The engine answered, or will not any more.
  void answered(std::uint64_t number, WallTime at);
  /// The orders so far are those of a former process.
  void replayed();
  std::uint64_t next_number() const { return last_number_ + 1; }
  /// Orders of the last 30 minutes.
  std::vector<Order> recent(WallTime now) const;

  // The engine's events.
  void listed(const std::vector<SeenContainer>& all, WallTime now);
  void created(const SeenContainer& container);
  void started(const std::string& id, WallTime at);
  void killed(const std::string& id, WallTime at);
  void stopped(const std::string& id, WallTime at);
  void ended(const std::string& id, WallTime at);
  void renamed(const std::string& id, const std::string& name);
  void removed(const std::string& id);

  // The operator, on the second socket. A name or a lineage.
  void pause(const std::string& name) { paused_.insert(name); }
  void resume(const std::string& name) { paused_.erase(name); }
  void reset(const std::string& name);
  void released(const std::string& name);
  const std::set<std::string>& paused() const { return paused_; }

  /// Whether `successor` took the place of `former`: the former container is gone, and the other has a name
  /// that it had, or its lineage.
  bool succeeds(const std::string& successor, const std::string& former) const;
  /// A recreation of the guard replaced one container by another.
  void replaced(const std::string& former, const std::string& successor);

  /// A container of this lineage, made from this image, was reported healthy. False: that was known. The
  /// newest four images of a lineage are kept.
  bool healthy(const std::string& lineage, const std::string& image_id);
  bool was_healthy(const std::string& lineage, const std::string& image_id) const;
  /// By lineage, the oldest first.
  const std::map<std::string, std::deque<std::string>>& healthy_images() const { return healthy_; }

  std::size_t watched() const;
  std::size_t down() const { return down_.size(); }

 private:
  enum class State { Running, Ended, Stopped, Gone };
  struct Life {
    State state = State::Stopped;
    std::set<std::string> names;
    std::string name;
    std::string lineage;
    bool watched = false;
    WallTime killed{};
    std::string successor;
  };
  struct Interval {
    std::uint64_t number = 0;
    std::string id;
    WallTime from;
    std::optional<WallTime> until;
    bool orphaned = false;  ///< of a former process: no answer will come
  };

  bool by_order(const std::string& id, WallTime at) const;
  bool under_way(const std::string& id) const;
  bool is_paused(const Subject& subject) const;
  Ruled<void> judge_budgets(const Subject& subject, WallTime now) const;
  Ruled<void> judge_down(const Subject& subject) const;
  void forget_gone();

  std::uint64_t last_number_ = 0;
  std::deque<Order> orders_;
  std::deque<Interval> intervals_;
  std::map<std::string, Life> lives_;
  std::deque<std::string> gone_;
  std::set<std::string> down_;  ///< lineages that are not running by an order of the guard
  std::set<std::string> paused_;
  std::map<std::string, std::deque<std::string>> healthy_;  ///< ids of images, by lineage
};

}  // namespace healer::guard
