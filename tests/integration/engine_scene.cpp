#include "integration/engine_scene.hpp"

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <thread>
#include <utility>

namespace healer::testing {
namespace {

/// In a thread of its own: a socket belongs to the network namespace of the thread that opens it.
std::unique_ptr<SlackSink> open_sink(const std::string& network_namespace, std::vector<std::string> answers) {
  std::unique_ptr<SlackSink> sink;
  std::thread([&] {
    if (!network_namespace.empty()) enter_network_namespace(network_namespace);
    sink = std::make_unique<SlackSink>(std::move(answers));
  }).join();
  return sink;
}

}  // namespace

EngineScene::EngineScene(Lab& lab)
    : lab_(lab),
      slack_(open_sink(lab.network_namespace(), {})),
      began_(lab.docker().now()),
      exceptions_before_(std::uncaught_exceptions()) {}

EngineScene::~EngineScene() {
  if (std::uncaught_exceptions() > exceptions_before_ || std::getenv("HEALER_TEST_REPORT"))
    std::cerr << report() << std::endl;
  healer_.reset();
  lab_.clear();
}

void EngineScene::script_slack(std::vector<std::string> answers) {
  slack_ = open_sink(lab_.network_namespace(), std::move(answers));
}

std::string EngineScene::app(const std::string& base, const Make& make) {
  const std::string name = lab_.name(base);
  remake(name, make);
  return name;
}

void EngineScene::remake(const std::string& name, const Make& make) {
  std::vector<std::string> arguments = {"run",     "-d",        "--name",         name,
                                        "--label", lab_.mark(), "--stop-timeout", "2"};
  if (make.published) arguments.insert(arguments.end(), {"-p", "127.0.0.1::8080"});
  if (make.monitored) arguments.insert(arguments.end(), {"--label", "monitored=true"});
  arguments.insert(arguments.end(), make.options.begin(), make.options.end());
  if (!make.command.empty()) arguments.insert(arguments.end(), {"--entrypoint", make.command.front()});
  arguments.push_back(make.image.empty() ? lab_.image() : make.image);
  if (!make.command.empty()) arguments.insert(arguments.end(), make.command.begin() + 1, make.command.end());
  docker()(arguments);
}

int EngineScene::ask(const std::string& name, const std::string& method, const std::string& path) {
  const Ran port = docker().attempt({"port", name, "8080/tcp"});
  if (port.code != 0) return 0;
  Command command;
  command.arguments = {"curl",
                       "-s",
                       "-o",
                       "/dev/null",
                       "--max-time",
                       "5",
                       "-w",
                       "%{http_code}",
                       "-X",
                       method,
                       "http://" + port.output.substr(0, port.output.find('\n')) + path};
  command.network_namespace = lab_.network_namespace();
  return std::atoi(run(std::move(command)).output.c_str());
}

void EngineScene::instruct(const std::string& name, const std::string& path) {
  wait(name + " takes POST " + path, [&] { return ask(name, "POST", path) == 200; });
}

HealerProcess& EngineScene::healer(const Settings& more, const std::vector<std::string>& arguments) {
  if (!healer_) {
    healer_ = make_healer(more);
    healer_->start(arguments);
  }
  return *healer_;
}

std::unique_ptr<HealerProcess> EngineScene::make_healer(const Settings& more) const {
  Settings settings = {{"HEALER_STATE", file("healer.db")},
                       {"HEALER_ADMIN_SOCKET", file("healer.sock")},
                       {"HEALER_LISTEN", "127.0.0.1:0"},
                       {"HEALER_HOST_NAME", "test-host"},
                       {"LOG_FORMAT", "json"},
                       {"LOG_LEVEL", "debug"},
                       {"CHECK_INTERVAL", "1s"},
                       {"FAST_INTERVAL", "250ms"},
                       {"REQUEST_TIMEOUT", "1s"},
                       {"START_PERIOD", "3s"},
                       {"SLACK_WEBHOOK_URL", slack_->url()}};
  // The test's engine, by the variables that the docker client reads.
  for (const char* name : {"DOCKER_HOST", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "DOCKER_CONFIG", "HOME"})
    if (const char* value = std::getenv(name)) settings[name] = value;
  if (!docker().host().empty()) settings["DOCKER_HOST"] = docker().host();
  for (const auto& [name, value] : more) settings[name] = value;
  return std::make_unique<HealerProcess>(std::move(settings), folder_.path(), lab_.network_namespace());
}

void EngineScene::wait(const std::string& what, const std::function<bool()>& holds,
                       std::chrono::seconds limit) const {
  wait_until(
      what,
      [&] {
        if (healer_ && healer_->died()) throw NotInTime("healer ended while this was waited for: " + what);
        return holds();
      },
      limit);
}

void EngineScene::wait_condition(const std::string& name, const std::string& condition) {
  wait(name + " is " + condition + " for healer", [&] { return healer().condition(name) == condition; });
}

void EngineScene::wait_said(const std::string& text, std::size_t times) {
  wait("healer logs \"" + text + "\"", [&] { return healer().said(text) >= times; });
}

void EngineScene::wait_checks(double more) {
  const double before = healer().metric("healer_checks_total");
  // A check may be every five seconds, and late beside a load.
  wait(
      "healer makes more checks", [&] { return healer().metric("healer_checks_total") >= before + more; },
      std::chrono::seconds(300));
}

std::vector<std::string> EngineScene::acts(const std::string& name) const {
  std::vector<std::string> all = docker().events(name, began_);
  // Commands in containers and evidence change nothing.
  std::erase_if(all,
                [](const std::string& action) { return action.starts_with("exec_") || action == "top"; });
  return all;
}

std::size_t EngineScene::acts(const std::string& name, const std::string& action) const {
  const std::vector<std::string> all = acts(name);
  return static_cast<std::size_t>(std::count(all.begin(), all.end(), action));
}

std::string EngineScene::report() const {
  std::string text = "--- containers\n";
  text += docker().attempt({"ps", "-a", "--filter", "label=" + lab_.mark()}).output;
  for (const std::string& name :
       docker().lines({"ps", "-a", "--filter", "label=" + lab_.mark(), "--format", "{{.Names}}"})) {
    text += name + ":";
    for (const std::string& action : acts(name)) text += " " + action;
    text += "\n" + docker().attempt({"logs", "--tail", "10", name}).output;
  }
  text += "--- Slack\n";
  for (const SlackMessage& message : slack_->accepted())
    text += message.color + " " + message.title + ": " + message.text + "\n";
  if (healer_) text += healer_->whole_log();
  return text;
}

}  // namespace healer::testing
