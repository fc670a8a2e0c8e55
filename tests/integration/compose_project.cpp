#include <doctest/doctest.h>

#include "integration/compose_project.hpp"

#include <cstdlib>
#include <fstream>
#include <utility>

namespace healer::testing {
namespace {

/// docker-compose 1.29 speaks API 1.35 for our files; newer engines refuse that.
bool too_old_for_the_engine(const EngineScene& scene) {
  Command look;
  look.arguments = {"docker-compose", "version", "--short"};
  if (!run(std::move(look)).output.starts_with("1.")) return false;
  const std::string oldest = scene.docker()({"version", "--format", "{{.Server.MinAPIVersion}}"});  // "1.40"
  return std::atoi(oldest.c_str() + oldest.find('.') + 1) > 35;
}

}  // namespace

std::optional<ComposeProject> ComposeProject::in(EngineScene& scene, const std::string& base) {
  Command look;
  look.arguments = {"sh", "-c", "command -v docker-compose"};
  if (run(look).code == 0 && !too_old_for_the_engine(scene))
    return ComposeProject(scene, base, {"docker-compose"});
  look.arguments = {"docker", "compose", "version"};
  if (run(look).code == 0) return ComposeProject(scene, base, {"docker", "compose"});
  MESSAGE("skipped: no compose here that this engine accepts");
  return std::nullopt;
}

void ComposeProject::up(const std::string& services, const std::vector<std::string>& more) const {
  std::ofstream(file_) << "version: \"2.4\"\nservices:\n"
                       << services << "networks: {default: {labels: {" << mark_ << "}}}\n";
  Command command;
  command.arguments = program_;
  command.arguments.insert(command.arguments.end(), {"-p", name_, "-f", file_, "up", "-d"});
  command.arguments.insert(command.arguments.end(), more.begin(), more.end());
  if (!scene_.docker().host().empty()) command.environment["DOCKER_HOST"] = scene_.docker().host();
  const Ran ran = run(std::move(command));
  REQUIRE_MESSAGE(ran.code == 0, ran.output);
}

std::string ComposeProject::common(const std::string& image) const {
  return "    image: " + image +
         "\n    ports: [\"127.0.0.1::8080\"]\n    stop_grace_period: 2s\n"
         "    labels: {monitored: \"true\", " +
         mark_ + "}\n";
}

std::vector<std::string> ComposeProject::containers(const std::string& service) const {
  return scene_.docker().lines({"ps", "--filter", "label=com.docker.compose.project=" + name_, "--filter",
                                "label=com.docker.compose.service=" + service, "--format", "{{.Names}}"});
}

ComposeProject::ComposeProject(EngineScene& scene, const std::string& base, std::vector<std::string> program)
    : scene_(scene),
      name_(scene.lab().name(base)),
      file_(scene.file("compose.yml")),
      program_(std::move(program)) {
  const std::string& mark = scene.lab().mark();
  mark_ = "healer.test: \"" + mark.substr(mark.find('=') + 1) + "\"";
}

}  // namespace healer::testing
