// Tests of the stored history: its queries, and how long it is kept.
#include <algorithm>

#include <rapidcheck.h>

#include "adapter/store/filled.hpp"
#include "adapter/store/fixture.hpp"
#include "base/text.hpp"

using namespace healer;
using namespace healer::testing;

namespace {

Incident incident_of(std::uint64_t id, std::string workload, bool open = false) {
  Incident incident;
  incident.id = IncidentId{id};
  incident.workload = std::move(workload);
  incident.name = "shop-" + incident.workload;
  incident.unhealthy_since = noon + Duration{id};
  incident.opened_at = incident.unhealthy_since;
  if (!open) {
    incident.closed_at = incident.opened_at + 30s;
    incident.outcome = IncidentOutcome::Recovered;
  }
  return incident;
}

Attempt attempt_of(std::uint64_t id, std::uint64_t incident, unsigned number) {
  Attempt attempt;
  attempt.id = AttemptId{id};
  attempt.incident = IncidentId{incident};
  attempt.number = number;
  attempt.detail = "restart";
  return attempt;
}

Evidence evidence_of(std::uint64_t incident, Instant at, std::string logs) {
  Evidence evidence;
  evidence.incident = IncidentId{incident};
  evidence.taken_at = at;
  evidence.logs = std::move(logs);
  return evidence;
}

Decision decision_of(std::uint64_t incident, std::string workload, Instant at, std::string by = {}) {
  return Decision{at, std::move(workload), IncidentId{incident}, Rule::ByOperator,
                  fact::Acknowledged{std::move(by)}};
}

const std::string& by(const Decision& decision) {
  return std::get<fact::Acknowledged>(decision.fact).by;
}

RoutedNotification notification_of(std::uint64_t id, std::string key) {
  Notification notification;
  notification.id = NotificationId{id};
  notification.dedup_key = std::move(key);
  notification.created_at = noon;
  return RoutedNotification{notification, {{"slack", {}}, {"pager", {}}}};
}

std::vector<std::uint64_t> ids_of(const std::vector<PastIncident>& past) {
  std::vector<std::uint64_t> ids;
  for (const PastIncident& each : past) ids.push_back(each.incident.id.value);
  return ids;
}

/// Nothing is too old for these limits.
PruneLimits no_limits() {
  PruneLimits limits;
  limits.ended_before = Instant{};
  limits.idle_decisions_before = Instant{};
  return limits;
}

struct StoreFixture {
  Folder folder;
  PostBox box;
  OpenedStore opened = open_store(folder.file("s.db"), box);
  Store& store = *opened.store;

  void write(std::vector<Record> records) {
    const auto done = commit(store, box, std::move(records));
    if (!done) FAIL(done.error().message);
  }
  std::vector<std::uint64_t> ids(const HistoryQuery& query) { return ids_of(history(store, box, query)); }
};

}  // namespace

TEST_CASE("the history lists incidents with their attempts, newest first, page by page") {
  StoreFixture fixture;
  fixture.write({incident_of(1, "web"), incident_of(2, "db"), incident_of(3, "web"),
                 incident_of(4, "web", true), attempt_of(7, 3, 1), attempt_of(9, 3, 2), attempt_of(8, 4, 1)});
  CHECK(fixture.ids({}) == std::vector<std::uint64_t>{4, 3, 2, 1});
  CHECK(fixture.ids({"web", 20, {}}) == std::vector<std::uint64_t>{4, 3, 1});
  CHECK(fixture.ids({"web", 2, {}}) == std::vector<std::uint64_t>{4, 3});
  CHECK(fixture.ids({"web", 2, IncidentId{3}}) == std::vector<std::uint64_t>{1});
  CHECK(fixture.ids({"nobody", 20, {}}).empty());
  CHECK(fixture.ids({"", 0, {}}).empty());

  const auto past = history(fixture.store, fixture.box, {"web", 2, {}});
  CHECK(past[0] == PastIncident{incident_of(4, "web", true), {attempt_of(8, 4, 1)}});
  CHECK(past[1] == PastIncident{incident_of(3, "web"), {attempt_of(7, 3, 1), attempt_of(9, 3, 2)}});
}

