#pragma once

#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "base/result.hpp"
#include "base/time.hpp"
#include "cli/command_line.hpp"
#include "config/config_error.hpp"
#include "model/container.hpp"

namespace healer::cli {

/// Where a command writes, and what it may assume of it.
struct Output {
  std::ostream& out;
  std::ostream& err;
  bool colour = false;  ///< `out` is a terminal and NO_COLOR is not set
};

inline constexpr int exit_ok = 0;
inline constexpr int exit_failed = 1;
inline constexpr int exit_usage = 2;

/// One "healer: ..." line per error.
void print_errors(const ConfigErrors& errors, std::ostream& err);

/// What the engine says exists.
struct Containers {
  std::vector<ContainerSummary> all;
  std::string own_id;  ///< of the container this process runs in; empty: on the host
};
/// Asks the engine, without a daemon, and waits.
using ListContainers = std::function<Result<Containers>(const DockerConnection& docker)>;

/// The container an operator means by its name, the start of its id (4 digits at least) or its compose
/// service; else a sentence that says why not, with the nearest name.
tl::expected<ContainerSummary, std::string> find_container(const std::vector<ContainerSummary>& all,
                                                           const std::string& name);

/// Whether the channels can be made of their settings; the error says which not, and why.
using CheckChannels = std::function<Result<void>(const DaemonSettings& settings)>;

/// Prints the effective settings with their origins, or every error; of a container, also whether it is
/// watched, and why not. 0; 1 when the engine does not answer or knows no such container; 2 when the
/// configuration (or a label) is refused.
int check_config(const CheckConfigCommand& command, const Environment& environment,
                 const ListContainers& list, const Output& output, const CheckChannels& check = {});

/// Asks the daemon by its admin socket and prints a table. 0; 1 when it does not answer; 2 on bad settings.
int status(const StatusCommand& command, const Environment& environment, WallTime now, const Output& output);

/// Asks the daemon to close a breaker. 0; 1 when it does not answer or knows no such container; 2 on bad
/// settings.
int reset(const ResetCommand& command, const Environment& environment, const Output& output);

// The same for each of these: 0; 1 when the daemon does not answer or refuses, with its sentence; 2 on bad
// settings.

int explain(const ExplainCommand& command, const Environment& environment, WallTime now,
            const Output& output);
int history(const HistoryCommand& command, const Environment& environment, const Output& output);
int incident(const IncidentCommand& command, const Environment& environment, const Output& output);
int pause(const PauseCommand& command, const Environment& environment, const Output& output);
int resume(const ResumeCommand& command, const Environment& environment, const Output& output);
int ack(const AckCommand& command, const Environment& environment, const Output& output);
int heal(const HealCommand& command, const Environment& environment, const Output& output);

/// Sends a test notification to the channel that is named, or to all, and prints what each answered. 0 when
/// all were delivered; 1 when one was not, or as above; 2 on bad settings.
int test_notification(const TestNotificationCommand& command, const Environment& environment,
                      const Output& output);

/// Asks /healthz: of the HTTP server, or of the admin socket where that is off or its port is free to change.
/// 0 when well, else 1: not healthy, no answer, or bad settings (2 is reserved in a HEALTHCHECK). Silent when
/// well.
int healthcheck(const HealthcheckCommand& command, const Environment& environment, const Output& output);

}  // namespace healer::cli
