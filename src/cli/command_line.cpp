// The only file that includes CLI11.
#include "cli/command_line.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "base/text.hpp"
#include "base/version.hpp"
#include "config/reference.hpp"

namespace healer::cli {
namespace {

constexpr int usage_error = 2;

struct CommandHelp {
  std::string_view name;
  std::string help;
  std::vector<std::string_view> options;  ///< besides --help and --version
};

CommandHelp help_of(const CommandInfo& command) {
  const bool all = command.form.scope == CommandScope::OneOrAll;
  CommandHelp made{command.form.name,
                   fmt::format("{}: {}", all ? "NAME or --all" : "NAME", command.form.help),
                   {"--config", "--admin-socket"}};
  if (all) made.options.push_back("--all");
  if (command.takes_length) made.options.push_back("--for");
  if (command.takes_operator) made.options.push_back("--by");
  return made;
}

std::vector<CommandHelp> make_command_table() {
  std::vector<CommandHelp> table{
      {"run",
       "watch and heal (the default)",
       {"--config", "--state", "--listen", "--admin-socket", "--docker-host", "--dry-run", "--new-token"}},
      {"autoheal",
       "as run, for the command line of docker-autoheal's image",
       {"--config", "--state", "--listen", "--admin-socket", "--docker-host", "--dry-run"}},
      {"status",
       "show every watched container, as the running healer sees it",
       {"--config", "--admin-socket", "--json"}},
      {"explain",
       "NAME: why healer acts, waits or does nothing, and what comes next",
       {"--config", "--admin-socket"}},
      {"history", "[NAME]: incidents, the newest first", {"--config", "--admin-socket", "--limit", "--json"}},
      {"incident",
       "ID: everything stored about one incident, with its evidence",
       {"--config", "--admin-socket", "--json"}},
  };
  for (const CommandInfo& command : operator_commands) table.push_back(help_of(command));
  const std::vector<CommandHelp> last{
      {"test-notification",
       "[CHANNEL]: send a test to one channel, or to all, and show the answers",
       {"--config", "--admin-socket", "--json"}},
      {"replay",
       "FILE: replay a recording and compare the decisions",
       {"--from", "--workload", "--verbose", "--json"}},
      {"check-config",
       "check the configuration, show the settings in effect and their origins",
       {"--config", "--state", "--listen", "--admin-socket", "--docker-host", "--dry-run", "--label",
        "--container"}},
      {"healthcheck",
       "exit 0 when the running healer is healthy, else 1",
       {"--config", "--listen", "--admin-socket"}},
      {"config-reference", "print docs/configuration.md", {}},
  };
  table.insert(table.end(), last.begin(), last.end());
  return table;
}

const std::vector<CommandHelp>& command_table() {
  static const std::vector<CommandHelp> table = make_command_table();
  return table;
}

struct OptionInfo {
  std::string_view name;
  std::string_view value;  ///< placeholder of the value in the help; empty: a switch
  std::string_view help;
};

constexpr std::array<OptionInfo, 19> option_table{{
    {"--config", "FILE", "read settings from this YAML file (HEALER_CONFIG)"},
    {"--state", "PATH", "the state file (HEALER_STATE)"},
    {"--listen", "ADDRESS:PORT", "serve metrics and health here, or off (HEALER_LISTEN)"},
    {"--admin-socket", "PATH", "the daemon's unix socket (HEALER_ADMIN_SOCKET)"},
    {"--docker-host", "URL", "the engine's socket (DOCKER_HOST)"},
    {"--dry-run", "", "decide and log as always, but never touch a container (HEALER_DRY_RUN)"},
    {"--new-token", "FILE", "run: make this file with a new random token, if there is none"},
    {"--json", "",
     "status, history, incident, test-notification: print the daemon's answer as it is; replay: JSON lines"},
    {"--limit", "N", "history: the largest number of incidents (20)"},
    {"--for", "DURATION", "pause: how long, such as 30m; else until resumed"},
    {"--by", "WHO", "ack: your name; else $SUDO_USER or $USER"},
    {"--all", "", "pause, resume: every container, also later ones"},
    {"--from", "TIME",
     "replay: show only what follows this time (UTC), or an offset such as 90s from the beginning"},
    {"--workload", "NAME", "replay: show only this workload"},
    {"--verbose", "", "replay: show every event and log line as well"},
    {"--label", "NAME=VALUE", "check-config: as for a container with this label; may be repeated"},
    {"--container", "NAME", "check-config: with the labels of this container, read from the engine"},
    {"--version", "", "print the version"},
    {"--help", "", "print this help"},
}};

PrintAndExit refused(std::string problem, const std::string& nearest = {}) {
  std::string text = "healer: " + std::move(problem);
  if (!nearest.empty()) text += fmt::format("; did you mean '{}'?", nearest);
  return PrintAndExit{text + "\nTry 'healer --help'.\n", usage_error};
}

std::string nearest_of(std::string_view seen, const std::vector<std::string_view>& candidates) {
  return nearest_name(seen, candidates).value_or("");
}

PrintAndExit refused_extra(const std::string& extra) {
  std::vector<std::string_view> names;
  if (extra.starts_with('-')) {
    for (const OptionInfo& option : option_table) names.push_back(option.name);
    const std::string name = extra.substr(0, extra.find('='));
    return refused(fmt::format("no such option '{}'", printable(clip(name, 100))), nearest_of(name, names));
  }
  for (const CommandHelp& command : command_table()) {
    if (command.name == extra)
      return refused(fmt::format("only one command at a time; '{}' is a second one", extra));
    names.push_back(command.name);
  }
  return refused(fmt::format("no such command '{}'", printable(clip(extra, 100))), nearest_of(extra, names));
}

/// CLI11 parses the command line; make() decides what its parts mean.
class Parser {
 public:
  Parser() {
    app_.allow_extras();
    app_.set_help_flag("");
    app_.require_subcommand(0, 1);
    app_.footer(
        "Without configuration healer watches the containers labelled monitored=true on the local engine.\n"
        "Every setting: docs/configuration.md, or `healer config-reference`.");
    for (const OptionInfo& info : option_table) {
      const std::string name(info.name);
      CLI::Option* option = nullptr;
      if (name == "--label")
        option = app_.add_option(name, labels_)
                     ->type_size(1)
                     ->expected(1)
                     ->allow_extra_args(false)
                     ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
      else
        option =
            info.value.empty() ? app_.add_flag(name == "--help" ? "-h,--help" : name) : app_.add_option(name);
      option->description(std::string(info.help))->type_name(std::string(info.value));
    }
    for (const CommandHelp& command : command_table()) {
      CLI::App* sub = app_.add_subcommand(std::string(command.name), std::string(command.help));
      sub->set_help_flag("");
      sub->fallthrough();
      sub->allow_extras();
    }
    for (const char* named : {"explain", "history", "incident", "test-notification", "replay"})
      app_.get_subcommand(named)->add_option("name", name_);
    for (const CommandInfo& command : operator_commands)
      app_.get_subcommand(std::string(command.form.name))->add_option("name", name_);
  }

