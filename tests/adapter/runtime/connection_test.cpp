// The connection to the engine: lost events, the probe origin, the engine's warnings.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <variant>
#include <vector>

#include "adapter/runtime/bench.hpp"
#include "runtime/runtime.hpp"

using namespace healer;
using namespace healer::testing;

namespace {

const EngineInfo docker{"Docker Engine 20.10.24 (API 1.41)", "1.41"};

/// A bench that keeps the events of the steps which this file is about.
struct Recorded : Bench {
  std::vector<ProbeOrigin> origins;
  std::vector<std::string> order;  ///< "lost", "connected", "origin"

  explicit Recorded(RuntimeSettings settings = {}, StoredState stored = {})
      : Bench(std::move(settings), std::move(stored)) {
    observer.stepped = [this](const Event& event, Instant, const Effects&) {
      if (std::holds_alternative<EventsLost>(event)) order.push_back("lost");
      if (std::holds_alternative<EngineConnected>(event)) order.push_back("connected");
      if (const auto* learned = std::get_if<ProbeOriginLearned>(&event)) {
        order.push_back("origin");
        origins.push_back(learned->probe_origin);
      }
    };
  }
  void begin(const EngineInfo& info = docker) {
    if (!runtime->connected() && engine.connects.empty()) runtime->start();
    REQUIRE(!engine.connects.empty());
    take_connect()(info);
    engine.ready();
  }
  void lose() {
    engine.ended(Error{ErrorCode::ConnectionLost, "the stream ended"});
    for (int waited = 0; engine.connects.empty() && waited < 100; ++waited) host.advance(100ms);
  }
  void hear(const std::string& id) {
    engine.event(EngineEvent{id, "", host.wall().unix_ms * 1'000'000, Changed{}});
  }
  std::int64_t wall() { return host.wall().unix_ms * 1'000'000; }
};

StoredState with_cursor(std::int64_t unix_nanoseconds) {
  StoredState stored;
  stored.cursor.unix_nanoseconds = unix_nanoseconds;
  return stored;
}

std::int64_t start() {
  return VirtualHost{}.wall().unix_ms * 1'000'000;
}

/// healer in a container "self" on the network "front".
struct InContainer : Recorded {
  InContainer() : Recorded(settings_of()) {
    Container self;
    self.id = "self";
    self.name = "healer";
    self.state = ContainerState::Running;
    self.networks = {{"front", "172.18.0.9"}};
    containers["self"].facts = self;
  }
  static RuntimeSettings settings_of() {
    RuntimeSettings settings;
    settings.own_container_id = "self";
    settings.resync_interval = 60s;
    return settings;
  }
  void begin_and_answer() {
    begin();
    engine.answer_inspects(containers);
    list();
  }
};

}  // namespace

TEST_CASE("events that the engine has dropped since the stored cursor are reported before it is connected") {
  const std::int64_t cursor = start() - 600'000'000'000;
  for (const bool has : {false, true}) {
    Recorded bench({}, with_cursor(cursor));
    bench.has_events = has;
    bench.begin();
    CHECK(bench.asked_since == cursor);
    const std::vector<std::string> lost{"lost", "connected"};
    CHECK(bench.order == (has ? std::vector<std::string>{"connected"} : lost));
  }
}

TEST_CASE("without a cursor nothing can be lost, and the engine is not asked") {
  Recorded bench;
  bench.has_events = false;
  bench.begin();
  CHECK(bench.asked_since == -1);
  CHECK(bench.order == std::vector<std::string>{"connected"});
}

