#include "support/docker_cli.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

namespace healer::testing {
namespace json = boost::json;

Ran DockerCli::attempt(const std::vector<std::string>& arguments) const {
  Command command;
  command.arguments = {"docker"};
  command.arguments.insert(command.arguments.end(), arguments.begin(), arguments.end());
  if (!host_.empty()) command.environment["DOCKER_HOST"] = host_;
  return run(std::move(command));
}

std::string DockerCli::operator()(const std::vector<std::string>& arguments) const {
  Ran ran = attempt(arguments);
  if (ran.code != 0) {
    std::string text = "docker";
    for (const std::string& argument : arguments) text += " " + argument;
    throw std::runtime_error(text + ": exit code " + std::to_string(ran.code) + ": " + ran.output);
  }
  if (ran.output.ends_with('\n')) ran.output.pop_back();
  return std::move(ran.output);
}

std::vector<std::string> DockerCli::lines(const std::vector<std::string>& arguments) const {
  const std::string text = (*this)(arguments);
  std::vector<std::string> all;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    if (end > at) all.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return all;
}

bool DockerCli::answers() const {
  return attempt({"version", "--format", "{{.Server.Version}}"}).code == 0;
}

std::string DockerCli::unix_socket() const {
  std::string host = host_;
  if (const char* variable = std::getenv("DOCKER_HOST"); host.empty() && variable) host = variable;
  if (host.empty()) host = (*this)({"context", "inspect", "--format", "{{.Endpoints.docker.Host}}"});
  return host.starts_with("unix://") ? host.substr(7) : std::string();
}

ContainerFacts DockerCli::inspect(const std::string& name) const {
  ContainerFacts facts;
  const Ran ran = attempt({"container", "inspect", name});
  if (ran.code != 0) return facts;
  const json::value all = json::parse(ran.output);
  const json::object& container = all.as_array().at(0).as_object();
  const json::object& state = container.at("State").as_object();
  const auto text = [](const json::value& value) { return std::string(value.as_string()); };
  facts.exists = true;
  facts.id = text(container.at("Id"));
  facts.status = text(state.at("Status"));
  facts.started_at = text(state.at("StartedAt"));
  facts.oom_killed = state.at("OOMKilled").as_bool();
  facts.exit_code = state.at("ExitCode").to_number<int>();
  facts.restart_count = container.at("RestartCount").to_number<int>();
  if (const auto* health = state.if_contains("Health"); health && health->is_object())
    facts.health = text(health->as_object().at("Status"));
  return facts;
}

std::string DockerCli::now() const {
  return (*this)({"info", "--format", "{{.SystemTime}}"});
}

std::vector<std::string> DockerCli::events(const std::string& name, const std::string& since) const {
  return lines({"events", "--since", since, "--until", now(), "--filter", "type=container", "--filter",
                "container=" + name, "--format", "{{.Action}}"});
}

}  // namespace healer::testing
