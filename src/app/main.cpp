#include <chrono>
#include <cstdlib>
#include <iostream>
#include <variant>

#include <unistd.h>

#include "app/channels.hpp"
#include "app/daemon.hpp"
#include "app/engine_access.hpp"
#include "app/token_file.hpp"
#include "base/text.hpp"
#include "base/version.hpp"
#include "cli/command_line.hpp"
#include "cli/commands.hpp"
#include "config/load.hpp"
#include "replay/replay.hpp"

extern char** environ;

namespace {

healer::WallTime wall_now() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count()};
}

}  // namespace

int main(int argc, char** argv) {
  using namespace healer;
  const Environment environment = environment_from(environ);
  const cli::Output output{std::cout, std::cerr,
                           isatty(STDOUT_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr};
  const cli::Command command = cli::parse_command_line(argc, argv);
  return std::visit(
      [&](const auto& what) -> int {
        using What = std::decay_t<decltype(what)>;
        if constexpr (std::is_same_v<What, cli::RunCommand>) {
          if (const auto made = make_token_file(what.new_token, random_token()); !made) {
            std::cerr << "healer: --new-token: " << printable(made.error().message) << '\n';
            return cli::exit_failed;
          }
          return run_daemon(what, environment);
        } else if constexpr (std::is_same_v<What, cli::StatusCommand>) {
          return cli::status(what, environment, wall_now(), output);
        } else if constexpr (std::is_same_v<What, cli::CheckConfigCommand>) {
          return cli::check_config(
              what, environment,
              [&](const DockerConnection& docker) { return list_containers(docker, environment); }, output,
              check_channels);
        } else if constexpr (std::is_same_v<What, cli::HealthcheckCommand>) {
          return cli::healthcheck(what, environment, output);
        } else if constexpr (std::is_same_v<What, cli::ExplainCommand>) {
          return cli::explain(what, environment, wall_now(), output);
        } else if constexpr (std::is_same_v<What, cli::HistoryCommand>) {
          return cli::history(what, environment, output);
        } else if constexpr (std::is_same_v<What, cli::IncidentCommand>) {
          return cli::incident(what, environment, output);
        } else if constexpr (std::is_same_v<What, cli::OperatorOrder>) {
          return cli::order(what, environment, output);
        } else if constexpr (std::is_same_v<What, cli::TestNotificationCommand>) {
          return cli::test_notification(what, environment, output);
        } else if constexpr (std::is_same_v<What, cli::ReplayCommand>) {
          return replay::replay_file(
              {what.file, std::string(version), what.from, what.workload, what.verbose, what.json}, std::cout,
              std::cerr);
        } else {
          (what.code == 0 ? std::cout : std::cerr) << what.text;
          return what.code;
        }
      },
      command);
}
