#pragma once

#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/supervisor.hpp"
#include "model/effect.hpp"
#include "model/event.hpp"
#include "process.hpp"
#include "replay/recorder.hpp"
#include "runtime/observer.hpp"
#include "runtime/runtime.hpp"
#include "world.hpp"

namespace healer::simulation {

/// A broken invariant of HEALING.md 7; number 0 is for checks beside those invariants.
struct Broken {
  int invariant = 0;
  std::string what;
  Instant at{};
};

/// Checks one world and its healer after every step, and keeps the first broken invariant.
///
/// healer is judged by what it could know: an operator's pause counts from the inspect or the event that
/// reports it, because an order that is already on its way cannot be called back.
class Checker final : public Observer {
 public:
  Checker(World& world, Disk& disk, Score& score);

  // A process of healer starts or ends.
  void begins(const Runtime& runtime, const HostPolicy& policy, const StoredState& stored, std::uint64_t seed,
              Duration base, bool mirrored);
  void ends(bool amnesia);

  // What healer observes.
  void looked(const std::string& container_id, Instant seen_at);
  void reported(const EngineEvent& event);
  void passed(std::uint32_t index);

  // What healer does.
  void order_given(RemedyKind kind, const std::string& container_id, Duration deadline);
  void order_answered(const std::string& container_id);
  /// The newest order to this container is what an operator asked for (`healer heal`).
  bool asked_for(const std::string& container_id);
  void committed(const std::vector<Record>& records, bool ok);
  void delivered(const Notification& notification);
  void operator_did(What what, const std::string& key);
  void stalled() { disturbed_at_ = world_.now(); }
  void store_troubled() { disturbed_at_ = world_.now(); }

  // The field's worlds: checker_field.cpp.
  /// A check asks for an address, which `index` has; past the last unit: nobody.
  void asked(ProbeId id, std::uint32_t index) { asked_[id.value % asked_.size()] = {id.value, index}; }
  /// Alertmanager gave no usable answer to whether an alert of the workload fires.
  void alert_unanswered(const std::string& key) { unanswered_at_[key] = world_.now(); }

  /// Called periodically: checks that no workload is unhealthy for too long without an attempt.
  void look_around(Duration since_last);
  /// After the world's end: checks that incidents are closed or visible, and notifications sent or pending.
  void close_books(const Outbox* outbox);
  bool end_was_notified(const Incident& incident) const;
  /// True if healer cannot or may not act on this unit now: engine down, a hold, a pause, the breaker.
  bool excused(const Place& place) const;

  const std::optional<Broken>& broken() const { return broken_; }
  /// Digest of all orders and notifications so far.
  std::uint64_t digest() const { return digest_; }
  void fail(int invariant, std::string what);

  // Observer.
  void log(const LogLine& line) override;
  void count(const Metric&) override {}
  void engine_event(const EngineReport&, Duration) override {}
  void loop_lag(Duration) override {}
  void store_failed(const Error&) override {}
  void step_begins(const Event& event, Instant now) override;
  void step_ended(const Event& event, Instant now, const Effects& effects) override;

  /// Keeps a readable trace of events, effects and orders; set when a broken world is run again.
  bool tracing = false;
  std::optional<int> only;  ///< report only this invariant
  std::vector<std::string> trace;
  bool listing = false;             ///< keep `orders`
  std::vector<std::string> orders;  ///< the lines of orders.hpp
  /// Records the steps of the present process; empty: nothing is recorded.
  std::unique_ptr<replay::Recorder> recorder;
  void note(const std::string& line);

 private:
  struct Known {  ///< what healer may know of one unit
    std::string key;
    std::string container_id;
    Instant looked_at{};
    Instant notified_paused{};
    Instant notified_stopped{};
    std::uint32_t passed_instance = 0;  ///< the instance (Place::starts) that has passed a check
    Instant passed_at{};                ///< its first pass
    bool pass_kept = true;              ///< the pass is on disk for the next process
    bool failed_in_round = false;       ///< a check of the open round failed
    Duration unattended{0};             ///< time unhealthy without a reason to wait
    std::optional<std::pair<RemedyKind, Instant>> open_order;  ///< with its deadline
    std::uint32_t stopped_instance =
        0;  ///< the instance that healer stopped, by its ladder or an order that is on no disk
    std::uint32_t ordered_instance = 0;  ///< the instance of the open order
    unsigned ordered_by = 0;
    Instant ordered_from{}, ordered_until{};  ///< a stop in between may be the order's
    std::optional<ApplyRemedy> decided;       ///< decided, not yet given to the engine
    bool asked_for = false;                   ///< an operator asked for the newest order's attempt
    std::uint64_t proven = 0;                 ///< bit n: a probe passed with image n
    std::optional<std::uint32_t> failed_by;   ///< the unit that gave the newest failure of an address
    void passes(std::uint32_t run, Instant now) {
      if (std::exchange(passed_instance, run) != run) passed_at = now;
      pass_kept = true;
    }
  };
  struct Account {  ///< the open records of one workload
    std::vector<Instant> orders;
    std::optional<std::uint64_t> open_incident;
    std::optional<std::uint64_t> open_attempt;
  };

