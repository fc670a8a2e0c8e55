#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "support/engine/app.hpp"

namespace healer::testing {

/// Nanoseconds since 1970, as in the engine's events.
using EngineTime = std::int64_t;
EngineTime engine_now();
/// "2026-11-22T10:00:00.000000001Z"; the engine's zero time for 0.
std::string engine_text(EngineTime time);
/// 64 hexadecimal digits that depend on the text alone.
std::string hex_id(const std::string& text);

/// The HEALTHCHECK in a container's configuration.
struct HealthCheck {
  std::vector<std::string> test = {"CMD", "/check"};
  std::chrono::milliseconds interval{1000};
  std::chrono::milliseconds timeout{1000};
  std::chrono::milliseconds start_period{0};
  int retries = 1;
};

/// What a command inside a container ended with.
struct CommandEnd {
  int code = 0;
  std::string output = {};
};

using Labels = std::map<std::string, std::string>;

/// How a container is made.
struct Make {
  Labels labels = {};  ///< "monitored=true" is added unless a label opts in or out
  std::string image = "shop/app:1";
  std::string image_id = {};  ///< empty: made from `image`
  std::string policy = "unless-stopped";
  std::vector<std::string> environment = {};
  std::optional<HealthCheck> check =
      std::nullopt;  ///< healthy once at the start, unless `state` says otherwise
  std::string state = "running";
  std::chrono::seconds running_for{600};
  bool watched = true;  ///< false: no label is added
  bool serves = true;   ///< an App that answers 200 at `port`
  std::uint16_t port = 8080;
  bool published = true;  ///< at a free port of 127.0.0.1
  bool auto_remove = false;
};

struct HealthEntry {
  EngineTime start = 0;
  EngineTime end = 0;
  CommandEnd result;
};

struct PublishedPort {
  std::uint16_t container_port = 0;
  std::string host_address;
  std::uint16_t host_port = 0;
};

/// A container of the scripted engine. Its apps listen while it runs.
struct ScriptedContainer {
  std::string id;
  std::string name;
  Labels labels;
  std::string image;
  std::string image_id;
  std::string policy;
  std::vector<std::string> environment;
  std::vector<std::string> command = {"/app"};
  std::optional<HealthCheck> check;
  bool auto_remove = false;
  std::string network_mode = "bridge";

  std::string state = "created";
  int exit_code = 0;
  bool out_of_memory = false;
  std::string error;
  int restart_count = 0;
  EngineTime created = 0;
  EngineTime started = 0;
  EngineTime finished = 0;

  std::string health;  ///< "starting", "healthy", "unhealthy"; empty without a HEALTHCHECK
  int failing_streak = 0;
  std::vector<HealthEntry> health_log;
  /// What the HEALTHCHECK ends with from now on; empty: only set_health() changes the health.
  std::optional<CommandEnd> health_answer;

  std::map<std::string, std::string> networks;  ///< address by network
  std::string address;                          ///< where its apps listen
  std::vector<PublishedPort> ports;
  std::set<std::uint16_t> exposed;
  std::vector<std::shared_ptr<App>> apps;
  std::vector<std::pair<EngineTime, std::string>> log;
  std::optional<int> ends_at_once;  ///< the exit code with which each started instance ends at once
  std::uint64_t cpu_nanoseconds = 1'000'000'000;

  /// What a command inside ends with; nothing: it runs until exec_end().
  std::function<std::optional<CommandEnd>(const std::vector<std::string>&)> exec_answer =
      [](const std::vector<std::string>&) { return CommandEnd{}; };
  /// Called at each start, with the engine locked.
  std::vector<std::function<void()>> on_start;

  bool running() const { return state == "running" || state == "paused"; }
  App& app() const { return *apps.front(); }
};

struct ScriptedExec {
  std::string id;
  ScriptedContainer* container = nullptr;
  std::vector<std::string> command;
  bool tty = false;
  bool running = false;
  std::optional<int> code;
};

/// One call of the engine's API.
struct EngineCall {
  std::string method;
  std::string version;  ///< "1.41"; empty: none in the path
  std::string path;     ///< without version
  std::map<std::string, std::string> query;
  std::string body;
};

/// A call that changes a container.
struct EngineOrder {
  /// restart, start, stop, kill, create, remove, rename, pause, unpause, update; connect, disconnect
  std::string verb;
  std::string name;  ///< of the container; of the network for the last two
};

}  // namespace healer::testing
