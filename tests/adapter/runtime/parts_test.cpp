// The runtime's small parts: timer queue, journal, inspector.
#include <doctest/doctest.h>

#include <map>
#include <string>
#include <utility>

#include "adapter/runtime/fakes.hpp"
#include "runtime/inspector.hpp"
#include "runtime/journal.hpp"
#include "runtime/timer_queue.hpp"

using namespace healer;
using namespace healer::testing;

namespace {

Instant at(int ms) {
  return Instant{Duration{ms}};
}

}  // namespace

TEST_CASE("the timer queue gives the earliest timer first, and equal times in the order of setting") {
  TimerQueue timers;
  timers.set("late", at(30));
  timers.set("first", at(10));
  timers.set("second", at(10));
  CHECK(timers.next() == at(10));
  CHECK(timers.take_due(at(9)) == std::nullopt);
  CHECK(timers.take_due(at(20)) == "first");
  CHECK(timers.take_due(at(20)) == "second");
  CHECK(timers.take_due(at(20)) == std::nullopt);
  CHECK(timers.take_due(at(30)) == "late");
  CHECK(timers.next() == std::nullopt);
}

TEST_CASE("setting a timer again replaces it, cancelling removes it") {
  TimerQueue timers;
  timers.set("a", at(10));
  timers.set("a", at(50));
  timers.set("b", at(20));
  CHECK(timers.size() == 2);
  CHECK(timers.take_due(at(40)) == "b");
  timers.set("b", at(20));
  timers.cancel("b");
  timers.cancel("unknown");
  CHECK(timers.next() == at(50));
  CHECK(timers.take_due(at(60)) == "a");
  CHECK(timers.size() == 0);
}

TEST_CASE("the timer queue gives the same as a sorted list after setting, moving, cancelling and taking") {
  TimerQueue timers;
  std::map<std::pair<Instant, int>, std::string> sorted;
  std::map<std::string, std::pair<Instant, int>> of;
  std::uint32_t dice = 7;
  const auto roll = [&dice](std::uint32_t sides) {
    dice = dice * 1664525u + 1013904223u;
    return (dice >> 8) % sides;
  };
  for (int turn = 0; turn < 20000; ++turn) {
    const std::string key = "key" + std::to_string(roll(300));
    if (const std::uint32_t what = roll(4); what <= 1) {
      if (const auto before = of.find(key); before != of.end()) sorted.erase(before->second);
      const std::pair due{at(static_cast<int>(roll(500))), turn};
      of[key] = due;
      sorted[due] = key;
      timers.set(key, due.first);
    } else if (what == 2) {
      if (const auto before = of.find(key); before != of.end()) {
        sorted.erase(before->second);
        of.erase(before);
      }
      timers.cancel(key);
    } else {
      std::optional<std::string> first;
      if (!sorted.empty()) {
        first = sorted.begin()->second;
        of.erase(*first);
        sorted.erase(sorted.begin());
      }
      REQUIRE(timers.take_due(at(500)) == first);
    }
    REQUIRE(timers.size() == sorted.size());
  }
}

TEST_CASE("keys that are used once leave nothing in the timer queue") {
  TimerQueue timers;
  for (int job = 0; job < 10000; ++job) {
    timers.set("job" + std::to_string(job), at(job));
    CHECK(timers.take_due(at(job)).has_value());
  }
  CHECK(timers.places() < 100);
}

TEST_CASE("the journal has one transaction under way, and joins the records that come meanwhile") {
  ScriptedStore store;
  Journal journal(store, [](const Error&) {});
  std::string order;
  journal.write({EventCursor{1}}, [&] { order += 'a'; });
  journal.write({EventCursor{2}}, [&] { order += 'b'; });
  journal.write({EventCursor{3}}, [&] { order += 'c'; });
  REQUIRE(store.commits.size() == 1);
  CHECK(store.commits[0].first.size() == 1);
  auto first = std::move(store.commits[0].second);
  store.commits.clear();
  first({});
  CHECK(order == "a");
  REQUIRE(store.commits.size() == 1);
  CHECK(store.commits[0].first.size() == 2);
  store.let_through();
  CHECK(order == "abc");
  CHECK(journal.idle());
}

TEST_CASE("a callback of the journal may write; its records form the next transaction") {
  ScriptedStore store;
  Journal journal(store, [](const Error&) {});
  bool second = false;
  journal.write({EventCursor{1}}, [&] { journal.write({EventCursor{2}}, [&] { second = true; }); });
  store.let_through();
  CHECK(second);
}

