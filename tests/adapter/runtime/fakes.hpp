#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/engine.hpp"
#include "probe/probe.hpp"
#include "runtime/host.hpp"
#include "runtime/observer.hpp"
#include "runtime/runtime.hpp"
#include "store/store.hpp"
#include "support/model_engine.hpp"

namespace healer::testing {

/// A clock that only advance() moves, and one alarm.
class VirtualHost final : public Host {
 public:
  Instant time{Duration{1'000'000}};
  Instant now() override { return time; }
  WallTime wall() override { return wall_time_of(time + wall_ahead); }
  std::vector<std::string> connected_networks() override { return networks; }
  void on_alarm(std::function<void()> work) override {
    alarm.reset();
    alarm_work = std::move(work);
  }
  void set_alarm(Instant at) override { alarm = at; }
  void post(std::function<void()> work) override { posted.push_back(std::move(work)); }

  void run_posted() {
    for (const auto& work : std::exchange(posted, {})) work();
  }
  /// Lets time pass, and runs the alarm's work when it is due.
  void advance(Duration by) {
    const Instant end = time + by;
    while (alarm && *alarm <= end) {
      time = std::max(time, *std::exchange(alarm, std::nullopt));
      alarm_work();
      run_posted();
    }
    time = end;
  }

  Duration wall_ahead{0};  ///< by how much the wall clock was set
  std::vector<std::string> networks;
  std::optional<Instant> alarm;
  std::function<void()> alarm_work;
  std::vector<std::function<void()>> posted;
};

/// Holds each call until the test answers it. What it answers is in a model engine.
class HeldEngine final : public Engine {
 public:
  struct Order {
    std::string verb;
    std::string id;
    std::function<void(Result<void>)> done;
  };
  std::vector<std::function<void(Result<EngineInfo>)>> connects;
  std::vector<std::pair<std::function<void(const ContainerSummary&)>, std::function<void(Result<void>)>>>
      lists;
  std::vector<std::pair<std::string, std::function<void(Result<Container>)>>> inspects;
  std::vector<Order> orders;
  struct Exec {
    ExecOrder order;
    std::function<void(Result<ExecResult>)> done;
    std::function<void()> ended;
  };
  std::vector<Exec> execs;
  std::vector<std::pair<EvidenceOrder, std::function<void(EngineEvidence)>>> captures;
  std::vector<std::pair<RecreateOrder, std::function<void(Result<std::string>)>>> recreations;
  std::vector<std::pair<std::int64_t, std::function<void(bool)>>> histories;
  std::int64_t since = -1;
  std::function<void()> ready;
  std::function<void(EngineEvent)> event;
  std::function<void(Error)> ended;

  void connect(std::function<void(Result<EngineInfo>)> done) override { connects.push_back(std::move(done)); }
  void list(std::function<void(const ContainerSummary&)> each,
            std::function<void(Result<void>)> done) override {
    lists.emplace_back(std::move(each), std::move(done));
  }
  void inspect(std::string id, std::function<void(Result<Container>)> done) override {
    inspects.emplace_back(std::move(id), std::move(done));
  }
  void restart(std::string id, std::optional<Duration>, Duration,
               std::function<void(Result<void>)> done) override {
    orders.push_back({"restart", std::move(id), std::move(done)});
  }
  void start(std::string id, Duration, std::function<void(Result<void>)> done) override {
    orders.push_back({"start", std::move(id), std::move(done)});
  }
  void stop(std::string id, std::optional<Duration>, Duration,
            std::function<void(Result<void>)> done) override {
    orders.push_back({"stop", std::move(id), std::move(done)});
  }
  void kill(std::string id, int, Duration, std::function<void(Result<void>)> done) override {
    orders.push_back({"kill", std::move(id), std::move(done)});
  }
  void replace(std::string id, std::optional<Duration>, Duration,
               std::function<void(Result<void>)> done) override {
    orders.push_back({"replace", std::move(id), std::move(done)});
  }
  void exec(ExecOrder order, std::function<void(Result<ExecResult>)> done,
            std::function<void()> over) override {
    execs.push_back({std::move(order), std::move(done), std::move(over)});
  }
  void collect_evidence(EvidenceOrder order, std::function<void(EngineEvidence)> done) override {
    captures.push_back({std::move(order), std::move(done)});
  }
  void recreate(RecreateOrder order, std::function<void(Result<std::string>)> done) override {
    recreations.push_back({std::move(order), std::move(done)});
  }
  void resume_recreate(RecreateOrder order, std::function<void(Result<std::string>)> done) override {
    recreations.push_back({std::move(order), std::move(done)});
  }
  void has_events_since(std::int64_t from, std::function<void(bool)> done) override {
    histories.emplace_back(from, std::move(done));
  }
  void subscribe(std::int64_t from, std::function<void()> accepted, std::function<void(EngineEvent)> each,
                 std::function<void(Error)> over) override {
    since = from;
    ready = std::move(accepted);
    event = std::move(each);
    ended = std::move(over);
  }

