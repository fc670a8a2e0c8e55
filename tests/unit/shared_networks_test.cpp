#include "core/host/shared_networks.hpp"

#include <string>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

#include "core/host/workloads.hpp"

using namespace healer;

namespace {

Container parent(const std::string& id, ContainerState state = ContainerState::Running) {
  Container container;
  container.id = id;
  container.name = "gateway";
  container.state = state;
  return container;
}

struct Shared {
  Workloads workloads;
  SharedNetworks networks;
  Effects effects;

  Workload& child(const std::string& key, const std::string& parent_id) {
    Workload& workload = workloads.adopt(key, "id of " + key, [&] {
      Workload fresh;
      fresh.key = key;
      return fresh;
    });
    workload.container.network_parent = parent_id;
    networks.follow(workload, effects);
    return workload;
  }
  const Container* inspected(const Container& container) {
    networks.inspected(container, "gateway", workloads);
    return networks.present("gateway");
  }
};

}  // namespace

TEST_CASE("shared networks: an unknown parent is inspected, and its key stored with each child") {
  Shared shared;
  Workload& child = shared.child("child", "p1");
  REQUIRE(shared.effects.size() == 1);
  CHECK(std::get<Inspect>(shared.effects[0]).container_id == "p1");
  CHECK(shared.networks.is_awaited("p1"));
  CHECK(shared.networks.inspected(parent("p1"), "gateway", shared.workloads) == "gateway");
  CHECK(child.network_parent == "gateway");
  CHECK(child.dirty);
  CHECK_FALSE(shared.networks.is_awaited("p1"));
  shared.child("other", "p1");
  CHECK(shared.effects.size() == 1);
  CHECK(shared.networks.children("gateway") == std::vector<std::string>{"child", "other"});
}

TEST_CASE("shared networks: a container that no child shares is not kept") {
  Shared shared;
  CHECK_FALSE(shared.networks.inspected(parent("p1"), "gateway", shared.workloads));
  CHECK(shared.networks.facts("p1") == nullptr);
}

TEST_CASE("shared networks: a running container of the parent's key is the present one") {
  Shared shared;
  shared.child("child", "p1");
  CHECK(shared.inspected(parent("p1"))->id == "p1");
  CHECK(shared.inspected(parent("p2", ContainerState::Created))->id == "p1");
  CHECK(shared.inspected(parent("p2"))->id == "p2");
  CHECK(shared.networks.gone("p2") == "gateway");
  CHECK(shared.networks.present("gateway")->id == "p1");
  CHECK(shared.networks.gone("p1") == "gateway");
  CHECK(shared.networks.present("gateway") == nullptr);
  CHECK_FALSE(shared.networks.gone("p1"));
}

TEST_CASE("shared networks: nothing is kept of a parent without children") {
  Shared shared;
  Workload& child = shared.child("child", "p1");
  shared.inspected(parent("p1"));
  shared.networks.leave(child);
  CHECK(shared.networks.present("gateway") == nullptr);
  CHECK_FALSE(shared.networks.is_known("p1"));
  CHECK(shared.networks.to_inspect({}, shared.workloads).empty());
}
