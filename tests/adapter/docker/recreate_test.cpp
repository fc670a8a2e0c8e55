#include "engine/docker/recreate.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <list>
#include <mutex>
#include <set>

#include <boost/json.hpp>

#include "engine/docker/docker_engine.hpp"
#include "net/loop.hpp"
#include "support/loop_wait.hpp"
#include "support/scripted_server.hpp"

using namespace healer;
using namespace healer::docker;
using namespace healer::testing;
namespace json = boost::json;

namespace {

const std::string old_id(64, 'a');
const std::string new_id(64, 'b');
const std::string image_id = "sha256:" + std::string(64, '1');

/// The fate of one call.
enum class Fault {
  None,
  Refused,    ///< 500, not executed
  Forbidden,  ///< 403
  CutBefore,  ///< the connection ends, not executed
  CutAfter,   ///< executed, but not answered
};

/// An engine with containers that have a name, run or not, and are on networks. The calls that would change
/// something are counted from 1; from call `fault_at` on, `faults` of them meet the fault.
class FakeEngine {
 public:
  struct Box {
    std::string id;
    std::string name;
    bool runs = false;
    std::string config = R"({"Image":"app:1","Labels":{"a":"b"}})";
    std::string host = R"({"NetworkMode":"one"})";
    std::set<std::string> networks = {"one", "two"};
    std::string image = image_id;
  };

  std::list<Box> boxes{{old_id, "web", true}};
  std::string tag_means = image_id;
  int image_status = 200;
  Fault fault = Fault::None;
  std::atomic<int> fault_at = 0;
  std::atomic<int> faults = 1;
  std::atomic<int> changes = 0;
  bool new_ends_at_once = false;
  bool old_never_starts = false;
  std::vector<std::string> log;  ///< "stop web"
  bool both_ran = false;
  std::string created;  ///< request body

  ScriptedServer::Script script() {
    return [this](Peer& peer) {
      while (const auto request = peer.read_request()) {
        const std::string said = serve(*request);
        if (said.empty() || !peer.send(said)) return;
      }
    };
  }

  Box* find(const std::string& key) {
    for (Box& box : boxes)
      if (box.id == key || box.name == key) return &box;
    return nullptr;
  }
  std::vector<std::string> names() {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> all;
    for (const Box& box : boxes) all.push_back(box.name + (box.runs ? " runs" : ""));
    std::sort(all.begin(), all.end());
    return all;
  }

 private:
  std::string serve(const SeenRequest& request) {
    const std::lock_guard lock(mutex_);
    std::string path = request.target.substr(0, request.target.find('?'));
    const auto question = request.target.find("name=");
    const std::string name = question == std::string::npos ? "" : request.target.substr(question + 5);
    if (request.method == "GET") return get(path);
    ++changes;
    const bool faulty = fault_at > 0 && changes >= fault_at && changes < fault_at + faults;
    if (faulty && fault == Fault::CutBefore) return {};
    if (faulty && fault == Fault::Refused) return error(500, "it broke");
    if (faulty && fault == Fault::Forbidden) return error(403, "no");
    std::string said = change(request.method, path, name, request.body);
    int running = 0;
    for (const Box& box : boxes) running += box.runs ? 1 : 0;
    both_ran = both_ran || running > 1;
    return faulty && fault == Fault::CutAfter ? std::string() : said;
  }

  static std::string error(int status, const std::string& message) {
    return answer(status, R"({"message":")" + message + R"("})");
  }

