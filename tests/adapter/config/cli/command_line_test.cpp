#include "cli/command_line.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <string>
#include <variant>
#include <vector>

namespace healer::cli {
namespace {

Command parsed(const std::vector<std::string>& arguments) {
  std::vector<const char*> argv{"healer"};
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  return parse_command_line(static_cast<int>(argv.size()), argv.data());
}

template <class Wanted>
Wanted parsed_as(const std::vector<std::string>& arguments) {
  Command command = parsed(arguments);
  if (const auto* exit = std::get_if<PrintAndExit>(&command)) CAPTURE(exit->text);
  REQUIRE(std::holds_alternative<Wanted>(command));
  return std::get<Wanted>(std::move(command));
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("without a command, run is the command") {
  CHECK(parsed_as<RunCommand>({}).flags.values.empty());
  CHECK_FALSE(parsed_as<RunCommand>({"run"}).flags.config_file);
  CHECK_FALSE(parsed_as<RunCommand>({"run"}).as_autoheal);
  CHECK(parsed_as<RunCommand>({"autoheal"}).as_autoheal);
  CHECK(parsed_as<RunCommand>({"autoheal", "--config", "c"}).flags.config_file == "c");
}

TEST_CASE("run takes the file of a new token") {
  CHECK(parsed_as<RunCommand>({}).new_token.empty());
  CHECK(parsed_as<RunCommand>({"run", "--new-token", "/t"}).new_token == "/t");
  CHECK(contains(parsed_as<PrintAndExit>({"status", "--new-token", "/t"}).text, "does not take --new-token"));
}

TEST_CASE("test-notification takes a channel, or none for all") {
  CHECK(parsed_as<TestNotificationCommand>({"test-notification"}).name.empty());
  const auto command =
      parsed_as<TestNotificationCommand>({"test-notification", "oncall", "--json", "--admin-socket", "/s"});
  CHECK(command.name == "oncall");
  CHECK(command.json);
  CHECK(command.flags.values.at("admin_socket") == "/s");
  CHECK(contains(parsed_as<PrintAndExit>({"test-notification", "a", "b"}).text, "no such command 'b'"));
}

TEST_CASE("options may stand before and after the command") {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"run", "--dry-run", "--config", "a.yaml", "--listen=off"},
        std::vector<std::string>{"--dry-run", "--config=a.yaml", "run", "--listen", "off"},
        std::vector<std::string>{"--listen", "off", "--config", "a.yaml", "--dry-run"}}) {
    const auto run = parsed_as<RunCommand>(arguments);
    CHECK(run.flags.config_file == "a.yaml");
    CHECK(run.flags.values == std::map<std::string, std::string>{{"dry_run", "true"}, {"listen", "off"}});
  }
  CHECK(parsed_as<RunCommand>({"--dry-run=maybe"}).flags.values.at("dry_run") ==
        "maybe");  // load() refuses the value
  // deunhealth's flag, with its value in the next argument or after "=".
  for (const auto& arguments : {std::vector<std::string>{"--docker-host", "tcp://192.0.2.1:2375"},
                                std::vector<std::string>{"--docker-host=tcp://192.0.2.1:2375"}})
    CHECK(parsed_as<RunCommand>(arguments).flags.values ==
          std::map<std::string, std::string>{{"docker_host", "tcp://192.0.2.1:2375"}});
  const auto run = parsed_as<RunCommand>({"--state", "/a.db", "--admin-socket", "/a.sock"});
  CHECK(run.flags.values ==
        std::map<std::string, std::string>{{"state", "/a.db"}, {"admin_socket", "/a.sock"}});
}

TEST_CASE("every command is read with its arguments and options") {
  CHECK(parsed_as<StatusCommand>({"status", "--json"}).json);
  CHECK_FALSE(parsed_as<StatusCommand>({"status"}).json);
  CHECK(parsed_as<ExplainCommand>({"explain", "web"}).name == "web");
  CHECK(parsed_as<HistoryCommand>({"history"}).name.empty());
  const auto history = parsed_as<HistoryCommand>({"history", "web", "--limit", "5", "--json"});
  CHECK(history.name == "web");
  CHECK(history.limit == "5");
  CHECK(history.json);
  CHECK(parsed_as<IncidentCommand>({"incident", "7"}).id == "7");
  for (const CommandInfo& command : operator_commands) {
    const auto order = parsed_as<OperatorOrder>({std::string(command.form.name), "web-1"});
    CHECK(order.command == &command);
    CHECK(order.name == "web-1");
  }
  CHECK(parsed_as<OperatorOrder>({"pause", "web", "--for", "30m"}).length == "30m");
  CHECK(parsed_as<OperatorOrder>({"pause", "--all"}).name.empty());
  CHECK(parsed_as<OperatorOrder>({"resume", "--all"}).name.empty());
  CHECK(parsed_as<OperatorOrder>({"ack", "web"}).by.empty());
  CHECK(parsed_as<OperatorOrder>({"ack", "web", "--by", "kim"}).by == "kim");
  const auto replay =
      parsed_as<ReplayCommand>({"replay", "ev", "--from", "90s", "--workload", "web", "--json"});
  CHECK(replay.file == "ev");
  CHECK(replay.from == "90s");
  CHECK(replay.workload == "web");
  CHECK(replay.json);
  CHECK_FALSE(replay.verbose);
  CHECK(parsed_as<HealthcheckCommand>({"healthcheck", "--listen", "off"}).flags.values.at("listen") == "off");
  const auto check = parsed_as<CheckConfigCommand>(
      {"check-config", "--label", "monitored=true", "--label", "healer.body=a=b", "--config", "x"});
  CHECK(check.labels == Labels{{"healer.body", "a=b"}, {"monitored", "true"}});
  CHECK(check.flags.config_file == "x");
  CHECK(parsed_as<CheckConfigCommand>({"check-config", "--container", "web"}).container == "web");
}

