#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>

namespace sample_app {

/// The settings from the environment: sample-app/README.md.
struct Settings {
  std::string address = "0.0.0.0";           ///< APP_ADDRESS, an IPv4 or IPv6 address
  std::uint16_t port = 8080;                 ///< APP_PORT; 0 lets the system choose
  std::chrono::milliseconds start_delay{0};  ///< APP_START_DELAY, given in seconds
  std::optional<int> exit_at_start;          ///< APP_EXIT_AT_START, an exit code
  std::int64_t broken_starts = 0;            ///< APP_BROKEN_STARTS; broken_always for "always" and -1
  std::string state_file;                    ///< APP_STATE_FILE, the file that counts the starts

  static constexpr std::int64_t broken_always = -1;
};

/// A setting that does not parse, as one line for the user.
struct SettingError {
  std::string message;
};

/// Returns the value of a variable; nothing when the variable is unset. The program uses `getenv`.
using Environment = std::function<std::optional<std::string>(const char* name)>;

/// Reads all settings; returns the error of the first one that does not parse. An empty value counts as
/// unset.
std::variant<Settings, SettingError> read_settings(const Environment& environment);

/// Counts this start in the state file. Returns whether the service is broken after this start.
std::variant<bool, SettingError> count_start(const Settings& settings);

}  // namespace sample_app
