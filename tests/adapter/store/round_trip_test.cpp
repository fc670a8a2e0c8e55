// Tests that every field of every record is read back from the state file.
#include "adapter/store/filled.hpp"
#include "adapter/store/fixture.hpp"

using namespace healer;
using namespace healer::testing;

namespace {

template <class T>
T filled_and_checked() {
  T record = filled<T>();
  CHECK(unset_fields(record) == std::vector<std::size_t>{});
  return record;
}

struct ReopenFixture {
  Folder folder;
  PostBox box;

  /// Writes the records, closes the store and opens the file again.
  OpenedStore reopened_after(std::vector<Record> records) {
    const std::string path = folder.file("s.db");
    {
      OpenedStore opened = open_store(path, box);
      const auto done = commit(*opened.store, box, std::move(records));
      if (!done) FAIL(done.error().message);
    }
    OpenedStore opened = open_store(path, box);
    CHECK_FALSE(opened.warning.has_value());
    return opened;
  }
};

}  // namespace

TEST_CASE("every field of the host's record is read back") {
  ReopenFixture fixture;
  const auto host = filled_and_checked<HostRecord>();
  SUBCASE("written once") {
    CHECK(fixture.reopened_after({host}).state.host == host);
  }
  SUBCASE("written over another record") {
    CHECK(fixture.reopened_after({HostRecord{}, host}).state.host == host);
  }
  SUBCASE("emptied again") {
    CHECK(fixture.reopened_after({host, HostRecord{}}).state.host == HostRecord{});
  }
}

TEST_CASE("every field of a workload's record is read back") {
  ReopenFixture fixture;
  const auto workload = filled_and_checked<WorkloadRecord>();
  WorkloadRecord before;
  before.key = workload.key;
  CHECK(fixture.reopened_after({before, workload}).state.workloads == std::vector{workload});
}

TEST_CASE("every field of an incident and of its records is read back") {
  ReopenFixture fixture;
  const auto incident = filled_and_checked<Incident>();
  auto attempt = filled_and_checked<Attempt>();
  attempt.incident = incident.id;
  auto evidence = filled_and_checked<Evidence>();
  evidence.incident = incident.id;
  auto decision = filled_and_checked<Decision>();
  decision.incident = incident.id;
  auto notification = filled_and_checked<Notification>();
  // The notifications of an incident are found by this end of the key.
  notification.dedup_key = "host/" + incident.workload + "/" + std::to_string(incident.id.value);
  auto delivery = filled_and_checked<Delivery>();
  delivery.notification = notification.id;

  Incident incident_before;
  incident_before.id = incident.id;
  Attempt attempt_before;
  attempt_before.id = attempt.id;
  Notification notification_before;
  notification_before.id = notification.id;
  const OpenedStore opened = fixture.reopened_after(
      {incident_before, attempt_before, RoutedNotification{notification_before, {{delivery.channel, {}}}},
       incident, attempt, evidence, decision, RoutedNotification{notification, {}}, delivery});
  const auto file = incident_file(*opened.store, fixture.box, incident.id.value);
  REQUIRE(file.has_value());
  CHECK(file->incident == incident);
  CHECK(file->attempts == std::vector{attempt});
  CHECK(file->evidence == std::vector{evidence});
  CHECK(file->decisions == std::vector{decision});
  REQUIRE(file->notifications.size() == 1);
  CHECK(file->notifications[0].notification == notification);
  CHECK(file->notifications[0].deliveries == std::vector{delivery});
}

TEST_CASE("every fact of a decision is read back, with every field") {
  std::vector<Record> records;
  std::vector<Decision> written;
  const auto decide = [&](Fact fact) {
    Decision decision;
    decision.at = Instant{Duration{1'700'000'000'000 + static_cast<std::int64_t>(written.size())}};
    decision.workload = "web";
    decision.fact = std::move(fact);
    written.push_back(decision);
    records.emplace_back(std::move(decision));
  };
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    (decide(filled<std::variant_alternative_t<I, PlainVariant<Fact>>>()), ...);
  }
  (std::make_index_sequence<std::variant_size_v<PlainVariant<Fact>>>{});
  ReopenFixture fixture;
  const OpenedStore opened = fixture.reopened_after(std::move(records));
  CHECK(decisions(*opened.store, fixture.box, "web", 1000) == written);
}

TEST_CASE("every field of a receipt, of the cursor and of a destination is read back") {
  ReopenFixture fixture;
  const auto receipt = filled_and_checked<Receipt>();
  const auto cursor = filled_and_checked<EventCursor>();
  const auto destination = filled_and_checked<Destination>();
  Notification notification;
  notification.id = NotificationId{1};
  const OpenedStore opened = fixture.reopened_after(
      {receipt, EventCursor{}, cursor, RoutedNotification{notification, {destination}}});
  CHECK(opened.state.receipts == std::vector{receipt});
  CHECK(opened.state.cursor == cursor);
  REQUIRE(opened.state.pending_deliveries.size() == 1);
  CHECK(opened.state.pending_deliveries[0].channel == destination.channel);
  CHECK(opened.state.pending_deliveries[0].next_try == destination.not_before);
}
