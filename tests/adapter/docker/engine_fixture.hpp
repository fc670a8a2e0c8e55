#pragma once

#include <doctest/doctest.h>

#include <cctype>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/docker/docker_engine.hpp"
#include "fixtures.hpp"
#include "net/loop.hpp"
#include "support/loop_wait.hpp"
#include "support/scripted_server.hpp"

namespace healer::testing {

using docker::DockerEngine;
using docker::DockerEngineSettings;

inline const std::string id(64, 'a');

/// Gives each path its answer in `answers`, with or without an API version in the path, and 404 to others.
class EnginePeer {
 public:
  std::map<std::string, std::string> answers{
      {"/_ping", answer(200, "OK", "text/plain", "Api-Version: 1.41\r\n")},
      {"/version", answer(200, fixture("version_20.10"))},
  };

  ScriptedServer::Script script() {
    return replying([this](const SeenRequest& request) { return reply(request); });
  }

  static std::string path_of(const SeenRequest& request) {
    std::string path = request.target.substr(0, request.target.find('?'));
    if (path.size() > 2 && path[1] == 'v' && std::isdigit(static_cast<unsigned char>(path[2])))
      path.erase(0, path.find('/', 1));
    return path;
  }

 private:
  std::string reply(const SeenRequest& request) const {
    const auto found = answers.find(path_of(request));
    return found == answers.end() ? answer(404, R"({"message":"No such container: x"})") : found->second;
  }
};

/// A scripted engine on a socket, and the adapter connected to it.
struct Fixture {
  net::Loop loop;
  TemporaryFolder folder;
  std::string path = folder.file("docker.sock");
  EnginePeer engine_side;
  DockerEngineSettings settings;
  std::unique_ptr<DockerEngine> engine;

  Fixture() {
    settings.endpoint = net::UnixEndpoint{path};
    settings.call_deadline = 20s;
    settings.list_deadline = 20s;
    make();
  }
  void make() { engine = std::make_unique<DockerEngine>(loop, settings); }

  std::unique_ptr<ScriptedServer> listen() { return ScriptedServer::on_unix(path, engine_side.script()); }
  std::unique_ptr<ScriptedServer> listen(ScriptedServer::Script script) {
    return ScriptedServer::on_unix(path, std::move(script));
  }

  template <class T, class Start>
  Result<T> result_of(Start start) {
    std::optional<Result<T>> result;
    start([&result](Result<T> given) {
      REQUIRE_FALSE(result.has_value());
      result = std::move(given);
    });
    REQUIRE_FALSE(result.has_value());  // the callback is never called inside the call
    REQUIRE(run_until(loop, [&] { return result.has_value(); }));
    return *result;
  }
  Result<EngineInfo> connect() {
    return result_of<EngineInfo>([&](auto done) { engine->connect(done); });
  }
  Result<Container> inspect(const std::string& which = id) {
    return result_of<Container>([&](auto done) { engine->inspect(which, done); });
  }
  Result<void> restart(std::optional<Duration> stop_timeout = {}, Duration deadline = 20s) {
    return result_of<void>([&](auto done) { engine->restart(id, stop_timeout, deadline, done); });
  }
  Result<void> start() {
    return result_of<void>([&](auto done) { engine->start(id, 20s, done); });
  }
  Result<void> stop(std::optional<Duration> stop_timeout = {}) {
    return result_of<void>([&](auto done) { engine->stop(id, stop_timeout, 20s, done); });
  }
  Result<void> list(std::vector<ContainerSummary>& into) {
    return result_of<void>([&](auto done) {
      engine->list([&into](const ContainerSummary& summary) { into.push_back(summary); }, done);
    });
  }
};

template <class T>
ErrorCode code_of(const Result<T>& result) {
  REQUIRE_FALSE(result.has_value());
  return result.error().code;
}

inline bool contains(const std::string& text, const std::string& part) {
  CAPTURE(text);
  CAPTURE(part);
  CHECK(text.find(part) != std::string::npos);
  return text.find(part) != std::string::npos;
}

inline std::string error(int status, const std::string& message) {
  return answer(status, R"({"message":")" + message + R"("})");
}

}  // namespace healer::testing
