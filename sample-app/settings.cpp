#include "settings.hpp"

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <fstream>

namespace sample_app {
namespace {

SettingError bad(const char* name, const std::string& value, const char* accepted) {
  return {std::string(name) + "='" + value + "' is not valid: " + accepted + " is accepted"};
}

std::optional<std::int64_t> whole_number(const std::string& text, std::int64_t low, std::int64_t high) {
  std::int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [last, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || last != end || value < low || value > high) return std::nullopt;
  return value;
}

std::optional<std::chrono::milliseconds> seconds(const std::string& text) {
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [last, error] = std::from_chars(text.data(), end, value, std::chars_format::fixed);
  if (error != std::errc() || last != end || !(value >= 0) || value > 86400) return std::nullopt;
  return std::chrono::milliseconds(static_cast<std::int64_t>(value * 1000));
}

}  // namespace

std::variant<Settings, SettingError> read_settings(const Environment& environment) {
  const auto read = [&](const char* name) {
    auto value = environment(name);
    if (value && value->empty()) value.reset();
    return value;
  };

  Settings settings;
  if (const auto text = read("APP_ADDRESS")) settings.address = *text;
  if (const auto text = read("APP_PORT")) {
    const auto port = whole_number(*text, 0, 65535);
    if (!port) return bad("APP_PORT", *text, "a port from 0 (any free one) to 65535");
    settings.port = static_cast<std::uint16_t>(*port);
  }
  if (const auto text = read("APP_START_DELAY")) {
    const auto delay = seconds(*text);
    if (!delay) return bad("APP_START_DELAY", *text, "a number of seconds from 0 to 86400, such as 2.5,");
    settings.start_delay = *delay;
  }
  if (const auto text = read("APP_EXIT_AT_START")) {
    const auto code = whole_number(*text, 0, 255);
    if (!code) return bad("APP_EXIT_AT_START", *text, "an exit code from 0 to 255");
    settings.exit_at_start = static_cast<int>(*code);
  }
  if (const auto text = read("APP_STATE_FILE")) settings.state_file = *text;
  if (const auto text = read("APP_BROKEN_STARTS")) {
    const auto starts =
        *text == "always" ? std::optional(Settings::broken_always) : whole_number(*text, -1, 1'000'000);
    if (!starts) return bad("APP_BROKEN_STARTS", *text, "a number of starts, or 'always' (or -1),");
    settings.broken_starts = *starts;
    if (settings.broken_starts > 0 && settings.state_file.empty()) {
      return SettingError{"APP_BROKEN_STARTS='" + *text +
                          "' needs APP_STATE_FILE, a file path, to count the starts in"};
    }
  }
  return settings;
}

std::variant<bool, SettingError> count_start(const Settings& settings) {
  if (settings.broken_starts == Settings::broken_always) return true;
  if (settings.broken_starts == 0) return false;

  std::int64_t seen = 0;
  if (std::ifstream file(settings.state_file); file) {
    std::string text;
    std::getline(file, text);
    const auto number = whole_number(text, 0, INT64_MAX - 1);
    if (!number) return bad("APP_STATE_FILE", settings.state_file, "a file that holds a number of starts");
    seen = *number;
  }

  // Written to a new file and renamed: after a crash in between the old count is still there, not an empty
  // file.
  const std::string fresh = settings.state_file + ".new";
  std::ofstream file(fresh, std::ios::trunc);
  file << seen + 1 << '\n';
  file.close();
  if (!file || std::rename(fresh.c_str(), settings.state_file.c_str()) != 0) {
    return SettingError{"APP_STATE_FILE='" + settings.state_file +
                        "' cannot be written: " + std::strerror(errno)};
  }
  return seen < settings.broken_starts;
}

}  // namespace sample_app
