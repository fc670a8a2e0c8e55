#include "core/workload/probe_target.hpp"

#include <doctest/doctest.h>

using namespace healer;

namespace {

Container service() {
  Container container;
  container.name = "web";
  container.ports = {PortBinding{8080, true, "0.0.0.0", 18080}, PortBinding{9000, true, "", 0}};
  container.networks = {NetworkAttachment{"front", "10.1.0.5"}, NetworkAttachment{"back", "10.2.0.5"}};
  return container;
}

ProbeOrigin inside(std::vector<std::string> networks, bool host_network = false) {
  ProbeOrigin probe_origin;
  probe_origin.own_container_id = "healer";
  probe_origin.networks = std::move(networks);
  probe_origin.host_network = host_network;
  return probe_origin;
}

}  // namespace

TEST_CASE("probe target: from the host, the published port on its host address") {
  CHECK(resolve_target(service(), ProbeSpec{}, ProbeOrigin{}).text == "http 127.0.0.1:18080/health");
  Container container = service();
  container.ports[0].host_address = "192.0.2.7";
  CHECK(resolve_target(container, ProbeSpec{}, ProbeOrigin{}).text == "http 192.0.2.7:18080/health");
  container.ports[0].host_address = "::";
  CHECK(resolve_target(container, ProbeSpec{}, ProbeOrigin{}).text == "http [::1]:18080/health");
}

TEST_CASE("probe target: from the host without a published port, the container's own address") {
  Container container = service();
  container.ports[0].host_port = 0;
  container.ports[0].host_address.clear();
  CHECK(resolve_target(container, ProbeSpec{}, ProbeOrigin{}).text == "http 10.1.0.5:8080/health");
}

TEST_CASE("probe target: from inside a container, the address on a shared network, never localhost") {
  CHECK(resolve_target(service(), ProbeSpec{}, inside({"back"})).text == "http 10.2.0.5:8080/health");
  const TargetResolution apart = resolve_target(service(), ProbeSpec{}, inside({"elsewhere"}));
  CHECK(std::holds_alternative<Unreachable>(apart.how));
  Container on_host = service();
  on_host.network = NetworkKind::Host;
  CHECK(std::holds_alternative<Unreachable>(resolve_target(on_host, ProbeSpec{}, inside({"front"})).how));
}

TEST_CASE("probe target: for a container on the host's network, the host's loopback and the declared port") {
  Container container = service();
  container.network = NetworkKind::Host;
  container.ports = {PortBinding{8080, true, "", 0}};
  CHECK(resolve_target(container, ProbeSpec{}, ProbeOrigin{}).text == "http 127.0.0.1:8080/health");
  CHECK(resolve_target(container, ProbeSpec{}, inside({}, true)).text == "http 127.0.0.1:8080/health");
  container.ports.clear();
  CHECK(std::holds_alternative<Unreachable>(resolve_target(container, ProbeSpec{}, ProbeOrigin{}).how));
}

TEST_CASE("probe target: a configured port and kind are used") {
  ProbeSpec spec;
  spec.port = 9000;
  spec.kind = ProbeKind::Tcp;
  spec.banner = "220";
  const TargetResolution tcp = resolve_target(service(), spec, ProbeOrigin{});
  CHECK(tcp.text == "tcp 10.1.0.5:9000");
  CHECK(std::get<TcpTarget>(*std::get<ProbeTargetPtr>(tcp.how)).banner_bytes == 3);
  spec.kind = ProbeKind::Https;
  spec.path = "/up";
  spec.body_match = "ok";
  const TargetResolution https = resolve_target(service(), spec, ProbeOrigin{});
  CHECK(https.text == "https 10.1.0.5:9000/up");
  CHECK(std::get<HttpTarget>(*std::get<ProbeTargetPtr>(https.how)).tls);
  CHECK(std::get<HttpTarget>(*std::get<ProbeTargetPtr>(https.how)).capture_body);
}

TEST_CASE("probe target: UDP ports are no targets") {
  Container container = service();
  container.ports = {PortBinding{53, false, "0.0.0.0", 53}};
  CHECK(std::holds_alternative<Unreachable>(resolve_target(container, ProbeSpec{}, ProbeOrigin{}).how));
}

TEST_CASE("probe target: the HEALTHCHECK, if no port is published or if it is configured") {
  Container container = service();
  container.health = EngineHealth::Healthy;
  CHECK(std::holds_alternative<ProbeTargetPtr>(resolve_target(container, ProbeSpec{}, ProbeOrigin{}).how));
  container.ports[0].host_port = 0;
  CHECK(std::holds_alternative<UseEngineHealth>(resolve_target(container, ProbeSpec{}, ProbeOrigin{}).how));
  ProbeSpec spec;
  spec.kind = ProbeKind::Engine;
  CHECK(std::holds_alternative<UseEngineHealth>(resolve_target(container, spec, ProbeOrigin{}).how));
  container.health = EngineHealth::None;
  CHECK(std::holds_alternative<Unreachable>(resolve_target(container, spec, ProbeOrigin{}).how));
}

