#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "integration/lab.hpp"
#include "support/healer_process.hpp"
#include "support/scripted_server.hpp"
#include "support/slack_sink.hpp"
#include "support/wait.hpp"

namespace healer::testing {

/// How to make a container.
struct Make {
  std::vector<std::string> options;  ///< of `docker run`
  std::vector<std::string> command;  ///< for sh -c; empty: sample-app itself
  std::string image;                 ///< empty: the lab's
  bool monitored = true;
  bool published = true;  ///< false: no published port, as in another container's network
};

/// The world of one test: containers of sample-app on an engine, and one healer that watches them. At the end
/// everything is removed; when the test fails, healer's log and the containers are printed first.
class EngineScene {
 public:
  explicit EngineScene(Lab& lab = shared_lab());
  ~EngineScene();
  EngineScene(const EngineScene&) = delete;
  EngineScene& operator=(const EngineScene&) = delete;

  const DockerCli& docker() const { return lab_.docker(); }
  Lab& lab() { return lab_; }
  SlackSink& slack() { return *slack_; }
  /// Before healer(): the webhook's answers to its first requests.
  void script_slack(std::vector<std::string> answers);
  std::string file(const std::string& name) const { return folder_.file(name); }

  /// Starts a container with a free port of the host's loopback for 8080. Returns its name: `base` with the
  /// process's number.
  std::string app(const std::string& base, const Make& make = {});
  /// Makes a container with this exact name again: a deployment.
  void remake(const std::string& name, const Make& make = {});
  /// A request to the container's published port. Returns the HTTP status, or 0 without an answer.
  int ask(const std::string& name, const std::string& method, const std::string& path);
  /// Makes sample-app misbehave, or stop misbehaving. Waits until sample-app listens.
  void instruct(const std::string& name, const std::string& path);

  /// healer with short intervals; `more` replaces or adds settings. Started at the first call.
  HealerProcess& healer(const Settings& more = {}, const std::vector<std::string>& arguments = {});
  /// A healer with the same settings, not started; also for a second one.
  std::unique_ptr<HealerProcess> make_healer(const Settings& more = {}) const;

  void wait(const std::string& what, const std::function<bool()>& holds,
            std::chrono::seconds limit = std::chrono::seconds(180)) const;
  /// Waits until `healer status` shows this condition.
  void wait_condition(const std::string& name, const std::string& condition);
  /// Waits until healer has logged this text `times` times.
  void wait_said(const std::string& text, std::size_t times = 1);
  /// Waits for this many more checks of all containers together: a measure of time that adapts to the
  /// machine.
  void wait_checks(double more);

  ContainerFacts facts(const std::string& name) const { return docker().inspect(name); }
  /// The engine's events of the container since the scene began, without those of commands inside.
  std::vector<std::string> acts(const std::string& name) const;
  std::size_t acts(const std::string& name, const std::string& action) const;
  /// For failure messages: healer's log and the containers.
  std::string report() const;

 private:
  Lab& lab_;
  TemporaryFolder folder_;
  std::unique_ptr<SlackSink> slack_;
  std::unique_ptr<HealerProcess> healer_;
  std::string began_;
  int exceptions_before_;
};

}  // namespace healer::testing
