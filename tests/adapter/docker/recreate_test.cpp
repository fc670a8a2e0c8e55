#include "engine/docker/recreate.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/json.hpp>

#include "engine/docker/docker_engine.hpp"
#include "net/loop.hpp"
#include "support/engine/scripted_engine.hpp"
#include "support/loop_wait.hpp"
#include "support/scripted_server.hpp"

using namespace healer;
using namespace healer::docker;
using namespace healer::testing;
namespace json = boost::json;

namespace {

const std::string image_digest(64, '1');

/// The fate of one call.
enum class Fault {
  None,
  Refused,    ///< 500, not executed
  Forbidden,  ///< 403
  CutBefore,  ///< the connection ends, not executed
  CutAfter,   ///< executed, but not answered
};

/// The scripted engine with a container "web" on two networks, some of whose calls fail. The calls that would
/// change something are counted from 1; from call `fault_at` on, `faults` of them meet the fault.
struct FaultyEngine {
  explicit FaultyEngine(const std::string& socket) : engine(socket) {
    engine.intercept([this](const EngineCall& call) { return intercepted(call); });
    engine.lose_answers([this](const EngineCall& call) {
      if (call.method != "GET") changes = begun;
      return cut_after && call.method != "GET";
    });
  }

  ~FaultyEngine() {
    engine.intercept({});
    engine.lose_answers({});
  }
  FaultyEngine(const FaultyEngine&) = delete;
  FaultyEngine& operator=(const FaultyEngine&) = delete;

  ScriptedEngine engine;
  ScriptedContainer& web = add("web");
  const std::string old_id = web.id;
  std::string tag_means;  ///< empty: the container's image
  int image_status = 200;
  Fault fault = Fault::None;
  std::atomic<int> fault_at = 0;
  std::atomic<int> faults = 1;
  std::atomic<int> changes = 0;  ///< calls whose execution is over
  bool old_never_starts = false;
  bool both_ran = false;

  ScriptedContainer& add(const std::string& name, const std::string& state = "running") {
    Make make;
    make.image = "app:1";
    make.image_id = image_digest;
    make.policy = "no";
    make.labels = {{"a", "b"}};
    make.state = state;
    ScriptedContainer& added = engine.add(name, make);
    added.networks = {{"one", ""}, {"two", ""}};
    return added;
  }
  void publish_port() { web.ports = {{80, "", 80}}; }

  std::optional<ScriptedContainer> find(const std::string& key) const {
    for (const ScriptedContainer& one : engine.containers())
      if (one.id == key || one.name == key) return one;
    return std::nullopt;
  }
  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const ScriptedContainer& one : engine.containers())
      all.push_back(one.name + (one.running() ? " runs" : ""));
    std::sort(all.begin(), all.end());
    return all;
  }
  std::vector<std::string> log() const {
    std::vector<std::string> all;
    for (const EngineOrder& order : engine.orders()) all.push_back(order.verb + " " + order.name);
    return all;
  }
  /// The body of the creation.
  json::value created() const {
    for (const EngineCall& call : engine.calls())
      if (call.path == "/containers/create") return json::parse(call.body);
    return nullptr;
  }

 private:
  std::optional<std::string> intercepted(const EngineCall& call) {
    if (call.path.starts_with("/images/")) {
      if (image_status != 200) return error(image_status, "no image");
      const bool by_tag = call.path.find("app") != std::string::npos;
      if (by_tag && !tag_means.empty()) return answer(200, R"({"Id":")" + tag_means + R"(","Config":{}})");
    }
    int running = 0;
    for (const ScriptedContainer& one : engine.containers()) running += one.running() ? 1 : 0;
    both_ran = both_ran || running > 1;
    if (call.method == "GET") return std::nullopt;
    ++begun;
    const bool faulty = fault_at > 0 && begun >= fault_at && begun < fault_at + faults;
    cut_after = faulty && fault == Fault::CutAfter;
    if (faulty && !cut_after) {
      changes = begun;
      return fault == Fault::CutBefore ? std::string()
             : fault == Fault::Refused ? error(500, "it broke")
                                       : error(403, "no");
    }
    if (old_never_starts && call.path == "/containers/" + old_id + "/start")
      return error(500, "port is already allocated");
    return std::nullopt;
  }

  static std::string error(int status, const std::string& message) {
    return answer(status, R"({"message":")" + message + R"("})");
  }

  int begun = 0;
  bool cut_after = false;  ///< of the newest call
};

