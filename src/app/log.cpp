#include "app/log.hpp"

#include <chrono>
#include <utility>

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "base/text.hpp"
#include "base/utc.hpp"

namespace healer {
namespace {

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::Debug:
      return spdlog::level::debug;
    case LogLevel::Info:
      return spdlog::level::info;
    case LogLevel::Warning:
      return spdlog::level::warn;
    case LogLevel::Error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

}  // namespace

std::string text_log_line(const LogLine& line) {
  return printable(line.message);
}

std::string json_log_line(const LogLine& line, long long unix_ms) {
  boost::json::object object;
  object["time"] = utc_text(WallTime{unix_ms});
  object["level"] = to_string(line.level);
  object["message"] = printable(line.message);
  if (!line.workload.empty()) object["workload"] = printable(line.workload);
  return boost::json::serialize(object);
}

Log::Log(bool json, LogLevel least)
    : json_(json),
      logger_(std::make_shared<spdlog::logger>("healer",
                                               std::make_shared<spdlog::sinks::stderr_color_sink_mt>())) {
  logger_->set_pattern(json ? "%v" : "%Y-%m-%d %H:%M:%S.%e %^%-7l%$ %v");
  logger_->flush_on(spdlog::level::debug);
  set_least(least);
}

Log::~Log() = default;

void Log::set_least(LogLevel least) {
  logger_->set_level(to_spdlog(least));
}

void Log::write(const LogLine& line) {
  const auto level = to_spdlog(line.level);
  if (!logger_->should_log(level)) return;
  if (json_) {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const std::string text =
        json_log_line(line, std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
    logger_->log(level, "{}", text);
  } else {
    logger_->log(level, "{}", text_log_line(line));
  }
}

}  // namespace healer
