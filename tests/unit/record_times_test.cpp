#include <doctest/doctest.h>

#include <vector>

#include "model/record_times.hpp"
#include "model/same.hpp"
#include "model/walk.hpp"
#include "support/full_value.hpp"

using namespace healer;
using namespace healer::testing;

namespace {

template <class T>
T moved(const T& value, Duration by) {
  Record record = value;
  move_times(record, by);
  return std::get<T>(record);
}

std::vector<Instant> times_of(const Record& record) {
  std::vector<Instant> times;
  walk(record, [&times](const Instant& at) { times.push_back(at); });
  return times;
}

}  // namespace

TEST_CASE("every time in a record is moved") {
  const auto host = full<HostRecord>();
  CHECK(moved(host, 1h).mass_since == host.mass_since + 1h);
  CHECK(moved(host, 1h).paused_until == *host.paused_until + 1h);
  const auto incident = full<Incident>();
  CHECK(moved(incident, -1s).escalations.at(0).due == incident.escalations.at(0).due - 1s);
  const auto raised = full<RoutedNotification>();
  CHECK(moved(raised, 1s).notification.unhealthy_since == *raised.notification.unhealthy_since + 1s);
  CHECK(moved(raised, 1s).destinations.at(0).not_before == raised.destinations.at(0).not_before + 1s);
}

TEST_CASE("moving the times of a record changes nothing else") {
  each_full_alternative<Record>([](const Record& record) {
    Record there = record;
    move_times(there, 5s);
    std::vector<Instant> expected = times_of(record);
    for (Instant& at : expected) at += 5s;
    CHECK(times_of(there) == expected);
    move_times(there, -5s);
    CHECK(same(there, record));
  });
  const auto cursor = full<EventCursor>();
  CHECK(same(moved(cursor, 1h), cursor));
}

TEST_CASE("the values never and for ever are not moved") {
  WorkloadRecord record;
  record.paused_until = Instant::max();
  CHECK(same(moved(record, 1h), record));
  CHECK(same(moved(full<WorkloadRecord>(), 0s), full<WorkloadRecord>()));
}