TEST_CASE("the journal keeps the newest version of each record that it could not write, and tries again") {
  ScriptedStore store;
  int failures = 0;
  Journal journal(store, [&](const Error&) { ++failures; });
  const auto incident = [](std::uint64_t id, IncidentOutcome outcome) {
    Incident incident;
    incident.id = IncidentId{id};
    incident.outcome = outcome;
    return incident;
  };
  const auto fail = [&] {
    REQUIRE(store.commits.size() == 1);
    const auto done = std::move(store.commits[0].second);
    store.commits.clear();
    done(failure(ErrorCode::Storage, "disk full"));
  };
  bool went_on = false;
  journal.write({incident(1, IncidentOutcome::Open), incident(2, IncidentOutcome::Open)},
                [&] { went_on = true; });
  fail();
  CHECK(went_on);
  CHECK(failures == 1);
  CHECK(journal.unwritten() == 2);
  CHECK(store.commits.empty());  // not at once: it would fail again

  journal.write({incident(1, IncidentOutcome::Recovered), EventCursor{7}}, {});
  fail();
  CHECK(journal.unwritten() == 3);
  CHECK(store.commits.empty());

  journal.retry();
  REQUIRE(store.commits.size() == 1);
  const std::vector<Record> last = store.commits[0].first;
  REQUIRE(last.size() == 3);
  CHECK(std::get<Incident>(last[0]).outcome == IncidentOutcome::Recovered);
  CHECK(std::get<Incident>(last[1]).id == IncidentId{2});
  CHECK(std::get<EventCursor>(last[2]).unix_nanoseconds == 7);
  store.let_through();
  CHECK(journal.unwritten() == 0);
  journal.retry();
  CHECK(store.commits.empty());
  CHECK(failures == 2);
}

TEST_CASE("while the store fails, the journal keeps all state, and evidence up to a limit") {
  ScriptedStore store;
  Journal journal(store, [](const Error&) {});
  Evidence evidence;
  evidence.logs.assign(Journal::most_history_kept / 4, 'x');
  std::vector<Record> records;
  for (int i = 0; i < 6; ++i) records.emplace_back(evidence);
  records.emplace_back(HostRecord{});
  journal.write(std::move(records), {});
  store.commits[0].second(failure(ErrorCode::Storage, "disk full"));
  CHECK(journal.unwritten() == 4);  // three of the six
}

TEST_CASE("after the wall clock was set, the journal writes times by the new wall clock") {
  ScriptedStore store;
  Journal journal(store, [](const Error&) {});
  Attempt attempt;
  attempt.ordered_at = at(5000);
  WorkloadRecord workload;
  workload.paused_until = Instant::max();
  workload.reset_at = at(1000);
  workload.alerts.emplace_back().since = at(2000);
  Incident incident;
  incident.escalations.push_back({"second", at(3000), false});
  RoutedNotification raised;
  raised.destinations.push_back({"pager", at(4000)});
  const auto written = [&](std::vector<Record> records) {
    journal.write(std::move(records), {});
    REQUIRE(store.commits.size() == 1);
    const std::vector<Record> found = store.commits[0].first;
    store.let_through();
    return found;
  };
  CHECK(std::get<Attempt>(written({attempt})[0]).ordered_at == at(5000));
  journal.clock_moved(1h);
  CHECK(std::get<Attempt>(written({attempt})[0]).ordered_at == at(5000) + 1h);
  const auto record = std::get<WorkloadRecord>(written({workload})[0]);
  CHECK(record.paused_until == Instant::max());  // "for ever" is not shifted
  CHECK(record.last_notified == Instant{});      // "never" is not shifted
  CHECK(record.reset_at == at(1000) + 1h);
  CHECK(record.alerts[0].since == at(2000) + 1h);
  CHECK(std::get<Incident>(written({incident})[0]).escalations[0].due == at(3000) + 1h);
  CHECK(std::get<RoutedNotification>(written({raised})[0]).destinations[0].not_before == at(4000) + 1h);
  journal.clock_moved(0s);
  CHECK(std::get<Attempt>(written({attempt})[0]).ordered_at == at(5000));
}

TEST_CASE("an inspect that is requested while one is under way follows it") {
  HeldEngine engine;
  int answers = 0;
  Inspector inspector(engine, [&](const std::string&, Result<Container>) { ++answers; });
  inspector.look("a");
  inspector.look("a");
  inspector.look("a");
  REQUIRE(engine.inspects.size() == 1);
  auto done = std::move(engine.inspects[0].second);
  engine.inspects.clear();
  done(Container{});
  CHECK(answers == 1);
  REQUIRE(engine.inspects.size() == 1);
  engine.answer_inspects({{"a", ModelContainer{}}});
  CHECK(answers == 2);
  CHECK(engine.inspects.empty());
}

TEST_CASE("an urgent inspect does not wait behind the inspects of a list") {
  HeldEngine engine;
  Inspector inspector(engine, [](const std::string&, Result<Container>) {});
  for (int i = 0; i < 1000; ++i) inspector.look_later("bulk" + std::to_string(i));
  const std::size_t open = engine.inspects.size();
  CHECK(open < 100);
  inspector.look("urgent");
  REQUIRE(engine.inspects.size() == open + 1);
  CHECK(engine.inspects.back().first == "urgent");
  engine.answer_inspects({});
  CHECK(inspector.waiting() == 0);
}
