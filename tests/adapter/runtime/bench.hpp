#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

#include "adapter/runtime/fakes.hpp"
#include "runtime/runtime.hpp"

namespace healer::testing {

/// The runtime with a scripted engine that has one watched container, "web".
struct Bench {
  VirtualHost host;
  HeldEngine engine;
  ModelEngine model{surroundings()};
  ScriptedProber prober;
  ScriptedStore store;
  RecordingObserver observer;
  std::map<std::string, ModelContainer> containers;  ///< by id
  std::vector<RoutedNotification> delivered;
  std::vector<std::pair<WebhookCall, std::function<void(Result<void>)>>> posts;
  std::vector<std::pair<ConfirmAlert, std::function<void(AlertAnswer, std::string)>>> questions;
  Policy policy;
  std::unique_ptr<Runtime> runtime;
  bool has_events = true;
  std::int64_t asked_since = -1;  ///< of the newest question whether the engine has all events
  std::vector<Record> written;    ///< records that list() and heal_once() let through to the store

  explicit Bench(RuntimeSettings settings = {}, StoredState stored = {}, HookRunner* hooks = nullptr) {
    settings.host.channels = {"slack"};
    settings.host.host_name = "h";
    policy.selection = Selection::OptedIn;
    policy.interval = 1s;
    policy.timeout = 500ms;
    policy.start_period = Duration{0};
    Container web;
    web.id = "c1";
    web.name = "web";
    web.state = ContainerState::Running;
    web.started = wall_time_of(host.time - 1h);
    web.started_at = "2026-11-22T10:00:00Z";
    web.ports = {PortBinding{80, true, "127.0.0.1", 8080}};
    containers["c1"].facts = web;
    runtime = std::make_unique<Runtime>(
        settings,
        Runtime::Parts{host, engine, prober, store, observer,
                       [this](const auto&...) {
                         return ResolvedPolicy{std::make_shared<const Policy>(policy), {}};
                       },
                       [this](const RoutedNotification& notification) { delivered.push_back(notification); },
                       [this](WebhookCall call, std::function<void(Result<void>)> done) {
                         posts.emplace_back(std::move(call), std::move(done));
                       },
                       hooks,
                       [this](const ConfirmAlert& alert, std::function<void(AlertAnswer, std::string)> done) {
                         questions.emplace_back(alert, std::move(done));
                       }},
        stored);
  }

  /// Everything that happens to a container is over at once, and its events reach the subscriber.
  ModelEngine::Surroundings surroundings() {
    ModelEngine::Surroundings around;
    around.now = [this] { return host.now(); };
    around.wall = [this] { return host.wall(); };
    around.event = [this](const EngineEvent& event) {
      if (engine.event) engine.event(event);
    };
    return around;
  }
  Container& web() { return containers.at("c1").facts; }

  void connect() {
    runtime->start();
    REQUIRE(engine.connects.size() == 1);
    take_connect()(EngineInfo{"Docker Engine 20.10.24 (API 1.41)", "1.41"});
    engine.ready();
  }
  void list() {
    REQUIRE(!engine.lists.empty());
    const auto [each, done] = std::move(engine.lists.front());
    engine.lists.erase(engine.lists.begin());
    for (const auto& [id, container] : containers) each(summary_of(container.facts));
    done({});
    engine.answer_inspects(containers);
    for (Record& record : store.let_through()) written.push_back(std::move(record));
  }
  /// Answers the connection; the engine has every event since the cursor unless `has_events` is changed.
  std::function<void(Result<EngineInfo>)> take_connect() {
    auto done = std::move(engine.connects.front());
    engine.connects.erase(engine.connects.begin());
    return [this, done = std::move(done)](Result<EngineInfo> info) {
      done(std::move(info));
      for (const auto& [since, answer] : std::exchange(engine.histories, {})) {
        asked_since = since;
        answer(has_events);
      }
    };
  }
  /// Answers one check with status 200, which proves the probe, and the next ones with 503 until the core
  /// requests evidence, and then an inspect; a hold may keep it from that.
  void become_unhealthy() {
    answer_check(200);
    for (int failed = 0; failed < 20 && engine.captures.empty(); ++failed) answer_check(503);
  }
  void answer_check(int status) {
    for (int waited = 0; prober.asked.empty() && waited < 100; ++waited) host.advance(100ms);
    REQUIRE(!prober.asked.empty());
    const ProbeId id = prober.asked.back();
    prober.asked.clear();
    ProbeFacts facts;
    facts.status = status;
    runtime->probe_finished(id, facts);
  }
  /// Answers every open request for evidence with this.
  void answer_captures(const EngineEvidence& evidence = {}) {
    while (!engine.captures.empty()) {
      const auto done = std::move(engine.captures.front().second);
      engine.captures.erase(engine.captures.begin());
      done(evidence);
    }
  }
  /// From the connection to the order of the first remedy.
  void heal_once() {
    connect();
    list();
    become_unhealthy();
    for (Record& record : store.let_through()) written.push_back(std::move(record));
    answer_captures();
    engine.answer_inspects(containers);
    for (Record& record : store.let_through()) written.push_back(std::move(record));
  }
};

template <class T>
std::size_t count_of(const std::vector<Record>& records) {
  std::size_t count = 0;
  for (const Record& record : records) count += std::holds_alternative<T>(record);
  return count;
}

}  // namespace healer::testing
