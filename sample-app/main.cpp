#include <cstdlib>
#include <iostream>
#include <string_view>

#include "server.hpp"
#include "settings.hpp"

namespace {

constexpr std::string_view usage =
    "usage: sample-app              serve until SIGTERM\n"
    "       sample-app healthcheck  exit 0 when the app on this machine is healthy, else 1\n"
    "       sample-app --version\n"
    "Settings: APP_PORT, APP_ADDRESS, APP_START_DELAY, APP_EXIT_AT_START, APP_BROKEN_STARTS, "
    "APP_STATE_FILE\n";

int fail(const sample_app::SettingError& error) {
  std::cerr << "sample-app: " << error.message << '\n';
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view command = argc > 1 ? argv[1] : "";
  if (command == "--version") {
    std::cout << "sample-app " SAMPLE_APP_VERSION "\n";
    return 0;
  }
  if (command == "--help" || command == "-h") {
    std::cout << usage;
    return 0;
  }
  if (argc > 2 || (argc == 2 && command != "healthcheck")) {
    std::cerr << usage;
    return 2;
  }

  const auto read = sample_app::read_settings([](const char* name) -> std::optional<std::string> {
    const char* value = std::getenv(name);
    if (value == nullptr) return std::nullopt;
    return std::string(value);
  });
  if (const auto* error = std::get_if<sample_app::SettingError>(&read)) return fail(*error);
  const auto& settings = std::get<sample_app::Settings>(read);
  if (command == "healthcheck") return sample_app::healthcheck(settings);

  if (settings.exit_at_start) {
    std::cerr << "sample-app: APP_EXIT_AT_START is set: exiting with code " << *settings.exit_at_start
              << '\n';
    return *settings.exit_at_start;
  }
  const auto broken = sample_app::count_start(settings);
  if (const auto* error = std::get_if<sample_app::SettingError>(&broken)) return fail(*error);
  return sample_app::serve(settings, std::get<bool>(broken));
}
