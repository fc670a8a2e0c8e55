#include <doctest/doctest.h>

#include "adapter/runtime/bench.hpp"
#include "present/status.hpp"
#include "runtime/runtime.hpp"

using namespace healer;
using namespace healer::testing;

TEST_CASE("an order goes to the engine only when its attempt is on disk") {
  Bench bench;
  bench.connect();
  bench.list();
  bench.become_unhealthy();
  bench.answer_captures();
  bench.engine.answer_inspects(bench.containers);
  REQUIRE(bench.engine.orders.empty());
  const std::vector<Record> written = bench.store.let_through();
  CHECK(count_of<Attempt>(written) == 1);
  REQUIRE(bench.engine.orders.size() == 1);
  CHECK(bench.engine.orders[0].verb == "restart");
  CHECK(bench.engine.orders[0].id == "c1");
}

TEST_CASE("a notification is delivered only when it is on disk, in the transaction of its incident") {
  Bench bench;
  bench.connect();
  bench.list();
  bench.become_unhealthy();
  bench.store.let_through();
  bench.answer_captures();
  bench.store.let_through();
  CHECK(bench.delivered.empty());
  bench.engine.answer_inspects(bench.containers);
  REQUIRE(!bench.store.commits.empty());
  const std::vector<Record>& first = bench.store.commits.front().first;
  CHECK(count_of<Incident>(first) >= 1);
  CHECK(count_of<RoutedNotification>(first) == 1);
  bench.store.let_through();
  REQUIRE(bench.delivered.size() == 1);
  CHECK(bench.delivered[0].notification.kind == NotificationKind::Degraded);
}

TEST_CASE("a state file that cannot be written is reported, and healing goes on") {
  Bench bench;
  bench.connect();
  bench.list();
  bench.become_unhealthy();
  bench.answer_captures();
  bench.engine.answer_inspects(bench.containers);
  while (!bench.store.commits.empty()) {
    auto done = std::move(bench.store.commits.front().second);
    bench.store.commits.erase(bench.store.commits.begin());
    done(failure(ErrorCode::Storage, "disk full"));
  }
  CHECK(!bench.observer.store_errors.empty());
  CHECK(bench.engine.orders.size() == 1);
}

TEST_CASE("a dry run decides and logs, and does not call the engine") {
  RuntimeSettings settings;
  settings.dry_run = true;
  Bench bench(settings);
  bench.connect();
  bench.list();
  bench.become_unhealthy();
  bench.answer_captures();
  bench.engine.answer_inspects(bench.containers);
  const std::vector<Record> written = bench.store.let_through();
  bench.host.run_posted();
  CHECK(count_of<Attempt>(written) == 1);
  CHECK(bench.engine.orders.empty());
  CHECK(bench.observer.said("RESTARTING web"));
  CHECK(bench.observer.said("dry run"));
}

TEST_CASE("a lost answer is settled by inspect, never by a second order") {
  Bench bench;
  bench.connect();
  bench.list();
  bench.become_unhealthy();
  bench.answer_captures();
  bench.engine.answer_inspects(bench.containers);
  bench.store.let_through();
  REQUIRE(bench.engine.orders.size() == 1);
  bench.engine.orders[0].done(failure(ErrorCode::ConnectionLost, "restart c1: the connection ended"));
  CHECK(bench.engine.inspects.size() == 1);
  bench.web().started_at = "2026-11-22T11:00:00Z";
  bench.web().started = wall_time_of(bench.host.time);
  bench.engine.answer_inspects(bench.containers);
  bench.store.let_through();
  bench.host.advance(5s);
  CHECK(bench.engine.orders.size() == 1);
  CHECK(present::status_of(bench.runtime->supervisor(), "web", bench.host.time)->condition ==
        Condition::Healing);
}

TEST_CASE("healer tries again to connect to a missing engine, with growing delays") {
  Bench bench;
  bench.runtime->start();
  for (int attempt = 0; attempt < 4; ++attempt) {
    REQUIRE(bench.engine.connects.size() == 1);
    bench.take_connect()(failure(ErrorCode::Unreachable, "no engine"));
    bench.host.advance(6s);
  }
  CHECK_FALSE(bench.runtime->connected());
  bench.take_connect()(EngineInfo{"Docker Engine 26.1.5 (API 1.45)", "1.45"});
  bench.engine.ready();
  CHECK(bench.runtime->connected());
  CHECK_FALSE(bench.runtime->ready());
  bench.list();
  CHECK(bench.runtime->ready());
}

TEST_CASE("after a loss the stream goes on from the last event, and the containers are listed") {
  Bench bench;
  bench.connect();
  bench.list();
  EngineEvent event;
  event.container_id = "c1";
  event.report = Changed{};
  event.unix_nanoseconds = 123456789;
  bench.engine.event(event);
  bench.engine.answer_inspects(bench.containers);
  bench.engine.ended(Error{ErrorCode::ConnectionLost, "the stream ended"});
  CHECK_FALSE(bench.runtime->connected());
  bench.host.advance(1s);
  REQUIRE(bench.engine.connects.size() == 1);
  bench.take_connect()(EngineInfo{"Docker Engine 20.10.24 (API 1.41)", "1.41"});
  CHECK(bench.engine.since == 123456789);
  bench.engine.ready();
  CHECK(bench.engine.lists.size() == 1);
}