  void record(const Record& record, Instant now);
  void ordered(const ApplyRemedy& order, Instant now);
  bool by_operator(const ApplyRemedy& order) const;
  bool begins_attempt(const ApplyRemedy& order);
  bool engine_fails_in_round(const Known& known) const;
  bool fall_was_seen(const Place& place) const;
  bool paused_by_operator(const std::string& key, Instant now) const;
  bool takes_slot(const std::string& key, const Account& account, Instant now);
  void ordered_to(const Place& place, const ApplyRemedy& order, bool stop_looks_ours);
  void raised(const Notification& notification);
  Known* known(const std::string& container_id);
  Known* known_by_key(const std::string& key);
  const Place* place_of(const std::string& key) const;
  std::string key_of(const Place& place) const;
  const Incident* incident_of(const ApplyRemedy& order) const;
  void field_step(const Event& event, bool passed, bool failed);
  void ordered_in_field(const Place& place, const ApplyRemedy& order);
  void ordered_for_alert(const Place& place, const ApplyRemedy& order);
  void check_end_is_final(const Place& place, const ApplyRemedy& order);
  void check_owner(const Place& place, RemedyKind kind);
  bool cannot_be_known(const Place& place) const;
  const Workload* workload_of(const std::string& key) const;
  const Policy* policy_of(const std::string& key) const;
  bool knows_alert(const std::string& key) const;
  /// The start periods after a clean end and after an unclean end, the shorter one first.
  std::pair<Duration, Duration> graces_of(const std::string& key, const Policy& policy) const;
  bool in_the_way(const WorkloadStatus& status) const;
  bool treats(const Policy& policy, const Place& place) const;
  Duration kill_after(const Place& place, const Known& known, const Policy& policy) const;
  void rebuild();

  /// Now, on healer's clock.
  Instant healers_now() const { return world_.now() + base_; }

  World& world_;
  Disk& disk_;
  Score& score_;
  const Runtime* runtime_ = nullptr;
  std::unique_ptr<Supervisor> mirror_;
  Effects mirrored_;
  std::optional<Broken> broken_;
  Instant began_at_{};
  Instant connected_at_{};
  Instant disturbed_at_{};
  Duration base_{0};
  HostPolicy host_;
  HostRecord host_record_;

  std::vector<Known> known_;  ///< by unit
  std::unordered_map<std::string, std::uint32_t> by_key_;
  std::vector<std::pair<Instant, Instant>>
      lives_;  ///< from start to end, of processes whose commits succeeded
  std::unordered_map<std::string, Account> accounts_;  ///< by workload
  std::unordered_map<std::string, WorkloadRecord> records_;
  std::map<std::uint64_t, Attempt> attempts_;
  std::map<std::uint64_t, Incident> incidents_;
  std::optional<Instant> first_reported_;            ///< the first event of the engine
  std::map<std::uint64_t, RemedyKind> ordered_for_;  ///< by attempt: its last order
  std::set<std::uint64_t> unwritten_;                ///< attempts whose commit is not answered yet
  std::map<std::string, Instant> reset_at_;          ///< by workload
  std::map<std::string, Instant> asked_at_;          ///< by workload: the last `healer heal`
  std::set<std::string> to_be_done_;  ///< workloads whose `healer heal` has led to no order yet
  std::set<std::string> reset_names_;

  std::set<std::tuple<std::string, NotificationKind, unsigned>> raised_;
  std::map<std::uint64_t, std::uint32_t> delivered_;  ///< notification -> process that sent it
  std::map<std::tuple<std::string, NotificationKind, unsigned>, std::uint64_t> delivered_as_;
  std::set<std::uint64_t> notified_ends_;
  std::set<std::string> ended_groups_;  ///< dedup keys
  std::uint32_t process_ = 0;
  std::uint32_t failed_commits_ = 0;
  std::map<std::uint64_t, std::uint32_t> delivered_at_failures_;

  void digest(RemedyKind order, std::string_view container_id);
  void digest(std::string_view what, const Notification& notification);
  void digest(std::string_view what, std::initializer_list<std::string_view> details);
  std::uint64_t digest_ = 14695981039346656037ULL;  // FNV-1a

  std::set<std::string> shared_keys_;  ///< keys that the labels of several units claim
  std::vector<std::pair<std::uint64_t, std::uint32_t>> asked_;  ///< by check, a ring
  std::map<std::string, Instant> unanswered_at_;                ///< by workload
  Instant events_lost_at_{};

  std::optional<unsigned> failures_before_;
  Instant same_instant_{};
  unsigned steps_at_once_ = 0;
};

}  // namespace healer::simulation
