#include "engine/docker/json_event.hpp"

#include <doctest/doctest.h>

#include <sstream>
#include <string>
#include <vector>

#include "fixtures.hpp"
#include "model/forms.hpp"

using namespace healer;
using namespace healer::docker;
using healer::testing::fixture;

namespace {

/// "ended 137", "stop_requested signal 9": the report in one line.
std::string text_of(const EngineReport& report) {
  std::string text{tag_of(report)};
  if (const auto* end = std::get_if<Ended>(&report)) {
    text += " " + std::to_string(end->exit_code);
    if (end->oom) text += " oom";
  }
  if (const auto* stop = std::get_if<StopRequested>(&report)) {
    text += std::string(" ") + to_string(stop->form);
    if (stop->signal != 0) text += " " + std::to_string(stop->signal);
  }
  if (const auto* check = std::get_if<HealthReported>(&report))
    text += std::string(" ") + to_string(check->health);
  return text;
}

/// "sample-app ended 137": one line for each event of a recorded stream that is reported.
std::vector<std::string> reported(const std::string& stream, Product product = Product::Docker) {
  std::vector<std::string> lines;
  std::istringstream text(stream);
  EventReader reader(product);
  for (std::string line; std::getline(text, line);) {
    if (line.empty()) continue;
    const auto event = reader.read(line);
    if (!event) FAIL(event.error().message);
    if (!*event) continue;
    CHECK((*event)->container_id.size() == 64);
    CHECK((*event)->unix_nanoseconds > 1795377500000000000);
    lines.push_back((*event)->name + " " + text_of((*event)->report));
  }
  return lines;
}

std::string only(const std::string& json, Product product = Product::Docker) {
  const auto event = EventReader(product).read(json);
  if (!event) FAIL(event.error().message);
  return *event ? text_of((*event)->report) : "nothing";
}

/// The event of a container with this action and these attributes.
std::string line(const std::string& action, const std::string& attributes = "{}") {
  return R"({"Type":"container","Action":")" + action + R"(","Actor":{"ID":"a","Attributes":)" + attributes +
         "}}";
}

}  // namespace

TEST_CASE("Docker 26's stream, report by report") {
  const std::vector<std::string> expected{
      "sample-app created",
      "sample-app started",
      "sample-app health_reported healthy",
      "sample-app health_reported unhealthy",
      "sample-app stop_requested signal 15",
      "sample-app stop_requested signal 9",
      "sample-app stop_requested stop",
      "sample-app ended 137",
      "sample-app started",
      "sample-app changed",
      "sample-app changed",
      "sample-app changed",
      "sample-app stop_requested signal 9",
      "sample-app ended 137",
      "sample-app removed",
  };
  CHECK(reported(fixture("events_26")) == expected);
}

TEST_CASE("Docker 20.10's stream has every report") {
  const auto lines = reported(fixture("events_20.10"));
  const auto has = [&lines](const std::string& wanted) {
    return std::find(lines.begin(), lines.end(), wanted) != lines.end();
  };
  CHECK(has("sample-app health_reported unhealthy"));
  CHECK(has("crash ended 3"));
  CHECK(has("plain stop_requested signal 15"));
  CHECK(has("plain2 changed"));
  CHECK(has("plain2 removed"));
}

TEST_CASE("Podman's stream: health as a field, remove instead of destroy, other words left out") {
  const auto lines = reported(fixture("events_podman"), Product::Podman);  // has sample-app's life twice
  const auto count = [&lines](const std::string& wanted) {
    return std::count(lines.begin(), lines.end(), wanted);
  };
  CHECK(count("sample-app health_reported starting") == 2);
  CHECK(count("sample-app health_reported healthy") == 2);
  CHECK(count("sample-app health_reported unhealthy") == 2);
  CHECK(count("crash ended 3") == 1);
  CHECK(count("plain2 removed") == 1);
}

