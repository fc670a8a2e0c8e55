#pragma once

#include <memory>
#include <string>

#include "model/effect.hpp"

namespace spdlog {
class logger;
}

namespace healer {

/// The daemon's log, to standard error: lines for operators, or one JSON object per line for machines.
class Log {
 public:
  /// `json`: {"time","level","message","workload"}; else "2026-11-22 19:00:00.000 INFO  message", coloured on
  /// a terminal.
  Log(bool json, LogLevel least);
  ~Log();

  void write(const LogLine& line);
  void write(LogLevel level, std::string message) { write(LogLine{level, std::move(message), {}}); }
  void set_least(LogLevel least);

 private:
  bool json_;
  std::shared_ptr<spdlog::logger> logger_;
};

/// The message of a line for operators; printable for any bytes.
std::string text_log_line(const LogLine& line);
/// One line of the JSON log, without the newline; valid JSON for any bytes.
std::string json_log_line(const LogLine& line, long long unix_ms);

}  // namespace healer
