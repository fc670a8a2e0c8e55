#include "heal_contestant.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <stdexcept>

#include "support/docker_cli.hpp"

namespace healer::bench {
namespace {

namespace json = boost::json;

bool all_healthy(const json::value& status, const std::vector<std::string>& containers) {
  if (!status.is_object()) return false;
  const json::array& workloads = status.at("workloads").as_array();
  return std::all_of(containers.begin(), containers.end(), [&](const std::string& name) {
    return std::any_of(workloads.begin(), workloads.end(), [&](const json::value& one) {
      return one.at("name").as_string() == name && one.at("condition").as_string() == "healthy";
    });
  });
}

}  // namespace

std::string name_of(Contestant contestant) {
  switch (contestant) {
    case Contestant::Healer:
      return "healer";
    case Contestant::Guide:
      return "guide";
    case Contestant::Autoheal:
      return "autoheal";
  }
  return {};
}

Runner::Runner(Contestant contestant, const std::string& engine_socket)
    : contestant_(contestant), engine_("unix://" + engine_socket) {
  if (contestant_ != Contestant::Healer) return;
  const testing::Settings settings = {{"HEALER_STATE", folder_.file("healer.db")},
                                      {"HEALER_ADMIN_SOCKET", folder_.file("healer.sock")},
                                      {"HEALER_LISTEN", "127.0.0.1:0"},
                                      {"HEALER_HOST_NAME", "bench"},
                                      {"LOG_FORMAT", "json"},
                                      {"CHECK_INTERVAL", "1s"},
                                      {"FAILURE_THRESHOLD", "3"},
                                      {"REQUEST_TIMEOUT", "1s"},
                                      {"SLACK_WEBHOOK_URL", slack_.url()},
                                      {"DOCKER_HOST", engine_}};
  healer_ = std::make_unique<testing::HealerProcess>(settings, folder_.path());
}

void Runner::start() {
  started_ = std::chrono::steady_clock::now();
  if (healer_) return healer_->start();
  testing::Command command;
  command.output = folder_.file("tool.log");
  command.environment = {{"DOCKER_HOST", engine_}};
  if (contestant_ == Contestant::Guide) {
    command.arguments = {"python3", BENCH_FOLDER "/guide_monitor.py"};
    command.environment["CHECK_INTERVAL"] = "1";
    command.environment["FAILURE_THRESHOLD"] = "3";
    command.environment["REQUEST_TIMEOUT"] = "1";
    command.environment["SLACK_WEBHOOK_URL"] = slack_.url();
  } else {
    command.arguments = {BENCH_FOLDER "/autoheal_loop.sh"};
    command.environment["AUTOHEAL_INTERVAL"] = "1";
  }
  tool_ = std::make_unique<testing::Process>(command);
}

void Runner::kill() {
  if (healer_) return healer_->kill();
  tool_->signal(SIGKILL);
  tool_->wait(std::chrono::seconds(10));
}

bool Runner::ended() const {
  return healer_ ? healer_->died() : tool_ && tool_->exit_code();
}

void Runner::keep_running() {
  if (!ended()) return;
  if (healer_) throw std::runtime_error("healer ended:\n" + healer_->log());
  if (std::chrono::steady_clock::now() >= started_ + std::chrono::seconds(1)) start();
}

bool Runner::ready(const std::vector<std::string>& containers) const {
  switch (contestant_) {
    case Contestant::Healer:
      return all_healthy(healer_->status(), containers);
    case Contestant::Guide:
      return log().find("checked ") != std::string::npos;
    case Contestant::Autoheal: {
      const testing::DockerCli docker(engine_);
      return std::all_of(containers.begin(), containers.end(),
                         [&](const std::string& name) { return docker.inspect(name).health == "healthy"; });
    }
  }
  return false;
}

std::string Runner::log() const {
  return healer_ ? healer_->whole_log() : testing::read_file(folder_.file("tool.log"));
}

}  // namespace healer::bench