TEST_CASE("help, version and reference are commands, too") {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"--help"}, std::vector<std::string>{"status", "--help"},
        std::vector<std::string>{"-h"}}) {
    const auto help = parsed_as<PrintAndExit>(arguments);
    CHECK(help.code == 0);
    for (const char* part : {"check-config", "--dry-run", "--admin-socket", "Usage"})
      CHECK(contains(help.text, part));
  }
  const auto version = parsed_as<PrintAndExit>({"--version"});
  CHECK(version.code == 0);
  CHECK(version.text.starts_with("healer "));
  CHECK(contains(parsed_as<PrintAndExit>({"config-reference"}).text, "# Configuration"));
}

TEST_CASE("an unknown argument is refused with the nearest name and exit code 2") {
  struct Row {
    std::vector<std::string> arguments;
    std::string wanted;
  };
  const std::vector<Row> rows{
      {{"stauts"}, "no such command 'stauts'; did you mean 'status'?"},
      {{"--lisen", "off"}, "no such option '--lisen'; did you mean '--listen'?"},
      {{"--lisen=off"}, "no such option '--lisen'; did you mean '--listen'?"},
      {{"status", "--jsn"}, "no such option '--jsn'; did you mean '--json'?"},
      {{"run", "extra"}, "no such command 'extra'"},
      {{"status", "--dry-run"}, "'status' does not take --dry-run"},
      {{"--json"}, "'run' does not take --json"},
      {{"reset"}, "reset needs the NAME"},
      {{"pause"}, "pause needs the NAME of a container, as 'healer status' shows it, or --all"},
      {{"pause", "web", "--all"}, "pause takes a NAME or --all, not both"},
      {{"heal", "--all"}, "'heal' does not take --all"},
      {{"replay"}, "replay needs the FILE of a recording"},
      {{"incident"}, "incident needs an ID"},
      {{"status", "--limit", "5"}, "'status' does not take --limit"},
      {{"reset", "a", "b"}, "'b'"},
      {{"check-config", "--label", "monitored"}, "--label 'monitored' is not of the form NAME=VALUE"},
      {{"--config"}, "--config takes exactly one value"},
      {{"--config", "a", "--config", "b"}, "--config takes exactly one value"},
      {{"check-config", "--label"}, "--label takes exactly one value"},
      {{"check-config", "--container"}, "--container takes exactly one value"},
      {{"check-config", "--container", "a", "--label", "b=c"}, "--container and --label are two ways"},
      {{"status", "--container", "a"}, "'status' does not take --container"},
      {{"-x"}, "no such option '-x'"},
      {{"run", "status"}, "only one command at a time; 'status' is a second one"},
      {{"run", "run"}, "only one command at a time"},
  };
  for (const Row& row : rows) {
    const auto refusal = parsed_as<PrintAndExit>(row.arguments);
    CAPTURE(refusal.text);
    CHECK(refusal.code == 2);
    CHECK(contains(refusal.text, row.wanted));
    CHECK(refusal.text.starts_with("healer: "));
  }
}

TEST_CASE("no arguments make the parser throw or exit") {
  CHECK(rc::check("random arguments", [](std::vector<std::string> arguments) {
    for (std::string& argument : arguments) {
      if (*rc::gen::inRange(0, 2) == 0)
        argument = *rc::gen::element<std::string>("status", "run", "reset", "--config", "--label",
                                                  "--dry-run", "--", "--listen=", "check-config", "-",
                                                  "--dry-run=maybe", "--json", "--json=x");
    }
    (void)parsed(arguments);
  }));
}

}  // namespace
}  // namespace healer::cli
