#include "core/host/graph.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <rapidcheck.h>

using namespace healer;

namespace {

using Keys = std::vector<std::string>;

DependencyNode plain(const std::string& name, Keys named = {}) {
  DependencyNode node;
  node.key = node.name = name;
  node.named = std::move(named);
  return node;
}

DependencyNode composed(const std::string& project, const std::string& service, const Keys& needs = {},
                        Keys named = {}, unsigned number = 1) {
  DependencyNode node;
  node.key = fmt::format("{}/{}/{}", project, service, number);
  node.name = fmt::format("{}-{}-{}", project, service, number);
  node.service = project + "/" + service;
  for (const std::string& needed : needs) node.declared.push_back(project + "/" + needed);
  node.named = std::move(named);
  return node;
}

std::string messages(const DependencyGraph& graph, const std::string& key) {
  std::string all;
  for (const LabelProblem& problem : graph.problems(key)) all += problem.message + "\n";
  return all;
}

}  // namespace

TEST_CASE("graph: a compose service means each of its containers, only in the same project") {
  DependencyGraph graph;
  graph.set(composed("shop", "web", {"db"}));
  CHECK(graph.dependencies("shop/web/1").empty());
  graph.set(composed("shop", "db", {}, {}, 1));
  graph.set(composed("shop", "db", {}, {}, 2));
  graph.set(composed("other", "db"));
  CHECK(graph.dependencies("shop/web/1") == Keys{"shop/db/1", "shop/db/2"});
  CHECK(graph.ripple("shop/db/2") == Keys{"shop/web/1"});
  CHECK(graph.ripple("other/db/1").empty());
}

TEST_CASE("graph: a name in a label is resolved in the workload's own project first, then everywhere") {
  DependencyGraph graph;
  graph.set(plain("db"));
  graph.set(composed("shop", "web", {}, {"db"}));
  CHECK(graph.dependencies("shop/web/1") == Keys{"db"});
  graph.set(composed("shop", "db"));
  CHECK(graph.dependencies("shop/web/1") == Keys{"shop/db/1"});
  graph.remove("shop/db/1");
  CHECK(graph.dependencies("shop/web/1") == Keys{"db"});
}

TEST_CASE("graph: a label may name a container, project/service, or a key") {
  DependencyGraph graph;
  graph.set(composed("shop", "db"));
  for (const char* name : {"shop-db-1", "shop/db", "shop/db/1"}) {
    CAPTURE(name);
    graph.set(plain("web", {name}));
    CHECK(graph.dependencies("web") == Keys{"shop/db/1"});
  }
  graph.set(plain("web", {"shop/d"}));
  CHECK(graph.dependencies("web").empty());
}

TEST_CASE("graph: the container whose network is shared is a dependency") {
  DependencyGraph graph;
  DependencyNode child = plain("torrent");
  child.network_parent = "vpn";
  graph.set(child);
  graph.set(plain("vpn"));
  CHECK(graph.dependencies("torrent") == Keys{"vpn"});
}

TEST_CASE("graph: a dependency may appear later, be removed, and return") {
  DependencyGraph graph;
  graph.set(plain("web", {"db"}));
  CHECK(graph.dependencies("web").empty());
  graph.set(plain("db"));
  CHECK(graph.dependencies("web") == Keys{"db"});
  CHECK(graph.has_dependents("db"));
  graph.remove("db");
  CHECK(graph.dependencies("web").empty());
  graph.set(plain("api"));  // takes the freed place
  CHECK(graph.dependencies("web").empty());
  graph.set(plain("db"));
  CHECK(graph.dependencies("web") == Keys{"db"});
}

TEST_CASE("graph: an equal node changes nothing, another label does") {
  DependencyGraph graph;
  CHECK(graph.set(plain("web", {"db"})));
  CHECK_FALSE(graph.set(plain("web", {"db"})));
  CHECK(graph.set(plain("web", {})));
}

TEST_CASE("graph: closure, ripple and the root to heal first") {
  DependencyGraph graph;
  graph.set(plain("web", {"api"}));
  graph.set(plain("api", {"db", "cache"}));
  graph.set(plain("db"));
  graph.set(plain("cache"));
  CHECK(graph.closure("web") == Keys{"api", "cache", "db"});
  CHECK(graph.ripple("db") == Keys{"api", "web"});
  const auto failing = [](std::set<std::string> who) {
    return [who](const std::string& key) { return who.count(key) != 0; };
  };
  CHECK(graph.failing_root("web", failing({"api", "db"})) == "db");
  CHECK(graph.failing_root("web", failing({"api"})) == "api");
  CHECK(graph.failing_root("web", failing({"db"})) == "db");
  CHECK(graph.failing_root("web", failing({"cache", "db"})) == "cache");
  CHECK_FALSE(graph.failing_root("web", failing({"web"})));
  CHECK_FALSE(graph.failing_root("db", failing({"web", "db"})));
}

