// 200 times kill -9 while notifications are raised and a service answers, fails, loses its answer or hangs;
// then the raised notifications are compared with those that arrived.
#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <boost/json.hpp>

#include "adapter/store/fixture.hpp"
#include "base/draws.hpp"
#include "base/text.hpp"
#include "support/process.hpp"
#include "support/scripted_server.hpp"
#include "support/wait.hpp"

using namespace healer;
using namespace healer::testing;

namespace {

namespace json = boost::json;

constexpr int kills = 200;
const std::vector<std::string> channels{"slack", "pager"};

// The number of the notification in a channel's message (see notification_raiser.cpp).
std::uint64_t number_of(const std::string& channel, const std::string& body) {
  const json::object message = json::parse(body).as_object();
  if (channel == "slack") {
    const std::string text(message.at("attachments").as_array().at(0).as_object().at("text").as_string());
    return std::stoull(text.substr(text.find('#') + 1));
  }
  const std::string key(message.at("dedup_key").as_string());
  const std::uint64_t incident = std::stoull(key.substr(key.rfind('/') + 1));
  return 2 * incident - (message.at("event_action").as_string() == "trigger" ? 1 : 0);
}

struct Arrival {
  std::uint64_t number = 0;
  int life = 0;           // of the process that sent it, from 1
  bool answered = false;  // false: the service accepted it, but the answer was lost
};

// The service. A notification that it accepts has arrived, even when its sender dies before the answer.
class Sink {
 public:
  Sink() {
    server_ = ScriptedServer::on_loopback([this](Peer& peer) {
      while (const auto request = peer.read_request()) {
        // "/LIFE/CHANNEL": a request of a dead process may be read after the next process has begun.
        const std::vector<std::string> path = split(request->target, '/');
        switch (take(path.at(2), number_of(path.at(2), request->body), std::stoi(path.at(1)))) {
          case Answer::Yes:
            peer.send(answer(200, "{}"));
            break;
          case Answer::No:
            peer.send(answer(503, "busy"));
            break;
          case Answer::Lost:
            return peer.close();
          case Answer::Hang:
            return peer.hang();
        }
      }
    });
  }

  /// The URL for the process of this life.
  std::string url(int life) const {
    return "http://127.0.0.1:" + std::to_string(server_->port()) + "/" + std::to_string(life);
  }
  void calm_down() {
    const std::lock_guard guard(mutex_);
    calm_ = true;
  }
  std::size_t seen() {
    const std::lock_guard guard(mutex_);
    return seen_;
  }
  /// In the order of sending.
  std::vector<Arrival> arrivals(const std::string& channel) {
    const std::lock_guard guard(mutex_);
    std::vector<Arrival> all = arrivals_[channel];
    std::stable_sort(all.begin(), all.end(),
                     [](const Arrival& a, const Arrival& b) { return a.life < b.life; });
    return all;
  }

 private:
  enum class Answer { Yes, No, Lost, Hang };

  Answer take(const std::string& channel, std::uint64_t number, int life) {
    const std::lock_guard guard(mutex_);
    ++seen_;
    const double luck = draws_.next();
    const Answer answer = calm_ || luck < 0.65 ? Answer::Yes
                          : luck < 0.85        ? Answer::No
                          : luck < 0.93        ? Answer::Lost
                                               : Answer::Hang;
    if (answer == Answer::Yes || answer == Answer::Lost)
      arrivals_[channel].push_back({number, life, answer == Answer::Yes});
    return answer;
  }

  std::mutex mutex_;
  DrawSequence draws_{20261126};
  bool calm_ = false;
  std::size_t seen_ = 0;
  std::map<std::string, std::vector<Arrival>> arrivals_;
  std::unique_ptr<ScriptedServer> server_;  // last: its threads use the members above
};

struct OnDisk {
  std::uint64_t last_notification = 0;
  std::map<std::string, std::set<std::uint64_t>> pending;
};

OnDisk read_state(const std::string& path) {
  PostBox box;
  const OpenedStore opened = open_store(path, box);
  REQUIRE_FALSE(opened.warning.has_value());
  OnDisk disk;
  disk.last_notification = opened.state.last_notification;
  for (const Delivery& each : opened.state.pending_deliveries)
    if (each.state == DeliveryState::Pending) disk.pending[each.channel].insert(each.notification.value);
  return disk;
}

std::size_t lines_of(const std::string& path) {
  return split(read_file(path), '\n').size() - 1;
}

}  // namespace

