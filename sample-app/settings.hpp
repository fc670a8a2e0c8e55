#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>

namespace sample_app {

/// Everything the environment can ask of the service. See sample-app/README.md.
struct Settings {
  std::string address = "0.0.0.0";           ///< APP_ADDRESS, an IPv4 or IPv6 address
  std::uint16_t port = 8080;                 ///< APP_PORT; 0 lets the system choose
  std::chrono::milliseconds start_delay{0};  ///< APP_START_DELAY, given in seconds
  std::optional<int> exit_at_start;          ///< APP_EXIT_AT_START, an exit code
  std::int64_t broken_starts = 0;            ///< APP_BROKEN_STARTS; broken_always for "always" and -1
  std::string state_file;                    ///< APP_STATE_FILE, where starts are counted

  static constexpr std::int64_t broken_always = -1;
};

/// A setting that does not parse, as one line for the user.
struct SettingError {
  std::string message;
};

/// Reads one variable; nothing when it is unset. The process's own is `getenv`.
using Environment = std::function<std::optional<std::string>(const char* name)>;

/// Reads every setting; the first one that does not parse is the error. An empty value counts as unset.
std::variant<Settings, SettingError> read_settings(const Environment& environment);

/// Counts this start in the state file and says whether it is one of the broken ones.
std::variant<bool, SettingError> count_start(const Settings& settings);

}  // namespace sample_app
