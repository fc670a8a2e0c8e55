#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "heal_contestant.hpp"
#include "heal_scene.hpp"

namespace healer::bench {

enum class Fault {
  Status503,
  ClosedPort,
  Drop,         ///< connections are accepted and closed at once
  Hang,         ///< connections are accepted and never answered
  Crash,        ///< exit code 1, no restart policy
  KillMonitor,  ///< 503; the contestant is killed in mid-outage and started again at once
  EngineGone,   ///< 503 while the engine's socket is gone; the time counts from the socket's return
  Parent,       ///< the container whose network is shared is restarted by an operator
};

struct Scenario {
  std::string key;
  std::string title;
  Fault fault;
  double goal_s;  ///< from the fault to the first good answer of the last container
  Scene::Shape shape;
  std::optional<std::size_t> most_notifications;  ///< a goal, too
};

const std::vector<Scenario>& scenarios();

struct Round {
  std::optional<double> seconds;  ///< none: not healed within the limit
  int unneeded = 0;               ///< starts of containers beyond those that healed what was broken
  std::size_t notifications = 0;
  std::string log;  ///< the contestant's
};

/// One round: starts the contestant with an empty state, breaks containers `phase` after it is ready, waits
/// until they answer again, and counts what was started. Throws when the round could not be measured.
Round run_round(const Scene& scene, Contestant contestant, const Scenario& scenario,
                std::chrono::milliseconds phase);

}  // namespace healer::bench
