// The checker of HEALING.md 7 can fail: it finds each planted violation.
#include "support/invariants.hpp"

#include <doctest/doctest.h>

using namespace healer;
using namespace healer::testing;

namespace {

const Instant zero{Duration{1'000'000'000}};

struct Plant {
  Invariants watch;
  Truth truth;
  Instant now = zero;
  std::uint64_t next = 0;

  Plant() { truth.workload = "web"; }

  ApplyRemedy order(RemedyKind remedy = RemedyKind::Restart, bool written = true, bool finished = true) {
    ApplyRemedy order;
    order.attempt = AttemptId{++next};
    order.workload = "web";
    order.step.kind = remedy;
    order.deadline = 30s;
    Attempt attempt;
    attempt.id = order.attempt;
    attempt.workload = "web";
    attempt.instance = truth.instance;
    if (written) watch.effects({Persist{attempt}}, now);
    watch.order(order, truth, now);
    if (finished) {
      watch.answered(order.attempt);
      attempt.state = AttemptState::NotRecovered;
      attempt.ended_at = now;
      watch.effects({Persist{attempt}}, now);
    }
    return order;
  }

  std::string broken() const { return watch.broken().empty() ? "" : watch.broken().front().substr(0, 1); }
};

Incident incident(std::uint64_t id, IncidentOutcome outcome = IncidentOutcome::Open) {
  Incident incident;
  incident.id = IncidentId{id};
  incident.workload = "web";
  incident.opened_at = zero;
  incident.outcome = outcome;
  return incident;
}

SendNotification notification(const std::string& key, NotificationKind kind) {
  SendNotification notify;
  notify.notification.dedup_key = key;
  notify.notification.kind = kind;
  return notify;
}

}  // namespace

TEST_CASE("invariants: the checker accepts correct behaviour") {
  Plant plant;
  for (int i = 0; i < 5; ++i) plant.order();
  plant.now += 31min;
  plant.order();
  plant.watch.effects({Persist{incident(1)}, notification("k/1", NotificationKind::Degraded)}, zero);
  Incident closed = incident(1, IncidentOutcome::Recovered);
  closed.notified = true;
  plant.watch.effects({Persist{closed}, notification("k/1", NotificationKind::Recovered)}, zero);
  plant.watch.unknown_outcome("web", 2, 2);
  plant.watch.tick("web", {Wake{"web", zero + 1s}}, zero);
  CHECK(plant.broken() == "");
}

TEST_CASE("invariants: a violation of 1 is found in each of its forms") {
  for (int form = 0; form < 4; ++form) {
    Plant plant;
    plant.truth.opted_in = form != 0;
    plant.truth.paused = form == 1;
    plant.truth.stopped_by_operator = form == 2;
    plant.truth.starting = form == 3;
    plant.order();
    CHECK(plant.broken() == "1");
  }
}

TEST_CASE("invariants: a violation of 2 is found: two at once, unfinished, unwritten, of an old instance") {
  Plant twice;
  twice.order(RemedyKind::Restart, true, false);
  twice.order();
  CHECK(twice.broken() == "2");

  Plant unfinished;
  const ApplyRemedy first = unfinished.order(RemedyKind::Restart, true, false);
  unfinished.watch.healer_restarted();
  unfinished.order();
  CHECK(unfinished.broken() == "2");

  Plant unwritten;
  unwritten.order(RemedyKind::Restart, false, false);
  CHECK(unwritten.broken() == "2");

  Plant old_instance;
  Attempt attempt;
  attempt.id = AttemptId{7};
  attempt.workload = "web";
  old_instance.watch.effects({Persist{attempt}}, zero);
  old_instance.truth.instance = InstanceId{"c1", "later"};
  ApplyRemedy order;
  order.attempt = AttemptId{7};
  order.workload = "web";
  old_instance.watch.order(order, old_instance.truth, zero);
  CHECK(old_instance.broken() == "2");
}

TEST_CASE("invariants: a violation of 3 is found") {
  Plant plant;
  for (int i = 0; i < 6; ++i) {
    CHECK(plant.broken() == "");
    plant.order();
    plant.now += 5min;
  }
  CHECK(plant.broken() == "3");
}

TEST_CASE("invariants: a violation of 5 is found: wrong channels, wrong times, an incomplete end") {
  const auto raised = [](NotificationKind kind, std::vector<Destination> to) {
    Plant plant;
    plant.watch.has_recipient = true;
    SendNotification notify = notification("k/1", kind);
    notify.destinations = std::move(to);
    plant.watch.effects({notify}, zero);
    return plant.broken();
  };
  CHECK(raised(NotificationKind::Degraded, {{"slack", zero}, {"pager", zero + 1h}}) == "");
  CHECK(raised(NotificationKind::Degraded, {}) == "5");
  CHECK(raised(NotificationKind::Degraded, {{"slack", zero}, {"slack", zero}}) == "5");
  CHECK(raised(NotificationKind::Degraded, {{"slack", zero - 1ms}}) == "5");
  CHECK(raised(NotificationKind::Critical, {{"slack", zero + 1h}}) == "5");

  Plant forgotten;
  forgotten.watch.effects({Persist{incident(1)}}, zero);
  Incident closed = incident(1, IncidentOutcome::Recovered);
  closed.notified = true;
  closed.notified_channels = {"slack", "pager"};
  SendNotification end = notification("k/1", NotificationKind::Recovered);
  end.destinations = {{"slack", zero}};
  forgotten.watch.effects({Persist{closed}, end}, zero);
  CHECK(forgotten.broken() == "5");
}

TEST_CASE("invariants: a violation of 5 is found: closed twice, two open, end not notified, sent twice") {
  Plant closed_twice;
  closed_twice.watch.effects({Persist{incident(1)}, Persist{incident(1, IncidentOutcome::Recovered)}}, zero);
  closed_twice.watch.effects({Persist{incident(1, IncidentOutcome::Recovered)}}, zero);
  CHECK(closed_twice.broken() == "5");

  Plant two_open;
  two_open.watch.effects({Persist{incident(1)}, Persist{incident(2)}}, zero);
  CHECK(two_open.broken() == "5");

  Plant unnotified;
  Incident notified = incident(1);
  notified.notified = true;
  unnotified.watch.effects({Persist{notified}}, zero);
  notified.outcome = IncidentOutcome::Recovered;
  unnotified.watch.effects({Persist{notified}}, zero);
  CHECK(unnotified.broken() == "5");

  Plant said_twice;
  said_twice.watch.effects(
      {notification("k", NotificationKind::Degraded), notification("k", NotificationKind::Degraded)}, zero);
  CHECK(said_twice.broken() == "5");
}

TEST_CASE("invariants: a violation of 6 and an endless wake-up are found") {
  Plant unknown;
  unknown.watch.unknown_outcome("web", 1, 2);
  CHECK(unknown.broken() == "6");
  Plant spinning;
  spinning.watch.tick("web", {Wake{"web", zero}}, zero);
  CHECK(spinning.broken() == "w");
}
