#pragma once

#include <string>
#include <variant>

#include "config/load.hpp"
#include "config/policy_resolver.hpp"
#include "model/operator_command.hpp"

namespace healer::cli {

// One struct per command, with its arguments.

/// Watch and heal: the command of `healer` without a command.
struct RunCommand {
  FlagOverrides flags;
  bool as_autoheal = false;  ///< called like docker-autoheal's image: prints the same greeting
  std::string new_token;     ///< file that gets a new token if it is missing; empty: none
};

/// Show the present state of every watched container.
struct StatusCommand {
  FlagOverrides flags;
  bool json = false;
};

/// Check the configuration and print the settings in effect.
struct CheckConfigCommand {
  FlagOverrides flags;
  Labels labels;          ///< labels of an imagined container
  std::string container;  ///< name of a container whose labels the engine gives; empty: none
};

/// Check that the daemon's loop runs: the HEALTHCHECK of healer's image.
struct HealthcheckCommand {
  FlagOverrides flags;
};

/// Show why healer acts, waits or does nothing for a container.
struct ExplainCommand {
  FlagOverrides flags;
  std::string name;
};

/// List incidents, the newest first.
struct HistoryCommand {
  FlagOverrides flags;
  std::string name;   ///< empty: all containers
  std::string limit;  ///< as given; empty: the daemon's default
  bool json = false;
};

/// Show everything stored about one incident.
struct IncidentCommand {
  FlagOverrides flags;
  std::string id;
  bool json = false;
};

/// One of operator_commands.
struct OperatorOrder {
  FlagOverrides flags;
  const CommandInfo* command = nullptr;  ///< never null after parsing
  std::string name;                      ///< empty: all
  std::string length;                    ///< as given; empty: not given
  std::string by;                        ///< empty: not given
};

/// Send a test notification to one channel, or to all.
struct TestNotificationCommand {
  FlagOverrides flags;
  std::string name;  ///< empty: all
  bool json = false;
};

/// Replay a recording through the core, and compare the effects.
struct ReplayCommand {
  std::string file;
  std::string from;      ///< as given; empty: from the recording's beginning
  std::string workload;  ///< empty: all
  bool verbose = false;
  bool json = false;
};

/// Nothing to run: help, version, reference, or the reason why the command line is refused. Printed to
/// standard output if the code is 0, else to standard error.
struct PrintAndExit {
  std::string text;
  int code = 0;
};

using Command = std::variant<RunCommand, StatusCommand, CheckConfigCommand, HealthcheckCommand,
                             ExplainCommand, HistoryCommand, IncidentCommand, OperatorOrder,
                             TestNotificationCommand, ReplayCommand, PrintAndExit>;

/// Never throws and never exits. An unknown command or option, or an option that the command does not take,
/// gives a PrintAndExit with code 2 that names the nearest valid one. load() checks the values.
Command parse_command_line(int argc, const char* const* argv);

}  // namespace healer::cli
