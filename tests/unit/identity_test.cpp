#include "core/identity.hpp"

#include <doctest/doctest.h>

using namespace healer;

namespace {

Container compose(const std::string& number) {
  Container container;
  container.id = "abc";
  container.name = "shop_web_1";
  container.labels = {{"com.docker.compose.project", "shop"}, {"com.docker.compose.service", "web"}};
  if (!number.empty()) container.labels["com.docker.compose.container-number"] = number;
  return container;
}

}  // namespace

TEST_CASE("identity: a compose container is its project, service and number; another is its name") {
  CHECK(workload_key(compose("2")) == "shop/web/2");
  CHECK(workload_key(compose("")) == "shop/web/1");
  Container plain;
  plain.name = "db";
  CHECK(workload_key(plain) == "db");
}

TEST_CASE("identity: only what opted in is watched, and opting out wins") {
  Policy policy;
  const ProbeOrigin probe_origin;
  CHECK_FALSE(is_watched(compose("1"), policy, probe_origin));
  policy.selection = Selection::OptedIn;
  CHECK(is_watched(compose("1"), policy, probe_origin));
  policy.selection = Selection::OptedOut;
  CHECK_FALSE(is_watched(compose("1"), policy, probe_origin));
}

TEST_CASE("identity: compose one-off containers and healer itself are never watched") {
  Policy policy;
  policy.selection = Selection::OptedIn;
  Container oneoff = compose("1");
  oneoff.labels["com.docker.compose.oneoff"] = "True";
  CHECK_FALSE(is_watched(oneoff, policy, ProbeOrigin{}));
  oneoff.labels["com.docker.compose.oneoff"] = "False";
  CHECK(is_watched(oneoff, policy, ProbeOrigin{}));
  ProbeOrigin inside;
  inside.own_container_id = "abc";
  CHECK_FALSE(is_watched(compose("1"), policy, inside));
}
