#pragma once

#include <string>
#include <variant>

#include "config/load.hpp"
#include "config/policy_resolver.hpp"

namespace healer::cli {

// One struct per command, with what it was given.

/// Watch and heal: what `healer` does without a command.
struct RunCommand {
  FlagOverrides flags;
  bool as_autoheal = false;  ///< called as docker-autoheal's image is: it greets likewise
};

/// Ask the daemon for the present state of every watched container.
struct StatusCommand {
  FlagOverrides flags;
  bool json = false;
};

/// Check the configuration and print what is in effect.
struct CheckConfigCommand {
  FlagOverrides flags;
  Labels labels;          ///< as if a container had them
  std::string container;  ///< ask the engine for this one's labels; empty: no
};

/// Ask the daemon whether its loop turns: the image's own healthcheck.
struct HealthcheckCommand {
  FlagOverrides flags;
};

/// Close a container's breaker and forget its backoff.
struct ResetCommand {
  FlagOverrides flags;
  std::string name;
};

/// Why a container is treated as it is.
struct ExplainCommand {
  FlagOverrides flags;
  std::string name;
};

/// Incidents, the newest first.
struct HistoryCommand {
  FlagOverrides flags;
  std::string name;   ///< empty: of all
  std::string limit;  ///< as given; empty: the daemon's own
  bool json = false;
};

/// Everything stored about one incident.
struct IncidentCommand {
  FlagOverrides flags;
  std::string id;
  bool json = false;
};

/// Watch, but do nothing.
struct PauseCommand {
  FlagOverrides flags;
  std::string name;    ///< empty: all
  std::string length;  ///< as given; empty: until resumed
};

/// The end of that.
struct ResumeCommand {
  FlagOverrides flags;
  std::string name;  ///< empty: all
};

/// The first remedy now.
struct HealCommand {
  FlagOverrides flags;
  std::string name;
};

/// An operator knows of its open incident.
struct AckCommand {
  FlagOverrides flags;
  std::string name;
  std::string by;  ///< empty: not said
};

/// Send a test to one channel, or to all.
struct TestNotificationCommand {
  FlagOverrides flags;
  std::string name;  ///< empty: all
  bool json = false;
};

/// Feed a recording to the core again, and compare.
struct ReplayCommand {
  std::string file;
  std::string from;      ///< as given; empty: from its beginning
  std::string workload;  ///< empty: all
  bool verbose = false;
  bool json = false;
};

/// Nothing to run: help, the version, the reference, or why the command line is refused. Goes to standard
/// output with code 0, else to standard error.
struct PrintAndExit {
  std::string text;
  int code = 0;
};

using Command = std::variant<RunCommand, StatusCommand, CheckConfigCommand, HealthcheckCommand, ResetCommand,
                             ExplainCommand, HistoryCommand, IncidentCommand, PauseCommand, ResumeCommand,
                             HealCommand, AckCommand, TestNotificationCommand, ReplayCommand, PrintAndExit>;

/// Never throws and never exits. An unknown command or option, or one that the command does not take, is a
/// PrintAndExit with code 2 that names the nearest valid one. Values are not judged here: load() does that.
Command parse_command_line(int argc, const char* const* argv);

}  // namespace healer::cli