TEST_CASE("an incident's file holds everything about that incident and nothing about others") {
  StoreFixture fixture;
  const std::string long_key(200, 'k');
  fixture.write({incident_of(12, "shop/web/1"), incident_of(2, "shop/web/1"), incident_of(5, long_key),
                 attempt_of(1, 12, 1), attempt_of(2, 2, 1), evidence_of(12, noon + 2s, "second"),
                 evidence_of(12, noon, "first"), evidence_of(2, noon, "other"),
                 decision_of(12, "shop/web/1", noon), decision_of(2, "shop/web/1", noon),
                 notification_of(1, "healer/h/shop/web/1/12"), notification_of(2, "healer/h/shop/web/1/2"),
                 notification_of(3, "healer/h/" + long_key.substr(0, 120) + "/5"),
                 Delivery{NotificationId{1}, "slack", DeliveryState::Refused, 2, noon, "HTTP 404"}});
  const auto file = incident_file(fixture.store, fixture.box, 12);
  REQUIRE(file.has_value());
  CHECK(file->incident == incident_of(12, "shop/web/1"));
  CHECK(file->attempts == std::vector<Attempt>{attempt_of(1, 12, 1)});
  CHECK(file->evidence ==
        std::vector<Evidence>{evidence_of(12, noon, "first"), evidence_of(12, noon + 2s, "second")});
  CHECK(file->decisions == std::vector<Decision>{decision_of(12, "shop/web/1", noon)});
  REQUIRE(file->notifications.size() == 1);
  CHECK(file->notifications[0].notification.id == NotificationId{1});
  REQUIRE(file->notifications[0].deliveries.size() == 2);
  CHECK(file->notifications[0].deliveries[0].state == DeliveryState::Pending);
  CHECK(file->notifications[0].deliveries[1].state == DeliveryState::Refused);
  CHECK(file->notifications[0].deliveries[1].last_error == "HTTP 404");

  CHECK(incident_file(fixture.store, fixture.box, 5)->notifications.size() == 1);
  const auto none = incident_file(fixture.store, fixture.box, 99);
  REQUIRE(!none.has_value());
  CHECK(none.error().code == ErrorCode::NotFound);
  CHECK(none.error().message.find("99") != std::string::npos);
}

TEST_CASE("the newest decisions about a workload are returned oldest first") {
  StoreFixture fixture;
  for (int i = 0; i < 5; ++i)
    fixture.write({decision_of(0, "web", noon, std::to_string(i)), decision_of(0, "", noon, "host")});
  std::string seen;
  for (const Decision& each : decisions(fixture.store, fixture.box, "web", 3)) seen += by(each);
  CHECK(seen == "234");
  CHECK(decisions(fixture.store, fixture.box, "", 100).size() == 5);
}

TEST_CASE("evidence and decisions go with their incident, those of open ones stay") {
  StoreFixture fixture;
  fixture.write({incident_of(1, "web"), incident_of(2, "web", true), evidence_of(1, noon, "old"),
                 evidence_of(2, noon, "open"), decision_of(1, "web", noon), decision_of(2, "web", noon)});
  prune(fixture.store, fixture.box, no_limits());
  CHECK(fixture.ids({}).size() == 2);
  CHECK(incident_file(fixture.store, fixture.box, 1)->evidence.size() == 1);

  prune(fixture.store, fixture.box, PruneLimits::at(noon + 24h, 1h));
  CHECK(fixture.ids({}) == std::vector<std::uint64_t>{2});
  const auto open = incident_file(fixture.store, fixture.box, 2);
  CHECK(open->evidence.size() == 1);
  CHECK(open->decisions.size() == 1);
  CHECK(decisions(fixture.store, fixture.box, "web", 10).size() == 1);
}

TEST_CASE("above the size limit the oldest evidence is deleted, whatever its incident") {
  StoreFixture fixture;
  fixture.write({incident_of(1, "web", true), evidence_of(1, noon, std::string(400, 'a')),
                 evidence_of(1, noon + 1s, std::string(400, 'b')),
                 evidence_of(1, noon + 2s, std::string(400, 'c'))});
  PruneLimits limits = no_limits();
  limits.evidence_bytes = 1000;
  prune(fixture.store, fixture.box, limits);
  const auto left = incident_file(fixture.store, fixture.box, 1)->evidence;
  REQUIRE(left.size() == 2);
  CHECK(left[0].logs[0] == 'b');
  limits.evidence_bytes = 0;
  prune(fixture.store, fixture.box, limits);
  CHECK(incident_file(fixture.store, fixture.box, 1)->evidence.empty());
}

