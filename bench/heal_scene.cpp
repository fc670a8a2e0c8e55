#include "heal_scene.hpp"

#include <algorithm>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "support/wait.hpp"

namespace healer::bench {
namespace {

using testing::wait_until;

constexpr std::uint16_t app_port = 8080;
constexpr std::uint16_t child_port = 9090;
constexpr std::chrono::milliseconds answer_limit{2000};
constexpr std::chrono::seconds ready_limit{120};

bool answers(const Target& target) {
  return http_status(target.endpoint, "GET", "/health", answer_limit) == 200;
}

std::string publish(std::uint16_t host, std::uint16_t container) {
  return "127.0.0.1:" + std::to_string(host) + ":" + std::to_string(container);
}

void append(std::vector<std::string>& to, const std::vector<std::string>& more) {
  to.insert(to.end(), more.begin(), more.end());
}

/// The labels by which the contestant watches a container, and the HEALTHCHECK that docker-autoheal needs.
std::vector<std::string> opt_in(Contestant contestant) {
  if (contestant != Contestant::Autoheal) return {"--label", "monitored=true"};
  return {"--label",           "autoheal=true",
          "--health-cmd",      "/bin/sample-app healthcheck",
          "--health-interval", "1s",
          "--health-timeout",  "1s",
          "--health-retries",  "3"};
}

}  // namespace

Scene::Scene(testing::Lab& lab, Contestant contestant, const Shape& shape)
    : lab_(lab), contestant_(contestant) {
  log_starts();
  if (shape.network == Network::Address) make_network();
  if (shape.network == Network::Parent) {
    const std::uint16_t port = free_port();
    const std::string name = lab_.name("parent");
    // Published here, because a container in another one's network publishes nothing.
    broken_.push_back({lab_.name("child"), {"127.0.0.1", free_port()}});
    std::vector<std::string> arguments = {"run",     "-d",
                                          "--name",  name,
                                          "--label", lab_.mark(),
                                          "-p",      publish(port, app_port),
                                          "-p",      publish(broken_[0].endpoint.port, child_port)};
    append(arguments, opt_in(contestant_));
    arguments.push_back(lab_.image());
    docker()(arguments);
    parent_ = name;
    others_.push_back({name, {"127.0.0.1", port}});
    broken_[0] = run(broken_[0].name, Network::Parent);
  } else {
    for (std::size_t i = 1; i <= shape.broken; ++i)
      broken_.push_back(run(lab_.name("app-" + std::to_string(i)), shape.network));
  }
  for (std::size_t i = 1; i <= shape.others; ++i)
    others_.push_back(run(lab_.name("other-" + std::to_string(i)), Network::Published));
  wait_until(
      "the engine reports the starts", [&] { return starts().size() == names().size(); }, ready_limit);
}

Scene::~Scene() {
  try {
    events_.reset();
    lab_.clear();
  } catch (...) {  // the next Lab removes what is left
  }
}

/// Every start of a container from now on is a line of the file: its name. The engine's own history would not
/// do: it keeps 256 events, and every HEALTHCHECK makes three.
void Scene::log_starts() {
  testing::Command command;
  command.arguments = {"docker",   "events",
                       "--since",  docker().now(),
                       "--filter", "type=container",
                       "--filter", "event=start",
                       "--filter", "label=" + lab_.mark(),
                       "--format", "{{.Actor.Attributes.name}}"};
  command.output = folder_.file("starts");
  if (!docker().host().empty()) command.environment["DOCKER_HOST"] = docker().host();
  events_ = std::make_unique<testing::Process>(command);
}

/// A network whose addresses can be chosen, which docker allows only with an explicit subnet: docker's own
/// choice, made explicit.
void Scene::make_network() {
  network_ = lab_.name("healer-bench");
  docker()({"network", "create", "--label", lab_.mark(), network_});
  const std::string subnet =
      docker()({"network", "inspect", "-f", "{{(index .IPAM.Config 0).Subnet}}", network_});
  docker()({"network", "rm", network_});
  docker()({"network", "create", "--label", lab_.mark(), "--subnet", subnet, network_});
  network_prefix_ = subnet.substr(0, subnet.rfind('.') + 1);
}

std::vector<std::string> Scene::network_options(Target& target, Network network) {
  switch (network) {
    case Network::Published:
      // A port of docker's choice would change with each restart.
      target.endpoint = {"127.0.0.1", free_port()};
      return {"-p", publish(target.endpoint.port, app_port)};
    case Network::Address:
      target.endpoint = {network_prefix_ + std::to_string(10 + broken_.size()), app_port};
      return {"--network", network_, "--ip", target.endpoint.address};
    case Network::Parent: {
      target.endpoint = broken_[0].endpoint;
      std::vector<std::string> options = {"--network", "container:" + parent_, "-e",
                                          "APP_PORT=" + std::to_string(child_port)};
      // healer reaches such a container only by a command inside.
      if (contestant_ == Contestant::Healer)
        append(options,
               {"--label", "healer.probe=exec", "--label", "healer.command=/bin/sample-app healthcheck"});
      return options;
    }
  }
  return {};
}

Target Scene::run(const std::string& name, Network network) {
  Target target{name, {}};
  std::vector<std::string> arguments = {"run", "-d", "--name", name, "--label", lab_.mark()};
  append(arguments, network_options(target, network));
  append(arguments, opt_in(contestant_));
  arguments.push_back(lab_.image());
  docker()(arguments);
  return target;
}

std::vector<Endpoint> Scene::broken_endpoints() const {
  std::vector<Endpoint> all;
  for (const Target& target : broken_) all.push_back(target.endpoint);
  return all;
}

std::vector<std::string> Scene::names() const {
  std::vector<std::string> all;
  for (const auto* targets : {&broken_, &others_})
    for (const Target& target : *targets) all.push_back(target.name);
  return all;
}

void Scene::repair() const {
  // The others first: a parent is among them.
  for (const auto* targets : {&others_, &broken_})
    for (const Target& target : *targets)
      if (!answers(target) && docker().inspect(target.name).status != "running")
        docker()({"start", target.name});
  for (const auto* targets : {&others_, &broken_})
    for (const Target& target : *targets) {
      const auto soon = Clock::now() + std::chrono::seconds(2);
      while (!answers(target) && Clock::now() < soon)
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
      if (!answers(target)) docker()({"restart", target.name});
      wait_until(
          target.name + " answers", [&] { return answers(target); }, ready_limit);
    }
}

void Scene::instruct(const Target& target, const std::string& path) const {
  const int status = http_status(target.endpoint, "POST", path, answer_limit);
  if (status != 200 && !path.starts_with("/crash"))
    throw std::runtime_error(target.name + " answered POST " + path + " with " + std::to_string(status));
}

std::map<std::string, int> Scene::starts() const {
  std::istringstream lines(testing::read_file(folder_.file("starts")));
  std::map<std::string, int> all;
  for (std::string line; std::getline(lines, line);) ++all[line];
  return all;
}

}  // namespace healer::bench
