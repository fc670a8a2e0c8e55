#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "integration/healer_process.hpp"
#include "integration/lab.hpp"
#include "support/scripted_server.hpp"
#include "support/slack_sink.hpp"
#include "support/wait.hpp"

namespace healer::testing {

/// How a container is made.
struct Make {
  std::vector<std::string> options;  ///< of `docker run`
  std::vector<std::string> command;  ///< sh -c ...; empty: sample-app itself
  std::string image;                 ///< empty: the lab's
  bool monitored = true;
  bool published = true;  ///< false: no port of its own, as where it shares another's network
};

/// One test's stage: containers of sample-app on an engine, and one healer that watches them. At the end all
/// of it is removed; when the test fails, healer's log and the containers are printed first.
class Scene {
 public:
  explicit Scene(Lab& lab = shared_lab());
  ~Scene();
  Scene(const Scene&) = delete;
  Scene& operator=(const Scene&) = delete;

  const DockerCli& docker() const { return lab_.docker(); }
  Lab& lab() { return lab_; }
  SlackSink& slack() { return *slack_; }
  /// Before healer(): what the webhook says to its first requests.
  void script_slack(std::vector<std::string> answers);
  std::string file(const std::string& name) const { return folder_.file(name); }

  /// Starts a container of this name and a free port of the host's loopback for 8080. Gives the name with the
  /// run's number.
  std::string app(const std::string& base, const Make& make = {});
  /// The same, with this very name again: a deployment.
  void remake(const std::string& name, const Make& make = {});
  /// A request to the container's published port; the HTTP status, 0 for none.
  int ask(const std::string& name, const std::string& method, const std::string& path);
  /// Tells sample-app to misbehave, or to stop that. Waits until it listens.
  void instruct(const std::string& name, const std::string& path);

  /// healer with quick settings, of which `more` replace or add; started when first called.
  HealerProcess& healer(const Settings& more = {}, const std::vector<std::string>& arguments = {});
  /// A healer with the same settings that is not started; also for a second one.
  std::unique_ptr<HealerProcess> make_healer(const Settings& more = {}) const;

  void wait(const std::string& what, const std::function<bool()>& holds,
            std::chrono::seconds limit = std::chrono::seconds(60)) const;
  /// Until `healer status` calls it so.
  void wait_condition(const std::string& name, const std::string& condition);
  /// Until healer has logged this, `times` times.
  void wait_said(const std::string& text, std::size_t times = 1);
  /// Until so many more checks have been made, of all containers together: time as healer counts it.
  void wait_checks(double more);

  ContainerFacts facts(const std::string& name) const { return docker().inspect(name); }
  /// What the engine did to it since the scene began, without what execs inside make.
  std::vector<std::string> acts(const std::string& name) const;
  std::size_t acts(const std::string& name, const std::string& action) const;
  /// For messages: healer's log and the containers.
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
