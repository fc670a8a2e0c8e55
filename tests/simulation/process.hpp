#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "agenda.hpp"
#include "engine/engine.hpp"
#include "notify/notifier.hpp"
#include "notify/outbox.hpp"
#include "probe/probe.hpp"
#include "runtime/host.hpp"
#include "store/store.hpp"
#include "world.hpp"

namespace healer::simulation {

class Checker;

/// One process of healer: its number, and whether it is alive. Each of its calls to the world goes through
/// call(), so that the process can be killed between any two calls.
struct Life {
  Agenda& agenda;
  World& world;
  Checker& checker;
  std::uint32_t number = 0;
  std::optional<int> calls_left;         ///< the process is killed after so many calls
  std::optional<int> calls_after_order;  ///< the same, counted from its next order
  bool dead = true;
  Duration base{0};      ///< its clock minus the world's; set at its start by the wall clock
  bool amnesia = false;  ///< a commit failed, so the process knows more than the disk

  /// Now, on its clock.
  Instant now() const { return world.now() + base; }
  /// Counts one call; false if the process is dead, and then the call must have no effect.
  bool call();
  /// The process gives the engine an order.
  void orders() {
    if (calls_after_order) calls_left = *std::exchange(calls_after_order, std::nullopt);
  }
  void put(Duration after, Agenda::Work work) { agenda.put(world.now() + after, number, std::move(work)); }
};

class SimHost final : public Host {
 public:
  explicit SimHost(Life& life) : life_(life) {}
  Instant now() override { return life_.now(); }
  WallTime wall() override { return life_.world.wall(); }
  void on_alarm(std::function<void()> work) override { alarm_ = std::move(work); }
  void set_alarm(Instant at) override { alarm_at_ = at - life_.base; }
  void post(std::function<void()> work) override { life_.put(Duration{0}, std::move(work)); }

  std::optional<Instant> alarm_at() const { return alarm_at_; }  ///< by the world's clock
  void ring() {
    alarm_at_.reset();
    alarm_();
  }

 private:
  Life& life_;
  std::optional<Instant> alarm_at_;
  std::function<void()> alarm_;
};

/// Checks the world's services. Like the real prober it gives one result, later, within the timeout.
class SimProber final : public Prober {
 public:
  SimProber(Life& life, Score& score, Sink sink) : life_(life), score_(score), sink_(std::move(sink)) {}
  void start(ProbeId id, const ProbeTargetPtr& target, Duration timeout) override;
  void cancel(ProbeId id) override;
  std::size_t open() const override { return open_; }
  /// While healer's loop stands still its timeouts pass: every second result is a timeout.
  Instant stalled_at{};
  Instant stalled_until{};

 private:
  void answer(std::uint64_t packed);

  Life& life_;
  Score& score_;
  Sink sink_;
  std::size_t open_ = 0;
  std::vector<std::uint64_t> cancelled_;  ///< the last few; the core ignores a late result of an older one
};

/// The world's engine behind healer's interface Engine.
class SimEngine final : public Engine {
 public:
  explicit SimEngine(Life& life);
  ~SimEngine() override;
  void connect(std::function<void(Result<EngineInfo>)> done) override;
  void list(std::function<void(const ContainerSummary&)> each,
            std::function<void(Result<void>)> done) override;
  void inspect(std::string id, std::function<void(Result<Container>)> done) override;
  void restart(std::string id, std::optional<Duration> stop_timeout, Duration deadline,
               std::function<void(Result<void>)> done) override;
  void start(std::string id, Duration deadline, std::function<void(Result<void>)> done) override;
  void stop(std::string id, std::optional<Duration> stop_timeout, Duration deadline,
            std::function<void(Result<void>)> done) override;
  void kill(std::string id, int signal, Duration deadline, std::function<void(Result<void>)> done) override;
  void exec(ExecOrder order, std::function<void(Result<ExecResult>)> done,
            std::function<void()> ended) override;
  void collect_evidence(EvidenceOrder order, std::function<void(EngineEvidence)> done) override;
  void recreate(RecreateOrder order, std::function<void(Result<std::string>)> done) override;
  void resume_recreate(RecreateOrder order, std::function<void(Result<std::string>)> done) override;
  void replace(std::string id, std::optional<Duration> stop_timeout, Duration deadline,
               std::function<void(Result<void>)> done) override;
  void subscribe(std::int64_t since, std::function<void()> ready, std::function<void(EngineEvent)> each,
                 std::function<void(Error)> ended) override;
  void has_events_since(std::int64_t since, std::function<void(bool)> done) override;

