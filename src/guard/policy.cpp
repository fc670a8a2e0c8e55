#include "guard/policy.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "guard/words.hpp"

namespace healer::guard {
namespace {

std::string shown(const Facts& facts) {
  return clip(printable(facts.name), 80);
}

/// The labels that count: the container's own, or with the operator's word those of its image, too.
const docker::Labels& counting_labels(const Facts& facts, const Settings& settings) {
  return settings.image_opt_in == ImageOptIn::Accepted ? facts.labels : facts.own_labels;
}

bool opted_in(const Facts& facts, const Settings& settings) {
  return facts.opt_in == OptIn::Own ||
         (facts.opt_in == OptIn::ByImage && settings.image_opt_in == ImageOptIn::Accepted);
}

void merge(Remedies& into, const Remedies& from) {
  into.orders.insert(from.orders.begin(), from.orders.end());
  into.signals.insert(from.signals.begin(), from.signals.end());
  into.commands.insert(into.commands.end(), from.commands.begin(), from.commands.end());
}

/// What the operator lets labels choose.
Remedies within(Remedies remedies, const Settings& settings) {
  std::erase_if(remedies.orders,
                [&](const std::string& kind) { return !settings.label_remedies.contains(kind); });
  if (!settings.label_remedies.contains("kill")) remedies.signals.clear();
  if (!settings.label_remedies.contains("exec")) remedies.commands.clear();
  return remedies;
}

bool names_command(std::string_view label) {
  return label == "healer.command" || (label.starts_with("healer.probes.") && label.ends_with(".command"));
}

}  // namespace

View view_of(const Facts& facts, const Settings& settings) {
  return opted_in(facts, settings) ? View::Whole : View::Outline;
}

Ruled<void> judge_target(const Facts& facts, const Settings& settings, std::string_view self) {
  const bool own = settings.own.contains(facts.name) || settings.own.contains(facts.service) ||
                   (!self.empty() && facts.id.starts_with(self));
  if (breaks(Rule::Itself, own))
    return refuse(Rule::Itself, shown(facts) + " is the guard's or healer's own container");
  const bool by_image = facts.opt_in == OptIn::ByImage && !opted_in(facts, settings);
  if (breaks(Rule::ImageOptIn, by_image))
    return refuse(Rule::ImageOptIn, shown(facts) +
                                        " has its opt-in from its image; label the container, or set "
                                        "image_opt_in=accepted");
  if (breaks(Rule::OptIn, !opted_in(facts, settings) && !by_image))
    return refuse(Rule::OptIn, shown(facts) + " did not opt in; the label monitored=true does that");
  if (breaks(Rule::OneOff, facts.one_off))
    return refuse(Rule::OneOff, shown(facts) + " was started by an operator for one task");
  if (breaks(Rule::Owner, !facts.owner.empty()))
    return refuse(Rule::Owner, fmt::format("{} is started and stopped by {}", shown(facts), facts.owner));
  return {};
}

Remedies remedies_of(const Facts& facts, const Settings& settings) {
  Remedies all;
  const docker::Labels& labels = counting_labels(facts, settings);
  bool chosen = false;
  if (const auto label = labels.find("healer.remedies"); label != labels.end()) {
    if (const auto remedies = parse_remedies(label->second)) {
      merge(all, within(*remedies, settings));
      chosen = true;
    }
  }
  if (const Remedies* given = entry_for(settings.remedies, facts)) {
    merge(all, *given);
    chosen = true;
  }
  if (!chosen) merge(all, settings.default_remedies);
  return all;
}

std::vector<std::vector<std::string>> commands_of(const Facts& facts, const Settings& settings) {
  std::vector<std::vector<std::string>> commands = remedies_of(facts, settings).commands;
  if (settings.label_remedies.contains("exec"))
    for (const auto& [name, value] : counting_labels(facts, settings))
      if (names_command(name))
        if (auto words = command_words(value); words && !words->empty())
          commands.push_back(std::move(*words));
  if (const auto* given = entry_for(settings.commands, facts))
    commands.insert(commands.end(), given->begin(), given->end());
  return commands;
}

Ruled<void> judge_remedy(OrderKind kind, std::string_view signal, const Facts& facts,
                         const Settings& settings) {
  const Remedies remedies = remedies_of(facts, settings);
  if (kind == OrderKind::Kill) {
    const std::string name(signal);
    if (breaks(Rule::Remedy, !remedies.signals.contains(name)))
      return refuse(Rule::Remedy,
                    fmt::format("kill:{} is no remedy of {}", clip(printable(name), 20), shown(facts)));
    const bool listed = settings.signals.contains(name);
    const Remedies* operators = entry_for(settings.remedies, facts);
    const bool by_operator = operators && operators->signals.contains(name);
    if (breaks(Rule::Signal, !listed && !by_operator))
      return refuse(Rule::Signal,
                    fmt::format("signal {} is not among signals={}", name, fmt::join(settings.signals, ",")));
    return {};
  }
  if (breaks(Rule::Remedy, !remedies.orders.contains(to_string(kind))))
    return refuse(Rule::Remedy, fmt::format("{} is no remedy of {}; those are {}", to_string(kind),
                                            shown(facts), fmt::join(remedies.orders, ", ")));
  return {};
}

Ruled<void> judge_command(const std::vector<std::string>& command, const Facts& facts,
                          const Settings& settings) {
  const auto commands = commands_of(facts, settings);
  if (breaks(Rule::Command, std::find(commands.begin(), commands.end(), command) == commands.end()))
    return refuse(Rule::Command, "the command is named neither by a label of " + shown(facts) +
                                     " nor by command." + shown(facts) + " in the guard's file");
  return {};
}

Ruled<void> judge_hazards(const Facts& facts, const Settings& settings) {
  const bool named = settings.hazardous.contains(facts.name) || settings.hazardous.contains(facts.service);
  if (breaks(Rule::Hazard, !facts.hazards.empty() && (!named || facts.name.empty())))
    return refuse(Rule::Hazard, fmt::format("{}: {}; name it in hazardous= of the guard's file to allow this",
                                            shown(facts), fmt::join(facts.hazards, ", ")));
  return {};
}

}  // namespace healer::guard
