#include "engine/docker/compose.hpp"

#include <doctest/doctest.h>

using namespace healer;
using namespace healer::docker;

namespace {

using Services = std::vector<std::string>;

/// The labels that docker compose writes on a container, changed by `more`.
Labels labels(Labels more = {}) {
  more.insert({{"com.docker.compose.project", "shop"},
               {"com.docker.compose.service", "web"},
               {"com.docker.compose.container-number", "1"},
               {"com.docker.compose.config-hash", "5f70"},
               {"com.docker.compose.image", "sha256:aa"},
               {"com.docker.compose.oneoff", "False"}});
  return more;
}

Labels without(Labels all, const std::string& name) {
  all.erase("com.docker.compose." + name);
  return all;
}

ComposeFacts depending(const std::string& label) {
  return compose_facts(labels({{"com.docker.compose.depends_on", label}}), {});
}

bool says(const std::string& text, const std::string& part) {
  CAPTURE(text);
  CHECK(text.find(part) != std::string::npos);
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("compose: a container is its project, service and number") {
  CHECK(compose_facts(labels(), {}).identity == Identity{"shop/web/1", "shop/web", false, ""});
  CHECK(compose_facts(labels({{"com.docker.compose.container-number", "2"}}), {}).identity.key ==
        "shop/web/2");
  CHECK(compose_facts({}, {}).identity == Identity{});
  CHECK(compose_facts({{"app", "web"}}, {}).identity == Identity{});
}

TEST_CASE("compose: without one of the four labels the container's name is its identity, and that is said") {
  for (const char* name : {"project", "service", "container-number", "config-hash"}) {
    CAPTURE(std::string(name));
    const Identity identity = compose_facts(without(labels(), name), {}).identity;
    CHECK(identity.key.empty());
    CHECK(identity.service.empty());
    says(identity.problem, std::string("com.docker.compose.") + name);
  }
  const Identity by_hand = compose_facts({{"com.docker.compose.service", "web"}}, {}).identity;
  says(by_hand.problem, "lack com.docker.compose.project, com.docker.compose.container-number");
}

TEST_CASE("compose: labels that come from the image are no identity") {
  SUBCASE("an image that compose built, run by hand") {
    const Labels built{{"com.docker.compose.project", "shop"}, {"com.docker.compose.service", "web"}};
    CHECK(compose_facts(built, built).identity == Identity{});
  }
  SUBCASE("a committed container, run by hand: a problem, for it looks like compose's") {
    const Identity copy = compose_facts(labels(), labels()).identity;
    CHECK(copy.key.empty());
    CHECK(copy.service.empty());
    says(copy.problem, "come from its image");
  }
  SUBCASE("a committed one-off container, run by hand, is watched") {
    const Labels once = labels({{"com.docker.compose.oneoff", "True"}});
    CHECK_FALSE(compose_facts(once, once).identity.one_off);
  }
  SUBCASE("a committed container with a label of its own is still not compose's") {
    const Labels moved = labels({{"com.docker.compose.project", "other"}});
    CHECK(compose_facts(moved, labels()).identity.key.empty());
  }
}

TEST_CASE("compose: its own containers keep their identity, whatever labels their image has") {
  SUBCASE("an image that compose built for the service") {
    const Labels built{{"com.docker.compose.project", "shop"}, {"com.docker.compose.service", "web"}};
    CHECK(compose_facts(labels(), built).identity.key == "shop/web/1");
  }
  SUBCASE("a committed image, under another configuration") {
    CHECK(compose_facts(labels({{"com.docker.compose.config-hash", "77aa"}}), labels()).identity.key ==
          "shop/web/1");
  }
  SUBCASE("a committed image, under the same configuration: compose names the image that it used") {
    CHECK(compose_facts(labels({{"com.docker.compose.image", "sha256:bb"}}), labels()).identity.key ==
          "shop/web/1");
  }
}

TEST_CASE("compose: podman-compose writes its hash under its own name") {
  Labels all = without(labels(), "config-hash");
  all = without(all, "image");
  all["io.podman.compose.config-hash"] = "c3e5";
  CHECK(compose_facts(all, {}).identity.key == "shop/web/1");
  CHECK(compose_facts(all, all).identity.key.empty());
  CHECK(is_compose_label("io.podman.compose.config-hash"));
  CHECK(is_compose_label("com.docker.compose.project"));
  CHECK_FALSE(is_compose_label("com.docker.compos"));
}

TEST_CASE("compose: a one-off container is one, and its missing number is no problem") {
  const Labels once = without(labels({{"com.docker.compose.oneoff", "True"}}), "container-number");
  CHECK(compose_facts(once, {}).identity == Identity{"", "", true, ""});
  CHECK_FALSE(compose_facts(labels(), {}).identity.one_off);
}

TEST_CASE("compose: without the image's labels nothing is proven but a one-off container") {
  const ComposeFacts facts =
      unproven_compose(labels({{"com.docker.compose.depends_on", "db:service_healthy:true"}}), "no access");
  CHECK(facts.identity.key.empty());
  CHECK(facts.identity.service.empty());
  CHECK(facts.start_order.dependencies.empty());
  CHECK(facts.start_order.restarted_with.empty());
  CHECK(facts.identity.problem == "no access: the container's own name is its identity");
  CHECK(unproven_compose(labels({{"com.docker.compose.oneoff", "True"}}), "no access").identity.one_off);
}

TEST_CASE("compose: depends_on names services of the project, jobs that must end, and common restarts") {
  const ComposeFacts all = depending(
      "db:service_healthy:false,cache:service_started:true,migrate:service_completed_successfully:true");
  CHECK(all.start_order.dependencies == Services{"shop/db", "shop/cache"});
  CHECK(all.start_order.awaited_jobs == Services{"shop/migrate"});
  CHECK(all.start_order.restarted_with == Services{"shop/cache"});
  CHECK(depending("db:service_healthy,old").start_order.dependencies == Services{"shop/db", "shop/old"});
  CHECK(depending("db : service_completed_successfully : false").start_order.awaited_jobs ==
        Services{"shop/db"});
  for (const char* nothing : {"", ",:,", ":service_healthy:true"}) {
    const ComposeFacts none = depending(nothing);
    CHECK(none.start_order.dependencies.empty());
    CHECK(none.start_order.awaited_jobs.empty());
  }
}

TEST_CASE("compose: dependencies follow the evidence of the identity") {
  const Labels all = labels({{"com.docker.compose.depends_on", "db:service_healthy:true"}});
  CHECK(compose_facts(all, all).start_order.dependencies.empty());
  CHECK(compose_facts(all, all).start_order.restarted_with.empty());
  CHECK(compose_facts(without(all, "config-hash"), {}).start_order.dependencies.empty());
  CHECK(compose_facts(without(all, "container-number"), {}).start_order.dependencies == Services{"shop/db"});
}

TEST_CASE("compose: the service of an event, but not of a one-off container") {
  CHECK(compose_service(labels()) == "shop/web");
  CHECK(compose_service(labels({{"com.docker.compose.oneoff", "True"}})).empty());
  CHECK(compose_service(without(labels(), "service")).empty());
  CHECK(compose_service({}).empty());
}
