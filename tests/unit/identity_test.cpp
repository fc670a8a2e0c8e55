#include "core/identity.hpp"

#include <doctest/doctest.h>

using namespace healer;

namespace {

Container web() {
  Container container;
  container.id = "abc";
  container.name = "shop_web_1";
  container.identity = {"shop/web/2", "shop/web", false, {}};
  return container;
}

}  // namespace

TEST_CASE("identity: a workload's key is the key that the engine's tools give, else the container's name") {
  CHECK(workload_key(web()) == "shop/web/2");
  Container plain;
  plain.name = "db";
  CHECK(workload_key(plain) == "db");
}

TEST_CASE("identity: only a container that opted in is watched, and opting out wins") {
  Policy policy;
  const ProbeOrigin probe_origin;
  CHECK_FALSE(is_watched(web(), policy, probe_origin));
  policy.selection = Selection::OptedIn;
  CHECK(is_watched(web(), policy, probe_origin));
  policy.selection = Selection::OptedOut;
  CHECK_FALSE(is_watched(web(), policy, probe_origin));
}

TEST_CASE("identity: one-off containers and healer itself are never watched") {
  Policy policy;
  policy.selection = Selection::OptedIn;
  Container one_off = web();
  one_off.identity.one_off = true;
  CHECK_FALSE(is_watched(one_off, policy, ProbeOrigin{}));
  ProbeOrigin inside;
  inside.own_container_id = "abc";
  CHECK_FALSE(is_watched(web(), policy, inside));
}
