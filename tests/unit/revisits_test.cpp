#include "core/host/revisits.hpp"

#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

using namespace healer;

namespace {

struct Hosted {
  Workloads workloads;
  HostState state{HostPolicy{}, 1, workloads};
  HostRecord record;
  Effects effects;
  HeldWorkloads held;
  Revisits revisits{state, workloads, held};
  HostOut out{state, record, Instant{1h}, effects};

  Workload& add(const std::string& key) {
    return workloads.adopt(key, "id of " + key, [&] {
      Workload workload;
      workload.key = key;
      workload.name = key;
      return workload;
    });
  }
  void hold(const std::string& key, HoldKind kind, Duration due) {
    held.enter(add(key), std::pair{kind, Instant{due}});
  }
  std::string next() {
    const auto revisit = revisits.next(out);
    return revisit ? revisit->workload : "none";
  }
};

}  // namespace

TEST_CASE("revisits: groups come in the order in which they were added, the longest due first within one") {
  Hosted host;
  host.hold("a", HoldKind::Replica, 2s);
  host.hold("b", HoldKind::Replica, 1s);
  host.hold("c", HoldKind::Maintenance, 0s);
  host.revisits.add(revisit_group::Released{HoldKind::Replica});
  host.revisits.add(revisit_group::Released{HoldKind::Maintenance});
  CHECK(host.next() == "b");
  CHECK(host.next() == "a");
  CHECK(host.next() == "c");
  CHECK(host.next() == "none");
  CHECK_FALSE(host.revisits.any());
}

TEST_CASE("revisits: a group's workloads are chosen when it begins, not when it is added") {
  Hosted host;
  host.hold("a", HoldKind::Replica, 1s);
  host.revisits.add(revisit_group::Released{HoldKind::Replica});
  host.revisits.add(revisit_group::Released{HoldKind::Maintenance});
  CHECK(host.next() == "a");
  host.hold("a", HoldKind::Maintenance, 1s);  // what the visit led to
  host.hold("b", HoldKind::Replica, 1s);      // too late for its group
  CHECK(host.next() == "a");
  CHECK(host.next() == "none");
}

TEST_CASE("revisits: a group ends as soon as there is no room for another remedy") {
  Hosted host;
  host.state.concurrency.set_limit(1, 2);
  for (const char* key : {"a", "b", "c"}) host.hold(key, HoldKind::Concurrency, 1s);
  host.hold("d", HoldKind::Replica, 1s);
  host.revisits.add(revisit_group::Released{HoldKind::Concurrency});
  host.revisits.add(revisit_group::Released{HoldKind::Replica});
  CHECK(host.next() == "a");
  host.state.concurrency.taken("");
  CHECK(host.next() == "b");
  host.state.concurrency.taken("");
  CHECK(host.next() == "d");
  CHECK(host.next() == "none");
}

TEST_CASE("revisits: only workloads that are held for it follow a workload that is healthy again") {
  Hosted host;
  host.add("db");
  for (const char* key : {"api", "web"}) {
    DependencyNode node;
    node.key = node.name = key;
    node.named = {"db"};
    host.add(key);
    host.state.graph.set(node);
  }
  DependencyNode db;
  db.key = db.name = "db";
  host.state.graph.set(db);
  host.hold("web", HoldKind::Dependency, 1s);
  host.hold("api", HoldKind::Paused, 1s);
  host.workloads.find("db")->lifecycle.presence = Presence::Running;
  host.revisits.add(revisit_group::HealthyAgain{"db"});
  const auto revisit = host.revisits.next(host.out);
  REQUIRE(revisit);
  CHECK(revisit->workload == "web");
  const auto* gone = std::get_if<Revisit::CauseGone>(&revisit->because);
  REQUIRE(gone);
  CHECK(gone->healthy_again == "db");
  CHECK(host.next() == "none");
}

TEST_CASE("revisits: the replacement of a removed parent is inspected just before its children") {
  Hosted host;
  for (const char* child : {"one", "two"}) {
    Workload& workload = host.add(child);
    workload.network_parent = "project/parent of " + std::string(child);
    workload.container.network_parent = "removed";
    host.state.networks.follow(workload, host.effects);
  }
  host.effects.clear();
  for (const std::string& parent : host.state.networks.awaited_gone("removed", host.workloads))
    host.revisits.add(revisit_group::ParentGone{parent});
  CHECK(host.next() == "one");
  REQUIRE(host.effects.size() == 1);
  CHECK(std::get<Inspect>(host.effects[0]).container_id == "project-parent of one");
  CHECK(host.next() == "two");
  CHECK(host.effects.size() == 2);
  CHECK(host.next() == "none");
}
