// A kill -9 at any time loses no acknowledged transaction and leaves no half of one.
#include <csignal>
#include <cstring>
#include <set>

#include <sys/wait.h>
#include <unistd.h>

#include "adapter/store/fixture.hpp"
#include "base/draws.hpp"

using namespace healer;
using namespace healer::testing;

namespace {

constexpr int rounds = 60;

// One transaction: an incident, its attempt and its notification, all with the same number.
std::vector<Record> transaction(std::uint64_t n) {
  Incident incident;
  incident.id = IncidentId{n};
  incident.reason = reason::DependencyRestarted{std::string(n % 700, 'c')};
  Attempt attempt;
  attempt.id = AttemptId{n};
  Notification notification;
  notification.id = NotificationId{n};
  return {incident, attempt, RoutedNotification{notification, {{"slack", {}}}}};
}

// Keeps eight commits under way and writes each acknowledged number to the pipe, until killed.
[[noreturn]] void commit_until_killed(const std::string& path, std::uint64_t first, int pipe) {
  PostBox box;
  auto opened = SqliteStore::open(path, box.post(), noon);
  if (!opened || opened->warning) ::_exit(1);
  std::uint64_t next = first;
  std::uint64_t waiting = 0;
  while (true) {
    for (; waiting < 8; ++waiting, ++next)
      opened->store->commit(transaction(next), [&waiting, n = next, pipe](Result<void> result) {
        if (!result) ::_exit(2);
        if (::write(pipe, &n, sizeof n) != sizeof n) ::_exit(3);
        --waiting;
      });
    box.run_until([&] { return waiting < 8; });
  }
}

}  // namespace

TEST_CASE("every acknowledged commit survives a kill -9 at any time") {
  Folder folder;
  const std::string path = folder.file("s.db");
  std::uint64_t highest = 0;
  DrawSequence draws{20261122};
  for (int round = 0; round < rounds; ++round) {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      ::close(ends[0]);
      commit_until_killed(path, highest + 1, ends[1]);
    }
    ::close(ends[1]);
    // Killed after a random number of results, at whatever point the child has reached.
    const int answers = static_cast<int>(draws.next() * 150);
    for (int i = 0; i < answers; ++i) {
      std::uint64_t number = 0;
      REQUIRE(::read(ends[0], &number, sizeof number) == sizeof number);
      highest = std::max(highest, number);
    }
    ::kill(child, SIGKILL);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
    for (std::uint64_t number = 0; ::read(ends[0], &number, sizeof number) == sizeof number;)
      highest = std::max(highest, number);
    ::close(ends[0]);

    PostBox box;
    const OpenedStore read = open_store(path, box);
    REQUIRE_FALSE(read.warning.has_value());
    std::set<std::uint64_t> incidents, attempts, notifications;
    for (const Incident& r : read.state.open_incidents) incidents.insert(r.id.value);
    for (const Attempt& r : read.state.attempts) attempts.insert(r.id.value);
    for (const Notification& r : read.state.pending_notifications) notifications.insert(r.id.value);
    for (std::uint64_t n = 1; n <= highest; ++n) REQUIRE(incidents.contains(n));
    CHECK(attempts == incidents);
    CHECK(notifications == incidents);
    CHECK(read.state.pending_deliveries.size() == incidents.size());
    if (!incidents.empty()) highest = std::max(highest, *incidents.rbegin());
    CHECK_MESSAGE(incidents.size() == highest, "none in the middle is missing");
  }
  MESSAGE(highest << " commits, " << rounds << " kills");
}