  /// Answers each open inspect from `containers`; NotFound if the container is not there.
  void answer_inspects(const std::map<std::string, ModelContainer>& containers) {
    while (!inspects.empty()) {
      const auto [id, done] = std::move(inspects.front());
      inspects.erase(inspects.begin());
      const auto found = containers.find(id);
      if (found == containers.end()) {
        done(failure(ErrorCode::NotFound, "inspect " + id + ": no such container"));
      } else {
        done(found->second.facts);
      }
    }
  }
};

class ScriptedProber final : public Prober {
 public:
  std::vector<ProbeId> asked;
  std::vector<ProbeId> cancelled;
  void start(ProbeId id, const ProbeTargetPtr&, Duration) override { asked.push_back(id); }
  void cancel(ProbeId id) override { cancelled.push_back(id); }
  std::size_t open() const override { return asked.size(); }
};

/// Keeps each commit until the test lets it through.
class ScriptedStore final : public Store {
 public:
  std::vector<std::pair<std::vector<Record>, std::function<void(Result<void>)>>> commits;
  void commit(std::vector<Record> records, std::function<void(Result<void>)> done) override {
    commits.emplace_back(std::move(records), std::move(done));
  }
  void prune(PruneLimits, std::function<void(Result<void>)> done) override { done({}); }
  void history(HistoryQuery, std::function<void(Result<std::vector<PastIncident>>)> done) override {
    done(std::vector<PastIncident>{});
  }
  void incident(IncidentId, std::function<void(Result<IncidentFile>)> done) override {
    done(failure(ErrorCode::NotFound, "none"));
  }
  void decisions(std::string, std::size_t, std::function<void(Result<std::vector<Decision>>)> done) override {
    done(std::vector<Decision>{});
  }
  std::string location() const override { return "memory"; }

  /// Lets all commits through, and those that follow from them. Returns the records in order.
  std::vector<Record> let_through() {
    std::vector<Record> all;
    while (!commits.empty()) {
      auto [records, done] = std::move(commits.front());
      commits.erase(commits.begin());
      all.insert(all.end(), records.begin(), records.end());
      done({});
    }
    return all;
  }
};

class RecordingObserver final : public Observer {
 public:
  std::vector<std::string> lines;
  std::vector<std::string> store_errors;
  void log(const LogLine& line) override { lines.push_back(line.message); }
  void count(const Metric&) override {}
  void engine_event(const EngineReport&, Duration) override {}
  void loop_lag(Duration) override {}
  void store_failed(const Error& error) override { store_errors.push_back(error.message); }
  /// If set, called after each step.
  std::function<void(const Event&, Instant, const Effects&)> stepped;
  void step_ended(const Event& event, Instant now, const Effects& effects) override {
    if (stepped) stepped(event, now, effects);
  }

  bool said(std::string_view text) const {
    for (const std::string& line : lines)
      if (line.find(text) != std::string::npos) return true;
    return false;
  }
};

}  // namespace healer::testing
