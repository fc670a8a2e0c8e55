// Tests of the channel to Alertmanager's API v2, which repeats a firing alert until it ends.
#include <algorithm>
#include <map>
#include <set>

#include "adapter/notify/service.hpp"
#include "notify/alertmanager.hpp"

using namespace healer;
using namespace healer::testing;
namespace json = boost::json;

namespace {

const std::string token = "bEaReR-tOkEn-0123456789";
const Instant now = full_notification().created_at;
const std::string no_end = "without an end";
const std::string ends_now = "2027-01-15T08:00:00.123Z";
const std::string starts = "2027-01-15T07:55:29.623Z";

// The channel, and the receipts that the outbox keeps for it.
struct Channel {
  Service service;
  bool open = true;
  Duration repeat = 1h;
  std::map<std::string, std::string> receipts;
  std::unique_ptr<Notifier> notifier;

  explicit Channel(const std::string& reply = answer(200, "")) : service(reply) {}

  void begin() {
    auto made = make_alertmanager_notifier(
        service.channel(), AlertmanagerChannel{Secret{service.base() + "/am/"}, Secret{token}},
        AlertmanagerHost{service.loop(), [] { return now; }, [this](IncidentId) { return open; }, repeat});
    if (!made) FAIL(made.error().message);
    notifier = std::move(*made);
    std::vector<Receipt> all;
    for (const auto& [key, text] : receipts) all.push_back(Receipt{"it", key, text, now});
    if (!all.empty()) notifier->recall(all);
  }

  Sent send(const Notification& notification) {
    if (!notifier) begin();
    const Sent sent = service.send(*notifier, notification, receipts[notification.dedup_key]);
    if (sent.receipt) receipts[notification.dedup_key] = *sent.receipt;
    return sent;
  }

  // The alerts of the last request, as "alertname severity endsAt".
  std::vector<std::string> last() {
    std::vector<std::string> all;
    const auto requests = service.requests();
    if (requests.empty()) return all;
    const json::value body = json::parse(requests.back().body);
    for (const json::value& notification : body.as_array())
      all.push_back(text_at(notification.at("labels"), "alertname") + " " +
                    text_at(notification.at("labels"), "severity") + " " +
                    (notification.as_object().contains("endsAt") ? text_at(notification, "endsAt") : no_end));
    return all;
  }
  std::size_t count() { return service.requests().size(); }
  bool run_until_requests(std::size_t number) {
    return run_until(service.loop(), [&] { return count() >= number; });
  }
};

Notification about_engine(NotificationKind kind, const std::string& event) {
  Notification notification;
  notification.kind = kind;
  notification.event = event;
  notification.dedup_key = "healer/host1/engine/7";
  notification.text = "The engine cannot be reached.";
  notification.host = "host1";
  notification.created_at = now;
  return notification;
}

}  // namespace

TEST_CASE(
    "alertmanager: a notification is one alert with labels, annotations, start and link, and without an "
    "end") {
  Channel channel;
  CHECK(channel.send(full_notification()).result == Sent::Result::Delivered);
  const SeenRequest request = channel.service.request();
  CHECK(request.method == "POST");
  CHECK(request.target == "/am/api/v2/alerts");
  CHECK(request.head.find("Content-Type: application/json\r\n") != std::string::npos);
  CHECK(request.head.find("Authorization: Bearer " + token + "\r\n") != std::string::npos);
  CHECK(json::parse(request.body) == json::parse(R"([{
    "labels": {"alertname": "ContainerUnhealthy", "severity": "warning", "host": "host1", "workload": "web",
               "project": "shop", "route": "team-a"},
    "annotations": {"summary": "DEGRADED: web on host1",
                    "description": "web is unhealthy: HTTP 503. It is being restarted.", "cause": "HTTP 503",
                    "image": "shop:1.0", "attempt": "2 of 5", "incident": "42",
                    "advice": "Look at `docker logs web`.",
                    "excerpt": "starting\nERROR: no connection to db"},
    "startsAt": "2027-01-15T07:55:29.623Z",
    "generatorURL": "https://healer.example/incidents/42"
  }])"));
}

