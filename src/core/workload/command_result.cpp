#include "core/workload/command_result.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace healer {
namespace {

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// The container's own limit of processes, as kernels and runtimes word it.
bool no_room_for_a_process(std::string_view output) {
  return contains(output, "esource temporarily unavailable") || contains(output, "can't fork") ||
         contains(output, "annot fork") || contains(output, "pids limit");
}

/// "sh: curl: not found", "/bin/sh: 1: curl: not found", "bash: line 1: curl: command not found",
/// "sh: /check: Permission denied": the line begins with the shell's name, and a program's name follows.
bool shell_found_no_command(std::string_view line) {
  constexpr std::array<std::string_view, 6> shells{"sh: ", "ash: ", "bash: ", "dash: ", "busybox: ", "zsh: "};
  const auto colon = line.find(": ");
  if (colon == std::string_view::npos) return false;
  const auto slash = line.substr(0, colon).rfind('/');
  const std::string_view from = slash == std::string_view::npos ? line : line.substr(slash + 1);
  const bool by_shell = std::any_of(shells.begin(), shells.end(),
                                    [from](std::string_view shell) { return from.starts_with(shell); });
  // Not "No such file or directory" or "Permission denied": a redirection of the check says so, too, and a
  // check may look for a file. For a command the exit code tells.
  constexpr std::array<std::string_view, 4> ends{": not found", ": command not found", ": cannot execute",
                                                 ": Exec format error"};
  return by_shell && std::any_of(ends.begin(), ends.end(), [line](std::string_view end) {
           return trim(line).ends_with(end) || contains(line, std::string(end) + ":");
         });
}

bool runtime_found_no_command(std::string_view output) {
  return contains(output, "OCI runtime exec failed") || contains(output, "runtime exec failed") ||
         contains(output, "executable file not found in $PATH") ||
         contains(output, "unable to start container process") || contains(output, "OCI runtime error");
}

}  // namespace

bool command_cannot_run(int exit_code, std::string_view output) {
  if (exit_code == 0 || no_room_for_a_process(output)) return false;
  if (exit_code < 0) return !trim(output).starts_with("Health check exceeded timeout");
  if (exit_code == 126 || exit_code == 127 || runtime_found_no_command(output)) return true;
  while (!output.empty()) {
    const auto end = output.find('\n');
    if (shell_found_no_command(trim(output.substr(0, end)))) return true;
    if (end == std::string_view::npos) break;
    output.remove_prefix(end + 1);
  }
  return false;
}

bool says_disk_full(std::string_view text) {
  const std::string words = lower(text);
  return contains(words, "no space left on device") || contains(words, "disk quota exceeded");
}

bool says_disk_full(const Reason& why) {
  if (const auto* one = std::get_if<CheckProblem>(&why)) return says_disk_full(one->said);
  const auto* several = std::get_if<reason::Checks>(&why);
  return several != nullptr &&
         std::any_of(several->probes.begin(), several->probes.end(),
                     [](const ProbeProblem& each) { return says_disk_full(each.problem.said); });
}

}  // namespace healer