TEST_CASE("events of an old stream are ignored") {
  Bench bench;
  bench.connect();
  bench.list();
  const auto old_event = bench.engine.event;
  const auto old_end = bench.engine.ended;
  old_end(Error{ErrorCode::ConnectionLost, "the stream ended"});
  bench.host.advance(1s);
  bench.take_connect()(EngineInfo{"Docker Engine 20.10.24 (API 1.41)", "1.41"});
  bench.engine.ready();
  bench.list();
  EngineEvent event;
  event.container_id = "c1";
  event.report = Removed{};
  old_event(event);
  old_end(Error{ErrorCode::ConnectionLost, "again"});
  CHECK(bench.runtime->connected());
  CHECK(present::status_of(bench.runtime->supervisor(), "web", bench.host.time)->condition !=
        Condition::Stopped);
}

TEST_CASE("events that are replayed before the first list wait until their containers are known") {
  Bench bench;
  bench.runtime->start();
  bench.take_connect()(EngineInfo{"Docker Engine 20.10.24 (API 1.41)", "1.41"});
  bench.engine.ready();
  bench.model.pause(bench.containers.at("c1"));
  CHECK(bench.engine.inspects.empty());
  bench.list();
  bench.engine.answer_inspects(bench.containers);
  CHECK(present::status_of(bench.runtime->supervisor(), "web", bench.host.time)->condition ==
        Condition::Paused);
}

TEST_CASE("stops by a new engine before it answers are not an operator's; stops by the same engine are") {
  const auto happened = [](Bench& bench, EngineReport report, std::int64_t at) {
    bench.engine.event(EngineEvent{"c1", "web", at, std::move(report)});
  };
  // Proofs that the engine is the same process: it repeats the newest event from before the loss, or an
  // instance runs on.
  enum class Back { Another, Repeats, KeepsAnInstance };
  for (const Back back : {Back::Another, Back::Repeats, Back::KeepsAnInstance}) {
    CAPTURE(static_cast<int>(back));
    Bench bench;
    Container other = bench.web();
    other.id = "c2";
    other.name = "other";
    bench.containers["c2"].facts = other;
    bench.connect();
    bench.list();
    const std::int64_t newest = bench.host.wall().unix_ms * 1'000'000;
    happened(bench, Changed{}, newest);
    bench.engine.answer_inspects(bench.containers);
    bench.engine.ended(Error{ErrorCode::ConnectionLost, "the stream ended"});
    bench.web().state = ContainerState::Exited;
    if (back != Back::KeepsAnInstance) bench.containers["c2"].facts.state = ContainerState::Exited;
    bench.host.advance(1s);
    bench.take_connect()(EngineInfo{"Docker Engine 20.10.24 (API 1.41)", "1.41"});
    bench.engine.ready();
    if (back == Back::Repeats) happened(bench, Changed{}, newest);
    happened(bench, StopRequested{StopForm::Signal, 9}, newest + 1);
    happened(bench, Ended{137}, newest + 2);
    bench.list();
    bench.host.advance(5s);
    bench.engine.answer_inspects(bench.containers);
    const auto status = present::status_of(bench.runtime->supervisor(), "web", bench.host.time);
    REQUIRE(status);
    CHECK((status->condition == Condition::Stopped) == (back != Back::Another));
    bench.runtime->shut_down([] {});
    std::int64_t passed_to_the_next = 0;
    for (const Record& record : bench.written)
      if (const auto* host = std::get_if<HostRecord>(&record)) passed_to_the_next = host->engine_stops_until;
    CHECK(passed_to_the_next == (back == Back::Another ? newest + 2 : 0));
  }
}

TEST_CASE(
    "an engine's own stops are not an operator's, also if the next process of healer gets their events") {
  for (const bool by_engine : {true, false}) {
    CAPTURE(by_engine);
    StoredState stored;
    const std::int64_t stopped = wall_time_of(VirtualHost{}.time).unix_ms * 1'000'000;
    stored.cursor.unix_nanoseconds = stopped + 5;
    if (by_engine) stored.host.engine_stops_until = stopped + 1;
    WorkloadRecord& record = stored.workloads.emplace_back();
    record.key = record.name = "web";
    record.last_instance = {"c1", "2026-11-22T10:00:00Z"};
    record.was_running = record.ran_before_engine_loss = true;
    Bench bench({}, stored);
    bench.web().state = ContainerState::Exited;
    bench.web().exit_code = 137;
    bench.connect();
    bench.engine.event(EngineEvent{"c1", "web", stopped, StopRequested{StopForm::Signal, 9}});
    bench.engine.event(EngineEvent{"c1", "web", stopped + 1, Ended{137}});
    bench.list();
    bench.host.advance(5s);
    bench.engine.answer_inspects(bench.containers);
    const auto status = present::status_of(bench.runtime->supervisor(), "web", bench.host.time);
    REQUIRE(status);
    CHECK((status->condition == Condition::Stopped) == !by_engine);
  }
}