struct Fixture {
  net::Loop loop;
  TemporaryFolder folder;
  std::unique_ptr<FaultyEngine> fake;
  std::unique_ptr<DockerEngine> engine;
  RecreateOrder order;
  Duration undo_limit = 60s;

  Fixture() {
    order.name = "web";
    order.mark = "healer7";
    order.deadline = 60s;
    fresh();
  }

  /// Like a new process of healer.
  void connect() {
    DockerEngineSettings settings;
    settings.endpoint = net::UnixEndpoint{folder.file("engine.sock")};
    settings.undo_limit = undo_limit;
    engine = std::make_unique<DockerEngine>(loop, settings);
  }
  /// The engine as at the beginning.
  void fresh() {
    engine.reset();
    fake.reset();
    fake = std::make_unique<FaultyEngine>(folder.file("engine.sock"));
    order.container_id = fake->old_id;
    connect();
  }

  Result<std::string> call(bool resume = false) {
    std::optional<Result<std::string>> result;
    const auto done = [&result](Result<std::string> given) {
      REQUIRE_FALSE(result.has_value());
      result = std::move(given);
    };
    resume ? engine->resume_recreate(order, done) : engine->recreate(order, done);
    REQUIRE_FALSE(result.has_value());
    REQUIRE(run_until(
        loop, [&] { return result.has_value(); }, std::chrono::seconds(120)));
    return *result;
  }

  void check_untouched() {
    CHECK(fake->names() == std::vector<std::string>{"web runs"});
    CHECK(fake->find(fake->old_id));
    CHECK(fake->changes == 0);
  }
  void check_one_left(const Result<std::string>& result) {
    CHECK(fake->names() == std::vector<std::string>{"web runs"});
    CHECK(fake->find(result ? *result : fake->old_id));
    if (result) CHECK(*result != fake->old_id);
  }
};

bool says(const Result<std::string>& result, const std::string& part) {
  REQUIRE_FALSE(result.has_value());
  CAPTURE(result.error().message);
  CAPTURE(part);
  CHECK(result.error().message.find(part) != std::string::npos);
  return true;
}

}  // namespace

TEST_CASE_FIXTURE(Fixture, "recreate: side by side when both containers can run at once") {
  const auto result = call();
  REQUIRE(result);
  check_one_left(result);
  CHECK(fake->log() == std::vector<std::string>{"create web-healer7-new", "connect two",
                                                "start web-healer7-new", "stop web", "rename web",
                                                "rename web-healer7-new", "remove web-healer7"});
  CHECK(fake->both_ran);
  CHECK(fake->find("web")->networks.size() == 2);
  CHECK(fake->created().at("Image") == "app:1");
}

TEST_CASE_FIXTURE(Fixture, "recreate: one after the other when both cannot run at once") {
  fake->publish_port();
  order.stop_timeout = 1500ms;
  const auto result = call();
  REQUIRE(result);
  check_one_left(result);
  CHECK(fake->log() == std::vector<std::string>{"create web-healer7-new", "connect two", "stop web",
                                                "rename web", "rename web-healer7-new", "start web",
                                                "remove web-healer7"});
  CHECK_FALSE(fake->both_ran);
  using Query = std::map<std::string, std::string>;
  for (const EngineCall& call : fake->engine.calls()) {
    if (call.path.ends_with("/stop")) CHECK(call.query == Query{{"t", "2"}});
    if (call.method == "DELETE") CHECK(call.query == Query{{"v", "0"}, {"force", "0"}});
  }
}