TEST_CASE("spellings of other versions") {
  CHECK(only(line("died", R"({"containerExitCode":"2"})"), Product::Podman) == "ended 2");
  CHECK(only(line("kill", R"({"signal":"SIGTERM"})")) == "stop_requested signal 15");
  CHECK(only(line("kill", R"({"signal":"KILL"})")) == "stop_requested signal 9");
  CHECK(only(line("kill", R"({"signal":"?"})")) == "stop_requested signal");
  CHECK(only(line("health_status:unhealthy")) == "health_reported unhealthy");
  CHECK(
      only(
          R"({"Type":"container","Action":"health_status","HealthStatus":"unhealthy","Actor":{"ID":"a"}})") ==
      "health_reported unhealthy");
  CHECK(only(line("health_status")) == "health_reported none");
  const auto seconds = EventReader(Product::Docker)
                           .read(R"({"Type":"container","Action":"start","Actor":{"ID":"a"},"time":12})");
  REQUIRE(seconds);
  REQUIRE(*seconds);
  CHECK((*seconds)->unix_nanoseconds == 12'000'000'000);
}

TEST_CASE("an end without a usable exit code is a change: an inspect shows the exit code") {
  CHECK(only(line("die")) == "changed");
  CHECK(only(line("die", R"({"exitCode":"none"})")) == "changed");
  CHECK(only(line("die", R"({"exitCode":""})")) == "changed");
  CHECK(only(line("die", R"({"containerExitCode":"3"})")) == "changed");
  CHECK(only(line("die", R"({"exitCode":"3"})"), Product::Podman) == "changed");
  CHECK(only(line("die", R"({"exitCode":"-1"})")) == "ended -1");
}

TEST_CASE("Podman's labels are under its own attributes, except those that it does not write") {
  CHECK(only(line("die", R"({"containerExitCode":"3","exitCode":"0"})"), Product::Podman) == "ended 3");
  CHECK(only(line("kill", R"({"signal":"HUP"})"), Product::Podman) == "stop_requested signal");
  CHECK(only(line("health_status", R"({"health_status":"healthy"})"), Product::Podman) ==
        "health_reported none");
}

TEST_CASE("a label hides the exit code and the signal of its container, until the container is removed") {
  EventReader::Hidden hidden;
  hidden.exit_code = {"a"};
  hidden.signal = {"a"};
  EventReader reader(Product::Docker, hidden);
  const auto next = [&reader](const std::string& json) {
    const auto event = reader.read(json);
    REQUIRE(event);
    return *event ? text_of((*event)->report) : std::string("nothing");
  };
  CHECK(next(line("die", R"({"exitCode":"0"})")) == "changed");
  CHECK(next(line("kill", R"({"signal":"HUP"})")) == "stop_requested signal");
  CHECK(next(line("destroy")) == "removed");
  CHECK(next(line("die", R"({"exitCode":"0"})")) == "ended 0");
  CHECK(next(line("kill", R"({"signal":"HUP"})")) == "nothing");
  CHECK(next(line("start", R"({"signal":"x"})")) == "started");
  CHECK(next(line("kill", R"({"signal":"HUP"})")) == "stop_requested signal");
  CHECK(next(line("die", R"({"exitCode":"5"})")) == "ended 5");
}

TEST_CASE("created and removed name the service, but not of a one-off container") {
  const auto service_of = [](const std::string& action, const std::string& attributes) {
    const auto event = EventReader(Product::Docker).read(line(action, attributes));
    REQUIRE(event);
    REQUIRE(*event);
    return (*event)->service;
  };
  const std::string labels = R"("com.docker.compose.project":"shop","com.docker.compose.service":"web")";
  CHECK(service_of("create", "{" + labels + "}") == "shop/web");
  CHECK(service_of("destroy", "{" + labels + "}") == "shop/web");
  CHECK(service_of("remove", "{" + labels + "}") == "shop/web");
  CHECK(service_of("create", "{" + labels + R"(,"com.docker.compose.oneoff":"True"})") == "");
  CHECK(service_of("create", R"({"com.docker.compose.project":"shop"})") == "");
  CHECK(service_of("start", "{" + labels + "}") == "");
}

TEST_CASE("a container that is connected to a network, or disconnected, has changed") {
  const std::string docker =
      R"({"Type":"network","Action":"connect","Actor":{"ID":"n1","Attributes":{"container":"c1","name":"front"}},)"
      R"("timeNano":7})";
  const auto event = EventReader(Product::Docker).read(docker);
  REQUIRE(event);
  REQUIRE(*event);
  CHECK((*event)->container_id == "c1");
  CHECK((*event)->name.empty());
  CHECK((*event)->unix_nanoseconds == 7);
  CHECK(text_of((*event)->report) == "changed");
  // Podman names the container as the actor.
  const auto podman =
      EventReader(Product::Podman)
          .read(R"({"Type":"network","Action":"disconnect","Actor":{"ID":"c2","Attributes":{}}})");
  REQUIRE(podman);
  REQUIRE(*podman);
  CHECK((*podman)->container_id == "c2");
  for (const char* other : {"create", "destroy", "remove", "prune", "start"}) {
    const auto none = EventReader(Product::Docker)
                          .read(R"({"Type":"network","Action":")" + std::string(other) +
                                R"(","Actor":{"ID":"n1","Attributes":{"container":"c1"}}})");
    REQUIRE(none);
    CHECK_FALSE(*none);
  }
  CHECK(only(line("connect")) == "nothing");
}

