#include <ostream>

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/table.hpp"

namespace healer::cli {
namespace {

void add_rows(std::vector<std::vector<Cell>>& rows, const std::vector<EffectiveSetting>& settings,
              Scope scope) {
  for (const EffectiveSetting& setting : settings) {
    if (setting.info->scope != scope) continue;
    const Colour colour = setting.origin.kind == Origin::Kind::Default ? Colour::Dim : Colour::None;
    rows.push_back({{std::string(setting.info->key), Colour::None},
                    {setting.value.empty() ? "-" : setting.value, Colour::None},
                    {to_string(setting.origin), colour}});
  }
}

const char* say(Selection selection) {
  switch (selection) {
    case Selection::Unlabelled:
      return "not watched: no label opts in (monitored=true)";
    case Selection::OptedIn:
      return "watched";
    case Selection::OptedOut:
      return "not watched: a label opts out";
  }
  return "unknown";
}

}  // namespace

void print_errors(const ConfigErrors& errors, std::ostream& err) {
  for (const ConfigError& error : errors) err << "healer: " << describe(error) << '\n';
}

int check_config(const CheckConfigCommand& command, const Environment& environment, const Output& output) {
  const auto settings = load(environment, command.flags);
  if (!settings) {
    print_errors(settings.error(), output.err);
    return exit_usage;
  }
  for (const std::string& warning : settings->warnings) output.err << "healer: warning: " << warning << '\n';
  const bool asked_of_a_container = !command.labels.empty();
  const Explanation explanation = explain(*settings, command.labels);
  std::vector<std::vector<Cell>> rows{{{"SETTING"}, {"VALUE"}, {"FROM"}}};
  add_rows(rows, explanation.settings, Scope::Workload);
  add_rows(rows, settings->effective, Scope::Daemon);
  output.out << aligned(rows, output.colour);
  if (asked_of_a_container)
    output.out << "A container with these labels is " << say(explanation.selection) << ".\n";
  for (const LabelProblem& problem : explanation.problems)
    output.err << fmt::format("healer: label {}: {}\n", problem.label, problem.message);
  return explanation.problems.empty() ? exit_ok : exit_usage;
}

}  // namespace healer::cli
