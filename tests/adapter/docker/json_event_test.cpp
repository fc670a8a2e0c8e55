#include "engine/docker/json_event.hpp"

#include <doctest/doctest.h>

#include <sstream>
#include <string>
#include <vector>

#include "fixtures.hpp"

using namespace healer;
using namespace healer::docker;
using healer::testing::fixture;

namespace {

/// "die sample-app 137", one line per event of a recorded stream that decides something.
std::vector<std::string> reported(const std::string& stream) {
  std::vector<std::string> lines;
  std::istringstream text(stream);
  for (std::string line; std::getline(text, line);) {
    if (line.empty()) continue;
    const auto event = parse_event(line);
    if (!event) FAIL(event.error().message);
    if (!*event) continue;
    const EngineEvent& e = **event;
    CHECK(e.container_id.size() == 64);
    CHECK(e.unix_nanoseconds > 1795377500000000000);
    std::string said = std::string(to_string(e.kind)) + " " + e.name;
    if (e.kind == EngineEventKind::Die) said += " " + std::to_string(e.exit_code);
    if (e.kind == EngineEventKind::Kill) said += " " + std::to_string(e.signal);
    if (e.kind == EngineEventKind::HealthStatus) said += " " + std::string(to_string(e.health));
    lines.push_back(std::move(said));
  }
  return lines;
}

std::string line(EngineEventKind kind, const std::string& rest) {
  return std::string(to_string(kind)) + " " + rest;
}
std::string health(const std::string& name, EngineHealth value) {
  return line(EngineEventKind::HealthStatus, name + " " + to_string(value));
}

EngineEvent only(const std::string& json) {
  const auto event = parse_event(json);
  if (!event) FAIL(event.error().message);
  REQUIRE(*event);
  return **event;
}

}  // namespace

TEST_CASE("Docker 26's stream, word for word") {
  using Kind = EngineEventKind;
  const std::string app = "sample-app";
  const std::vector<std::string> expected{
      line(Kind::Create, app),
      line(Kind::Start, app),
      health(app, EngineHealth::Healthy),
      health(app, EngineHealth::Unhealthy),
      line(Kind::Kill, app + " 15"),
      line(Kind::Kill, app + " 9"),
      line(Kind::Stop, app),
      line(Kind::Die, app + " 137"),
      line(Kind::Start, app),
      line(Kind::Restart, app),
      line(Kind::Pause, app),
      line(Kind::Unpause, app),
      line(Kind::Kill, app + " 9"),
      line(Kind::Die, app + " 137"),
      line(Kind::Destroy, app),
  };
  CHECK(reported(fixture("events_26")) == expected);
}

TEST_CASE("Docker 20.10's stream has every kind") {
  const auto lines = reported(fixture("events_20.10"));
  const auto has = [&lines](const std::string& wanted) {
    return std::find(lines.begin(), lines.end(), wanted) != lines.end();
  };
  CHECK(has(health("sample-app", EngineHealth::Unhealthy)));
  CHECK(has(line(EngineEventKind::Die, "crash 3")));
  CHECK(has(line(EngineEventKind::Kill, "plain 15")));
  CHECK(has(line(EngineEventKind::Rename, "plain2")));
  CHECK(has(line(EngineEventKind::Update, "plain2")));
  CHECK(has(line(EngineEventKind::Destroy, "plain2")));
}

TEST_CASE("Podman's stream: health as a field, remove for destroy, its own kinds left out") {
  const auto lines = reported(fixture("events_podman"));  // the life of sample-app is in it twice
  const auto count = [&lines](const std::string& wanted) {
    return std::count(lines.begin(), lines.end(), wanted);
  };
  CHECK(count(health("sample-app", EngineHealth::Starting)) == 2);
  CHECK(count(health("sample-app", EngineHealth::Healthy)) == 2);
  CHECK(count(health("sample-app", EngineHealth::Unhealthy)) == 2);
  CHECK(count(line(EngineEventKind::Die, "crash 3")) == 1);
  CHECK(count(line(EngineEventKind::Destroy, "plain2")) == 1);
  for (const auto& said : lines) CHECK(said.find("cleanup") == std::string::npos);
}

TEST_CASE("spellings of other versions") {
  CHECK(
      only(
          R"({"Type":"container","Action":"died","Actor":{"ID":"a","Attributes":{"containerExitCode":"2"}}})")
          .exit_code == 2);
  CHECK(only(R"({"Type":"container","Action":"oom","Actor":{"ID":"a"},"time":12})").unix_nanoseconds ==
        12'000'000'000);
  CHECK(only(R"({"Type":"container","Action":"kill","Actor":{"ID":"a","Attributes":{"signal":"SIGTERM"}}})")
            .signal == 15);
  CHECK(only(R"({"Type":"container","Action":"kill","Actor":{"ID":"a","Attributes":{"signal":"KILL"}}})")
            .signal == 9);
  CHECK(
      only(R"({"Type":"container","Action":"kill","Actor":{"ID":"a","Attributes":{"signal":"?"}}})").signal ==
      0);
  CHECK(only(R"({"Type":"container","Action":"health_status:unhealthy","Actor":{"ID":"a"}})").health ==
        EngineHealth::Unhealthy);
  CHECK(only(R"({"Type":"container","Action":"health_status","HealthStatus":"unhealthy","Actor":{"ID":"a"}})")
            .health == EngineHealth::Unhealthy);
  CHECK(only(R"({"Type":"container","Action":"health_status","Actor":{"ID":"a"}})").health ==
        EngineHealth::None);
}

TEST_CASE("events of no concern are left out, those that do not fit are errors") {
  for (const char* other : {R"({"Type":"network","Action":"destroy","Actor":{"ID":"a"}})",
                            R"({"Type":"container","Action":"exec_create: sh -c x","Actor":{"ID":"a"}})",
                            R"({"Type":"container","Action":"top","Actor":{"ID":"a"}})", R"({})",
                            R"({"Type":"container","Action":"exec_die","Actor":7})"}) {
    const auto event = parse_event(other);
    REQUIRE(event);
    CHECK_FALSE(*event);
  }
  for (const char* wrong :
       {"", "7", "[]", "{", R"({"Type":"container","Action":"die"})",
        R"({"Type":"container","Action":"die","Actor":{"ID":7}})", R"({"Type":"container","Action":{}})",
        R"({"Type":"container","Action":"die","Actor":{"ID":"a"},"timeNano":"now"})",
        R"({"Type":"container","Action":"die","Actor":{"ID":"a","Attributes":{"exitCode":137}}})"}) {
    CAPTURE(std::string(wrong));
    const auto event = parse_event(wrong);
    REQUIRE_FALSE(event);
    CHECK(event.error().code == ErrorCode::Protocol);
  }
}