TEST_CASE("a cursor in the future counts as now") {
  Recorded bench({}, with_cursor(start() + 3'600'000'000'000));
  bench.begin();
  CHECK(bench.asked_since == start());
  CHECK(bench.engine.since == start() - 60'000'000'000);
}

TEST_CASE("an open stream received everything, also from a quiet host whose newest event is old") {
  Recorded bench({}, with_cursor(start() - 600'000'000'000));
  bench.begin();
  bench.list();
  bench.host.advance(10min);
  while (!bench.engine.lists.empty()) bench.list();
  const std::int64_t lost_at = bench.wall();
  bench.lose();
  bench.begin();
  CHECK(bench.asked_since == lost_at - 5'000'000'000);
  CHECK(bench.engine.since == start() - 600'000'000'000);  // the replay still begins at the newest event
}

TEST_CASE("a stream that ended before its first list proves nothing") {
  const std::int64_t cursor = start() - 600'000'000'000;
  Recorded bench({}, with_cursor(cursor));
  bench.begin();
  bench.lose();
  bench.begin();
  CHECK(bench.asked_since == cursor);
}

TEST_CASE("an answer about an old connection's events is ignored") {
  Recorded bench({}, with_cursor(start() - 1));
  bench.runtime->start();
  auto done = std::move(bench.engine.connects.front());
  bench.engine.connects.clear();
  done(docker);
  REQUIRE(bench.engine.histories.size() == 1);
  const auto late = bench.engine.histories[0].second;
  bench.runtime->shut_down([] {});
  late(false);
  CHECK(bench.engine.since == -1);
}

TEST_CASE("a warning of the engine is logged once, a new one again") {
  Recorded bench;
  EngineInfo info = docker;
  info.warnings = {"allow GET /info"};
  bench.begin(info);
  bench.lose();
  bench.begin(info);
  bench.lose();
  info.warnings.push_back("allow GET /other");
  bench.begin(info);
  CHECK(std::count(bench.observer.lines.begin(), bench.observer.lines.end(), "allow GET /info") == 1);
  CHECK(std::count(bench.observer.lines.begin(), bench.observer.lines.end(), "allow GET /other") == 1);
}

TEST_CASE("on the host, the origin is the connected networks, and whether the engine is rootless") {
  Recorded bench;
  bench.host.networks = {"10.1.0.0/16"};
  EngineInfo info = docker;
  info.rootless = true;
  bench.begin(info);
  REQUIRE(bench.origins.size() == 1);
  CHECK(bench.origins[0].connected == std::vector<std::string>{"10.1.0.0/16"});
  CHECK(bench.origins[0].rootless);
  CHECK(bench.origins[0].on_host());
  CHECK(bench.order == std::vector<std::string>{"origin", "connected"});
}

TEST_CASE("a network that is as new as its container is known before the container's facts") {
  Recorded bench;
  bench.host.networks = {"10.1.0.0/16"};
  bench.begin();
  bench.list();
  REQUIRE(bench.origins.size() == 1);
  bench.hear("c1");
  bench.engine.answer_inspects(bench.containers);
  CHECK(bench.origins.size() == 1);
  bench.host.networks.push_back("172.20.0.0/16");
  bench.hear("c1");
  bench.engine.answer_inspects(bench.containers);
  REQUIRE(bench.origins.size() == 2);
  CHECK(bench.origins[1].connected.back() == "172.20.0.0/16");
}

TEST_CASE("a network of the host that is gone is noticed with the next list") {
  RuntimeSettings settings;
  settings.resync_interval = 60s;
  Recorded bench(settings);
  bench.host.networks = {"10.1.0.0/16", "172.20.0.0/16"};
  bench.begin();
  bench.list();
  bench.host.networks.pop_back();
  bench.host.advance(60s);
  REQUIRE(bench.origins.size() == 2);
  CHECK(bench.origins[1].connected == std::vector<std::string>{"10.1.0.0/16"});
}

TEST_CASE_FIXTURE(InContainer, "in a container, the origin is its networks, and not the host's") {
  host.networks = {"10.1.0.0/16"};
  begin_and_answer();
  REQUIRE(origins.size() == 1);
  CHECK(origins[0].own_container_id == "self");
  CHECK(origins[0].networks == std::vector<std::string>{"front"});
  CHECK(origins[0].connected.empty());
}

TEST_CASE_FIXTURE(InContainer, "a network that healer's container joins is noticed by its event") {
  begin_and_answer();
  containers["self"].facts.networks.push_back({"shop", "172.19.0.9"});
  hear("self");
  engine.answer_inspects(containers);
  REQUIRE(origins.size() == 2);
  CHECK(origins[1].networks == std::vector<std::string>{"front", "shop"});
}

TEST_CASE_FIXTURE(InContainer,
                  "a network that healer's container joins is noticed within a minute without an event") {
  begin_and_answer();
  containers["self"].facts.networks.push_back({"shop", "172.19.0.9"});
  host.advance(60s);
  engine.answer_inspects(containers);
  REQUIRE(origins.size() == 2);
  CHECK(origins[1].networks.size() == 2);
}

TEST_CASE_FIXTURE(InContainer, "a failed inspect of healer's container keeps its networks") {
  begin_and_answer();
  hear("self");
  for (auto& [asked, done] : std::exchange(engine.inspects, {}))
    done(failure(ErrorCode::Timeout, "inspect self: no answer"));
  CHECK(origins.size() == 1);
  lose();
  begin();
  for (auto& [asked, done] : std::exchange(engine.inspects, {}))
    if (asked == "self") done(failure(ErrorCode::Timeout, "inspect self: no answer"));
  CHECK(origins.back().networks == std::vector<std::string>{"front"});
  CHECK_FALSE(observer.said("does not know"));
}

TEST_CASE_FIXTURE(InContainer, "a container that the engine does not know is warned about once") {
  containers.erase("self");
  begin_and_answer();
  CHECK(observer.said("does not know"));
  CHECK(origins.back() == ProbeOrigin{});
  host.advance(60s);
  engine.answer_inspects(containers);
  CHECK(std::count_if(observer.lines.begin(), observer.lines.end(), [](const std::string& line) {
          return line.find("does not know") != std::string::npos;
        }) == 1);
}

TEST_CASE_FIXTURE(InContainer, "with the host's network the origin has the host's networks, too") {
  containers["self"].facts.network = NetworkKind::Host;
  host.networks = {"10.1.0.0/16"};
  begin_and_answer();
  CHECK(origins.back().on_host());
  CHECK(origins.back().connected == host.networks);
  host.networks.push_back("172.20.0.0/16");
  hear("c1");
  engine.answer_inspects(containers);
  CHECK(origins.back().connected == host.networks);
}

TEST_CASE(
    "a proxy that forbids inspects is warned about once, and healer is not ready until they are answered") {
  Recorded bench;
  bench.begin();
  bench.list();
  const auto answer_all = [&](const std::string& id, Result<Container> answer) {
    bench.hear(id);
    for (auto& [asked, done] : std::exchange(bench.engine.inspects, {})) done(answer);
  };
  const auto forbidden = failure(ErrorCode::Refused, "GET /containers/c1/json: 403 Forbidden");
  answer_all("c1", forbidden);
  answer_all("c2", forbidden);
  REQUIRE(bench.runtime->blind().has_value());
  CHECK(bench.runtime->blind()->find("403 Forbidden") != std::string::npos);
  const auto warnings = std::count_if(
      bench.observer.lines.begin(), bench.observer.lines.end(),
      [](const std::string& line) { return line.find("cannot be inspected") != std::string::npos; });
  CHECK(warnings == 1);
  Container facts;
  facts.id = "c1";
  facts.name = "one";
  answer_all("c1", facts);
  CHECK(bench.runtime->blind().has_value());
  answer_all("c2", failure(ErrorCode::NotFound, "no such container"));
  CHECK_FALSE(bench.runtime->blind().has_value());
}