TEST_CASE("a signal that asks a process to reload or report is no request to stop") {
  for (const char* signal : {"1", "HUP", "SIGUSR1", "12", "SIGCONT"})
    CHECK(only(line("kill", std::string(R"({"signal":")") + signal + R"("})")) == "nothing");
}

TEST_CASE("restart is a stop request on Podman, and comes after the new start on Docker") {
  CHECK(only(line("restart"), Product::Podman) == "stop_requested restart");
  CHECK(only(line("restart"), Product::Docker) == "changed");
}

TEST_CASE("out of memory is part of the end that follows, until the container starts again") {
  EventReader reader(Product::Docker);
  const auto next = [&reader](const std::string& json) {
    const auto event = reader.read(json);
    REQUIRE(event);
    return *event ? text_of((*event)->report) : std::string("nothing");
  };
  CHECK(next(line("oom")) == "nothing");
  CHECK(next(line("die", R"({"exitCode":"137"})")) == "ended 137 oom");
  CHECK(next(line("start")) == "started");
  CHECK(next(line("die", R"({"exitCode":"137"})")) == "ended 137");
}

TEST_CASE("events that no decision needs are left out, malformed ones are errors") {
  for (const char* other : {R"({"Type":"network","Action":"destroy","Actor":{"ID":"a"}})",
                            R"({"Type":"container","Action":"exec_create: sh -c x","Actor":{"ID":"a"}})",
                            R"({"Type":"container","Action":"top","Actor":{"ID":"a"}})", R"({})",
                            R"({"Type":"container","Action":"exec_die","Actor":7})"}) {
    const auto event = EventReader(Product::Docker).read(other);
    REQUIRE(event);
    CHECK_FALSE(*event);
  }
  for (const char* wrong :
       {"", "7", "[]", "{", R"({"Type":"container","Action":"die"})",
        R"({"Type":"container","Action":"die","Actor":{"ID":7}})", R"({"Type":"container","Action":{}})",
        R"({"Type":"container","Action":"die","Actor":{"ID":"a"},"timeNano":"now"})",
        R"({"Type":"container","Action":"die","Actor":{"ID":"a","Attributes":{"exitCode":137}}})"}) {
    CAPTURE(std::string(wrong));
    const auto event = EventReader(Product::Docker).read(wrong);
    REQUIRE_FALSE(event);
    CHECK(event.error().code == ErrorCode::Protocol);
  }
}
