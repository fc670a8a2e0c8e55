#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace healer::bench {

/// A program that runs as a child process: killed by the destructor, or when its parent ends.
class ChildProgram {
 public:
  using Environment = std::vector<std::pair<std::string, std::string>>;
  /// Standard output and error go to the file `log`. `environment` is added to this process's environment.
  ChildProgram(const std::string& program, const std::vector<std::string>& arguments,
               const Environment& environment, const std::string& log);
  ~ChildProgram();
  ChildProgram(const ChildProgram&) = delete;
  ChildProgram& operator=(const ChildProgram&) = delete;

  bool running();
  std::int64_t cpu_ns() const;        ///< user and system time of all threads
  std::int64_t resident_kib() const;  ///< VmRSS
  std::int64_t peak_kib() const;      ///< VmHWM

 private:
  std::int64_t status_kib(const std::string& field) const;

  int pid_ = -1;
  bool ended_ = false;
};

/// Kills a process that in_child() started, and waits for its end.
void end_child(int pid);

}  // namespace healer::bench
