#include "core/engine_session.hpp"

#include <doctest/doctest.h>

using namespace healer;

namespace {

using Use = EngineSession::Use;

EngineEvent event(std::int64_t at, EngineReport report, const std::string& container_id = "c1") {
  return EngineEvent{container_id, "web", at, std::move(report)};
}

/// Live, with a report at 10 that counted; then lost while c1 and c2 ran.
EngineSession lost_while_running() {
  EngineSession session{StoredState{}};
  session.connected(EngineProcess::HoldsContainers);
  session.listed();
  CHECK(session.use_of(event(10, Changed{})) == Use::Now);
  session.lost({{"c1", "a"}, {"c2", "b"}});
  return session;
}

}  // namespace

TEST_CASE("engine session: before the first list every report waits, then all count in order") {
  EngineSession session{StoredState{}};
  session.connected(EngineProcess::HoldsContainers);
  CHECK(session.use_of(event(1, StopRequested{})) == Use::Later);
  CHECK(session.use_of(event(2, Ended{137})) == Use::Later);
  CHECK_FALSE(session.listed());
  CHECK(session.take_released().size() == 2);
  CHECK(session.use_of(event(3, Started{})) == Use::Now);
}

TEST_CASE("engine session: the stops of another process are dropped, until the container starts again") {
  EngineSession session = lost_while_running();
  session.connected(EngineProcess::HoldsContainers);
  for (const EngineEvent& one : {event(11, StopRequested{}), event(12, Ended{137}), event(13, Started{}),
                                 event(14, Ended{1}), event(15, Ended{137}, "c2")})
    CHECK(session.use_of(one) == Use::Later);
  CHECK(session.listed());
  const std::vector<EngineEvent> released = session.take_released();
  REQUIRE(released.size() == 2);
  CHECK(released[0].unix_nanoseconds == 13);
  CHECK(released[1].unix_nanoseconds == 14);
  CHECK(session.stops_until() == 15);
  CHECK(session.use_of(event(12, Ended{137})) == Use::Never);  // repeated by a later connection
}

TEST_CASE("engine session: a repeated report or an instance that outlived the loss proves the same process") {
  EngineSession repeats = lost_while_running();
  repeats.connected(EngineProcess::HoldsContainers);
  CHECK(repeats.use_of(event(10, Changed{})) == Use::Now);
  CHECK(repeats.use_of(event(11, StopRequested{})) == Use::Now);

  EngineSession outlived = lost_while_running();
  outlived.connected(EngineProcess::HoldsContainers);
  CHECK(outlived.use_of(event(11, StopRequested{})) == Use::Later);
  outlived.saw_running({"c2", "another start"});
  outlived.saw_running({"c2", "b"});
  CHECK_FALSE(outlived.listed());
  CHECK(outlived.take_released().size() == 1);
}

TEST_CASE("engine session: an engine that its containers do not live in is always the same") {
  EngineSession session = lost_while_running();
  session.connected(EngineProcess::LeavesContainers);
  CHECK(session.use_of(event(11, StopRequested{})) == Use::Now);
}

TEST_CASE("engine session: what a lost connection kept is forgotten") {
  EngineSession session = lost_while_running();
  CHECK(session.use_of(event(11, Ended{1})) == Use::Later);
  session.lost({});
  session.connected(EngineProcess::LeavesContainers);
  CHECK(session.take_released().empty());
}
