#include "support/healer_process.hpp"

#include <algorithm>
#include <csignal>
#include <regex>
#include <sstream>
#include <utility>

namespace healer::testing {
namespace json = boost::json;

HealerProcess::HealerProcess(Settings settings, std::string folder, std::string network_namespace)
    : settings_(std::move(settings)),
      folder_(std::move(folder)),
      network_namespace_(std::move(network_namespace)) {}

void HealerProcess::start(const std::vector<std::string>& arguments) {
  log_files_.push_back(folder_ + "/healer-" + std::to_string(log_files_.size() + 1) + ".log");
  Command command;
  command.arguments = {HEALER_BINARY};
  command.arguments.insert(command.arguments.end(), arguments.begin(), arguments.end());
  command.environment = settings_;
  command.inherit_environment = false;
  command.output = log_files_.back();
  command.network_namespace = network_namespace_;
  process_ = std::make_unique<Process>(command);
  expected_dead_ = false;
}

void HealerProcess::kill() {
  expected_dead_ = true;
  process_->signal(SIGKILL);
  process_->wait(std::chrono::seconds(10));
}

Ran HealerProcess::command(const std::vector<std::string>& arguments) const {
  Command command;
  command.arguments = {HEALER_BINARY};
  command.arguments.insert(command.arguments.end(), arguments.begin(), arguments.end());
  command.environment = settings_;
  command.inherit_environment = false;
  command.network_namespace = network_namespace_;
  return run(std::move(command), std::chrono::seconds(30));
}

std::string HealerProcess::whole_log() const {
  std::string all;
  for (const std::string& file : log_files_) all += "--- " + file + "\n" + read_file(file);
  return all;
}

std::size_t HealerProcess::said(const std::string& text) const {
  std::istringstream lines(log());
  std::size_t found = 0;
  for (std::string line; std::getline(lines, line);) {
    boost::system::error_code broken;
    const json::value value = json::parse(line, broken);
    const json::value* message =
        !broken && value.is_object() ? value.as_object().if_contains("message") : nullptr;
    const std::string said = message && message->is_string() ? std::string(message->as_string()) : line;
    if (said.find(text) != std::string::npos) ++found;
  }
  return found;
}

json::value HealerProcess::status() const {
  const Ran ran = command({"status", "--json"});
  boost::system::error_code broken;
  json::value value = json::parse(ran.output, broken);
  if (ran.code != 0 || broken) return nullptr;
  return value;
}

json::value HealerProcess::workload(const std::string& name) const {
  const json::value all = status();
  if (!all.is_object()) return nullptr;
  for (const json::value& one : all.at("workloads").as_array())
    if (one.at("name").as_string() == name) return one;
  return nullptr;
}

std::string HealerProcess::condition(const std::string& name) const {
  const json::value one = workload(name);
  return one.is_object() ? std::string(one.at("condition").as_string()) : std::string();
}

std::string HealerProcess::address() const {
  static const std::regex address(R"(listening on (http://127\.0\.0\.1:\d+)/)");
  std::smatch found;
  const std::string text = log();
  return std::regex_search(text, found, address) ? found[1].str() : std::string();
}

Ran HealerProcess::http(const std::string& path) const {
  const std::string where = address();
  if (where.empty()) return {};
  Command command;
  command.arguments = {"curl", "-s", "--max-time", "10", "-w", "\n%{http_code}", where + path};
  command.network_namespace = network_namespace_;
  Ran ran = run(std::move(command));
  const auto last = ran.output.rfind('\n');
  ran.code = last == std::string::npos ? 0 : std::atoi(ran.output.c_str() + last + 1);
  ran.output.resize(last == std::string::npos ? 0 : last);
  return ran;
}

double HealerProcess::metric(const std::string& name, std::initializer_list<std::string> labels) const {
  std::istringstream lines(http("/metrics").output);
  double sum = 0;
  for (std::string line; std::getline(lines, line);) {
    const auto value = line.rfind(' ');
    const std::string series = line.substr(0, value);
    if (series != name && !series.starts_with(name + "{")) continue;
    const bool wanted = std::all_of(labels.begin(), labels.end(), [&](const std::string& part) {
      return series.find(part) != std::string::npos;
    });
    if (wanted) sum += std::stod(line.substr(value + 1));
  }
  return sum;
}

}  // namespace healer::testing
