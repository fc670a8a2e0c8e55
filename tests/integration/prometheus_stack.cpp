#include "integration/prometheus_stack.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace healer::testing {
namespace {

void write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path);
  file << text;
  if (!file.flush()) throw std::runtime_error("cannot write " + path);
}

std::unique_ptr<Process> start(const EngineScene& scene, const std::string& name, std::uint16_t port,
                               std::vector<std::string> arguments) {
  Command command;
  command.arguments = std::move(arguments);
  command.output = scene.file(name + ".log");
  auto process = std::make_unique<Process>(command);
  const std::string ready = "http://127.0.0.1:" + std::to_string(port) + "/-/ready";
  try {
    wait_until(name + " is ready", [&] {
      if (process->exit_code()) throw NotInTime(name + " ended");
      return run({{"curl", "-sf", "--max-time", "2", "-o", "/dev/null", ready}}).code == 0;
    });
  } catch (const NotInTime& error) {
    throw NotInTime(std::string(error.what()) + "\n" + read_file(command.output));
  }
  return process;
}

}  // namespace

std::uint16_t free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool found = ::bind(socket, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  ::close(socket);
  if (!found) throw std::runtime_error("no port is free");
  return ntohs(address.sin_port);
}

std::string deployed(const std::string& file,
                     const std::vector<std::pair<std::string, std::string>>& changes) {
  std::string text = read_file(std::string(HEALER_DEPLOY) + "/" + file);
  for (const auto& [from, to] : changes) {
    if (text.find(from) == std::string::npos) throw std::runtime_error("deploy/" + file + " lacks " + from);
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
      text.replace(at, from.size(), to);
  }
  return text;
}

AlertmanagerProcess::AlertmanagerProcess(const EngineScene& scene, const std::string& configuration)
    : port_(free_port()) {
  write_file(scene.file("alertmanager.yml"), configuration);
  process_ = start(scene, "alertmanager", port_,
                   {"prometheus-alertmanager", "--config.file=" + scene.file("alertmanager.yml"),
                    "--storage.path=" + scene.file("alertmanager"),
                    "--web.listen-address=127.0.0.1:" + std::to_string(port_), "--cluster.listen-address="});
}

PrometheusProcess::PrometheusProcess(const EngineScene& scene, const Settings& settings)
    : port_(free_port()) {
  std::string configuration =
      "global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}\n"
      "scrape_configs:\n"
      "  - job_name: sample-app\n"
      "    static_configs:\n"
      "      - targets: ['127.0.0.1:" +
      std::to_string(settings.target) + "']\n        labels: {compose_service: '" + settings.compose_service +
      "'}\n";
  if (!settings.rules.empty()) {
    write_file(scene.file("rules.yml"), settings.rules);
    configuration += "rule_files: [rules.yml]\n";
  }
  if (settings.alertmanager != 0)
    configuration += "alerting: {alertmanagers: [{static_configs: [{targets: ['127.0.0.1:" +
                     std::to_string(settings.alertmanager) + "']}]}]}\n";
  write_file(scene.file("prometheus.yml"), configuration);
  process_ = start(scene, "prometheus", port_,
                   {"prometheus", "--config.file=" + scene.file("prometheus.yml"),
                    "--storage.tsdb.path=" + scene.file("prometheus"),
                    "--web.listen-address=127.0.0.1:" + std::to_string(port_)});
}

void PrometheusProcess::kill() {
  process_->signal(SIGKILL);
  process_->wait(std::chrono::seconds(10));
}

}  // namespace healer::testing
