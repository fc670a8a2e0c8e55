// Tests that every record with every value is read back by the next process.
#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <rapidcheck.h>

#include "adapter/store/fixture.hpp"
#include "store/records.hpp"
#include "store/schema.hpp"

using namespace healer;
using namespace healer::testing;

namespace {

template <class Enum>
rc::Gen<Enum> any_of() {
  std::vector<Enum> values;
  for (int i = 0; std::string_view(to_string(static_cast<Enum>(i))) != "unknown"; ++i)
    values.push_back(static_cast<Enum>(i));
  return rc::gen::elementOf(values);
}

Instant any_instant() {
  return Instant{Duration{*rc::gen::inRange<std::int64_t>(-1'000'000'000'000, 4'000'000'000'000)}};
}
std::optional<Instant> maybe_instant() {
  if (*rc::gen::arbitrary<bool>()) return any_instant();
  return std::nullopt;
}
std::string any_text() {
  return *rc::gen::arbitrary<std::string>();  // any bytes, also zeros
}
unsigned any_count() {
  return *rc::gen::inRange<unsigned>(0, 4'000'000'000U);
}
bool any_bool() {
  return *rc::gen::arbitrary<bool>();
}
InstanceId any_instance() {
  return InstanceId{any_text(), any_text()};
}
std::uint64_t any_id() {
  return *rc::gen::inRange<std::uint64_t>(0, std::uint64_t{1} << 62);
}

std::optional<FailingStreak> maybe_streak() {
  if (any_bool()) return std::nullopt;
  return FailingStreak{any_instant(), any_instant(), any_count()};
}

WorkloadRecord any_workload() {
  std::vector<Duration> starts;
  for (const auto ms :
       *rc::gen::container<std::vector<std::int64_t>>(rc::gen::inRange<std::int64_t>(0, 600'000)))
    if (starts.size() < 10) starts.emplace_back(ms);
  std::vector<FiringAlert> signals;
  for (unsigned i = *rc::gen::inRange(0U, 3U); i > 0; --i)
    signals.push_back({"alertmanager", fmt::format("id{}", i), "HighErrorRate", "5 % of \"all\" fail: √",
                       any_bool(), any_instant(), any_instant()});
  std::vector<TrustedProbe> trusted;
  for (unsigned i = *rc::gen::inRange(0U, 3U); i > 0; --i)
    trusted.push_back({fmt::format("p{}", i), fmt::format("{:016x}", any_count()), "sha256:1",
                       ProbeKind::Https, std::uint16_t{8443}});
  return WorkloadRecord{any_text(),
                        any_text(),
                        any_instance(),
                        any_bool(),
                        any_bool(),
                        any_bool(),
                        starts,
                        starts,
                        *any_of<BreakerState>(),
                        any_instant(),
                        BackoffRecord{any_count(), any_instant()},
                        any_instant(),
                        UnnotifiedRecord{any_count(), any_count(), any_instant()},
                        any_instant(),
                        any_count(),
                        maybe_instant(),
                        any_text(),
                        any_bool(),
                        signals,
                        any_bool(),
                        trusted,
                        any_text(),
                        any_text(),
                        maybe_streak()};
}
std::vector<std::string> any_names() {
  return *rc::gen::element(std::vector<std::string>{}, std::vector<std::string>{"slack", "on call"});
}
/// Texts in JSON are printable.
Reason any_reason() {
  CheckProblem problem;
  problem.kind = *any_of<ProblemKind>();
  problem.number = static_cast<int>(any_count() % 1000);
  problem.limit = Duration{any_count()};
  problem.said = "no \"space\" left: √";
  return *rc::gen::element(Reason{}, Reason{problem}, Reason{reason::Checks{{{"db", problem}}, 3, 10}},
                           Reason{reason::Exited{137, true, "limit 64 MiB", 0, {}, false}},
                           Reason{reason::NetworkLost{"vpn", true}});
}
Incident any_incident() {
  std::vector<Escalation> escalations;
  for (unsigned i = *rc::gen::inRange(0U, 3U); i > 0; --i)
    escalations.push_back({fmt::format("route {}", i), any_instant(), any_bool()});
  return Incident{IncidentId{any_id()},
                  any_text(),
                  any_text(),
                  any_text(),
                  *any_of<IncidentCause>(),
                  any_reason(),
                  any_instant(),
                  any_instant(),
                  maybe_instant(),
                  *any_of<IncidentOutcome>(),
                  any_count(),
                  any_count(),
                  any_bool(),
                  any_bool(),
                  any_names(),
                  maybe_instant(),
                  any_count(),
                  escalations,
                  any_text(),
                  maybe_instant(),
                  any_text()};
}
Attempt any_attempt() {
  return Attempt{AttemptId{any_id()},
                 IncidentId{any_id()},
                 any_text(),
                 any_count(),
                 *any_of<RemedyKind>(),
                 any_text(),
                 any_instance(),
                 any_instant(),
                 *any_of<AttemptState>(),
                 any_bool(),
                 {any_text(), *any_of<Ending>(), any_reason()},
                 maybe_instant()};
}
Notification any_notification() {
  return Notification{NotificationId{any_id()},
                      *any_of<NotificationKind>(),
                      any_text(),
                      any_text(),
                      any_text(),
                      any_text(),
                      any_text(),
                      any_text(),
                      any_text(),
                      any_count(),
                      any_count(),
                      any_text(),
                      any_instant(),
                      IncidentId{any_id()},
                      any_text(),
                      any_text(),
                      maybe_instant(),
                      any_text(),
                      any_text(),
                      any_count()};
}
Delivery any_delivery(NotificationId notification, std::string channel) {
  return Delivery{notification, std::move(channel), *any_of<DeliveryState>(),
                  any_count(),  any_instant(),      any_text()};
}

template <class Value, class Key>
auto sorted(std::vector<Value> values, Key key) {
  std::sort(values.begin(), values.end(), [&](const Value& a, const Value& b) { return key(a) < key(b); });
  return values;
}

template <class Enum>
void check_names() {
  for (int i = 0; std::string_view(to_string(static_cast<Enum>(i))) != "unknown"; ++i)
    CHECK(enum_of<Enum>(to_string(static_cast<Enum>(i))) == static_cast<Enum>(i));
  CHECK_FALSE(enum_of<Enum>("").has_value());
  CHECK_FALSE(enum_of<Enum>("unknown").has_value());
}

}  // namespace

TEST_CASE("any mixture of records is read back as it was written") {
  const bool held = rc::check([] {
    Folder folder;
    PostBox box;
    std::map<std::string, WorkloadRecord> workloads;
    std::map<std::uint64_t, Incident> incidents;
    std::map<std::uint64_t, Attempt> attempts;
    std::map<std::uint64_t, Notification> notifications;
    std::map<std::pair<std::uint64_t, std::string>, Delivery> deliveries;
    std::map<std::pair<std::string, std::string>, Receipt> receipts;
    EventCursor cursor;
    std::vector<Record> records;
    const int count = *rc::gen::inRange(1, 12);
    for (int i = 0; i < count; ++i) {
      switch (*rc::gen::inRange(0, 6)) {
        case 0: {
          const WorkloadRecord r = any_workload();
          workloads[r.key] = r;
          records.emplace_back(r);
          break;
        }
        case 1: {
          const Incident r = any_incident();
          incidents[r.id.value] = r;
          records.emplace_back(r);
          break;
        }
        case 2: {
          const Attempt r = any_attempt();
          attempts[r.id.value] = r;
          records.emplace_back(r);
          break;
        }
        case 3: {
          const Notification notification = any_notification();
          notifications[notification.id.value] = notification;
          const std::vector<Destination> to{{"slack", notification.created_at}, {"other", any_instant()}};
          records.emplace_back(RoutedNotification{notification, to});
          for (const Destination& each : to) {
            const Delivery first{
                notification.id, each.channel, DeliveryState::Pending, 0, each.not_before, ""};
            deliveries.emplace(std::pair(notification.id.value, each.channel), first);
          }
          if (*rc::gen::arbitrary<bool>()) {
            const Delivery later = any_delivery(notification.id, "slack");
            deliveries[{notification.id.value, "slack"}] = later;
            records.emplace_back(later);
          }
          break;
        }
        case 4: {
          const Receipt r{*rc::gen::element<std::string>("slack", "other"),
                          *rc::gen::element<std::string>("k1", "k2"),
                          *rc::gen::element<std::string>("", "C1/100.1", "two\nlines"), any_instant()};
          receipts[{r.channel, r.dedup_key}] = r;
          records.emplace_back(r);
          break;
        }
        default:
          cursor = {*rc::gen::arbitrary<std::int64_t>()};
          records.emplace_back(cursor);
      }
    }
    const std::string path = folder.file("healer.db");
    // Twice, with a restart between: every record is an upsert.
    for (int round = 0; round < 2; ++round) {
      OpenedStore opened = open_store(path, box);
      RC_ASSERT(!opened.warning.has_value());
      RC_ASSERT(commit(*opened.store, box, records).has_value());
    }

    const Instant now = noon;
    const OpenedStore read = open_store(path, box, now);
    RC_ASSERT(!read.warning.has_value());
    const StoredState& state = read.state;
    const auto id = [](const auto& r) { return r.id.value; };

    std::vector<WorkloadRecord> wanted_workloads;
    for (const auto& [key, r] : workloads) wanted_workloads.push_back(r);
    RC_ASSERT(sorted(state.workloads, [](const auto& r) { return r.key; }) == wanted_workloads);

    std::vector<Incident> wanted_incidents;
    for (const auto& [key, r] : incidents)
      if (r.outcome == IncidentOutcome::Open) wanted_incidents.push_back(r);
    RC_ASSERT(sorted(state.open_incidents, id) == wanted_incidents);

    std::vector<Attempt> wanted_attempts;
    for (const auto& [key, r] : attempts)
      if (r.state == AttemptState::Ordered || r.state == AttemptState::Verifying || r.ordered_at >= now - 24h)
        wanted_attempts.push_back(r);
    RC_ASSERT(sorted(state.attempts, id) == wanted_attempts);

    std::vector<Notification> wanted_notifications;
    std::vector<Delivery> wanted_deliveries;
    const auto is_unsent = [&](std::uint64_t number) {
      return std::any_of(deliveries.begin(), deliveries.end(), [&](const auto& each) {
        return each.first.first == number &&
               (each.second.state == DeliveryState::Pending || each.second.state == DeliveryState::Refused);
      });
    };
    for (const auto& [key, r] : deliveries) {
      if (!is_unsent(key.first)) continue;
      wanted_deliveries.push_back(r);
      if (wanted_notifications.empty() || wanted_notifications.back().id != r.notification)
        wanted_notifications.push_back(notifications.at(r.notification.value));
    }
    RC_ASSERT(sorted(state.pending_notifications, id) == wanted_notifications);
    RC_ASSERT(sorted(state.pending_deliveries, [](const auto& r) {
                return std::pair(r.notification.value, r.channel);
              }) == wanted_deliveries);
    std::vector<Receipt> wanted_receipts;
    for (const auto& [key, r] : receipts)
      if (!r.text.empty()) wanted_receipts.push_back(r);
    RC_ASSERT(sorted(state.receipts, [](const auto& r) { return std::pair(r.channel, r.dedup_key); }) ==
              wanted_receipts);
    RC_ASSERT(state.cursor == cursor);
    RC_ASSERT(state.last_incident == (incidents.empty() ? 0 : incidents.rbegin()->first));
    RC_ASSERT(state.last_attempt == (attempts.empty() ? 0 : attempts.rbegin()->first));
    RC_ASSERT(state.last_notification == (notifications.empty() ? 0 : notifications.rbegin()->first));
  });
  CHECK(held);
}

TEST_CASE("every stored name is read back as its value, and other names as nothing") {
  check_names<BreakerState>();
  check_names<IncidentCause>();
  check_names<IncidentOutcome>();
  check_names<RemedyKind>();
  check_names<AttemptState>();
  check_names<NotificationKind>();
  check_names<DeliveryState>();
  check_names<Rule>();
}

TEST_CASE("raising a notification again does not undo its delivery") {
  Folder folder;
  PostBox box;
  Notification notification;
  notification.id = NotificationId{7};
  const RoutedNotification raised{notification, {{"slack", {}}}};
  {
    OpenedStore opened = open_store(folder.file("s.db"), box);
    REQUIRE(commit(*opened.store, box, {raised}).has_value());
    REQUIRE(commit(*opened.store, box,
                   {Delivery{NotificationId{7}, "slack", DeliveryState::Delivered, 1, {}, ""}}));
    REQUIRE(commit(*opened.store, box, {raised}).has_value());
  }
  const OpenedStore read = open_store(folder.file("s.db"), box);
  CHECK(read.state.pending_deliveries.empty());
  CHECK(read.state.pending_notifications.empty());
  CHECK(read.state.last_notification == 7);
}

TEST_CASE("pruning removes what ended earlier and keeps what is open, and no id is used twice") {
  Folder folder;
  PostBox box;
  const Instant old = noon - 100h;
  Incident closed;
  closed.id = IncidentId{5};
  closed.workload = closed.name = "a";
  closed.image = "i";
  closed.cause = IncidentCause::Crashed;
  closed.unhealthy_since = closed.opened_at = old;
  closed.closed_at = old;
  closed.outcome = IncidentOutcome::Recovered;
  closed.attempts = 1;
  closed.notified = true;
  Incident open = closed;
  open.id = IncidentId{4};
  open.closed_at = std::nullopt;
  open.outcome = IncidentOutcome::Open;
  Attempt of_closed;
  of_closed.id = AttemptId{9};
  of_closed.incident = IncidentId{5};
  of_closed.workload = "a";
  of_closed.ordered_at = old;
  of_closed.state = AttemptState::Recovered;
  of_closed.ended_at = old;
  Attempt of_open = of_closed;
  of_open.id = AttemptId{8};
  of_open.incident = IncidentId{4};
  Notification notification;
  notification.created_at = old;
  notification.id = NotificationId{3};
  Notification pending = notification;
  pending.id = NotificationId{2};
  {
    OpenedStore opened = open_store(folder.file("s.db"), box);
    REQUIRE(commit(*opened.store, box,
                   {closed, open, of_closed, of_open, RoutedNotification{notification, {{"slack", {}}}},
                    RoutedNotification{pending, {{"slack", {}}}},
                    Delivery{NotificationId{3}, "slack", DeliveryState::Delivered, 1, {}, ""}}));
    std::optional<Result<void>> answer;
    opened.store->prune(PruneLimits::at(noon, 50h), [&](Result<void> r) { answer = std::move(r); });
    box.run_until([&] { return answer.has_value(); });
    REQUIRE(answer->has_value());
  }
  // Read as of that time, so that every attempt that is still stored is returned.
  const OpenedStore read = open_store(folder.file("s.db"), box, old);
  CHECK(read.state.open_incidents == std::vector<Incident>{open});
  CHECK(read.state.attempts == std::vector<Attempt>{of_open});
  CHECK(read.state.pending_notifications == std::vector<Notification>{pending});
  CHECK(read.state.last_incident == 5);
  CHECK(read.state.last_attempt == 9);
  CHECK(read.state.last_notification == 3);
}

TEST_CASE("pruning removes only workloads that are long gone") {
  Folder folder;
  PostBox box;
  const Instant future{Duration{4'000'000'000'000}};  // everything is older than this
  WorkloadRecord gone;
  gone.key = "gone";
  WorkloadRecord running = gone;
  running.key = "running";
  running.was_running = true;
  WorkloadRecord given_up = gone;
  given_up.key = "given_up";
  given_up.breaker = BreakerState::Open;
  given_up.breaker_until = future + 1h;
  WorkloadRecord unhealthy = gone;
  unhealthy.key = "unhealthy";
  Incident open;
  open.id = IncidentId{1};
  open.workload = "unhealthy";
  const auto keys_after = [&](Instant limit) {
    {
      OpenedStore opened = open_store(folder.file("s.db"), box);
      REQUIRE(commit(*opened.store, box, {gone, running, given_up, unhealthy, open}).has_value());
      opened.store->prune(PruneLimits::at(limit, Duration{0}),
                          [](Result<void> result) { REQUIRE(result.has_value()); });
      REQUIRE(commit(*opened.store, box, {}).has_value());
    }
    std::vector<std::string> keys;
    for (const auto& record : open_store(folder.file("s.db"), box).state.workloads)
      keys.push_back(record.key);
    return keys;
  };
  CHECK(keys_after(noon) == std::vector<std::string>{"given_up", "gone", "running", "unhealthy"});
  CHECK(keys_after(future) == std::vector<std::string>{"given_up", "running", "unhealthy"});
}

TEST_CASE("a transaction that fails in the middle is rolled back") {
  auto database = store::Database::open(":memory:");
  REQUIRE(database.has_value());
  REQUIRE(store::migrate(*database, store::migrations()).has_value());
  REQUIRE(database->run("CREATE TRIGGER bad BEFORE INSERT ON attempts BEGIN SELECT RAISE(ABORT,'no'); END"));
  auto records = store::Records::prepare(*database);
  REQUIRE(records.has_value());
  Incident incident;
  incident.id = IncidentId{1};
  Attempt attempt;
  attempt.id = AttemptId{1};
  CHECK_FALSE(records->write({incident, attempt}).has_value());
  CHECK(database->number("SELECT count(*) FROM incidents") == 0);
  CHECK(records->write({incident}).has_value());  // the next transaction works
  CHECK(database->number("SELECT count(*) FROM incidents") == 1);
}

TEST_CASE("a row with an unknown name is left out and reported, and the others are read") {
  Folder folder;
  PostBox box;
  const std::string path = folder.file("s.db");
  Incident incident;
  incident.id = IncidentId{1};
  Incident other = incident;
  other.id = IncidentId{2};
  { REQUIRE(commit(*open_store(path, box).store, box, {incident, other}).has_value()); }
  {
    auto database = store::Database::open(path);
    REQUIRE(database.has_value());
    REQUIRE(database->run("UPDATE incidents SET cause='the_moon' WHERE id=1"));
  }
  const OpenedStore read = open_store(path, box);
  CHECK(read.state.open_incidents == std::vector<Incident>{other});
  CHECK(read.state.last_incident == 2);
  REQUIRE(read.warning.has_value());
  CHECK(read.warning->find("the_moon") != std::string::npos);
  CHECK(read.warning->find("table incidents, column cause") != std::string::npos);
}