TEST_CASE_FIXTURE(Fixture, "recreate: any one call fails in any way, and one container is left, running") {
  for (const bool port : {false, true})
    for (const Fault fault : {Fault::Refused, Fault::Forbidden, Fault::CutBefore, Fault::CutAfter})
      for (int at = 1; at <= 7; ++at) {
        CAPTURE(port);
        CAPTURE(static_cast<int>(fault));
        CAPTURE(at);
        // After a lost answer, healer waits until the limit for the container that may still be created.
        undo_limit = at == 1 ? 3s : 60s;
        fresh();
        if (port) fake->publish_port();
        fake->fault = fault;
        fake->fault_at = at;
        const auto result = call();
        check_one_left(result);
        if (result) continue;
        CAPTURE(result.error().message);
        CHECK(result.error().message.starts_with("recreate web: "));
        CHECK(result.error().message.ends_with("runs"));
        CHECK(result.error().code != ErrorCode::Timeout);
        CHECK(result.error().code != ErrorCode::ConnectionLost);
      }
}

TEST_CASE_FIXTURE(Fixture,
                  "recreate: healer ends at any call, executed or not, and one container is left, running") {
  for (const bool port : {false, true})
    for (const bool executed : {false, true})
      for (int at = 1; at <= 7; ++at) {
        CAPTURE(port);
        CAPTURE(executed);
        CAPTURE(at);
        fresh();
        if (port) fake->publish_port();
        fake->fault = executed ? Fault::CutAfter : Fault::CutBefore;
        fake->fault_at = at;
        fake->faults = 1000;
        // For the engine the cut ends the call; healer's process ends before it learns of the cut.
        engine->recreate(order, [](const Result<std::string>&) {});
        REQUIRE(run_until(loop, [&] { return fake->changes >= at; }));
        connect();
        fake->fault_at = 0;
        const auto result = call(true);
        check_one_left(result);
        const auto before = fake->names();
        const auto again = call(true);  // resuming again changes nothing
        CHECK(again.has_value() == result.has_value());
        CHECK(fake->names() == before);
      }
}

TEST_CASE_FIXTURE(Fixture, "recreate: a container that did not run is not started after a failure") {
  fake->web.state = "exited";
  fake->web.ends_at_once = 7;
  const auto result = call();
  says(result, "starting the new container: it ended at once (exit code 7)");
  says(result, "not running, as before");
  CHECK(fake->names() == std::vector<std::string>{"web"});
  CHECK(fake->find(fake->old_id));
}

TEST_CASE_FIXTURE(Fixture, "recreate: an impossible recreation is refused before any change") {
  SUBCASE("--rm") {
    fake->web.auto_remove = true;
    says(call(), "--rm");
  }
  SUBCASE("a Swarm task") {
    fake->web.labels = {{"com.docker.swarm.task.id", "1"}};
    says(call(), "Swarm");
  }
  SUBCASE("renamed meanwhile") {
    order.name = "other";
    says(call(), "is called \"web\" now");
  }
  SUBCASE("the image is gone") {
    fake->image_status = 404;
    const auto result = call();
    says(result, "its image sha256:111111111... is gone");
    CHECK(result.error().code == ErrorCode::NotFound);
  }
  SUBCASE("the network's owner is gone") {
    fake->web.network_mode = "container:cccccccccccc";
    says(call(), "whose namespace it shares is gone");
  }
  SUBCASE("the container is gone") {
    fake->engine.destroy(fake->web);
    CHECK(call().error().code == ErrorCode::NotFound);
    return;
  }
  SUBCASE("a mark that would change the request") {
    order.mark = "../x";
    CHECK(call().error().code == ErrorCode::InvalidInput);
  }
  SUBCASE("a container is left of another recreation") {
    fake->add("web-healer7-new", "exited");
    says(call(), "exists already");
    CHECK(fake->changes == 0);
    return;
  }
  check_untouched();
}

