#include "integration/private_engine.hpp"

#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <utility>

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

/// The number is the test's pid: once that process has ended, everything of this name may be removed.
std::string name_of(const std::string& pid) {
  return "healer-test-engine-" + pid;
}

std::string folder_of(const std::string& name) {
  return (fs::temp_directory_path() / name).string();
}

void shell(const std::string& script, const std::string& argument) {
  Command command;
  command.arguments = {"sh", "-c", script, "sh", argument};
  run(std::move(command));
}

/// Removes what a dead engine left: shims with their containers, mounts, its folder and its network.
void remove_remains(const std::string& name) {
  const std::string folder = folder_of(name);
  shell(
      "for pid in $(pgrep -f -- \"(dockerd|containerd|tail).*$1/\"); do pkill -KILL -P $pid; kill -KILL "
      "$pid; "
      "done",
      folder);
  shell("findmnt --raw --noheadings --output TARGET | grep -F \"$1/\" | sort -r | xargs -r umount -l",
        folder);
  std::error_code ignored;
  fs::remove_all(folder, ignored);
  run({.arguments = {"ip", "netns", "del", name}});
}

/// Removes what killed tests left.
void sweep() {
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(fs::temp_directory_path(), none)) {
    const std::string name = entry.path().filename().string();
    const std::string prefix = name_of("");
    if (!name.starts_with(prefix) || fs::exists("/proc/" + name.substr(prefix.size()))) continue;
    remove_remains(name);
  }
}

}  // namespace

std::string PrivateEngine::why_not() {
  if (::geteuid() != 0) return "an engine of the test's own needs root";
  Command command;
  command.arguments = {"sh", "-c", "command -v dockerd && command -v ip && command -v nsenter"};
  if (run(std::move(command)).code != 0) return "an engine of the test's own needs dockerd, ip and nsenter";
  return {};
}

PrivateEngine::PrivateEngine(const std::vector<std::string>& options, Unstarted)
    : name_(name_of(std::to_string(::getpid()))),
      folder_(folder_of(name_)),
      docker_("unix://" + file("s.sock")),
      options_(options) {}

// It delegates, so that the destructor also cleans up after an engine that does not start.
PrivateEngine::PrivateEngine(const std::vector<std::string>& options) : PrivateEngine(options, Unstarted{}) {
  sweep();
  fs::create_directory(folder_);
  must({"ip", "netns", "add", name_});
  must({"ip", "-n", name_, "link", "set", "lo", "up"});
  hold_mounts();
  start();
}

PrivateEngine::~PrivateEngine() {
  try {
    if (engine_ && !engine_->exit_code()) stop();
    engine_.reset();
    mounts_.reset();
    remove_remains(name_);
  } catch (...) {  // the next test sweeps
  }
}

/// The engine's mounts, among them the containers' network namespaces, outlive it as on a real host: a mount
/// namespace lives as long as this process.
void PrivateEngine::hold_mounts() {
  // This network leads nowhere; with this resolver look-ups fail at once instead of after a timeout.
  std::ofstream(file("resolv.conf")) << "nameserver 127.0.0.1\n";
  Command command;
  command.output = file("mounts.log");
  command.arguments = {"unshare",
                       "-m",
                       "sh",
                       "-ec",
                       "mount --bind \"$1/resolv.conf\" /etc/resolv.conf; : > \"$1/mounted\"; "
                       "exec tail -f \"$1/mounts.log\"",
                       "mounts",
                       folder_};
  mounts_ = std::make_unique<Process>(command);
  wait_until("the engine has a mount namespace", [&] {
    if (mounts_->exit_code()) throw NotInTime("no mount namespace: " + read_file(command.output));
    return fs::exists(file("mounted"));
  });
}

void PrivateEngine::start() {
  Command command;
  // `ip netns exec` would mount /sys anew and hide the control groups.
  command.network_namespace = network_namespace();
  command.output = file("dockerd.log");
  command.arguments = {"nsenter",
                       "--mount=/proc/" + std::to_string(mounts_->pid()) + "/ns/mnt",
                       "dockerd",
                       "--data-root",
                       file("data"),
                       "--exec-root",
                       file("run"),
                       "--pidfile",
                       file("pid"),
                       "--host",
                       "unix://" + file("s.sock")};
  command.arguments.insert(command.arguments.end(), options_.begin(), options_.end());
  engine_ = std::make_unique<Process>(command);
  wait_until("an engine of the test's own answers", [&] {
    if (engine_->exit_code()) throw NotInTime("dockerd ended: " + read_file(command.output));
    return docker_.answers();
  });
}

void PrivateEngine::kill() {
  engine_->signal(SIGKILL);
  engine_->wait(std::chrono::seconds(10));
  // containerd dies with the engine, but until it is reaped a new engine takes it for running.
  wait_gone(file("run/containerd/containerd.pid"));
  fs::remove(file("pid"));
}

void PrivateEngine::stop() {
  engine_->signal(SIGTERM);
  if (engine_->wait(std::chrono::seconds(60)) != 0)
    throw std::runtime_error("the engine did not end orderly: " + read_file(file("dockerd.log")));
}

void PrivateEngine::wait_gone(const std::string& pid_file) const {
  const int pid = std::atoi(read_file(pid_file).c_str());
  if (pid > 0) wait_until("the killed engine's containerd is gone", [&] { return ::kill(pid, 0) != 0; });
  fs::remove(pid_file);
}

}  // namespace healer::testing