TEST_CASE("graph: the edge that closes a cycle is refused and the cycle is printed; the rest works") {
  DependencyGraph graph;
  graph.set(plain("web", {"api", "db"}));
  graph.set(plain("api", {"web"}));
  graph.set(plain("db"));
  // The walk begins at "api": its edge to web is kept, and the edge that leads back is refused.
  CHECK(graph.dependencies("api") == Keys{"web"});
  CHECK(graph.dependencies("web") == Keys{"db"});
  CHECK(messages(graph, "web").find("web -> api -> web") != std::string::npos);
  CHECK(graph.problems("api").empty());
  CHECK(graph.take_changed_problems() == Keys{"web"});
  CHECK(graph.take_changed_problems().empty());

  graph.set(plain("api"));
  CHECK(graph.dependencies("web") == Keys{"api", "db"});
  CHECK(graph.problems("web").empty());
  CHECK(graph.take_changed_problems() == Keys{"web"});
}

TEST_CASE("graph: a workload that depends on itself has a problem") {
  DependencyGraph graph;
  graph.set(plain("web", {"web"}));
  CHECK(graph.dependencies("web").empty());
  CHECK(messages(graph, "web").find("web -> web") != std::string::npos);
}

TEST_CASE("graph: a chain of ten thousand needs no recursion") {
  DependencyGraph graph;
  constexpr int length = 10000;
  for (int i = 0; i < length; ++i) graph.set(plain(fmt::format("w{:05}", i), {fmt::format("w{:05}", i + 1)}));
  CHECK(graph.closure("w00000").size() == length - 1);
  CHECK(graph.failing_root("w00000", [](const std::string& key) { return key == "w09999"; }) == "w09999");
  graph.set(plain("w09999", {"w00000"}));
  CHECK(graph.problems("w09999").size() == 1);
}

TEST_CASE("graph: ten thousand workloads share one dependency") {
  DependencyGraph graph;
  for (int i = 0; i < 10000; ++i) graph.set(plain(fmt::format("w{:05}", i), {"db"}));
  graph.set(plain("db"));
  CHECK(graph.ripple("db").size() == 10000);
  graph.remove("db");
  CHECK(graph.dependencies("w00000").empty());
}

namespace {

/// The edges by the same rules, by brute force: each name is compared with every node.
std::set<std::pair<std::string, std::string>> meant_edges(
    const std::map<std::string, DependencyNode>& nodes) {
  std::set<std::pair<std::string, std::string>> edges;
  for (const auto& [key, node] : nodes) {
    const std::string project = node.service.substr(0, node.service.find('/') + 1);
    const auto all_called = [&, k = key](const std::string& name) {
      bool any = false;
      for (const auto& [other, target] : nodes) {
        if (target.key != name && target.name != name && (target.service.empty() || target.service != name))
          continue;
        edges.insert({k, other});
        any = true;
      }
      return any;
    };
    for (const std::string& service : node.declared) all_called(service);
    for (const std::string& name : node.named)
      if (node.service.empty() || !all_called(project + name)) all_called(name);
  }
  return edges;
}

bool reaches(const std::set<std::pair<std::string, std::string>>& edges, const std::string& from,
             const std::string& to) {
  std::set<std::string> seen;
  std::vector<std::string> todo{from};
  while (!todo.empty()) {
    const std::string at = todo.back();
    todo.pop_back();
    for (const auto& [a, b] : edges)
      if (a == at && seen.insert(b).second) todo.push_back(b);
  }
  return seen.count(to) != 0;
}

}  // namespace

TEST_CASE("graph: after any changes all edges are kept, except those that close a cycle") {
  REQUIRE(rc::check("graph against brute force", [] {
    DependencyGraph graph;
    std::map<std::string, DependencyNode> nodes;
    const auto some_node = [] {
      const auto names =
          *rc::gen::container<Keys>(rc::gen::elementOf(Keys{"a", "b", "c", "d", "p/a", "p-b-1"}));
      const std::string name = *rc::gen::elementOf(Keys{"a", "b", "c", "d"});
      if (*rc::gen::arbitrary<bool>()) return plain(name, names);
      const auto services = *rc::gen::container<Keys>(rc::gen::elementOf(Keys{"a", "b", "c"}));
      return composed("p", name, services, names, *rc::gen::inRange(1U, 3U));
    };
    const int changes = *rc::gen::inRange(1, 25);
    for (int i = 0; i < changes; ++i) {
      const DependencyNode node = some_node();
      if (*rc::gen::inRange(0, 4) == 0) {
        graph.remove(node.key);
        nodes.erase(node.key);
      } else {
        graph.set(node);
        nodes[node.key] = node;
      }
    }
    const auto meant = meant_edges(nodes);
    std::set<std::pair<std::string, std::string>> kept;
    std::size_t refused = 0;
    for (const auto& [key, node] : nodes) {
      for (const std::string& target : graph.dependencies(key)) kept.insert({key, target});
      refused += graph.problems(key).size();
    }
    RC_ASSERT(kept.size() + refused == meant.size());
    for (const auto& edge : kept) {
      RC_ASSERT(meant.count(edge) != 0U);
      RC_ASSERT(!reaches(kept, edge.second, edge.first));
    }
    for (const auto& edge : meant)
      if (kept.count(edge) == 0)
        RC_ASSERT(edge.first == edge.second || reaches(kept, edge.second, edge.first));

    // The order of changes makes no difference.
    DependencyGraph again;
    for (auto at = nodes.rbegin(); at != nodes.rend(); ++at) again.set(at->second);
    for (const auto& [key, node] : nodes) {
      RC_ASSERT(again.dependencies(key) == graph.dependencies(key));
      RC_ASSERT(again.problems(key) == graph.problems(key));
    }
  }));
}