TEST_CASE("probe target: without one, the reason names the setting that would help") {
  Container container = service();
  container.ports.clear();
  const TargetResolution resolution = resolve_target(container, ProbeSpec{}, ProbeOrigin{});
  REQUIRE(std::holds_alternative<Unreachable>(resolution.how));
  CHECK(std::get<Unreachable>(resolution.how).reason.find("healer.port") != std::string::npos);
}

TEST_CASE("probe target: a command needs no network, and follows the container") {
  ProbeSpec spec;
  spec.kind = ProbeKind::Exec;
  spec.command = {"pg_isready", "-U", "app"};
  Container container = service();
  container.id = "c1";
  container.network = NetworkKind::None;
  container.networks.clear();
  container.ports.clear();
  const TargetResolution resolution = resolve_target(container, spec, inside({}));
  CHECK(resolution.text == "exec pg_isready -U app");
  CHECK(resolution.kind == ProbeKind::Exec);
  const auto target = std::get<ExecTarget>(*std::get<ProbeTargetPtr>(resolution.how));
  CHECK(target.container_id == "c1");
  CHECK(target.command == spec.command);
  container.id = "c2";
  const TargetResolution of_next = resolve_target(container, spec, inside({}));
  CHECK(of_next.text == resolution.text);
  CHECK_FALSE(of_next.same_target(resolution));
  CHECK(resolution.same_target(resolution));
  spec.command.clear();
  const TargetResolution without = resolve_target(container, spec, ProbeOrigin{});
  REQUIRE(std::holds_alternative<Unreachable>(without.how));
  CHECK(std::get<Unreachable>(without.how).reason.find("healer.command") != std::string::npos);
}

TEST_CASE("probe target: the gRPC health service, plain and with TLS") {
  ProbeSpec spec;
  spec.kind = ProbeKind::Grpc;
  CHECK(resolve_target(service(), spec, ProbeOrigin{}).text == "grpc 127.0.0.1:18080");
  spec.kind = ProbeKind::Grpcs;
  spec.port = 9000;
  spec.service = "shop.Cart";
  spec.host_header = "shop.example";
  spec.tls_verify = true;
  const TargetResolution resolution = resolve_target(service(), spec, ProbeOrigin{});
  CHECK(resolution.text == "grpcs 10.1.0.5:9000/shop.Cart");
  const auto target = std::get<GrpcTarget>(*std::get<ProbeTargetPtr>(resolution.how));
  CHECK(target.service == "shop.Cart");
  CHECK(target.authority == "shop.example");
  CHECK(target.tls);
  CHECK(target.tls_verify);
}

TEST_CASE("probe target: for a container that shares another's network, the address of that network parent") {
  Container child;
  child.network = NetworkKind::Shared;
  child.network_parent = "parent-id";
  child.ports = {PortBinding{9000, true, "", 0}};
  Container parent = service();
  parent.ports = {PortBinding{9000, true, "0.0.0.0", 19000}, PortBinding{8080, true, "", 0}};

  SUBCASE("from the host, the parent's published port") {
    CHECK(resolve_target(child, ProbeSpec{}, ProbeOrigin{}, &parent).text == "http 127.0.0.1:19000/health");
  }
  SUBCASE("from the host without a published port, the parent's address") {
    ProbeSpec spec;
    spec.port = 8080;
    CHECK(resolve_target(child, spec, ProbeOrigin{}, &parent).text == "http 10.1.0.5:8080/health");
  }
  SUBCASE("from inside a container, the parent's address on a shared network") {
    CHECK(resolve_target(child, ProbeSpec{}, inside({"back"}), &parent).text == "http 10.2.0.5:9000/health");
    CHECK(std::holds_alternative<Unreachable>(
        resolve_target(child, ProbeSpec{}, inside({"elsewhere"}), &parent).how));
  }
  SUBCASE("a parent on the host's network: the host's loopback") {
    parent.network = NetworkKind::Host;
    CHECK(resolve_target(child, ProbeSpec{}, ProbeOrigin{}, &parent).text == "http 127.0.0.1:9000/health");
  }
  SUBCASE("the parent's ports are not the child's ports") {
    child.ports.clear();
    const TargetResolution resolution = resolve_target(child, ProbeSpec{}, ProbeOrigin{}, &parent);
    REQUIRE(std::holds_alternative<Unreachable>(resolution.how));
    CHECK(std::get<Unreachable>(resolution.how).reason.find("healer.port") != std::string::npos);
  }
  SUBCASE("no target if the parent is unknown or has no network") {
    CHECK(std::holds_alternative<Unreachable>(resolve_target(child, ProbeSpec{}, ProbeOrigin{}).how));
    parent.network = NetworkKind::Shared;
    parent.network_parent = "third";
    CHECK(
        std::holds_alternative<Unreachable>(resolve_target(child, ProbeSpec{}, ProbeOrigin{}, &parent).how));
    parent.network = NetworkKind::None;
    CHECK(
        std::holds_alternative<Unreachable>(resolve_target(child, ProbeSpec{}, ProbeOrigin{}, &parent).how));
  }
}