  Command parse(int argc, const char* const* argv) {
    try {
      app_.parse(argc, argv);
    } catch (const CLI::ArgumentMismatch& error) {
      const std::string what = error.what();  // "--config: 1 required ..."
      return refused(fmt::format("{} takes exactly one value", printable(what.substr(0, what.find(':')))));
    } catch (const CLI::ParseError& error) {
      return refused(printable(error.what()));
    }
    // The help of a parser that parsed nothing: CLI11 would give only the command's page, which has no
    // options.
    if (given("--help")) return PrintAndExit{Parser().app_.help(), 0};
    if (given("--version")) return PrintAndExit{fmt::format("healer {}\n", version), 0};
    if (const auto extras = app_.remaining(true); !extras.empty()) return refused_extra(extras.front());
    const auto chosen = app_.get_subcommands();
    const std::string command = chosen.empty() ? "run" : chosen.front()->get_name();
    if (const auto stranger = option_not_of(command); !stranger.empty())
      return refused(fmt::format("'{}' does not take {}", command, stranger));
    return make(command);
  }

 private:
  bool given(std::string_view option) const { return app_.count(std::string(option)) > 0; }

  std::string option_not_of(const std::string& command) const {
    for (const CommandHelp& info : command_table()) {
      if (info.name != command) continue;
      for (const OptionInfo& option : option_table)
        if (given(option.name) &&
            std::find(info.options.begin(), info.options.end(), option.name) == info.options.end())
          return std::string(option.name);
    }
    return {};
  }