TEST_CASE(
    "alertmanager: a critical alert ends the warning, and a recovery ends the alert and empties its "
    "receipt") {
  Channel channel;
  channel.send(full_notification());
  channel.send(full_notification(NotificationKind::Critical));
  CHECK(channel.last() == std::vector<std::string>{"ContainerUnhealthy warning " + ends_now,
                                                   "ContainerUnhealthy critical " + no_end});
  channel.send(full_notification(NotificationKind::Critical));
  CHECK(channel.last() == std::vector<std::string>{"ContainerUnhealthy critical " + no_end});
  channel.send(full_notification(NotificationKind::Recovered));
  CHECK(channel.last() == std::vector<std::string>{"ContainerUnhealthy critical " + ends_now});
  CHECK(channel.receipts.at(full_notification().dedup_key).empty());
}

TEST_CASE("alertmanager: an info notification ends the firing alert, and sends nothing without one") {
  Channel channel;
  CHECK(channel.send(full_notification(NotificationKind::Info)).result == Sent::Result::Delivered);
  CHECK(channel.count() == 0);
  channel.send(full_notification());
  channel.send(full_notification(NotificationKind::Info));
  CHECK(channel.last() == std::vector<std::string>{"ContainerUnhealthy warning " + ends_now});
}

TEST_CASE("alertmanager: the alert of a test lasts five minutes") {
  Channel channel;
  CHECK(channel.send(test_notification()).result == Sent::Result::Delivered);
  CHECK(channel.last() == std::vector<std::string>{"HealerTest info 2027-01-15T08:05:00.123Z"});
}

TEST_CASE("alertmanager: a recovery without a receipt ends both severities") {
  Channel channel;
  channel.send(full_notification(NotificationKind::Recovered));
  CHECK(channel.last() == std::vector<std::string>{"ContainerUnhealthy warning " + ends_now,
                                                   "ContainerUnhealthy critical " + ends_now});
}

TEST_CASE("alertmanager: an alert about the host is named after the event") {
  Channel channel;
  channel.open = false;  // only used for notifications about an incident
  channel.send(about_engine(NotificationKind::Critical, "ENGINE DOWN"));
  CHECK(channel.last() == std::vector<std::string>{"HealerEngineDown critical " + no_end});
  channel.send(about_engine(NotificationKind::Recovered, "ENGINE BACK"));
  CHECK(channel.last() == std::vector<std::string>{"HealerEngineDown critical " + ends_now});
  CHECK(channel.send(about_engine(NotificationKind::Recovered, "ENGINE BACK")).result ==
        Sent::Result::Delivered);
  CHECK(channel.count() == 2);
}

TEST_CASE("alertmanager: an alert for an incident that is over lasts a day and is not repeated") {
  Channel channel;
  channel.open = false;
  channel.send(full_notification(NotificationKind::Critical));
  CHECK(channel.last() == std::vector<std::string>{"ContainerUnhealthy critical 2027-01-16T08:00:00.123Z"});
  CHECK(channel.receipts.at(full_notification().dedup_key).empty());
}

TEST_CASE("alertmanager: a firing alert is repeated until it ends, also by the next process") {
  Channel channel;
  channel.send(full_notification());
  channel.repeat = 20ms;
  channel.begin();  // like a new process of healer
  REQUIRE(channel.run_until_requests(3));
  CHECK(channel.last() == std::vector<std::string>{"ContainerUnhealthy warning " + no_end});
  CHECK(text_at(json::parse(channel.service.requests().back().body).at(0), "startsAt") == starts);
  channel.send(full_notification(NotificationKind::Recovered));
  const std::size_t after = channel.count();
  // The alert may have been repeated, but its end comes last.
  CHECK(channel.last() == std::vector<std::string>{"ContainerUnhealthy warning " + ends_now});
  // An alert with another key shows that the time of a repetition has passed and that the first is not
  // repeated.
  channel.send(about_engine(NotificationKind::Critical, "ENGINE DOWN"));
  REQUIRE(channel.run_until_requests(after + 3));
  CHECK(channel.last() == std::vector<std::string>{"HealerEngineDown critical " + no_end});
}

