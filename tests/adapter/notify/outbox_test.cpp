// Tests of the outbox with virtual time: order, retries, limits, restarts.
#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "notify/outbox.hpp"

using namespace healer;

namespace {

const Instant start{Duration{1'800'000'000'000}};

// The far end of a channel; the test gives its answers.
struct Peer {
  struct Try {
    Notification notification;
    std::string receipt;
    std::function<void(Sent)> done;
    Instant at;
  };
  std::vector<Try> tries;
  std::vector<Receipt> recalled;
  bool carries_info = true;
};

class FakeNotifier final : public Notifier {
 public:
  FakeNotifier(std::string name, Peer& peer, const Instant& now)
      : name_(std::move(name)), peer_(peer), now_(now) {}
  const std::string& channel() const override { return name_; }
  void recall(const std::vector<Receipt>& receipts) override { peer_.recalled = receipts; }
  bool carries(const Notification& notification) const override {
    return peer_.carries_info || notification.kind != NotificationKind::Info;
  }
  void send(const Notification& notification, const std::string& receipt,
            std::function<void(Sent)> done) override {
    peer_.tries.push_back({notification, receipt, std::move(done), now_});
  }

 private:
  std::string name_;
  Peer& peer_;
  const Instant& now_;
};

// The process around an outbox: a clock that the test moves, a disk, a log.
struct World {
  Instant now = start;
  std::optional<std::pair<Instant, std::function<void()>>> alarm;
  std::map<std::pair<std::uint64_t, std::string>, Delivery> disk;
  std::map<std::pair<std::string, std::string>, Receipt> receipts;
  std::map<std::uint64_t, Notification> notifications;
  std::vector<std::string> log;
  std::map<std::string, Peer> peers;
  std::deque<std::function<void()>> written;
  bool disk_hangs = false;
  OutboxLimits limits;
  std::unique_ptr<Outbox> outbox;

  explicit World(std::vector<std::string> channels = {"slack"}, OutboxLimits with = {}) : limits(with) {
    begin(std::move(channels));
  }

  void begin(std::vector<std::string> channels) {
    alarm.reset();
    written.clear();
    outbox = std::make_unique<Outbox>(
        OutboxHost{[this] { return now; }, 1,
                   [this](Instant at, std::function<void()> work) { alarm.emplace(at, std::move(work)); },
                   [this](std::vector<Record> records, std::function<void()> then) {
                     if (then) written.push_back(std::move(then));
                     for (const Record& record : records) {
                       if (const auto* receipt = std::get_if<Receipt>(&record)) {
                         receipts[{receipt->channel, receipt->dedup_key}] = *receipt;
                         continue;
                       }
                       const auto& delivery = std::get<Delivery>(record);
                       disk[{delivery.notification.value, delivery.channel}] = delivery;
                     }
                   },
                   [this](LogLine line) { log.push_back(line.message); }},
        limits);
    set_channels(std::move(channels));
  }

  void set_channels(const std::vector<std::string>& channels) {
    std::vector<std::unique_ptr<Notifier>> notifiers;
    for (const std::string& name : channels)
      notifiers.push_back(std::make_unique<FakeNotifier>(name, peers[name], now));
    outbox->set_channels(std::move(notifiers));
  }

  void settle() {
    while (!disk_hangs && !written.empty()) {
      const auto then = std::move(written.front());
      written.pop_front();
      then();
    }
  }

  void advance(Duration by) {
    settle();
    const Instant until = now + by;
    while (alarm && alarm->first <= until) {
      auto [at, work] = std::move(*alarm);
      alarm.reset();
      now = std::max(now, at);
      work();
      settle();
    }
    now = until;
  }

  void raise(std::uint64_t id, const std::vector<std::string>& channels = {"slack"}, std::string key = "") {
    Notification notification;
    notification.id = NotificationId{id};
    notification.dedup_key = std::move(key);
    notification.event = "DEGRADED";
    notification.workload = "web";
    notification.created_at = now;
    raise(notification, channels, now);
  }

  void raise(const Notification& notification, const std::vector<std::string>& channels, Instant not_before) {
    std::vector<Destination> to;
    notifications[notification.id.value] = notification;
    for (const std::string& name : channels) {
      disk[{notification.id.value, name}] =
          Delivery{notification.id, name, DeliveryState::Pending, 0, not_before, ""};
      to.push_back({name, not_before});
    }
    outbox->add(RoutedNotification{notification, std::move(to)});
  }

  /// A new process with the state on disk.
  void restart(const std::vector<std::string>& channels) {
    for (auto& each : peers) each.second.tries.clear();
    begin(channels);
    std::vector<Notification> raised;
    std::vector<Delivery> deliveries;
    std::vector<Receipt> kept;
    for (const auto& each : notifications) raised.push_back(each.second);
    for (const auto& each : disk) deliveries.push_back(each.second);
    for (const auto& each : receipts)
      if (!each.second.text.empty()) kept.push_back(each.second);
    outbox->restore(raised, deliveries, kept);
  }

