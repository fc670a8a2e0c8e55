#pragma once

#include <optional>
#include <string>

#include "base/result.hpp"
#include "engine/docker/recreate_body.hpp"
#include "engine/docker/recreate_steps.hpp"
#include "guard/engine_client.hpp"
#include "guard/journal.hpp"

namespace healer::guard {

/// What one call was, in the steps of a recreation that healer carries out itself.
struct StepTaken {
  docker::RecreateStep step = docker::RecreateStep::Create;
  std::size_t at_most = 0;  ///< times that one recreation may take this step
};

/// One recreation, by the steps of engine/docker/recreate_steps.hpp: after each call the containers are
/// looked at, and what exists decides the next step. The calling thread waits. The body is derived from the
/// guard's own inspect; the image and the networks are named by their ids; no volume is removed.
class Recreation {
 public:
  Recreation(const EngineClient& engine, RecreationRecord record, std::optional<unsigned> stop_seconds)
      : engine_(engine), record_(std::move(record)), stop_seconds_(stop_seconds) {}

  /// The new container's id. `inspect`: the answer about the old one. An error means that the old container
  /// is back or was not touched, unless ended() is false.
  Result<std::string> run(const std::string& inspect, const std::string& network_parent);
  /// Of a former process: finishes or undoes what exists.
  Result<std::string> resume();
  /// False: the engine does not answer; resume() may continue.
  bool ended() const { return ended_; }

  // Where healer makes the calls (plugin.hpp), and the guard compares them with its own.

  /// Derives the body, and finds what prevents the recreation. Nothing is changed.
  Result<void> prepare(const std::string& inspect, const std::string& network_parent);
  /// POST /containers/create, after prepare().
  EngineCall creation() const { return call_of(docker::RecreateStep::Create); }
  /// The new container's; empty: none is known.
  std::string new_id() const { return new_ ? new_->id : created_; }
  /// The engine answered the creation.
  void created(std::string id) { created_ = std::move(id); }
  /// healer chooses the time for a stop.
  void stop_within(std::optional<unsigned> seconds) { stop_seconds_ = seconds; }
  /// The step that this call is, if it is the next one forward or back by what exists now.
  Result<std::optional<StepTaken>> step_of(const EngineCall& call);
  /// The new container's id, or why there is none; empty: the recreation goes on.
  std::optional<Result<std::string>> outcome();

 private:
  struct Found {
    std::string id;
    std::string name;
    std::string image_id;
    bool running = false;
    bool instances = false;             ///< running, restarting or paused
    std::vector<std::string> networks;  ///< ids
  };

  Result<std::optional<Found>> find(const std::string& target) const;
  Result<docker::Sight> look();
  const std::string& new_image() const { return record_.image.empty() ? original_.image_id : record_.image; }
  /// The call that carries out the step; without a path: there is none.
  EngineCall call_of(docker::RecreateStep step) const;
  Result<void> carry_out(docker::RecreateStep step);
  Result<std::string> replace();
  Result<std::string> undo(const Error& cause);

  const EngineClient& engine_;
  RecreationRecord record_;
  std::optional<unsigned> stop_seconds_;  ///< of the old container
  docker::Original original_;
  std::optional<docker::RecreationPlan> plan_;
  std::optional<Found> old_;
  std::optional<Found> new_;
  std::string created_;  ///< id of the new container, once this process made it
  bool start_old_ = true;
  bool ended_ = true;
};

}  // namespace healer::guard
