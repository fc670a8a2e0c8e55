#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace healer::bench {

/// A program run as a child: killed when this object goes, or with its parent.
class ChildProgram {
 public:
  using Environment = std::vector<std::pair<std::string, std::string>>;
  /// Both its outputs go to the file `log`. The environment is added to this process's.
  ChildProgram(const std::string& program, const std::vector<std::string>& arguments,
               const Environment& environment, const std::string& log);
  ~ChildProgram();
  ChildProgram(const ChildProgram&) = delete;
  ChildProgram& operator=(const ChildProgram&) = delete;

  bool running();
  std::int64_t cpu_ns() const;        ///< all its threads, user and system
  std::int64_t resident_kib() const;  ///< VmRSS
  std::int64_t peak_kib() const;      ///< VmHWM

 private:
  std::int64_t status_kib(const std::string& field) const;

  int pid_ = -1;
  bool ended_ = false;
};

/// Kills a process started by in_child() and waits for its end.
void end_child(int pid);

}  // namespace healer::bench