  void answer(const std::string& name, Sent sent) {
    peers[name].tries.back().done(std::move(sent));
    settle();
  }
  const Delivery& on_disk(std::uint64_t id, const std::string& name = "slack") { return disk.at({id, name}); }
  std::vector<std::uint64_t> sent(const std::string& name = "slack") {
    std::vector<std::uint64_t> ids;
    for (const auto& each : peers[name].tries) ids.push_back(each.notification.id.value);
    return ids;
  }
  ChannelStatus status(const std::string& name = "slack") {
    for (const ChannelStatus& each : outbox->status())
      if (each.name == name) return each;
    return {};
  }
};

const Sent delivered{};
Sent failed(std::string error = "HTTP 500", std::optional<Duration> retry_after = {}) {
  return Sent{Sent::Result::TryAgain, retry_after, std::move(error)};
}
const Sent refused{Sent::Result::Refused, {}, "HTTP 404: no_service"};

using Ids = std::vector<std::uint64_t>;

Notification notification_of(std::uint64_t id, std::string dedup_key) {
  Notification notification;
  notification.id = NotificationId{id};
  notification.dedup_key = std::move(dedup_key);
  notification.created_at = start;
  return notification;
}

}  // namespace

TEST_CASE("a notification is sent at once, and delivered on disk only after the answer") {
  World world;
  world.raise(1);
  CHECK(world.sent() == Ids{1});
  CHECK(world.on_disk(1).state == DeliveryState::Pending);
  CHECK(world.outbox->pending() == 1);
  world.answer("slack", delivered);
  CHECK(world.on_disk(1).state == DeliveryState::Delivered);
  CHECK(world.on_disk(1).tries == 1);
  CHECK(world.outbox->pending() == 0);
  CHECK(world.status().delivered == 1);
  CHECK(world.log.empty());
}

TEST_CASE("notifications of a channel are sent one at a time, in order, a second apart") {
  World world;
  world.raise(1);
  world.raise(2);
  world.raise(3);
  CHECK(world.sent() == Ids{1});
  world.advance(10min);
  CHECK(world.sent() == Ids{1});
  world.answer("slack", delivered);
  CHECK(world.sent() == Ids{1});
  world.advance(999ms);
  CHECK(world.sent() == Ids{1});
  world.advance(1ms);
  CHECK(world.sent() == Ids{1, 2});
  world.answer("slack", delivered);
  world.advance(1s);
  CHECK(world.sent() == Ids{1, 2, 3});
}

TEST_CASE("a channel that is down does not hold another one up") {
  World world({"slack", "mail"});
  world.raise(1, {"slack", "mail"});
  world.answer("slack", failed());
  world.answer("mail", delivered);
  CHECK(world.on_disk(1, "mail").state == DeliveryState::Delivered);
  CHECK(world.on_disk(1, "slack").state == DeliveryState::Pending);
  world.raise(2, {"slack", "mail"});
  world.advance(1s);
  CHECK(world.sent("mail") == Ids{1, 2});
}

TEST_CASE("failed tries back off from one second to five minutes, with jitter, in order") {
  World world;
  world.raise(1);
  world.raise(2);
  Duration expected = 1s;
  for (unsigned n = 1; n < OutboxLimits{}.tries_in_order; ++n) {
    REQUIRE(world.sent().size() == n);
    const Instant failed_at = world.now;
    world.answer("slack", failed());
    CHECK(world.on_disk(1).tries == n);
    CHECK(world.on_disk(1).last_error == "HTTP 500");
    const Duration wait = world.on_disk(1).next_try - failed_at;
    CHECK(wait >= expected * 3 / 4);
    CHECK(wait <= std::min<Duration>(expected * 5 / 4, 5min));
    world.advance(std::max<Duration>(wait, 1s));
    expected = std::min<Duration>(expected * 2, 5min);
  }
  world.answer("slack", delivered);
  world.advance(1s);
  CHECK(world.sent().back() == 2);
  CHECK(world.status().failed_tries == OutboxLimits{}.tries_in_order - 1);
  CHECK_MESSAGE(world.log.size() == 2, "the outage is said once, and its end");
}