TEST_CASE_FIXTURE(Fixture, "recreate: the new container gets the image's id") {
  SUBCASE("the tag names another image now") {
    fake->tag_means = "sha256:2";
    REQUIRE(call());
    CHECK(fake->created().at("Image").as_string() == "sha256:" + image_digest);
  }
  SUBCASE("a proxy forbids images") {
    fake->image_status = 403;
    REQUIRE(call());
    CHECK(fake->created().at("Image").as_string() == "sha256:" + image_digest);
    CHECK(fake->created().at("Labels").at("a") == "b");
  }
}

TEST_CASE_FIXTURE(Fixture, "recreate: a shared namespace is joined again only if the new owner runs") {
  fake->web.network_mode = "container:cccccccccccc";
  ScriptedContainer& parent = fake->add("parent", "exited");
  order.network_parent = parent.id;
  SUBCASE("the owner runs") {
    parent.state = "running";
    REQUIRE(call());
    CHECK(fake->created().at("HostConfig").at("NetworkMode").as_string() ==
          "container:" + order.network_parent);
  }
  SUBCASE("the owner does not run") {
    says(call(), "does not run");
    CHECK(fake->changes == 0);
  }
}

TEST_CASE_FIXTURE(Fixture, "recreate: when undoing cannot be finished, the error shows what is left") {
  SUBCASE("the name is taken") {
    fake->publish_port();
    fake->add("web-healer7", "exited");
    says(call(), "setting the old container aside: the engine answered 409");
    CHECK(fake->find("web")->id == fake->old_id);
    CHECK(fake->names() == std::vector<std::string>{"web runs", "web-healer7"});
  }
  SUBCASE("the old container does not start again") {
    fake->publish_port();
    fake->web.ends_at_once = 7;
    fake->old_never_starts = true;
    undo_limit = 1s;
    connect();
    const auto result = call();
    says(result, "back, but it does not start: the engine answered 500: port is already allocated");
    CHECK(fake->names() == std::vector<std::string>{"web"});
    CHECK(fake->find(fake->old_id));
  }
  SUBCASE("the engine stays away") {
    undo_limit = 500ms;
    connect();
    fake->fault = Fault::CutBefore;
    fake->fault_at = 4;
    fake->faults = 1000;
    const auto result = call();
    REQUIRE_FALSE(result);
    CHECK(result.error().code == ErrorCode::ConnectionLost);
    says(result, "it is not finished");
    fake->fault_at = 0;
    check_one_left(call(true));
  }
}

TEST_CASE_FIXTURE(Fixture, "resume: other parties' changes are kept") {
  SUBCASE("another party's container has the name") {
    fake->web.name = "web-healer7";
    fake->web.state = "exited";
    fake->add("web").image_id = "sha256:other";
    says(call(true), "is not ours");
    CHECK(fake->changes == 0);
  }
  SUBCASE("neither container exists") {
    fake->engine.destroy(fake->web);
    CHECK(call(true).error().code == ErrorCode::NotFound);
  }
  SUBCASE("an operator stopped the container before the recreation began") {
    fake->web.state = "exited";
    says(call(true), "as it was");
    CHECK(fake->changes == 0);
  }
  SUBCASE("the engine does not answer") {
    fake->engine.go_away(false, false);
    CHECK(call(true).error().code == ErrorCode::ConnectionLost);
  }
  SUBCASE("the restart policy started the old container as well") {
    fake->web.name = "web-healer7";
    fake->add("web");
    check_one_left(call(true));
  }
}

TEST_CASE_FIXTURE(Fixture, "recreate: a destroyed engine object calls no callback") {
  engine->recreate(order, [](const Result<std::string>&) { FAIL("called"); });
  REQUIRE(run_until(loop, [&] { return fake->changes >= 1; }));
  engine.reset();
  bool turned = false;
  loop.post([&] { turned = true; });
  REQUIRE(run_until(loop, [&] { return turned; }));
}
