// The notifying part of healer as a process that may be killed at any instant: the real store, journal,
// outbox, HTTP client and channels. It continues where the previous process ended and raises numbered
// notifications, two for each incident: odd numbers open it, even numbers resolve it.
//
//     notification_raiser STATE-FILE SINK-URL COUNT
//
// Each notification is raised as soon as the one before is on disk; its number is then written to standard
// output. With COUNT 0 nothing is raised, and the process ends once everything is delivered.
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/draws.hpp"
#include "net/curl_client.hpp"
#include "net/loop.hpp"
#include "notify/outbox.hpp"
#include "notify/pagerduty.hpp"
#include "notify/slack.hpp"
#include "runtime/journal.hpp"
#include "store/sqlite_store.hpp"

using namespace healer;

namespace {

// A real channel without its gap between messages.
class Hurried final : public Notifier {
 public:
  explicit Hurried(std::unique_ptr<Notifier> inner) : inner_(std::move(inner)) {}
  const std::string& channel() const override { return inner_->channel(); }
  Duration gap() const override { return Duration{0}; }
  void send(const Notification& notification, const std::string& receipt,
            std::function<void(Sent)> done) override {
    inner_->send(notification, receipt, std::move(done));
  }

 private:
  std::unique_ptr<Notifier> inner_;
};

Instant now() {
  return Instant{std::chrono::duration_cast<Duration>(std::chrono::system_clock::now().time_since_epoch())};
}

RoutedNotification notification_of(std::uint64_t number) {
  Notification notification;
  notification.id = NotificationId{number};
  notification.kind = number % 2 == 1 ? NotificationKind::Critical : NotificationKind::Recovered;
  notification.dedup_key = fmt::format("healer/host/web/{}", (number + 1) / 2);
  notification.event = notification.kind == NotificationKind::Critical ? "GAVE UP" : "RECOVERED";
  notification.text = fmt::format("notification #{}.", number);
  notification.host = "host";
  notification.workload = "web";
  notification.created_at = now();
  return {notification, {{"slack", notification.created_at}, {"pager", notification.created_at}}};
}

class Raiser {
 public:
  Raiser(std::string state, std::string url, std::uint64_t count)
      : url_(std::move(url)), left_(count), drain_(count == 0), alarm_(loop_) {
    auto opened = SqliteStore::open(
        state, [this](std::function<void()> work) { loop_.post(std::move(work)); }, now());
    if (!opened || opened->warning) fail("the store");
    store_ = std::move(opened->store);
    journal_.emplace(*store_, [](const Error& error) { fail(error.message); });
    make_outbox();
    next_ = opened->state.last_notification + 1;
    outbox_->restore(opened->state.pending_notifications, opened->state.pending_deliveries,
                     opened->state.receipts);
  }

  void run() {
    raise();
    while (!(drain_ && outbox_->pending() == 0 && journal_->idle())) {
      if (loop_.context().stopped()) loop_.context().restart();
      loop_.context().run_one_for(std::chrono::milliseconds(50));
    }
  }

 private:
  [[noreturn]] static void fail(const std::string& what) {
    std::fprintf(stderr, "notification_raiser: %s\n", what.c_str());
    std::_Exit(3);
  }

  void make_outbox() {
    auto curl = net::CurlClient::create(loop_, {});
    if (!curl) fail(curl.error().message);
    curl_ = std::move(*curl);
    OutboxHost host;
    host.now = now;
    host.set_alarm = [this](Instant at, std::function<void()> work) {
      alarm_.set_after(std::max(Duration{0}, at - now()), std::move(work));
    };
    host.commit = [this](std::vector<Record> records, std::function<void()> then) {
      journal_->write(std::move(records), std::move(then));
    };
    host.log = [](const LogLine&) {};
    OutboxLimits limits;
    limits.first_backoff = 2ms;
    limits.longest_backoff = 20ms;
    outbox_ = std::make_unique<Outbox>(std::move(host), limits);
    // Longer than any of these processes lives, so a call that hangs never times out.
    constexpr Duration timeout = 60s;
    auto slack = make_slack_notifier(HttpChannel{*curl_, {}, "slack", timeout, Duration{0}},
                                     SlackWebhookChannel{Secret{url_ + "/slack"}});
    auto pager = make_pagerduty_notifier(
        HttpChannel{*curl_, [this](std::function<void()> work) { loop_.post(std::move(work)); }, "pager",
                    timeout, Duration{0}},
        PagerDutyChannel{Secret{"0123456789abcdef0123456789abcdef"}, url_ + "/pager"});
    if (!slack || !pager) fail("the channels");
    std::vector<std::unique_ptr<Notifier>> channels;
    channels.push_back(std::make_unique<Hurried>(std::move(*slack)));
    channels.push_back(std::make_unique<Hurried>(std::move(*pager)));
    outbox_->set_channels(std::move(channels));
  }

  void raise() {
    if (left_ == 0) return;
    --left_;
    const RoutedNotification raised = notification_of(next_++);
    journal_->write({raised}, [this, raised] {
      const std::string line = std::to_string(raised.notification.id.value) + "\n";
      if (::write(STDOUT_FILENO, line.data(), line.size()) < 0) fail("the output");
      outbox_->add(raised);
      raise();
    });
  }

  std::string url_;
  std::uint64_t left_;
  bool drain_;
  net::Loop loop_;
  net::Timer alarm_;
  std::unique_ptr<Store> store_;
  std::optional<Journal> journal_;
  std::unique_ptr<net::CurlClient> curl_;
  std::unique_ptr<Outbox> outbox_;
  std::uint64_t next_ = 1;
};

}  // namespace

int main(int count, char** arguments) {
  if (count != 4) return 2;
  Raiser(arguments[1], arguments[2], std::strtoull(arguments[3], nullptr, 10)).run();
  return 0;
}
