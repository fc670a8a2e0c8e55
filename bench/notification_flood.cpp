// Sends 10,000 notifications in a minute through the real store, journal, outbox and HTTP client, to three
// channels: one answers, one hangs, one refuses connections. Measures the loop's time per notification and
// the growth of memory, and checks that the channel that answers is not delayed by the others.
//
//     notification_flood [NOTIFICATIONS [SECONDS]]     default 10000 60
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "loopback_server.hpp"
#include "net/curl_client.hpp"
#include "net/loop.hpp"
#include "notify/http_notifier.hpp"
#include "notify/outbox.hpp"
#include "notify/pagerduty.hpp"
#include "runtime/journal.hpp"
#include "store/sqlite_store.hpp"

using namespace healer;

namespace {

using Clock = std::chrono::steady_clock;

constexpr double most_growth_mib = 64;
constexpr double longest_add_ms = 5;
const std::vector<std::string> names{"answers", "hangs", "is not there"};

double milliseconds(Clock::duration span) {
  return std::chrono::duration<double, std::milli>(span).count();
}

double resident_mib() {
  std::ifstream file("/proc/self/statm");
  std::size_t size = 0;
  std::size_t resident = 0;
  file >> size >> resident;
  return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1024 / 1024;
}

Instant now() {
  return Instant{std::chrono::duration_cast<Duration>(std::chrono::system_clock::now().time_since_epoch())};
}

RoutedNotification notification_of(std::uint64_t number) {
  Notification notification;
  notification.id = NotificationId{number};
  notification.kind = NotificationKind::Critical;
  notification.dedup_key = fmt::format("healer/host/shop/web/{}", number);
  notification.event = "GAVE UP";
  notification.text = "web is still unhealthy after 5 attempts in 30m: HTTP 503. An operator is needed.";
  notification.host = "host";
  notification.workload = fmt::format("shop-web-{}", number);
  notification.image = "registry.example/shop:1.0";
  notification.cause = "HTTP 503";
  notification.excerpt = std::string(1000, 'x');
  notification.created_at = now();
  std::vector<Destination> to;
  for (const std::string& name : names) to.push_back({name, notification.created_at});
  return {notification, to};
}

class Flood {
 public:
  Flood(const std::string& state, std::uint64_t notifications, std::chrono::seconds span)
      : notifications_(notifications), span_(span), alarm_(loop_), tick_(loop_) {
    auto opened = SqliteStore::open(
        state, [this](std::function<void()> work) { loop_.post(std::move(work)); }, now());
    if (!opened) give_up(opened.error().message);
    store_ = std::move(opened->store);
    journal_.emplace(*store_, [](const Error& error) { give_up(error.message); });
    auto curl = net::CurlClient::create(loop_, {});
    if (!curl) give_up(curl.error().message);
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
    outbox_ = std::make_unique<Outbox>(std::move(host));
  }

  void set_channels(const std::vector<std::string>& urls) {
    std::vector<std::unique_ptr<Notifier>> channels;
    for (std::size_t i = 0; i < names.size(); ++i) {
      auto made = make_pagerduty_notifier(
          HttpChannel{*curl_, [this](std::function<void()> work) { loop_.post(std::move(work)); }, names[i],
                      10s, 1s},
          PagerDutyChannel{Secret{"0123456789abcdef0123456789abcdef"}, urls[i]});
      if (!made) give_up(made.error().message);
      channels.push_back(std::move(*made));
    }
    outbox_->set_channels(std::move(channels));
  }

  bool run() {
    const double before = resident_mib();
    began_ = Clock::now();
    expected_tick_ = began_;
    tick();
    while (adds_.size() < notifications_ || Clock::now() < began_ + span_) {
      if (loop_.context().stopped()) loop_.context().restart();
      loop_.context().run_one_for(std::chrono::milliseconds(50));
    }
    return report(resident_mib() - before);
  }

 private:
  [[noreturn]] static void give_up(const std::string& what) {
    std::fprintf(stderr, "notification_flood: %s\n", what.c_str());
    std::exit(1);
  }

  bool raised_all() const { return next_ > notifications_; }

