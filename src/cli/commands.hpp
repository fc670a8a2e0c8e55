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

/// The streams that a command writes to.
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

/// The engine's containers.
struct Containers {
  std::vector<ContainerSummary> all;
  std::string own_id;  ///< of the container that this process runs in; empty: on the host
};
/// Calls the engine without a daemon, and waits for the answer.
using ListContainers = std::function<Result<Containers>(const DockerConnection& docker)>;

/// The container with this name, this start of its id (4 digits at least) or this compose service. The error
/// is a sentence with the reason and the nearest name.
tl::expected<ContainerSummary, std::string> find_container(const std::vector<ContainerSummary>& all,
                                                           const std::string& name);

/// Whether the channels can be made from the settings; the error names the channel and the reason.
using CheckChannels = std::function<Result<void>(const DaemonSettings& settings)>;

/// Prints the effective settings with their origins, or every error; for a container also whether it is
/// watched, and why not. Returns 0; 1 when the engine does not answer or has no such container; 2 when the
/// configuration (or a label) is refused.
int check_config(const CheckConfigCommand& command, const Environment& environment,
                 const ListContainers& list, const Output& output, const CheckChannels& check = {});

/// Prints a table of the daemon's state. Returns 0; 1 when the daemon does not answer; 2 for invalid
/// settings.
int status(const StatusCommand& command, const Environment& environment, WallTime now, const Output& output);

// Each of these returns 0; 1 when the daemon does not answer or refuses, and prints its reason; 2 for invalid
// settings.

int explain(const ExplainCommand& command, const Environment& environment, WallTime now,
            const Output& output);
int history(const HistoryCommand& command, const Environment& environment, const Output& output);
int incident(const IncidentCommand& command, const Environment& environment, const Output& output);
/// Sends one of operator_commands to the daemon.
int order(const OperatorOrder& command, const Environment& environment, const Output& output);

/// Sends a test notification to the named channel, or to all, and prints each answer. Returns 0 when all were
/// delivered; 1 when one was not, or as above; 2 for invalid settings.
int test_notification(const TestNotificationCommand& command, const Environment& environment,
                      const Output& output);

/// Requests /healthz from the HTTP server, or from the admin socket if the server is off or its port is 0.
/// Returns 0 and prints nothing when healer is healthy; else 1: not healthy, no answer, or invalid settings
/// (2 is reserved in a HEALTHCHECK).
int healthcheck(const HealthcheckCommand& command, const Environment& environment, const Output& output);

}  // namespace healer::cli
