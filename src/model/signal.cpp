// Signal names and numbers of Linux on x86, ARM and most others (signal(7)).
#include <csignal>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "model/policy.hpp"

namespace healer {
namespace {

constexpr int highest_signal = 64;

constexpr std::array<std::pair<std::string_view, int>, 31> names{{
    {"HUP", 1},   {"INT", 2},     {"QUIT", 3},  {"ILL", 4},   {"TRAP", 5},    {"ABRT", 6},  {"BUS", 7},
    {"FPE", 8},   {"KILL", 9},    {"USR1", 10}, {"SEGV", 11}, {"USR2", 12},   {"PIPE", 13}, {"ALRM", 14},
    {"TERM", 15}, {"STKFLT", 16}, {"CHLD", 17}, {"CONT", 18}, {"STOP", 19},   {"TSTP", 20}, {"TTIN", 21},
    {"TTOU", 22}, {"URG", 23},    {"XCPU", 24}, {"XFSZ", 25}, {"VTALRM", 26}, {"PROF", 27}, {"WINCH", 28},
    {"IO", 29},   {"PWR", 30},    {"SYS", 31},
}};

}  // namespace

std::string signal_name(int signal) {
  for (const auto& [name, number] : names)
    if (number == signal) return std::string(name);
  return std::to_string(signal);
}

std::optional<int> signal_number(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (!text.empty() && error == std::errc() && end == text.data() + text.size())
    return number >= 1 && number <= highest_signal ? std::optional<int>(number) : std::nullopt;
  std::string wanted = lower(text);
  if (wanted.starts_with("sig")) wanted.erase(0, 3);
  for (const auto& [name, value] : names)
    if (lower(name) == wanted) return value;
  return std::nullopt;
}

bool ends_no_process(int signal) {
  return signal == SIGHUP || signal == SIGUSR1 || signal == SIGUSR2 || signal == SIGCONT;
}

std::string to_string(const RemedyStep& step) {
  std::string text = to_string(step.kind);
  if (step.kind == RemedyKind::Kill) return text + ":" + signal_name(step.signal);
  if (step.kind != RemedyKind::Exec) return text;
  text += ':';
  for (const std::string& word : step.command) {
    if (text.back() != ':') text += ' ';
    text += printable(word);
  }
  return clip(text, 200);
}

}  // namespace healer