  std::string get(const std::string& path) {
    if (path.starts_with("/images/")) {
      if (image_status != 200) return error(image_status, "no image");
      const bool by_tag = path.find("app") != std::string::npos;
      return answer(200, R"({"Id":")" + (by_tag ? tag_means : image_id) + R"(","Config":{}})");
    }
    const Box* box = find(path.substr(12, path.size() - 12 - 5));
    if (!box) return error(404, "No such container: x");
    const std::string status = box->runs ? "running" : "exited";
    std::string networks;
    for (const std::string& network : box->networks)
      networks += (networks.empty() ? "\"" : ",\"") + network + R"(":{"Aliases":["alias"]})";
    return answer(200, R"({"Id":")" + box->id + R"(","Name":"/)" + box->name + R"(","Image":")" + box->image +
                           R"(","State":{"Status":")" + status + R"(","ExitCode":7},"Config":)" +
                           box->config + R"(,"HostConfig":)" + box->host +
                           R"(,"NetworkSettings":{"Networks":{)" + networks + "}}}");
  }

  std::string change(const std::string& method, const std::string& path, const std::string& name,
                     const std::string& body) {
    if (path == "/containers/create") {
      log.push_back("create " + name);
      if (find(name)) return error(409, "name in use");
      created = body;
      boxes.push_back({new_id, name, false});
      boxes.back().networks = {"one"};
      return answer(201, R"({"Id":")" + new_id + R"("})");
    }
    const std::string rest = path.substr(path.find('/', 1) + 1);
    const std::string key = rest.substr(0, rest.find('/'));
    const std::string verb = method == "DELETE" ? "remove" : rest.substr(rest.find('/') + 1);
    if (verb == "connect") {
      log.push_back("connect " + key);
      find(std::string(json::parse(body).at("Container").as_string()))->networks.insert(key);
      return answer(200, "");
    }
    Box* box = find(key);
    if (!box) return error(404, "No such container: x");
    log.push_back(verb + " " + box->name);
    if (verb == "start") {
      if (box->id == old_id && old_never_starts) return error(500, "port is already allocated");
      box->runs = box->id != new_id || !new_ends_at_once;
    }
    if (verb == "stop") box->runs = false;
    if (verb == "rename") {
      if (find(name)) return error(409, "name in use");
      box->name = name;
    }
    if (verb == "remove") {
      if (box->id == old_id && box->runs) return error(409, "running");
      boxes.remove_if([&](const Box& one) { return &one == box; });
    }
    return answer(204, "");
  }

  std::mutex mutex_;
};

struct Fixture {
  net::Loop loop;
  TemporaryFolder folder;
  std::unique_ptr<FakeEngine> fake = std::make_unique<FakeEngine>();
  std::unique_ptr<ScriptedServer> server;
  std::unique_ptr<DockerEngine> engine;
  RecreateOrder order;
  Duration undo_limit = 60s;

  Fixture() {
    order.container_id = old_id;
    order.name = "web";
    order.mark = "healer7";
    order.deadline = 60s;
    listen();
  }

