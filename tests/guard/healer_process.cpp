#include "guard/healer_process.hpp"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include <boost/json/parse.hpp>

#include "guard/facts.hpp"

namespace healer::guard::testing {

Healer::Healer(const Scene& scene, const std::map<std::string, std::string>& environment)
    : log_(scene.folder() + "/healer.log") {
  const std::string home = scene.folder() + "/healer";
  mkdir(home.c_str(), 0700);
  if (chown(home.c_str(), Scene::client, Scene::client) != 0) throw std::runtime_error("chown " + home);
  pid_ = fork();
  if (pid_ != 0) return;
  if (!std::freopen(log_.c_str(), "w", stdout) || dup2(1, 2) < 0) _exit(126);
  if (setgid(Scene::client) != 0 || setuid(Scene::client) != 0) _exit(126);
  clearenv();  // the test's own variables are no settings of healer
  for (const auto& [name, value] : environment) setenv(name.c_str(), value.c_str(), 1);
  setenv("HEALER_STATE", (home + "/healer.db").c_str(), 1);
  setenv("HEALER_ADMIN_SOCKET", (home + "/healer.sock").c_str(), 1);
  setenv("HEALER_LISTEN", "off", 1);
  execl(HEALER_BINARY, "healer", "run", nullptr);
  _exit(127);
}

Healer::~Healer() {
  kill(pid_, SIGTERM);
  waitpid(pid_, nullptr, 0);
}

std::string Healer::status() const {
  const std::string home = log_.substr(0, log_.rfind('.'));
  const std::string command =
      "env -i HEALER_ADMIN_SOCKET=" + home + "/healer.sock " + HEALER_BINARY + " status";
  FILE* const output = popen(command.c_str(), "r");
  if (output == nullptr) throw std::runtime_error("popen " + command);
  std::string text;
  for (int c = 0; (c = std::fgetc(output)) != EOF;) text += static_cast<char>(c);
  pclose(output);
  return text;
}

std::string Healer::log() const {
  std::ifstream file(log_);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string health_of(const Scene& scene, const std::string& name) {
  return text_at(object_at(object_at(scene.inspect(name), "State"), "Health"), "Status");
}

void execute(const Scene& scene, const std::string& name, const std::string& command) {
  const Answered created =
      scene.raw(request("POST", "/v1.41/containers/" + name + "/exec", R"({"Cmd":)" + command + "}"));
  if (created.status != 201) throw std::runtime_error("exec: " + created.bytes);
  const std::string id(boost::json::parse(created.body()).as_object()["Id"].as_string());
  scene.raw(request("POST", "/v1.41/exec/" + id + "/start", R"({"Detach":true})"));
}

}  // namespace healer::guard::testing