TEST_CASE("Retry-After is honoured, and cut at an hour") {
  World world;
  world.raise(1);
  world.answer("slack", failed("HTTP 429", 30s));
  world.advance(29'999ms);
  CHECK(world.sent().size() == 1);
  world.advance(1ms);
  CHECK(world.sent().size() == 2);
  world.answer("slack", failed("HTTP 429", 1000h));
  CHECK(world.on_disk(1).next_try == world.now + 1h);
}

TEST_CASE("a refused notification is logged, counted and set aside, and the next one is sent") {
  World world;
  world.raise(1);
  world.raise(2);
  world.answer("slack", refused);
  CHECK(world.on_disk(1).state == DeliveryState::Refused);
  CHECK(world.on_disk(1).last_error == "HTTP 404: no_service");
  REQUIRE(world.log.size() == 1);
  CHECK(world.log[0].find("no_service") != std::string::npos);
  world.advance(1s);
  CHECK(world.sent() == Ids{1, 2});
  CHECK(world.status().refused == 1);
  CHECK_MESSAGE(world.status().refusing, "until something arrives");
  world.answer("slack", delivered);
  CHECK_FALSE(world.status().refusing);
  CHECK(world.outbox->pending() == 1);
  CHECK(world.status().set_aside == 1);
  CHECK_MESSAGE(world.status().last_error == "HTTP 404: no_service", "what it still refuses stays in sight");
}

TEST_CASE("a refused notification is tried every hour until it is accepted") {
  World world;
  world.raise(1);
  world.answer("slack", refused);
  const std::size_t lines = world.log.size();
  for (std::size_t hour = 1; hour <= 3; ++hour) {
    world.advance(59min + 59s);
    CHECK(world.sent().size() == hour);
    world.advance(1s);
    REQUIRE(world.sent().size() == hour + 1);
    if (hour < 3) world.answer("slack", refused);
  }
  CHECK_MESSAGE(world.log.size() == lines, "not a line an hour");
  CHECK_MESSAGE(world.status().refused == 1, "one notification, not three tries");
  world.answer("slack", delivered);
  CHECK(world.on_disk(1).state == DeliveryState::Delivered);
  CHECK(world.outbox->pending() == 0);
  CHECK(world.status().last_error.empty());
}

TEST_CASE("a refused notification is overtaken by a later one of its incident that arrived") {
  World world;
  world.raise(1, {"slack"}, "one");
  world.answer("slack", refused);
  world.raise(2, {"slack"}, "one");
  world.advance(1s);
  world.answer("slack", delivered);
  CHECK(world.on_disk(1).state == DeliveryState::Expired);
  CHECK(world.status().dropped[DropReason::Overtaken] == 1);
  CHECK(world.outbox->pending() == 0);
}

TEST_CASE("a channel that refuses everything is asked once in five minutes, and gets all once it accepts") {
  World world;
  for (std::uint64_t id = 1; id <= 30; ++id) {
    world.raise(id);
    world.answer("slack", refused);
    world.advance(1s);
  }
  REQUIRE(world.sent().size() == 30);
  world.advance(1h);
  REQUIRE(world.sent().size() == 31);
  while (world.sent().size() < 40) {
    const std::size_t before = world.sent().size();
    world.answer("slack", refused);
    world.advance(5min - 1s);
    CHECK(world.sent().size() == before);
    world.advance(1s);
    REQUIRE(world.sent().size() == before + 1);
  }
  const Ids all = world.sent();
  const Ids in_turn(all.begin() + 30, all.end());
  CHECK(in_turn == Ids{1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
  for (int i = 0; i < 30; ++i) {
    world.answer("slack", delivered);
    world.advance(1s);
  }
  CHECK(world.outbox->pending() == 0);
  CHECK(world.status().delivered == 30);
}

TEST_CASE("what a channel refuses goes to the next channel that did not get it, once") {
  World world({"telegram", "mail", "slack", "pager"});
  SUBCASE("the next in the order of the configuration") {
    world.raise(1, {"telegram", "mail"});
    world.answer("mail", delivered);
    world.answer("telegram", refused);
    CHECK(world.sent("slack") == Ids{1});
    CHECK(world.sent("pager").empty());
    CHECK(world.on_disk(1, "slack").state == DeliveryState::Pending);
    CHECK(world.log.back().find("slack gets it instead") != std::string::npos);
    const std::string& text = world.peers["slack"].tries.back().notification.text;
    CHECK(text.find("telegram refused this notification: HTTP 404: no_service") != std::string::npos);
    world.answer("slack", delivered);
    world.advance(1h);
    world.answer("telegram", refused);
    world.advance(3h);
    CHECK_MESSAGE(world.sent("slack") == Ids{1}, "a second refusal escalates nothing");
    CHECK(world.sent("mail") == Ids{1});
    CHECK(world.sent("pager").empty());
  }
  SUBCASE("until none is left, and never twice to one") {
    world.raise(1, {"telegram"});
    for (const char* name : {"telegram", "mail", "slack", "pager"}) {
      REQUIRE(world.sent(name) == Ids{1});
      world.answer(name, refused);
    }
    for (const char* name : {"telegram", "mail", "slack", "pager"}) CHECK(world.sent(name) == Ids{1});
    CHECK(world.outbox->pending() == 4);
    CHECK(world.log.back().find("instead") == std::string::npos);
  }
  SUBCASE("a channel that does not send such notifications gets none") {
    world.peers["mail"].carries_info = false;
    Notification info = notification_of(1, "a");
    info.kind = NotificationKind::Info;
    world.raise(info, {"telegram"}, world.now);
    world.answer("telegram", refused);
    CHECK(world.sent("mail").empty());
    CHECK(world.sent("slack") == Ids{1});
  }
  SUBCASE("with no other channel it only waits") {
    World alone({"telegram"});
    alone.raise(1, {"telegram"});
    alone.answer("telegram", refused);
    CHECK(alone.outbox->pending() == 1);
  }
}

TEST_CASE("the channel of an escalation also gets the end of its incident") {
  World world({"telegram", "pager"});
  world.raise(1, {"telegram"}, "incident");
  world.answer("telegram", refused);
  world.answer("pager", delivered);
  SUBCASE("by the same process") {}
  SUBCASE("by the next process") {
    world.restart({"telegram", "pager"});
    CHECK(world.sent("pager").empty());
  }
  world.answer("telegram", delivered);
  world.advance(1s);
  world.raise(2, {"telegram"}, "incident");
  CHECK(world.sent("pager").back() == 2);
  CHECK(world.on_disk(2, "pager").state == DeliveryState::Pending);
  world.answer("pager", delivered);
  CHECK(world.on_disk(2, "pager").state == DeliveryState::Delivered);
  world.raise(3, {"telegram"}, "another");
  CHECK(world.sent("pager").back() == 2);
}

TEST_CASE("a new process tries what was refused at once, and sends it to no further channel") {
  World world({"telegram", "mail", "pager"});
  world.raise(1, {"telegram"});
  world.answer("telegram", refused);
  world.answer("mail", delivered);
  world.raise(2, {"telegram", "mail"});
  world.restart({"telegram", "mail", "pager"});
  CHECK_MESSAGE(world.sent("telegram") == Ids{2}, "what is refused makes no other wait");
  world.answer("telegram", delivered);
  world.advance(1s);
  CHECK(world.sent("telegram") == Ids{2, 1});
  world.answer("telegram", refused);
  CHECK(world.sent("mail") == Ids{2});
  CHECK(world.sent("pager").empty());
  CHECK(world.on_disk(1, "telegram").state == DeliveryState::Refused);
}

TEST_CASE("replaced channels try at once what was refused") {
  World world;
  world.raise(1);
  world.answer("slack", refused);
  world.set_channels({"slack"});
  world.advance(1s);
  CHECK_MESSAGE((world.sent() == Ids{1, 1}), "the setting may have been changed");
}

TEST_CASE("a notification older than seven days expires") {
  World world;
  world.raise(1);
  world.answer("slack", failed());
  for (int i = 0; i < 24 * 7 * 2; ++i) {
    world.advance(30min);
    if (world.on_disk(1).state == DeliveryState::Pending && !world.peers["slack"].tries.empty())
      world.answer("slack", failed());
  }
  world.advance(1h);
  CHECK(world.on_disk(1).state == DeliveryState::Expired);
  CHECK(world.outbox->pending() == 0);
  CHECK(world.status().dropped[DropReason::TooOld] == 1);
  CHECK(world.status().expired() == 1);
  CHECK(world.log.back().find("expired") != std::string::npos);
}

TEST_CASE("with too many waiting the oldest expires, but not the one being sent") {
  OutboxLimits limits;
  limits.pending = 3;
  World world({"slack"}, limits);
  for (std::uint64_t id = 1; id <= 5; ++id) world.raise(id);
  CHECK(world.on_disk(1).state == DeliveryState::Pending);
  CHECK(world.on_disk(2).state == DeliveryState::Expired);
  CHECK(world.on_disk(3).state == DeliveryState::Expired);
  CHECK(world.on_disk(4).state == DeliveryState::Pending);
  CHECK(world.outbox->pending() == 3);
  CHECK(world.status().dropped[DropReason::TooMany] == 2);
  world.answer("slack", delivered);
  CHECK(world.on_disk(1).state == DeliveryState::Delivered);
}

TEST_CASE("the next notification waits until the last one's end is on disk") {
  World world;
  world.raise(1);
  world.raise(2);
  world.disk_hangs = true;
  world.answer("slack", delivered);
  world.advance(1h);
  CHECK_MESSAGE(world.sent() == Ids{1}, "a process killed now sends 1 again, and nothing that came after it");
  world.disk_hangs = false;
  world.settle();
  CHECK(world.sent() == Ids{1, 2});
}

TEST_CASE("a second answer to one try has no effect") {
  World world;
  world.raise(1);
  world.raise(2);
  const auto done = world.peers["slack"].tries[0].done;
  done(delivered);
  world.advance(1s);
  done(refused);
  CHECK(world.on_disk(1).state == DeliveryState::Delivered);
  CHECK(world.on_disk(2).state == DeliveryState::Pending);
  CHECK(world.status().refused == 0);
}

TEST_CASE("answers and alarms after the outbox is destroyed have no effect") {
  World world;
  world.raise(1);
  const auto done = world.peers["slack"].tries[0].done;
  world.answer("slack", failed());
  const auto alarm = world.alarm;
  REQUIRE(alarm.has_value());
  world.outbox.reset();
  done(delivered);
  alarm->second();
  CHECK(world.on_disk(1).state == DeliveryState::Pending);
}

TEST_CASE("a new process goes on where the last one was killed: in order, with its wait and its count") {
  World world;
  world.raise(1);
  world.raise(2);
  world.answer("slack", failed("HTTP 503", 60s));
  std::vector<Notification> notifications;
  std::vector<Delivery> deliveries;
  for (const std::uint64_t id : {2, 1}) {
    Notification notification;
    notification.id = NotificationId{id};
    notification.created_at = start;
    notifications.push_back(notification);
    deliveries.push_back(world.on_disk(id));
  }
  world.peers.clear();
  world.begin({"slack"});
  world.outbox->restore(notifications, deliveries);
  CHECK(world.sent().empty());
  world.advance(59s);
  CHECK(world.sent().empty());
  world.advance(1s);
  CHECK(world.sent() == Ids{1});
  world.answer("slack", delivered);
  CHECK(world.on_disk(1).tries == 2);
  world.advance(1s);
  CHECK(world.sent() == Ids{1, 2});
}

TEST_CASE("a clock set back between two processes does not stop a channel") {
  World world;
  Notification notification;
  notification.id = NotificationId{1};
  notification.created_at = start;
  world.outbox->restore({notification}, {Delivery{NotificationId{1}, "slack", DeliveryState::Pending, 3,
                                                  start + 24h * 300, "x"}});
  world.advance(1h);
  CHECK(world.sent() == Ids{1});
}

TEST_CASE("notifications for a channel that is no longer configured stay pending, and count") {
  World world(std::vector<std::string>{});
  Notification notification;
  notification.id = NotificationId{1};
  notification.created_at = start;
  world.outbox->restore({notification},
                        {Delivery{NotificationId{1}, "slack", DeliveryState::Pending, 0, start, ""}});
  world.advance(24h);
  CHECK(world.outbox->pending() == 1);
  CHECK_FALSE(world.status().configured);
  CHECK(world.outbox->channel_names().empty());
  world.set_channels({"slack"});
  CHECK(world.sent() == Ids{1});
  world.answer("slack", delivered);
  CHECK(world.outbox->pending() == 0);
}

TEST_CASE("replacing the channels sends an unanswered notification again") {
  World world;
  world.raise(1);
  const auto lost = world.peers["slack"].tries[0].done;
  world.set_channels({"slack"});
  CHECK(world.sent() == Ids{1, 1});
  lost(refused);
  CHECK(world.on_disk(1).state == DeliveryState::Pending);
  world.answer("slack", delivered);
  CHECK(world.on_disk(1).state == DeliveryState::Delivered);
}

TEST_CASE("a channel's receipt is stored with the result and given back to the channel") {
  World world({"slack", "mail"});
  const auto raise = [&](std::uint64_t id, const std::string& key) {
    Notification notification;
    notification.id = NotificationId{id};
    notification.dedup_key = key;
    notification.created_at = world.now;
    world.outbox->add(RoutedNotification{notification, {{"slack", {}}, {"mail", {}}}});
  };
  const auto said = [&] { return world.receipts.at({"slack", "k1"}).text; };
  Sent posted;
  posted.receipt = "C1/100.1";
  raise(1, "k1");
  CHECK(world.peers["slack"].tries.back().receipt.empty());
  world.answer("slack", posted);
  CHECK(said() == "C1/100.1");
  world.answer("mail", delivered);
  world.advance(1s);
  raise(2, "k1");
  CHECK(world.peers["slack"].tries.back().receipt == "C1/100.1");
  CHECK_MESSAGE(world.peers["mail"].tries.back().receipt.empty(), "each channel has its own");
  Sent half = failed();
  half.receipt = "C1/100.1 replied";
  world.answer("slack", half);
  CHECK_MESSAGE(said() == "C1/100.1 replied", "also of a try that failed");
  world.advance(10s);
  CHECK(world.peers["slack"].tries.back().receipt == "C1/100.1 replied");
  world.answer("slack", delivered);
  CHECK_MESSAGE(said() == "C1/100.1 replied", "nothing said, nothing changed");

  world.peers.clear();
  world.begin({"slack", "mail"});
  world.outbox->restore({}, {}, {world.receipts.at({"slack", "k1"})});
  REQUIRE(world.peers["slack"].recalled.size() == 1);
  CHECK(world.peers["slack"].recalled[0].dedup_key == "k1");
  CHECK(world.peers["mail"].recalled.empty());
  raise(3, "k2");
  CHECK(world.peers["slack"].tries.back().receipt.empty());
  world.answer("slack", delivered);
  world.advance(1s);
  raise(4, "k1");
  CHECK(world.peers["slack"].tries.back().receipt == "C1/100.1 replied");
  Sent over;
  over.receipt = "";
  world.answer("slack", over);
  CHECK(said().empty());
  world.advance(1s);
  raise(5, "k1");
  CHECK(world.peers["slack"].tries.back().receipt.empty());
}

TEST_CASE("beyond the limit the oldest receipt is deleted, also on disk") {
  OutboxLimits limits;
  limits.receipts = 2;
  World world({"slack"}, limits);
  for (std::uint64_t id = 1; id <= 3; ++id) {
    Notification notification;
    notification.id = NotificationId{id};
    notification.dedup_key = "k" + std::to_string(id);
    notification.created_at = world.now;
    world.outbox->add(RoutedNotification{notification, {{"slack", {}}}});
    Sent sent;
    sent.receipt = "r";
    world.answer("slack", sent);
    world.advance(1s);
  }
  CHECK(world.receipts.at({"slack", "k1"}).text.empty());
  CHECK(world.receipts.at({"slack", "k2"}).text == "r");
  CHECK(world.receipts.at({"slack", "k3"}).text == "r");
}

namespace {

// Fails one notification until the outbox doubts it; until then all others wait for it.
void fail_in_order(World& world, std::uint64_t id) {
  for (unsigned n = 0; n < OutboxLimits{}.tries_in_order; ++n) {
    REQUIRE(world.sent().back() == id);
    world.answer("slack", failed());
    if (n + 1 < OutboxLimits{}.tries_in_order) world.advance(5min);
  }
}

}  // namespace

TEST_CASE("a notification that fails for ever is set aside once another one has arrived") {
  World world;
  world.raise(1, {"slack"}, "one");
  world.raise(2, {"slack"}, "one");
  world.raise(3, {"slack"}, "three");
  world.raise(4, {"slack"}, "four");
  const Instant began = world.now;
  fail_in_order(world, 1);
  CHECK_MESSAGE(world.now - began >= 1h, "about an hour in order, first");
  world.advance(1s);
  CHECK_MESSAGE(world.sent().back() == 3, "the next of another incident: 2 is about the same as 1");
  world.answer("slack", delivered);
  world.advance(1s);
  CHECK_MESSAGE(world.sent().back() == 1, "at once, for the channel works");
  CHECK(world.status().set_aside == 0);
  world.answer("slack", failed("HTTP 500: no"));
  CHECK(world.status().set_aside == 1);
  CHECK(world.log.back().find("set aside") != std::string::npos);
  world.advance(1s);
  CHECK(world.sent().back() == 2);
  world.answer("slack", failed());
  world.advance(2s);
  world.answer("slack", failed());
  CHECK_MESSAGE(world.on_disk(1).state == DeliveryState::Pending, "2 did not arrive, so 1 is still wanted");
  world.advance(10min);
  CHECK(world.sent().back() == 2);
  world.answer("slack", delivered);
  CHECK(world.on_disk(1).state == DeliveryState::Expired);
  CHECK(world.status().dropped[DropReason::Overtaken] == 1);
  CHECK(world.outbox->pending() == 1);
  world.advance(1s);
  CHECK(world.sent().back() == 4);
}

TEST_CASE("a notification that is set aside is tried hourly until it arrives") {
  World world;
  world.raise(1, {"slack"}, "one");
  world.raise(2, {"slack"}, "two");
  fail_in_order(world, 1);
  world.advance(1s);
  world.answer("slack", delivered);
  world.advance(1s);
  world.answer("slack", failed());
  REQUIRE(world.status().set_aside == 1);
  const std::size_t lines = world.log.size();
  const std::size_t tries = world.sent().size();
  for (int hour = 0; hour < 5; ++hour) {
    world.advance(59min + 59s);
    CHECK(world.sent().size() == tries + static_cast<std::size_t>(hour));
    world.advance(1s);
    REQUIRE(world.sent().size() == tries + static_cast<std::size_t>(hour) + 1);
    CHECK(world.sent().back() == 1);
    if (hour < 4) world.answer("slack", failed());
  }
  CHECK_MESSAGE(world.log.size() == lines, "not a line an hour");
  CHECK_MESSAGE(world.status().last_error.empty(), "the channel itself is healthy");
  world.answer("slack", delivered);
  CHECK(world.on_disk(1).state == DeliveryState::Delivered);
  CHECK(world.outbox->pending() == 0);
}

TEST_CASE("a channel that is down keeps its order, however long") {
  World world;
  for (std::uint64_t id = 1; id <= 3; ++id) world.raise(id, {"slack"}, "k" + std::to_string(id));
  for (int i = 0; i < 300; ++i) {
    world.answer("slack", failed());
    world.advance(5min);
  }
  CHECK(world.status().set_aside == 0);
  // At the end of the outage another notification may be the one tried; then the first is next.
  const std::size_t before = world.sent().size();
  for (int i = 0; i < 5; ++i) {
    if (world.sent().size() > before - 1 && world.peers["slack"].tries.back().done)
      std::exchange(world.peers["slack"].tries.back().done, nullptr)(delivered);
    world.advance(5min);
  }
  CHECK(world.outbox->pending() == 0);
  CHECK(world.status().delivered == 3);
  CHECK(world.status().expired() == 0);
}

TEST_CASE("two notifications that fail for ever do not hold a third") {
  World world;
  for (std::uint64_t id = 1; id <= 4; ++id) world.raise(id, {"slack"}, "k" + std::to_string(id));
  for (int i = 0; i < 500 && world.outbox->pending() > 2; ++i) {
    auto& last = world.peers["slack"].tries.back();
    if (last.done) {
      const bool poison = last.notification.id.value <= 2;
      std::exchange(last.done, nullptr)(poison ? failed() : delivered);
    }
    world.advance(1min);
  }
  CHECK(world.on_disk(3).state == DeliveryState::Delivered);
  CHECK(world.on_disk(4).state == DeliveryState::Delivered);
  CHECK(world.now - start < 4h);
}

TEST_CASE("a new process finds within seconds which notification blocks the channel") {
  World world;
  std::vector<Notification> notifications(2);
  std::vector<Delivery> deliveries;
  for (std::uint64_t id = 1; id <= 2; ++id) {
    notifications[id - 1].id = NotificationId{id};
    notifications[id - 1].dedup_key = "k" + std::to_string(id);
    notifications[id - 1].created_at = start;
    deliveries.push_back({NotificationId{id}, "slack", DeliveryState::Pending, id == 1 ? 40U : 0U,
                          id == 1 ? start + 59min : start, ""});
  }
  world.outbox->restore(notifications, deliveries);
  CHECK(world.sent() == Ids{1});
  world.answer("slack", failed());
  world.advance(1s);
  CHECK(world.sent() == Ids{1, 2});
  world.answer("slack", delivered);
  world.advance(1s);
  world.answer("slack", failed());
  CHECK(world.status().set_aside == 1);
}

TEST_CASE("a notification that is held back keeps nobody waiting") {
  World world;
  std::vector<Notification> notifications(3);
  std::vector<Delivery> deliveries;
  for (std::uint64_t id = 1; id <= 3; ++id) {
    notifications[id - 1].id = NotificationId{id};
    notifications[id - 1].dedup_key = id == 3 ? "same" : "k" + std::to_string(id);
    notifications[id - 1].created_at = start;
    deliveries.push_back(
        {NotificationId{id}, "slack", DeliveryState::Pending, 0, id == 1 ? start + 8h : start, ""});
  }
  notifications[0].dedup_key = "same";
  SUBCASE("it is sent when it is due") {
    notifications[2].dedup_key = "k3";
    world.outbox->restore(notifications, deliveries);
    CHECK(world.sent() == Ids{2});
    world.answer("slack", delivered);
    world.advance(1s);
    CHECK(world.sent() == Ids{2, 3});
    world.answer("slack", delivered);
    world.advance(7h);
    CHECK(world.sent() == Ids{2, 3});
    world.advance(1h);
    CHECK(world.sent() == Ids{2, 3, 1});
  }
  SUBCASE("a later one of its incident has arrived") {
    world.outbox->restore(notifications, deliveries);
    world.answer("slack", delivered);
    world.advance(1s);
    world.answer("slack", delivered);
    CHECK(world.on_disk(1).state == DeliveryState::Expired);
    CHECK(world.outbox->pending() == 0);
  }
}

TEST_CASE("ten thousand notifications in a minute: bounded, counted, and said in a few lines") {
  World world;
  const std::uint64_t count = 25'000;
  for (std::uint64_t id = 1; id <= count; ++id) {
    world.raise(id);
    if (id % 400 == 0) world.advance(1s);
  }
  CHECK(world.outbox->pending() == OutboxLimits{}.pending);
  CHECK(world.status().dropped[DropReason::TooMany] == count - OutboxLimits{}.pending);
  CHECK_MESSAGE(world.on_disk(1).state == DeliveryState::Pending, "it is being sent");
  CHECK(world.on_disk(count - OutboxLimits{}.pending).state == DeliveryState::Expired);
  CHECK(world.on_disk(count).state == DeliveryState::Pending);
  CHECK(world.log.size() < 100);
  CHECK(world.sent().size() == 1);
  world.answer("slack", delivered);
  world.advance(1s);
  CHECK_MESSAGE(world.sent().size() == 2, "at the channel's own rate");
}

TEST_CASE("what quiet hours hold goes out at their end, and holds up nothing else") {
  World world;
  const Instant morning = world.now + 6h;
  world.raise(notification_of(1, "a"), {"slack"}, morning);
  CHECK(world.sent().empty());
  CHECK(world.status().pending == 1);
  world.raise(notification_of(2, "b"), {"slack"}, world.now);
  CHECK(world.sent() == Ids{2});
  world.answer("slack", delivered);
  world.advance(6h - 1ms);
  CHECK(world.sent() == Ids{2});
  world.advance(1ms);
  CHECK(world.sent() == Ids{2, 1});
  world.answer("slack", delivered);
  CHECK(world.outbox->pending() == 0);
}

TEST_CASE("what quiet hours hold is overtaken by a later one of its incident that went out") {
  World world;
  const Instant morning = world.now + 6h;
  world.raise(notification_of(1, "a"), {"slack"}, morning);
  world.raise(notification_of(2, "b"), {"slack"}, morning);
  world.raise(notification_of(3, "a"), {"slack"}, world.now);
  CHECK(world.sent() == Ids{3});
  world.answer("slack", delivered);
  CHECK(world.on_disk(1).state == DeliveryState::Expired);
  world.raise(notification_of(4, "b"), {"slack"}, morning);
  world.advance(6h);
  CHECK(world.sent() == Ids{3, 2});
  world.answer("slack", delivered);
  world.advance(1s);
  CHECK(world.sent() == Ids{3, 2, 4});  // those of the night in their order
}

TEST_CASE("quiet hours of a weekend are kept over a restart") {
  World world;
  world.outbox->restore(
      {notification_of(1, "a")},
      {Delivery{NotificationId{1}, "slack", DeliveryState::Pending, 0, world.now + 60h, ""}});
  world.advance(60h - 1s);
  CHECK(world.sent().empty());
  world.advance(1s);
  CHECK(world.sent() == Ids{1});
}

TEST_CASE("with too many held the oldest expires, but never the one being sent") {
  OutboxLimits limits;
  limits.pending = 3;
  World world({"slack"}, limits);
  world.raise(1);
  for (std::uint64_t id = 2; id <= 5; ++id)
    world.raise(notification_of(id, std::to_string(id)), {"slack"}, world.now + 1h);
  CHECK(world.on_disk(1).state == DeliveryState::Pending);
  CHECK(world.on_disk(2).state == DeliveryState::Expired);
  CHECK(world.on_disk(3).state == DeliveryState::Expired);
  CHECK(world.outbox->pending() == 3);
}

TEST_CASE("whatever a channel answers, everything is delivered once, and in order where nothing is refused") {
  CHECK(rc::check([] {
    World world({"a", "b"});
    const int count = *rc::gen::inRange(1, 8);
    std::uint64_t next = 1;
    std::map<std::string, Ids> ended;
    std::set<std::string> any_refused;
    const auto step = [&](const std::string& name, int choice) {
      auto& tries = world.peers[name].tries;
      if (tries.empty() || !tries.back().done) return;
      const auto done = std::exchange(tries.back().done, nullptr);
      const std::uint64_t id = tries.back().notification.id.value;
      if (choice == 0) ended[name].push_back(id);
      if (choice == 1) any_refused.insert(name);
      done(choice == 0 ? delivered : choice == 1 ? refused : failed());
    };
    for (int i = 0; i < 60; ++i) {
      if (next <= static_cast<std::uint64_t>(count) && *rc::gen::inRange(0, 3) == 0)
        world.raise(next++, {"a", "b"});
      step("a", *rc::gen::inRange(0, 5));
      step("b", *rc::gen::inRange(0, 5));
      world.advance(Duration{*rc::gen::inRange(0, 5000)});
    }
    while (next <= static_cast<std::uint64_t>(count)) world.raise(next++, {"a", "b"});
    for (int i = 0; i < 3 * count + 12; ++i) {
      world.advance(10min);
      step("a", 0);
      step("b", 0);
    }
    Ids all;
    for (std::uint64_t id = 1; id < next; ++id) all.push_back(id);
    for (const char* name : {"a", "b"}) {
      if (any_refused.contains(name)) std::sort(ended[name].begin(), ended[name].end());
      RC_ASSERT(ended[name] == all);
    }
    RC_ASSERT(world.outbox->pending() == 0U);
    for (const auto& [key, delivery] : world.disk) RC_ASSERT(delivery.state == DeliveryState::Delivered);
  }));
}