  FlagOverrides flags() const {
    FlagOverrides flags;
    if (given("--config")) flags.config_file = app_["--config"]->as<std::string>();
    for (const auto& setting : daemon_settings()) {
      const std::string flag(setting.info.flag);
      if (flag.empty() || !given(flag)) continue;
      // The text as written, also for a switch: load() checks it.
      flags.values[std::string(setting.info.key)] = app_[flag]->results().back();
    }
    return flags;
  }

  Command make(const std::string& command) {
    if (command == "config-reference") return PrintAndExit{configuration_reference(), 0};
    if (command == "status") return StatusCommand{flags(), given("--json")};
    if (command == "healthcheck") return HealthcheckCommand{flags()};
    if (command == "check-config") return make_check_config();
    if (command == "history") return HistoryCommand{flags(), name_, value_of("--limit"), given("--json")};
    if (command == "incident") {
      if (name_.empty()) return refused("incident needs an ID, as 'healer history' shows it");
      return IncidentCommand{flags(), name_, given("--json")};
    }
    if (command == "replay") {
      if (name_.empty()) return refused("replay needs the FILE of a recording (HEALER_RECORD)");
      return ReplayCommand{name_, value_of("--from"), value_of("--workload"), given("--verbose"),
                           given("--json")};
    }
    if (command == "test-notification") return TestNotificationCommand{flags(), name_, given("--json")};
    if (const CommandInfo* found = find_command(command)) return make_order(*found);
    if (command == "explain") {
      if (name_.empty()) return name_missing(command);
      return ExplainCommand{flags(), name_};
    }
    return RunCommand{flags(), command == "autoheal", value_of("--new-token")};
  }

  Command make_order(const CommandInfo& command) {
    const bool all = given("--all");
    if (all && !name_.empty())
      return refused(fmt::format("{} takes a NAME or --all, not both", command.form.name));
    if (name_.empty() && !all)
      return name_missing(command.form.name,
                          command.form.scope == CommandScope::OneOrAll ? ", or --all" : "");
    return OperatorOrder{flags(), &command, name_, value_of("--for"), value_of("--by")};
  }

  static PrintAndExit name_missing(std::string_view command, std::string_view or_else = {}) {
    return refused(
        fmt::format("{} needs the NAME of a container, as 'healer status' shows it{}", command, or_else));
  }

  std::string value_of(const char* option) const {
    return given(option) ? app_[option]->as<std::string>() : std::string();
  }

  Command make_check_config() {
    CheckConfigCommand command{flags(), {}, {}};
    if (given("--container")) {
      command.container = app_["--container"]->as<std::string>();
      if (command.container.empty()) return refused("--container needs the NAME of a container");
      if (!labels_.empty()) return refused("--container and --label are two ways to say the same; give one");
    }
    for (const std::string& label : labels_) {
      const auto equals = label.find('=');
      if (equals == std::string::npos || equals == 0)
        return refused(
            fmt::format("--label '{}' is not of the form NAME=VALUE", printable(clip(label, 100))));
      command.labels[label.substr(0, equals)] = label.substr(equals + 1);
    }
    return command;
  }

  CLI::App app_{"healer keeps containers healthy, not merely running.", "healer"};
  std::vector<std::string> labels_;
  std::string name_;
};

}  // namespace

Command parse_command_line(int argc, const char* const* argv) {
  return Parser().parse(argc, argv);
}

}  // namespace healer::cli
