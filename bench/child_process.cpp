#include "child_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include "loopback_server.hpp"

namespace healer::bench {

ChildProgram::ChildProgram(const std::string& program, const std::vector<std::string>& arguments,
                           const Environment& environment, const std::string& log) {
  pid_ = in_child([&] {
    for (const auto& [name, value] : environment) ::setenv(name.c_str(), value.c_str(), 1);
    const int output = ::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ::dup2(output, STDOUT_FILENO);
    ::dup2(output, STDERR_FILENO);
    std::vector<char*> words{const_cast<char*>(program.c_str())};
    for (const std::string& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
    words.push_back(nullptr);
    ::execv(program.c_str(), words.data());
    std::perror(program.c_str());
  });
}

ChildProgram::~ChildProgram() {
  if (!ended_) end_child(pid_);
}

bool ChildProgram::running() {
  if (!ended_ && ::waitpid(pid_, nullptr, WNOHANG) == pid_) ended_ = true;
  return !ended_;
}

std::int64_t ChildProgram::cpu_ns() const {
  std::int64_t sum = 0;
  std::error_code error;
  for (const auto& task :
       std::filesystem::directory_iterator("/proc/" + std::to_string(pid_) + "/task", error)) {
    std::ifstream file(task.path() / "schedstat");  // nanoseconds; /proc/PID/stat counts ticks of 10 ms
    std::int64_t on_cpu = 0;
    if (file >> on_cpu) sum += on_cpu;
  }
  return sum;
}

std::int64_t ChildProgram::resident_kib() const {
  return status_kib("VmRSS:");
}

std::int64_t ChildProgram::peak_kib() const {
  return status_kib("VmHWM:");
}

std::int64_t ChildProgram::status_kib(const std::string& field) const {
  std::ifstream file("/proc/" + std::to_string(pid_) + "/status");
  std::string line;
  while (std::getline(file, line))
    if (line.starts_with(field)) return std::strtoll(line.c_str() + field.size(), nullptr, 10);
  return 0;
}

void end_child(int pid) {
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
}

}  // namespace healer::bench
