#include "engine/docker/compose.hpp"

#include <doctest/doctest.h>

using namespace healer;
using namespace healer::docker;

namespace {

using Labels = std::map<std::string, std::string>;
using Services = std::vector<std::string>;

Labels labels(Labels more = {}) {
  more.insert({{"com.docker.compose.project", "shop"}, {"com.docker.compose.service", "web"}});
  return more;
}

Services dependencies(const std::string& label) {
  return compose_dependencies(labels({{"com.docker.compose.depends_on", label}}));
}

}  // namespace

TEST_CASE("compose: a container is its project, service and number") {
  CHECK(compose_identity(labels({{"com.docker.compose.container-number", "2"}})) ==
        Identity{"shop/web/2", "shop/web", false});
  CHECK(compose_identity(labels()) == Identity{"shop/web/1", "shop/web", false});
  CHECK(compose_identity({}) == Identity{});
  CHECK(compose_identity({{"com.docker.compose.service", "web"}}) == Identity{});
  CHECK(compose_identity(labels({{"com.docker.compose.oneoff", "True"}})).one_off);
  CHECK_FALSE(compose_identity(labels({{"com.docker.compose.oneoff", "False"}})).one_off);
}

TEST_CASE("compose: depends_on names services of the project; a service that has to end is no dependency") {
  CHECK(dependencies("db:service_healthy:false,cache:service_started:true") ==
        Services{"shop/db", "shop/cache"});
  CHECK(dependencies("db:service_healthy,old") == Services{"shop/db", "shop/old"});
  CHECK(dependencies("migrate:service_completed_successfully:false, db:service_started:false") ==
        Services{"shop/db"});
  CHECK(dependencies("").empty());
  CHECK(dependencies(",:,").empty());
  CHECK(compose_dependencies({{"com.docker.compose.depends_on", "db"}}).empty());
}