TEST_CASE("kill -9 at any instant: every notification arrives, in order, and only an unrecorded one twice") {
  Folder folder;
  Sink sink;
  DrawSequence draws{4711};
  const std::string state = folder.file("healer.db");
  Command command;
  command.arguments = {NOTIFICATION_RAISER, state, "", "8"};
  command.environment = {{"http_proxy", ""}, {"all_proxy", ""}, {"no_proxy", "*"}};
  command.output = folder.file("committed");

  // For each channel, the notifications that are delivered on disk, with the life at whose end that was so.
  std::map<std::string, std::map<std::uint64_t, int>> over;
  OnDisk disk;
  for (int life = 1; life <= kills; ++life) {
    command.arguments[2] = sink.url(life);
    const std::size_t seen = sink.seen();
    const std::size_t committed = life == 1 ? 0 : lines_of(command.output);
    const auto wanted = static_cast<std::size_t>(draws.next() * 30);
    {
      Process process(command);
      // No progress for 150 ms means that a request hangs.
      const auto progress = [&] { return sink.seen() - seen + lines_of(command.output) - committed; };
      std::size_t last = 0;
      int still = 0;
      while (still < 150 && last < wanted) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        const std::size_t now = progress();
        still = now == last && now > 0 ? still + 1 : 0;
        last = now;
      }
      std::this_thread::sleep_for(std::chrono::microseconds(static_cast<int>(draws.next() * 3000)));
      process.signal(SIGKILL);
      REQUIRE_MESSAGE(process.wait(std::chrono::seconds(60)) == -SIGKILL, read_file(command.output));
    }
    disk = life == 1 && lines_of(command.output) == 0 ? OnDisk{} : read_state(state);
    for (const std::string& channel : channels) {
      CAPTURE(channel);
      CAPTURE(life);
      const std::vector<Arrival> arrivals = sink.arrivals(channel);
      std::set<std::pair<int, std::uint64_t>> answered;
      for (const Arrival& each : arrivals) {
        const auto known = over[channel].find(each.number);
        REQUIRE_MESSAGE((known == over[channel].end() || known->second >= each.life),
                        "what was recorded is not sent again");
        REQUIRE_MESSAGE(!answered.contains({each.life, each.number}),
                        "nor what was answered, by one process");
        if (each.answered) answered.insert({each.life, each.number});
      }
      std::set<std::uint64_t> arrived;
      for (const Arrival& each : arrivals) arrived.insert(each.number);
      std::size_t unrecorded = 0;
      for (std::uint64_t n = 1; n <= disk.last_notification; ++n) {
        if (disk.pending[channel].contains(n)) {
          unrecorded += arrived.contains(n) ? 1 : 0;
          if (n < disk.last_notification)
            REQUIRE_MESSAGE(disk.pending[channel].contains(n + 1), "nothing overtakes");
        } else {
          REQUIRE_MESSAGE(arrived.contains(n), "what the disk calls delivered has arrived");
          over[channel].try_emplace(n, life);
        }
      }
      REQUIRE_MESSAGE(unrecorded <= 1, "one notification at most can be sent twice");
      if (!arrived.empty())
        REQUIRE_MESSAGE(*arrived.rbegin() <= disk.last_notification, "nothing is sent before it is on disk");
    }
  }

  sink.calm_down();
  command.arguments[2] = sink.url(kills + 1);
  command.arguments[3] = "0";
  command.output = folder.file("last");
  Process last(command);
  REQUIRE_MESSAGE(last.wait(std::chrono::seconds(120)) == 0, read_file(command.output));
  disk = read_state(state);
  const std::size_t raised = lines_of(folder.file("committed"));
  CHECK(raised <= disk.last_notification);
  CHECK_MESSAGE(disk.last_notification > kills, "or nothing was tested");
  for (const std::string& channel : channels) {
    CAPTURE(channel);
    CHECK(disk.pending[channel].empty());
    std::uint64_t highest = 0;
    std::size_t twice = 0;
    for (const Arrival& each : sink.arrivals(channel)) {
      if (each.number > highest)
        REQUIRE_MESSAGE(each.number == highest + 1, "in order, none missing");
      else
        REQUIRE_MESSAGE(each.number == highest, "what comes twice comes twice in a row: no page opens again");
      twice += each.number == highest ? 1 : 0;
      highest = each.number;
    }
    CHECK(highest == disk.last_notification);
    MESSAGE(channel << ": " << highest << " notifications, " << twice << " of them sent again, " << kills
                    << " kills");
  }
}