  void listen() {
    engine.reset();
    server.reset();
    server = ScriptedServer::on_unix(folder.file("engine.sock"), fake->script());
    connect();
  }
  /// Like a new process of healer.
  void connect() {
    DockerEngineSettings settings;
    settings.endpoint = net::UnixEndpoint{folder.file("engine.sock")};
    settings.undo_limit = undo_limit;
    engine = std::make_unique<DockerEngine>(loop, settings);
  }
  /// The engine as at the beginning.
  void fresh(std::unique_ptr<FakeEngine> next = std::make_unique<FakeEngine>()) {
    engine.reset();
    server.reset();
    fake = std::move(next);
    listen();
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
    CHECK(fake->find(old_id));
    CHECK(fake->changes == 0);
  }
  void check_one_left(const Result<std::string>& result) {
    CHECK(fake->names() == std::vector<std::string>{"web runs"});
    CHECK(fake->boxes.front().id == (result ? new_id : old_id));
    if (result) CHECK(*result == new_id);
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
  CHECK(*result == new_id);
  check_one_left(result);
  CHECK(fake->log == std::vector<std::string>{"create web-healer7-new", "connect two",
                                              "start web-healer7-new", "stop web", "rename web",
                                              "rename web-healer7-new", "remove web-healer7"});
  CHECK(fake->both_ran);
  CHECK(fake->find("web")->networks == std::set<std::string>{"one", "two"});
  CHECK(json::parse(fake->created).at("Image") == "app:1");
}

TEST_CASE_FIXTURE(Fixture, "recreate: one after the other when both cannot run at once") {
  fake->boxes.front().host = R"({"NetworkMode":"one","PortBindings":{"80/tcp":[{"HostPort":"80"}]}})";
  order.stop_timeout = 1500ms;
  const auto result = call();
  REQUIRE(result);
  check_one_left(result);
  CHECK(fake->log == std::vector<std::string>{"create web-healer7-new", "connect two", "stop web",
                                              "rename web", "rename web-healer7-new", "start web",
                                              "remove web-healer7"});
  CHECK_FALSE(fake->both_ran);
  for (const auto& request : server->requests()) {
    if (request.target.find("/stop") != std::string::npos) CHECK(request.target.ends_with("/stop?t=2"));
    if (request.method == "DELETE") CHECK(request.target.ends_with("?v=0&force=0"));
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
        if (port)
          fake->boxes.front().host = R"({"NetworkMode":"one","PortBindings":{"80/tcp":[{"HostPort":"80"}]}})";
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
        if (port)
          fake->boxes.front().host = R"({"NetworkMode":"one","PortBindings":{"80/tcp":[{"HostPort":"80"}]}})";
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
  fake->boxes.front().runs = false;
  fake->new_ends_at_once = true;
  const auto result = call();
  says(result, "starting the new container: it ended at once (exit code 7)");
  says(result, "not running, as before");
  CHECK(fake->names() == std::vector<std::string>{"web"});
  CHECK(fake->find(old_id));
}

TEST_CASE_FIXTURE(Fixture, "recreate: an impossible recreation is refused before any change") {
  SUBCASE("--rm") {
    fake->boxes.front().host = R"({"AutoRemove":true})";
    says(call(), "--rm");
  }
  SUBCASE("a Swarm task") {
    fake->boxes.front().config = R"({"Labels":{"com.docker.swarm.task.id":"1"}})";
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
    fake->boxes.front().host = R"({"NetworkMode":"container:cccccccccccc"})";
    says(call(), "whose namespace it shares is gone");
  }
  SUBCASE("the container is gone") {
    fake->boxes.clear();
    CHECK(call().error().code == ErrorCode::NotFound);
    return;
  }
  SUBCASE("a mark that would change the request") {
    order.mark = "../x";
    CHECK(call().error().code == ErrorCode::InvalidInput);
  }
  SUBCASE("a container is left of another recreation") {
    fake->boxes.push_back({new_id, "web-healer7-new", false});
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
    CHECK(json::parse(fake->created).at("Image").as_string() == image_id);
  }
  SUBCASE("a proxy forbids images") {
    fake->image_status = 403;
    REQUIRE(call());
    CHECK(json::parse(fake->created).at("Image").as_string() == image_id);
    CHECK(json::parse(fake->created).at("Labels").at("a") == "b");
  }
}

TEST_CASE_FIXTURE(Fixture, "recreate: a shared namespace is joined again only if the new owner runs") {
  fake->boxes.front().host = R"({"NetworkMode":"container:cccccccccccc"})";
  fake->boxes.push_back({std::string(64, 'd'), "parent", false});
  order.network_parent = std::string(64, 'd');
  SUBCASE("the owner runs") {
    fake->boxes.back().runs = true;
    REQUIRE(call());
    CHECK(json::parse(fake->created).at("HostConfig").at("NetworkMode").as_string() ==
          "container:" + order.network_parent);
  }
  SUBCASE("the owner does not run") {
    says(call(), "does not run");
    CHECK(fake->changes == 0);
  }
}

TEST_CASE_FIXTURE(Fixture, "recreate: when undoing cannot be finished, the error shows what is left") {
  SUBCASE("the name is taken") {
    fake->boxes.front().host = R"({"NetworkMode":"one","PortBindings":{"80/tcp":[{"HostPort":"80"}]}})";
    fake->boxes.push_back({std::string(64, 'c'), "web-healer7", false});
    says(call(), "setting the old container aside: the engine answered 409");
    CHECK(fake->find("web")->id == old_id);
    CHECK(fake->find("web")->runs);
    CHECK_FALSE(fake->find(new_id));
  }
  SUBCASE("the old container does not start again") {
    fake->boxes.front().host = R"({"NetworkMode":"one","PortBindings":{"80/tcp":[{"HostPort":"80"}]}})";
    fake->new_ends_at_once = fake->old_never_starts = true;
    undo_limit = 1s;
    connect();
    const auto result = call();
    says(result, "back, but it does not start: the engine answered 500: port is already allocated");
    CHECK(fake->names() == std::vector<std::string>{"web"});
    CHECK(fake->find(old_id));
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
    fake->boxes.front().name = "web-healer7";
    fake->boxes.front().runs = false;
    fake->boxes.push_back({std::string(64, 'c'), "web", true});
    fake->boxes.back().image = "sha256:other";
    says(call(true), "is not ours");
    CHECK(fake->changes == 0);
  }
  SUBCASE("neither container exists") {
    fake->boxes.clear();
    CHECK(call(true).error().code == ErrorCode::NotFound);
  }
  SUBCASE("an operator stopped the container before the recreation began") {
    fake->boxes.front().runs = false;
    says(call(true), "as it was");
    CHECK(fake->changes == 0);
  }
  SUBCASE("the engine does not answer") {
    server.reset();
    CHECK(call(true).error().code == ErrorCode::ConnectionLost);
  }
  SUBCASE("the restart policy started the old container as well") {
    fake->boxes.front().name = "web-healer7";
    fake->boxes.push_back({new_id, "web", true});
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
