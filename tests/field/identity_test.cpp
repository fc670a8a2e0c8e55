// Which container is which: identity is claimed by evidence, never by one label.
#include "field/field_case.hpp"

namespace healer::testing {
namespace {

TEST_CASE("identity: two containers whose image carries compose's labels are two workloads") {
  // `docker commit` or a build kept project and service in the image. docker/compose#13048,
  // docker/compose#1573
  FieldCase field;
  const Labels of_the_image = {{"com.docker.compose.project", "mvc"}, {"com.docker.compose.service", "mvc"}};
  field.engine().image_labels["mvc:1"] = of_the_image;
  ScriptedContainer& older =
      field.container("prod-a", {.labels = of_the_image, .image = "mvc:1", .running_for = 900s});
  ScriptedContainer& newer =
      field.container("prod-b", {.labels = of_the_image, .image = "mvc:1", .running_for = 300s});
  field.start();
  field.checked(newer);
  field.checked(older);
  field.has_condition("prod-a", "healthy");
  field.has_condition("prod-b", "healthy");
  older.app().say(503);
  field.healed("prod-a");
  field.untouched({"prod-b"}, 6);
}

TEST_CASE("identity: all of compose's labels, copied into the image, are no identity either") {
  // The image was made of a compose container: both runs claim to be shop/web/1.
  FieldCase field;
  const Labels of_the_image = compose_labels("shop", "web");
  field.engine().image_labels["shop:1"] = of_the_image;
  ScriptedContainer& one = field.container("left", {.labels = of_the_image, .image = "shop:1"});
  ScriptedContainer& two =
      field.container("right", {.labels = of_the_image, .image = "shop:1", .running_for = 60s});
  field.heals_by_restart(one);
  field.start();
  field.checked(one);
  field.checked(two);
  one.app().say(503);
  field.healed("left");
  field.checked(one);
  two.app().say(503);
  field.healed("right");
}

TEST_CASE("identity: a newer container that claims a watched one's labels takes nothing away") {
  // A stack copied its neighbour's labels, by accident or by intent. portainer/portainer#8979
  FieldCase field;
  ScriptedContainer& victim = field.container("shop-web-1", {.labels = compose_labels("shop", "web")});
  field.start();
  field.checked(victim);
  ScriptedContainer& claimant = field.deploy("claimant", {.labels = compose_labels("shop", "web")});
  field.checked(claimant);
  field.has_condition("shop-web-1", "healthy");
  field.has_condition("claimant", "healthy");
  field.hinted("shop-web-1", "claimant");
  field.hinted("claimant", "shop-web-1");
  victim.app().say(503);
  field.healed("shop-web-1");
  field.untouched({"claimant"}, 4);
}

TEST_CASE("identity: the leftover of an interrupted recreation is not the service") {
  // compose renames the old container and fails; both keep the labels, only one runs.
  FieldCase field;
  ScriptedContainer& web = field.container("shop-web-1", {.labels = compose_labels("shop", "web")});
  field.heals_by_restart(web);
  field.container("0a1b2c3d4e5f_shop-web-1",
                  {.labels = compose_labels("shop", "web"), .state = "exited", .serves = false});
  field.container("f5e4d3c2b1a0_shop-web-1",
                  {.labels = compose_labels("shop", "web"), .state = "created", .serves = false});
  field.start();
  field.checked(web);
  web.app().say(503);
  field.healed("shop-web-1");
  field.untouched({"0a1b2c3d4e5f_shop-web-1", "f5e4d3c2b1a0_shop-web-1"}, 6);
}

TEST_CASE("identity: a replaced container is the same workload, and replicas are several") {
  // Against a rule taken too far: `compose up` after a change, and `--scale web=2`.
  FieldCase field;
  ScriptedContainer& first = field.container("shop-web-1", {.labels = compose_labels("shop", "web", 1)});
  ScriptedContainer& second = field.container("shop-web-2", {.labels = compose_labels("shop", "web", 2)});
  field.start();
  field.checked(first);
  field.checked(second);
  const auto key = [&](const char* name) {
    const boost::json::value one = field.healer().workload(name);
    return one.is_object() ? std::string(one.at("key").as_string()) : std::string();
  };
  const std::string before = key("shop-web-1");
  CHECK(before != key("shop-web-2"));
  second.app().say(503);
  field.healed("shop-web-2");
  field.untouched({"shop-web-1"}, 4);
  Labels changed = compose_labels("shop", "web", 1);
  changed["com.docker.compose.config-hash"] = hex_id("changed");
  ScriptedContainer& made = field.replace(first, {.labels = changed});
  field.checked(made);
  CHECK(key("shop-web-1") == before);
}

TEST_CASE("identity: a proxy that denies the image's inspect") {
  // A socket proxy without IMAGES: the name is the identity, and healer goes on.
  FieldCase field;
  field.engine().intercept([](const EngineCall& call) -> std::optional<std::string> {
    if (!call.path.starts_with("/images/")) return std::nullopt;
    return answer(403, "403 Forbidden\n", "text/html");
  });
  ScriptedContainer& web = field.container("shop-web-1", {.labels = compose_labels("shop", "web")});
  field.start();
  field.checked(web);
  field.hinted("shop-web-1", "403|denie|own name|container name");
  web.app().say(503);
  field.healed("shop-web-1");
}

}  // namespace
}  // namespace healer::testing
