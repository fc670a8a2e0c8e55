// The address is fresh: where an application is reached can change while it runs.
#include "field/field_case.hpp"

namespace healer::testing {
namespace {

/// A container on the network `shop` that publishes nothing.
ScriptedContainer& on_network(FieldCase& field, const std::string& name) {
  ScriptedContainer& made = field.container(name, {.published = false});
  field.engine().change([&] { made.networks = {{"shop", made.address}}; });
  return made;
}

/// The container moves: its app closes for good, and a new one serves at the new address.
App& move(FieldCase& field, ScriptedContainer& container, const std::string& address) {
  container.app().down();
  const auto moved = std::make_shared<App>();
  moved->add_place(address, 8080);
  moved->up();
  field.engine().change([&] { container.apps = {moved}; });
  return *moved;
}

TEST_CASE("address: a container that is connected again is checked at its new address") {
  // `docker network disconnect` and `connect` give another address, without a restart. docker/for-linux#632
  FieldCase field;
  ScriptedContainer& web = on_network(field, "web");
  field.start();
  field.checked(web);
  const std::string address = field.new_address();
  field.engine().leave(web, "shop");
  App& moved = move(field, web, address);
  field.engine().join(web, "shop", address);
  field.untouched({"web"}, 12);
  field.has_condition("web", "healthy");
  CHECK(moved.checks() > 0);
  moved.say(503);
  field.healed("web");
}

TEST_CASE("address: the inspect before a remedy shows another address") {
  // The events of the change were lost; another container has the old address by now and answers 503 there.
  // moby/moby#50874, moby/libnetwork#1099
  FieldCase field;
  ScriptedContainer& web = on_network(field, "web");
  field.start({{"HEALER_RESYNC_INTERVAL", "1m"}});
  field.checked(web);
  const std::string old = web.address;
  const std::string address = field.new_address();
  field.engine().lose_events(true);
  field.engine().leave(web, "shop");
  App& moved = move(field, web, address);
  field.engine().join(web, "shop", address);
  field.engine().lose_events(false);
  App stranger;
  stranger.add_place(old, 8080);
  stranger.say(503);
  stranger.up();
  field.untouched({"web"}, 14);
  CHECK(moved.checks() > 0);
  field.canary_is_healed();
}

TEST_CASE("address: a container without an address is unknown, and the reason says so") {
  // Connected to a network, but the engine shows no address for it; or published at [::] where ::1 is closed.
  FieldCase field;
  const Make made = {.labels = {{"healer.probe", "http"}, {"healer.port", "9000"}}, .serves = false};
  ScriptedContainer& none = field.container("none", made);
  ScriptedContainer& six = field.container("six", made);
  field.engine().change([&] {
    none.networks = {{"shop", ""}};
    none.exposed = {9000};
    six.networks = {{"shop", ""}};
    six.ports = {{9000, "::", free_port("::1")}};
  });
  field.start();
  field.untouched({"none", "six"}, 10);
  field.hinted("none", "address|unreachable");
  field.hinted("six", "address|unreachable|::1|IPv6");
  field.canary_is_healed();
}

TEST_CASE("address: the engine's proxy accepts for an application that is gone") {
  // docker-proxy opens every connection and closes it when nothing listens behind it: no TCP check may pass.
  FieldCase field;
  ScriptedContainer& dead = field.container("dead", {.labels = {{"healer.probe", "tcp"}}, .port = 5432});
  ScriptedContainer& quiet = field.container("quiet", {.labels = {{"healer.probe", "tcp"}}, .port = 6379});
  dead.app().greet("");
  quiet.app().greet("");
  field.start();
  field.checked(dead);
  field.checked(quiet);
  dead.app().down(App::Side::Own);
  dead.app().close_at_once();
  field.healed("dead");
  // Against a rule taken too far: a server that waits in silence for its client is fine.
  field.untouched({"quiet"}, 8);
}

TEST_CASE("address: an operator can set it") {
  // The engine shows an address that this host does not reach; a label gives the right one.
  FieldCase field;
  const std::string right = field.new_address();
  ScriptedContainer& web = field.container(
      "web",
      {.labels = {{"healer.address", right}, {"healer.port", "8080"}}, .serves = false, .published = false});
  App& app = move(field, field.container("elsewhere", {.watched = false}), right);
  field.engine().change([&] {
    web.networks = {{"vlan", ""}};
    web.exposed = {8080};
  });
  field.start();
  field.has_condition("web", "healthy");
  app.say(503);
  field.healed("web");
}

TEST_CASE("address: a port that refuses is a failure, on IPv4 and IPv6") {
  // Against a rule taken too far: the address is right, nothing listens there.
  FieldCase field;
  ScriptedContainer& four = field.container("four");
  ScriptedContainer& six = field.container("six", {.published = false});
  const std::uint16_t port = six.app().add_place("::1", 0, App::Side::Published);
  field.engine().change([&] { six.ports = {{8080, "::1", port}}; });
  field.start();
  field.checked(four);
  field.checked(six);
  four.app().down();
  six.app().down();
  field.healed("four");
  field.healed("six");
}

}  // namespace
}  // namespace healer::testing
