#pragma once

#include <sys/types.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace healer::testing {

struct Command {
  std::vector<std::string> arguments;  ///< the first is the program, found in PATH
  std::map<std::string, std::string> environment = {};
  bool inherit_environment = true;     ///< false: only `environment`
  std::string output = {};             ///< file to which both streams are appended; empty: discarded
  std::string network_namespace = {};  ///< file of the network namespace to run in; empty: this process's own
};

/// A child process. The kernel kills it when the test dies; the destructor kills and reaps it. Start it from
/// the main thread: the kernel kills it when the thread that made it ends.
class Process {
 public:
  explicit Process(const Command& command);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  void signal(int number);
  /// Exit code, or minus the signal that ended the process; nothing while it runs.
  std::optional<int> exit_code();
  /// Waits for the exit code. After the limit the process is killed, and the result is -SIGKILL.
  int wait(std::chrono::seconds limit);

 private:
  pid_t pid_ = -1;
  std::optional<int> ended_;
};

struct Ran {
  int code = 0;        ///< as Process::exit_code()
  std::string output;  ///< both streams
};

/// Runs the command to its end; Command::output is ignored.
Ran run(Command command, std::chrono::seconds limit = std::chrono::seconds(120));

std::string read_file(const std::string& path);

/// Moves the calling thread into the network namespace of this file, to which its later sockets belong.
void enter_network_namespace(const std::string& file);

}  // namespace healer::testing