  // Runs every 10 ms and sends the notifications that are due by then.
  void tick() {
    const auto here = Clock::now();
    worst_lag_ = std::max(worst_lag_, here - expected_tick_);
    const double share = std::min(1.0, milliseconds(here - began_) / milliseconds(span_));
    while (static_cast<double>(next_) <= share * static_cast<double>(notifications_)) notify();
    if (raised_all()) return;
    expected_tick_ = Clock::now() + std::chrono::milliseconds(10);
    tick_.set(expected_tick_, [this] { tick(); });
  }

  void notify() {
    const RoutedNotification raised = notification_of(next_++);
    journal_->write({raised}, [this, raised] {
      const auto begin = Clock::now();
      outbox_->add(raised);
      adds_.push_back(milliseconds(Clock::now() - begin));
    });
  }

  bool report(double grown) {
    std::sort(adds_.begin(), adds_.end());
    const double longest = adds_.empty() ? 0 : adds_.back();
    const double typical = adds_.empty() ? 0 : adds_[adds_.size() / 2];
    fmt::print("| {} notifications to {} channels in {} s | wanted | measured |\n|---|---|---|\n",
               notifications_, names.size(), span_.count());
    fmt::print("| outbox, one notification, median | | {:.3f} ms |\n", typical);
    fmt::print("| outbox, one notification, longest | <= {:.0f} ms | {:.2f} ms |\n", longest_add_ms, longest);
    fmt::print("| worst lateness of the loop | | {:.1f} ms |\n", milliseconds(worst_lag_));
    fmt::print("| resident memory, growth | <= {:.0f} MiB | {:.1f} MiB |\n", most_growth_mib, grown);
    bool met = longest <= longest_add_ms && grown <= most_growth_mib && adds_.size() == notifications_;
    for (const ChannelStatus& each : outbox_->status()) {
      fmt::print("| channel that {} | {} | {} delivered, {} failed tries, {} waiting |\n", each.name,
                 each.name == "answers" ? "one a second" : "0 delivered", each.delivered, each.failed_tries,
                 each.pending);
      const auto seconds = static_cast<std::uint64_t>(span_.count());
      met =
          met && (each.name == "answers" ? each.delivered * 10 >= seconds * 9 && each.delivered <= seconds + 1
                                         : each.delivered == 0);
    }
    return met;
  }

  std::uint64_t notifications_;
  std::chrono::seconds span_;
  net::Loop loop_;
  net::Timer alarm_;
  net::Timer tick_;
  std::unique_ptr<Store> store_;
  std::optional<Journal> journal_;
  std::unique_ptr<net::CurlClient> curl_;
  std::unique_ptr<Outbox> outbox_;
  std::uint64_t next_ = 1;
  Clock::time_point began_;
  Clock::time_point expected_tick_;
  Clock::duration worst_lag_{0};
  std::vector<double> adds_;
};

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t notifications = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 10'000;
  const std::uint64_t seconds = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 60;
  if (notifications == 0 || seconds < 5) {
    std::fprintf(stderr, "notification_flood: NOTIFICATIONS at least 1, SECONDS at least 5\n");
    return 2;
  }
  for (const char* name : {"http_proxy", "all_proxy", "ALL_PROXY"}) ::unsetenv(name);
  const int answers = bench::listen_on("127.0.0.1", 0);
  const int hangs = bench::listen_on("127.0.0.1", 0);  // accepts connections and never answers
  const int gone = bench::listen_on("127.0.0.1", 0);
  const std::uint16_t gone_port = bench::port_of(gone);
  ::close(gone);
  bench::in_child([&] { bench::serve_forever({answers}, [](std::string_view) {}); });

  std::string folder = (std::filesystem::temp_directory_path() / "healer-flood-XXXXXX").string();
  if (!::mkdtemp(folder.data())) return 1;
  bool met = false;
  {
    Flood flood(folder + "/healer.db", notifications, std::chrono::seconds(seconds));
    flood.set_channels({fmt::format("http://127.0.0.1:{}/", bench::port_of(answers)),
                        fmt::format("http://127.0.0.1:{}/", bench::port_of(hangs)),
                        fmt::format("http://127.0.0.1:{}/", gone_port)});
    met = flood.run();
  }
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  return met ? 0 : 1;
}
