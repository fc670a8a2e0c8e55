#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/duration.hpp"
#include "base/redact.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/table.hpp"

namespace healer::cli {
namespace {

void add_rows(std::vector<std::vector<Cell>>& rows, const std::vector<EffectiveSetting>& settings,
              Scope scope) {
  for (const EffectiveSetting& setting : settings) {
    if (setting.info->scope != scope) continue;
    const Colour colour = setting.origin.kind == Origin::Kind::Default ? Colour::Dim : Colour::None;
    const std::string key(setting.info->key);
    std::string name = key;
    if (!setting.probe.empty()) name = fmt::format("probes.{}.{}", setting.probe, key);
    if (!setting.channel.empty()) name = fmt::format("channels.{}.{}", setting.channel, key);
    rows.push_back({{std::move(name), Colour::None},
                    {setting.value.empty() ? "-" : redact(printable(setting.value)), Colour::None},
                    {to_string(setting.origin), colour}});
  }
}

/// Healer's own rules; only the file has them.
void add_prometheus(std::vector<std::vector<Cell>>& rows, const PrometheusSettings& prometheus,
                    const std::string& file) {
  if (prometheus.url.empty()) return;
  const auto add = [&](std::string_view key, std::string value) {
    if (!value.empty()) rows.push_back({{fmt::format("prometheus.{}", key)}, {printable(value)}, {file}});
  };
  add("url", prometheus.url);
  add("bearer_token", to_string(prometheus.bearer_token));
  add("username", prometheus.username);
  add("password", to_string(prometheus.password));
  add("interval", format_duration(prometheus.interval));
  add("timeout", format_duration(prometheus.timeout));
  for (const PrometheusRule& rule : prometheus.rules)
    add(fmt::format("rules.{}", rule.name),
        fmt::format("{} for {}, {}", rule.query, format_duration(rule.hold_for),
                    rule.act ? "act" : "notify"));
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

/// Whether healer watches the container, in one line. HEALING.md 1.
std::string say_watched(const ContainerSummary& container, const Containers& containers,
                        Selection selection) {
  if (selection != Selection::OptedIn) return say(selection);
  if (container.identity.one_off) return "not watched: it is a one-off run of its service";
  if (container.id == containers.own_id) return "not watched: it is healer itself";
  if (container.state == ContainerState::Running || container.state == ContainerState::Restarting)
    return "watched";
  if (container.state == ContainerState::Paused) return "watched, but left alone while it is paused";
  return fmt::format("watched; it is {} now", to_string(container.state));
}

/// All containers, and the one that the command names; the error is a line for operators.
struct Chosen {
  Containers containers;
  ContainerSummary container;
};
tl::expected<Chosen, std::string> choose(const std::string& name, const DockerConnection& docker,
                                         const ListContainers& list) {
  auto containers = list(docker);
  if (!containers) return tl::unexpected<std::string>(containers.error().message);
  auto container = find_container(containers->all, name);
  if (!container) return tl::unexpected<std::string>(std::move(container.error()));
  return Chosen{std::move(*containers), std::move(*container)};
}

}  // namespace

void print_errors(const ConfigErrors& errors, std::ostream& err) {
  for (const ConfigError& error : errors) err << "healer: " << describe(error) << '\n';
}

int check_config(const CheckConfigCommand& command, const Environment& environment,
                 const ListContainers& list, const Output& output, const CheckChannels& check) {
  const auto settings = load(environment, command.flags);
  if (!settings) {
    print_errors(settings.error(), output.err);
    return exit_usage;
  }
  if (check) {
    if (const auto usable = check(settings->daemon); !usable) {
      output.err << "healer: " << printable(usable.error().message) << '\n';
      return exit_usage;
    }
  }
  for (const std::string& warning : settings->warnings)
    output.err << "healer: warning: " << printable(warning) << '\n';
  for (const std::string& note : settings->notes) output.err << "healer: " << printable(note) << '\n';
  std::optional<Chosen> chosen;
  if (!command.container.empty()) {
    auto found = choose(command.container, settings->daemon.docker, list);
    if (!found) {
      output.err << "healer: " << printable(found.error()) << '\n';
      return exit_failed;
    }
    chosen = std::move(*found);
  }
  const Explanation explanation = explain(*settings, chosen ? chosen->container.labels : command.labels);
  std::vector<std::vector<Cell>> rows{{{"SETTING"}, {"VALUE"}, {"FROM"}}};
  add_rows(rows, explanation.settings, Scope::Workload);
  if (!chosen) {
    add_rows(rows, settings->effective, Scope::Daemon);
    add_rows(rows, settings->effective, Scope::Channel);
    add_prometheus(rows, settings->daemon.prometheus, settings->config_file.value_or(""));
  }
  output.out << aligned(rows, output.colour);
  if (chosen)
    output.out << fmt::format("Container {} is {}.\n", printable(chosen->container.name),
                              say_watched(chosen->container, chosen->containers, explanation.selection));
  else if (!command.labels.empty())
    output.out << "A container with these labels is " << say(explanation.selection) << ".\n";
  if (!explanation.unnamed_probe)
    output.out << "Only its named probes are used: no label sets the unnamed one.\n";
  for (const LabelProblem& problem : explanation.problems)
    output.err << fmt::format("healer: label {}: {}\n", printable(problem.label), printable(problem.message));
  return explanation.problems.empty() ? exit_ok : exit_usage;
}

}  // namespace healer::cli
