// Tests of thousands of open checks, of running out of descriptors, of cancelling, and of checks started from
// a callback.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "adapter/probe/bound_socket.hpp"
#include "adapter/probe/probe_runner.hpp"
#include "support/scripted_server.hpp"

using namespace healer;
using namespace healer::testing;

namespace {

constexpr std::string_view ok = "HTTP/1.1 200 OK\r\n\r\n";

// Lets this process open `more` descriptors and no more, until destroyed.
class DescriptorLimit {
 public:
  explicit DescriptorLimit(unsigned more) {
    getrlimit(RLIMIT_NOFILE, &before_);
    const int lowest_free = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    ::close(lowest_free);
    rlimit limit = before_;
    limit.rlim_cur = static_cast<rlim_t>(lowest_free) + more;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
  ~DescriptorLimit() { setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

// Enough descriptors for the client's and the server's side of 2,000 connections; false when not granted.
bool raise_descriptor_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur >= 5000) return true;
  limit.rlim_cur = limit.rlim_max < 5000 ? limit.rlim_max : 5000;
  return setrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur >= 5000;
}

// Runs a check that has its answer while the server keeps the connection open; returns the server's end of
// it.
int answered_but_not_closed(ProbeRunner& runner, BoundSocket& listener) {
  const ProbeId id = runner.start(http(listener.endpoint()));
  const int connection = listener.accept();
  read_head(connection);
  send_all(connection, ok);
  CHECK(runner.answer_of(id).status == 200);
  return connection;
}

}  // namespace

TEST_CASE("of 2,000 open checks, one that hangs delays no other") {
  if (!raise_descriptor_limit()) {
    MESSAGE("skipped: this process may not open 5,000 descriptors");
    return;
  }
  constexpr std::size_t count = 2000;
  BoundSocket listener;
  listener.listen();
  std::vector<int> held;
  // Answers only after all requests have arrived, so that all are open at once; never answers /hang.
  std::thread server([&] {
    std::vector<std::pair<int, bool>> connections;
    while (connections.size() < count) {
      const int connection = listener.accept();
      const bool hang = read_head(connection).starts_with("GET /hang ");
      connections.emplace_back(connection, hang);
    }
    for (const auto& [connection, hang] : connections) {
      if (!hang) send_all(connection, ok);
      if (hang) held.push_back(connection);
      if (!hang) ::close(connection);
    }
  });
  ProbeRunner runner;
  HttpTarget hanging = http(listener.endpoint());
  hanging.path = "/hang";
  const ProbeId stuck = runner.start(hanging, 600s);
  for (std::size_t i = 1; i < count; ++i) runner.start(http(listener.endpoint()), 600s);
  CHECK(runner.prober->open() == count);
  CHECK(run_until(runner.loop, [&] { return runner.order.size() == count - 1; }));
  server.join();
  CHECK(runner.prober->open() == 1);
  CHECK(runner.answers.count(stuck) == 0);
  for (const auto& [id, answers] : runner.answers) {
    REQUIRE(answers.size() == 1);
    REQUIRE(answers.front().status == 200);
  }
  runner.prober->cancel(stuck);
  CHECK(runner.prober->open() == 0);
  REQUIRE(held.size() == 1);
  ::close(held.front());
}

TEST_CASE("a check without a free descriptor ends with no_resources, and the next one works again") {
  BoundSocket listener;
  listener.listen();
  ProbeRunner runner;
  {
    const DescriptorLimit none(0);
    const ProbeFacts facts = runner.ask(TcpTarget{listener.endpoint(), 0});
    CHECK(facts.end == ProbeEnd::NoResources);
    CHECK_FALSE(facts.detail.empty());
  }
  CHECK(runner.ask(TcpTarget{listener.endpoint(), 0}).end == ProbeEnd::Answered);
}

TEST_CASE("a connection that waits for the server's close is given up when descriptors run out") {
  BoundSocket listener;
  listener.listen();
  ProbeRunner runner;
  const int connection = answered_but_not_closed(runner, listener);
  const DescriptorLimit none(0);
  CHECK(runner.ask(TcpTarget{listener.endpoint(), 0}).end == ProbeEnd::Answered);
  ::close(connection);
}

TEST_CASE("a connection that the server does not close is closed by the prober") {
  BoundSocket listener;
  listener.listen();
  ProbeRunner runner;
  const int connection = answered_but_not_closed(runner, listener);
  char byte = 0;
  CHECK(run_until(runner.loop, [&] { return ::recv(connection, &byte, 1, MSG_DONTWAIT) == 0; }));
  ::close(connection);
}

TEST_CASE("a cancelled check gives no result, and its connection is closed") {
  BoundSocket listener;
  listener.listen();
  ProbeRunner runner;
  SUBCASE("while the check is open") {
    const ProbeId id = runner.start(http(listener.endpoint()));
    const int connection = listener.accept();
    runner.prober->cancel(id);
    CHECK(runner.prober->open() == 0);
    runner.prober->cancel(id);  // the second cancel does nothing
    read_head(connection);      // returns when the prober closes
    send_all(connection, ok);
    ::close(connection);
  }
  SUBCASE("when the answer has already arrived") {
    const ProbeId id = runner.start(http(listener.endpoint()));
    const int connection = listener.accept();
    read_head(connection);
    send_all(connection, ok);
    runner.prober->cancel(id);
    ::close(connection);
  }
  SUBCASE("when the check failed inside start()") {
    runner.prober->cancel(runner.start(http({"nowhere", 1})));
    CHECK(runner.prober->open() == 0);
  }
  // A later check gives its result, so the loop has passed the point where the cancelled one would have.
  CHECK(runner.ask(http({"nowhere", 1})).end == ProbeEnd::NoRoute);
  runner.run_ready();
  CHECK(runner.order.size() == 1);
}

TEST_CASE("a callback may start and cancel other checks") {
  const auto server =
      ScriptedServer::on_loopback(replying([](const SeenRequest&) { return answer(200, "ok"); }));
  BoundSocket silent;
  silent.listen();
  ProbeRunner runner;
  const ProbeId hanging = runner.start(http(silent.endpoint()));
  int left = 50;
  runner.on_answer = [&](ProbeId) {
    runner.prober->cancel(hanging);
    if (left-- > 0) runner.start(http_on(server->port()));
    if (left % 10 == 0) runner.start(http({"nowhere", 1}));
  };
  runner.start(http_on(server->port()));
  CHECK(run_until(runner.loop, [&] { return runner.prober->open() == 0; }));
  CHECK(runner.answers.count(hanging) == 0);
  CHECK(left < 0);
}

TEST_CASE("checks end in the order of their deadlines, in whatever order they started") {
  BoundSocket silent;
  silent.listen();
  ProbeRunner runner;
  std::vector<std::pair<int, ProbeId>> wanted;
  // The gaps are large enough to keep the order even when this thread is delayed between two starts.
  for (const int delay : {1600, 400, 2800, 800, 2400, 1200, 2000, 200})
    wanted.emplace_back(delay, runner.start(http(silent.endpoint()), Duration{delay}));
  runner.prober->cancel(wanted[3].second);
  wanted.erase(wanted.begin() + 3);
  std::sort(wanted.begin(), wanted.end());
  CHECK(run_until(runner.loop, [&] { return runner.order.size() == wanted.size(); }));
  for (std::size_t i = 0; i < wanted.size(); ++i) CHECK(runner.order[i] == wanted[i].second);
}

TEST_CASE("a destroyed prober gives no more results") {
  BoundSocket silent;
  silent.listen();
  ProbeRunner runner;
  runner.start(http(silent.endpoint()), 1ms);
  runner.start(http({"nowhere", 1}));
  runner.prober.reset();
  runner.run_ready();
  CHECK(runner.order.empty());
}