TEST_CASE("a container that is no longer listed is gone, and a new one is inspected") {
  RuntimeSettings settings;
  settings.resync_interval = 10s;
  Bench bench(settings);
  bench.connect();
  bench.list();
  Container other = bench.web();
  other.id = "c2";
  other.name = "other";
  other.ports = {PortBinding{80, true, "127.0.0.1", 8081}};
  bench.containers.clear();
  bench.containers["c2"].facts = other;
  for (int waited = 0; bench.engine.lists.empty() && waited < 200; ++waited) bench.host.advance(100ms);
  bench.list();
  CHECK(present::status_of(bench.runtime->supervisor(), "web", bench.host.time)->condition ==
        Condition::Stopped);
  CHECK(present::status_of(bench.runtime->supervisor(), "other", bench.host.time).has_value());
}

TEST_CASE("probes that time out while the loop stood still are not counted") {
  Bench bench;
  bench.connect();
  bench.list();
  for (int waited = 0; bench.prober.asked.empty() && waited < 100; ++waited) bench.host.advance(100ms);
  REQUIRE(!bench.prober.asked.empty());
  const ProbeId id = bench.prober.asked.back();
  bench.host.time += 10s;  // the loop did not run
  ProbeFacts facts;
  facts.end = ProbeEnd::AnswerTimeout;
  bench.runtime->probe_finished(id, facts);
  const auto status = present::status_of(bench.runtime->supervisor(), "web", bench.host.time);
  CHECK(status->failures == 0);
  CHECK(status->condition == Condition::Unknown);
}

TEST_CASE("a wall clock that is set moves the maintenance windows") {
  Bench bench;
  MaintenanceWindow window;
  window.from_minute = 6 * 60;
  window.to_minute = 8 * 60;
  bench.policy.maintenance = {window};
  bench.connect();
  bench.list();
  bench.host.wall_ahead = 6h;
  bench.host.advance(1s);
  bench.become_unhealthy();
  bench.answer_captures();
  bench.engine.answer_inspects(bench.containers);
  bench.store.let_through();
  CHECK(bench.engine.orders.empty());
  const auto status = present::status_of(bench.runtime->supervisor(), "web", bench.host.time);
  REQUIRE(status->hold);
  CHECK(status->hold->kind == HoldKind::Maintenance);
}

TEST_CASE("a reset reaches the workload; for an unknown key it is refused") {
  Bench bench;
  bench.connect();
  bench.list();
  CHECK(bench.runtime->command(OperatorReset{"web"}).has_value());
  CHECK(bench.observer.said("reset by an operator"));
  const auto refused = bench.runtime->command(OperatorReset{"wep"});
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == ErrorCode::NotFound);
  CHECK(refused.error().message.find("wep") != std::string::npos);
}

TEST_CASE("the source of an alert is asked before the order, and its answer reaches the core") {
  for (const AlertAnswer answer : {AlertAnswer::Fires, AlertAnswer::Over}) {
    Bench bench;
    bench.connect();
    bench.list();
    AlertReported alert;
    alert.workload = "web";
    alert.source = "alertmanager";
    alert.id = alert.name = "Errors";
    alert.ask_at = "http://alertmanager:9093";
    REQUIRE(bench.runtime->alert(alert).has_value());
    REQUIRE(bench.questions.size() == 1);
    CHECK(bench.questions[0].first.ask_at == alert.ask_at);
    CHECK(bench.engine.captures.empty());
    bench.questions[0].second(answer, answer == AlertAnswer::Over ? "gone" : "");
    CHECK(bench.engine.captures.size() == (answer == AlertAnswer::Fires ? 1 : 0));
    CHECK(bench.observer.said("alert Errors is over: gone") == (answer == AlertAnswer::Over));
  }
}

TEST_CASE("the names, services and short ids of all containers of the engine are known, watched or not") {
  Bench bench;
  Container other;
  other.id = "0123456789abcdef0123";
  other.name = "monitoring-cadvisor-1";
  other.identity.service = "monitoring/cadvisor";
  bench.containers[other.id].facts = other;
  bench.connect();
  CHECK(bench.runtime->engine_names().empty());
  bench.list();
  for (const char* name : {"web", "monitoring-cadvisor-1", "cadvisor", "0123456789ab"})
    CHECK(bench.runtime->engine_names().contains(name));
}

TEST_CASE("shutting down writes the event cursor and ends all decisions") {
  Bench bench;
  bench.connect();
  bench.list();
  EngineEvent event;
  event.container_id = "c1";
  event.report = Changed{};
  event.unix_nanoseconds = 42;
  bench.engine.event(event);
  bool done = false;
  bench.runtime->shut_down([&] { done = true; });
  const std::vector<Record> written = bench.store.let_through();
  CHECK(done);
  CHECK(count_of<EventCursor>(written) >= 1);
  bench.prober.asked.clear();
  bench.host.advance(1min);
  CHECK(bench.prober.asked.empty());
}
