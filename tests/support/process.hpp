#pragma once

#include <sys/types.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace healer::testing {

struct Command {
  std::vector<std::string> arguments;  ///< the first is the program, looked up in PATH
  std::map<std::string, std::string> environment = {};
  bool inherit_environment = true;     ///< false: `environment` is all there is
  std::string output = {};             ///< file that both streams are appended to; empty: nowhere
  std::string network_namespace = {};  ///< file of the network namespace to run in; empty: ours
};

/// A child process. It is notified to die with the test, and is killed and reaped at the end. Start it from
/// the main thread: the kernel ties its life to the thread that made it.
class Process {
 public:
  explicit Process(const Command& command);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  void signal(int number);
  /// Exit code, or minus the signal that ended it; nothing while it runs.
  std::optional<int> exit_code();
  /// The same, waiting; when the time is up it is killed and -SIGKILL is the answer.
  int wait(std::chrono::seconds limit);

 private:
  pid_t pid_ = -1;
  std::optional<int> ended_;
};

struct Ran {
  int code = 0;        ///< as Process::exit_code()
  std::string output;  ///< both streams
};

/// Runs it to its end; `output` of the command is not used.
Ran run(Command command, std::chrono::seconds limit = std::chrono::seconds(120));

std::string read_file(const std::string& path);

/// Moves the calling thread into the network namespace of this file; its later sockets belong there.
void enter_network_namespace(const std::string& file);

}  // namespace healer::testing