TEST_CASE("decisions without an incident are deleted after a week, and their number is limited") {
  StoreFixture fixture;
  fixture.write({incident_of(1, "web", true), decision_of(1, "web", noon, "kept"),
                 decision_of(0, "web", noon, "idle"), decision_of(0, "web", noon + 8 * 24h, "new")});
  prune(fixture.store, fixture.box, PruneLimits::at(noon + 9 * 24h, 30 * 24h));
  const auto left = decisions(fixture.store, fixture.box, "web", 10);
  REQUIRE(left.size() == 2);
  CHECK(by(left[0]) == "kept");
  CHECK(by(left[1]) == "new");
  PruneLimits limits = no_limits();
  limits.decisions = 1;
  prune(fixture.store, fixture.box, limits);
  REQUIRE(decisions(fixture.store, fixture.box, "web", 10).size() == 1);
  CHECK(by(decisions(fixture.store, fixture.box, "web", 10)[0]) == "new");
}

TEST_CASE("what retention leaves of any evidence is the newest that fits") {
  const bool held = rc::check([] {
    StoreFixture fixture;
    std::vector<Record> records{incident_of(1, "web", true)};
    std::vector<std::size_t> sizes =
        *rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(0, 200));
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      Evidence evidence = evidence_of(1, noon + Duration{static_cast<int>(i)}, std::string(sizes[i], 'x'));
      evidence.memory = "\xC3\xA4";  // two bytes, one character
      records.emplace_back(evidence);
      sizes[i] += 2;
    }
    fixture.write(records);
    PruneLimits limits = no_limits();
    limits.evidence_bytes = *rc::gen::inRange<std::uint64_t>(0, 1000);
    prune(fixture.store, fixture.box, limits);
    std::uint64_t total = 0;
    std::size_t fits = 0;
    while (fits < sizes.size() && total + sizes[sizes.size() - 1 - fits] <= limits.evidence_bytes)
      total += sizes[sizes.size() - 1 - fits++];
    const auto left = incident_file(fixture.store, fixture.box, 1)->evidence;
    RC_ASSERT(left.size() == fits);
    if (fits > 0) RC_ASSERT(left.back().taken_at == noon + Duration{static_cast<int>(sizes.size()) - 1});
  });
  CHECK(held);
}

TEST_CASE("a query sees earlier commits, although nobody waited for them") {
  StoreFixture fixture;
  bool written = false;
  std::optional<std::size_t> seen;
  fixture.store.commit({incident_of(1, "web")}, [&](Result<void>) { written = true; });
  fixture.store.history({}, [&](Result<std::vector<PastIncident>> past) { seen = past->size(); });
  fixture.box.run_until([&] { return seen.has_value(); });
  CHECK(written);
  CHECK(*seen == 1);
}

TEST_CASE("the host's state, every byte of evidence and every letter of decisions are read back") {
  const bool held = rc::check([] {
    const auto text = [] { return "t" + *rc::gen::arbitrary<std::string>(); };
    const HostRecord host{.paused_until = noon,
                          .engine_notification_key = text(),
                          .mass_notification_key = text(),
                          .mass_since = noon + 1s,
                          .mass_critical = true,
                          .engine_notified_channels = {"slack", "on call"},
                          .mass_notified_channels = {"slack"},
                          .engine_stops_until = 1,
                          .unsent_groups = {"group"}};
    RC_ASSERT(unset_fields(host).empty());
    const Evidence evidence{IncidentId{1}, text(), text(), noon,   text(),
                            text(),        text(), text(), text(), text()};
    const Decision decision{noon, "web", IncidentId{1}, Rule::MassCanary,
                            fact::AttemptEnded{3,
                                               printable(text()),
                                               AttemptState::Failed,
                                               {printable(text()), Ending::OutOfTime,
                                                reason::Exited{1, false, {}, 0, {}, false}}}};
    Folder folder;
    PostBox box;
    for (int round = 0; round < 2; ++round) {
      OpenedStore opened = open_store(folder.file("s.db"), box);
      if (round == 0) {
        RC_ASSERT(
            commit(*opened.store, box, {HostRecord{}, host, incident_of(1, "web"), evidence, decision}));
        continue;
      }
      RC_ASSERT(opened.state.host == host);
      const auto file = incident_file(*opened.store, box, 1);
      RC_ASSERT(file->evidence == std::vector<Evidence>{evidence});
      RC_ASSERT(file->decisions == std::vector<Decision>{decision});
    }
  });
  CHECK(held);
}
