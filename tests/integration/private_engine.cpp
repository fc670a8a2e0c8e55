#include "integration/private_engine.hpp"

#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "support/wait.hpp"

namespace healer::testing {
namespace {

namespace fs = std::filesystem;

void must(std::vector<std::string> arguments) {
  Command command;
  command.arguments = std::move(arguments);
  const std::string program = command.arguments.front();
  if (const Ran ran = run(std::move(command)); ran.code != 0)
    throw std::runtime_error(program + ": " + ran.output);
}

/// Of `folder` and all below: mounts, deepest first as the kernel lists them last.
void unmount_below(const std::string& folder) {
  Command command;
  command.arguments = {
      "sh", "-c",
      "findmnt --raw --noheadings --output TARGET | grep -F \"$1/\" | sort -r | xargs -r umount -l",
      "unmount", folder};
  run(std::move(command));
}

}  // namespace

std::string PrivateEngine::why_not() {
  if (::geteuid() != 0) return "an engine of the test's own needs root";
  Command command;
  command.arguments = {"sh", "-c", "command -v dockerd && command -v ip && command -v nsenter"};
  if (run(std::move(command)).code != 0) return "an engine of the test's own needs dockerd, ip and nsenter";
  return {};
}

PrivateEngine::PrivateEngine()
    : name_("healer-test-" + std::to_string(::getpid())), docker_("unix://" + folder_.file("s.sock")) {
  must({"ip", "netns", "add", name_});
  must({"ip", "-n", name_, "link", "set", "lo", "up"});
  start();
}

PrivateEngine::~PrivateEngine() {
  try {
    if (engine_ && !engine_->exit_code()) stop();
    engine_.reset();
    // Shims of containers that a killed engine left behind: their command lines name our folder.
    Command shims;
    shims.arguments = {"pgrep", "-f", "--", "containerd-shim.*-address " + folder_.file("run")};
    const Ran left = run(std::move(shims));
    for (std::size_t at = 0; at < left.output.size();) {
      const auto end = left.output.find('\n', at);
      const std::string pid = left.output.substr(at, end - at);
      run({.arguments = {"pkill", "-KILL", "-P", pid}});
      run({.arguments = {"kill", "-KILL", pid}});
      at = end + 1;
    }
    unmount_below(folder_.path());
    run({.arguments = {"ip", "netns", "del", name_}});
  } catch (...) {  // what is left lies in a temporary folder
  }
}

void PrivateEngine::start() {
  // Look-ups fail at once instead of after a timeout, for this network leads nowhere.
  std::ofstream(folder_.file("resolv.conf")) << "nameserver 127.0.0.1\n";
  Command command;
  // With ip-netns's own exec /sys would be mounted anew, and the control groups hidden.
  command.network_namespace = network_namespace();
  command.output = folder_.file("dockerd.log");
  command.arguments = {
      "unshare",
      "-m",
      "sh",
      "-c",
      "mount --bind \"$1/resolv.conf\" /etc/resolv.conf && exec dockerd --data-root \"$1/data\" "
      "--exec-root \"$1/run\" --pidfile \"$1/pid\" --host \"unix://$1/s.sock\"",
      "engine",
      folder_.path()};
  engine_ = std::make_unique<Process>(command);
  wait_until("an engine of the test's own answers", [&] {
    if (engine_->exit_code()) throw NotInTime("dockerd ended: " + read_file(command.output));
    return docker_.answers();
  });
}

void PrivateEngine::kill() {
  engine_->signal(SIGKILL);
  engine_->wait(std::chrono::seconds(10));
  // Its containerd dies with it, but a new engine takes one that is not reaped yet for running.
  wait_gone(folder_.file("run/containerd/containerd.pid"));
  fs::remove(folder_.file("pid"));
}

void PrivateEngine::stop() {
  engine_->signal(SIGTERM);
  if (engine_->wait(std::chrono::seconds(60)) != 0)
    throw std::runtime_error("the engine did not end orderly: " + read_file(folder_.file("dockerd.log")));
}

void PrivateEngine::wait_gone(const std::string& pid_file) const {
  const int pid = std::atoi(read_file(pid_file).c_str());
  if (pid > 0) wait_until("the killed engine's containerd is gone", [&] { return ::kill(pid, 0) != 0; });
  fs::remove(pid_file);
}

}  // namespace healer::testing