 private:
  /// The error of every call in the engine's present state, and its delay.
  std::optional<std::pair<Error, Duration>> trouble(Duration deadline) const;
  /// Common to all calls that change a container: refusals, fates and deadlines. `carry` executes the order.
  void order(RemedyKind kind, const std::string& id, Duration deadline,
             std::function<void(Result<void>)> done,
             const std::function<void(Place&, Fate, World::Done)>& carry);
  void report(const EngineEvent& event, Duration after);
  /// The draws about one container at one instant; they do not depend on earlier draws.
  struct Asked {
    const Chance& chance;
    std::uint64_t who;
    std::uint64_t when;
    double draw(std::uint64_t purpose) const { return chance.draw(who, purpose, when); }
    std::uint64_t bits(std::uint64_t purpose) const { return chance.bits(who, purpose, when); }
    Duration between(Duration low, Duration high, std::uint64_t purpose) const {
      return chance.between(low, high, who, purpose, when);
    }
  };
  Asked asked_about(const std::string& container_id) const;
  bool noisy(const Asked& asked, std::uint64_t purpose) const;

  Life& life_;
  std::uint64_t subscription_ = 0;
  std::function<void(EngineEvent)> each_;
  std::function<void(Error)> ended_;
};

/// The state file: it outlives the processes.
class Disk {
 public:
  void apply(const std::vector<Record>& records);
  /// The stored state that a process reads when it starts.
  StoredState load(Instant now) const;
  const std::map<std::uint64_t, Attempt>& attempts() const { return attempts_; }
  const std::map<std::uint64_t, Incident>& incidents() const { return incidents_; }
  const std::unordered_map<std::string, WorkloadRecord>& workloads() const { return workloads_; }
  const std::map<std::pair<std::uint64_t, std::string>, Delivery>& deliveries() const { return deliveries_; }
  const HostRecord& host() const { return host_; }

 private:
  std::unordered_map<std::string, WorkloadRecord> workloads_;
  std::map<std::uint64_t, Incident> incidents_;
  std::map<std::uint64_t, Attempt> attempts_;
  std::map<std::uint64_t, Notification> notifications_;
  std::map<std::pair<std::uint64_t, std::string>, Delivery> deliveries_;
  std::map<std::pair<std::string, std::string>, Receipt> receipts_;
  HostRecord host_;
  EventCursor cursor_;
  std::uint64_t last_incident_ = 0;
  std::uint64_t last_attempt_ = 0;
  std::uint64_t last_notification_ = 0;
};

class SimStore final : public Store {
 public:
  SimStore(Life& life, Disk& disk) : life_(life), disk_(disk) {}
  void commit(std::vector<Record> records, std::function<void(Result<void>)> done) override;
  // The runtime calls none of these by itself.
  void prune(PruneLimits, std::function<void(Result<void>)>) override {}
  void history(HistoryQuery, std::function<void(Result<std::vector<PastIncident>>)>) override {}
  void incident(IncidentId, std::function<void(Result<IncidentFile>)>) override {}
  void decisions(std::string, std::size_t, std::function<void(Result<std::vector<Decision>>)>) override {}
  std::string location() const override { return "memory"; }

  Instant fails_until{};
  Instant slow_until{};

 private:
  Life& life_;
  Disk& disk_;
};

/// The service behind the notification channel.
class SimNotifier final : public Notifier {
 public:
  SimNotifier(Life& life, const Instant& silent_until) : life_(life), silent_until_(silent_until) {}
  const std::string& channel() const override { return name_; }
  void send(const Notification& notification, const std::string& receipt,
            std::function<void(Sent)> done) override;

 private:
  Life& life_;
  const Instant& silent_until_;
  std::string name_ = "people";  ///< it keys the draws of deliveries: another name gives other digests
};

}  // namespace healer::simulation