TEST_CASE("alertmanager: an incident that is no longer open ends its alert without a notification") {
  Channel channel;
  channel.repeat = 20ms;
  channel.send(full_notification());
  channel.open = false;
  REQUIRE(run_until(channel.service.loop(), [&] {
    return channel.last() == std::vector<std::string>{"ContainerUnhealthy warning " + ends_now};
  }));
  channel.open = true;
  channel.send(about_engine(NotificationKind::Critical, "ENGINE DOWN"));
  REQUIRE(channel.run_until_requests(channel.count() + 2));
  CHECK(channel.last() == std::vector<std::string>{"HealerEngineDown critical " + no_end});
}

TEST_CASE("alertmanager: many alerts are repeated in requests of a hundred") {
  Channel channel;
  channel.begin();
  Notification notification = full_notification();
  for (int i = 0; i < 250; ++i) {
    notification.dedup_key = "key" + std::to_string(i);
    notification.workload = "web" + std::to_string(i);
    channel.send(notification);
  }
  channel.repeat = 50ms;
  channel.begin();
  const std::size_t before = channel.count();
  REQUIRE(channel.run_until_requests(before + 3));
  std::set<std::string> said;
  const auto requests = channel.service.requests();
  for (std::size_t i = before; i < before + 3; ++i) {
    const json::array alerts = json::parse(requests[i].body).as_array();
    CHECK(alerts.size() <= 100);
    for (const json::value& each : alerts) said.insert(text_at(each.at("labels"), "workload"));
  }
  CHECK(said.size() == 250);
}

TEST_CASE("alertmanager: an alert that was not delivered is not repeated") {
  Channel channel(answer(503, ""));
  channel.repeat = 10ms;
  const Sent sent = channel.send(full_notification());
  CHECK(sent.result == Sent::Result::TryAgain);
  CHECK_FALSE(sent.receipt.has_value());
  net::Timer timer(channel.service.loop());
  bool passed = false;
  timer.set_after(60ms, [&] { passed = true; });
  REQUIRE(run_until(channel.service.loop(), [&] { return passed; }));
  CHECK(channel.count() == 1);
}

TEST_CASE("alertmanager: a malformed receipt counts as none") {
  for (const char* bad : {"", "x", "[]", "{}", R"({"incident":1})", R"({"incident":"1","alert":{}})",
                          R"({"incident":-1,"alert":{"labels":{},"startsAt":"x"}})",
                          R"({"incident":1,"alert":{"labels":[],"startsAt":"x"}})",
                          R"({"incident":1,"alert":{"labels":{},"startsAt":7}})"}) {
    Channel channel;
    channel.receipts[full_notification().dedup_key] = bad;
    CHECK(channel.send(full_notification()).result == Sent::Result::Delivered);
    CHECK(channel.last() == std::vector<std::string>{"ContainerUnhealthy warning " + no_end});
  }
}

TEST_CASE("alertmanager: any text of a notification gives an alert that Alertmanager accepts") {
  for (const Notification& notification : hostile_notifications()) {
    const std::string text = alertmanager_alert(notification, Instant{});
    CHECK(text.size() < 40'000);
    const json::value made = json::parse(text);
    for (const auto& label : made.at("labels").as_object()) CHECK_FALSE(label.value().as_string().empty());
    CHECK_FALSE(text_at(made.at("labels"), "alertname").empty());
    CHECK(text_at(made, "endsAt") >= text_at(made, "startsAt"));
    if (const json::value* link = made.as_object().if_contains("generatorURL"))
      CHECK(link->as_string().starts_with("http"));
  }
}

TEST_CASE("alertmanager: each answer gives its result, and no error shows the token") {
  std::vector<std::unique_ptr<net::Loop>> loops;
  const auto make = [&](HttpChannel channel, const std::string& base) {
    loops.push_back(
        std::make_unique<net::Loop>());  // the loop of the timer, which is not run: nothing is repeated
    return make_alertmanager_notifier(
        std::move(channel), AlertmanagerChannel{Secret{base}, Secret{token}},
        AlertmanagerHost{*loops.back(), [] { return now; }, [](IncidentId) { return true; }, 1h});
  };
  check_answers(make, token);
}
