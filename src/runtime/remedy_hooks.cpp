#include "runtime/remedy_hooks.hpp"

#include <utility>

#include "base/text.hpp"
#include "present/reason_text.hpp"

namespace healer {
namespace {

constexpr std::size_t output_kept = 500;

std::string value_of(std::string_view name, const ApplyRemedy& remedy, const std::string& outcome) {
  if (name == "name") return printable(remedy.name);
  if (name == "id") return remedy.container_id;
  if (name == "remedy") return to_string(remedy.step.kind);
  if (name == "attempt") return std::to_string(remedy.number);
  return outcome;
}

std::string fill_in(std::string_view text, const ApplyRemedy& remedy, const std::string& outcome) {
  std::string out;
  while (!text.empty()) {
    bool replaced = false;
    for (const std::string_view name : {"name", "id", "remedy", "attempt", "outcome"}) {
      if (text.size() < name.size() + 2 || text[0] != '{' || text.substr(1, name.size()) != name ||
          text[name.size() + 1] != '}')
        continue;
      out += value_of(name, remedy, outcome);
      text.remove_prefix(name.size() + 2);
      replaced = true;
      break;
    }
    if (replaced) continue;
    out += text.front();
    text.remove_prefix(1);
  }
  return out;
}

}  // namespace

std::vector<std::string> filled_in(const std::vector<std::string>& argv, const ApplyRemedy& remedy,
                                   const std::string& outcome) {
  std::vector<std::string> out;
  for (const std::string& argument : argv) out.push_back(fill_in(argument, remedy, outcome));
  return out;
}

void RemedyHooks::before(const ApplyRemedy& remedy, std::function<void()> then) {
  run("before", filled_in(settings_.before, remedy, {}), remedy, {}, std::move(then));
}

void RemedyHooks::after(const ApplyRemedy& remedy, const std::string& outcome, const HookFacts& facts) {
  if (runner_ == nullptr) return;
  if (!settings_.after.empty())
    run("after", filled_in(settings_.after, remedy, outcome), remedy, outcome, {});
  if (settings_.script.empty()) return;
  const std::string id = remedy.container_id.substr(0, 12);
  const std::string timeout = std::to_string(facts.stop_timeout.count());
  if (settings_.script_without_state)
    run("after", {settings_.script, remedy.name, id, timeout}, remedy, outcome, {});
  else
    run("after", {settings_.script, "/" + remedy.name, id, facts.state, timeout}, remedy, outcome, {});
}

void RemedyHooks::run(const char* hook, const std::vector<std::string>& argv, const ApplyRemedy& remedy,
                      const std::string& outcome, std::function<void()> then) {
  HookCall call;
  call.argv = argv;
  call.deadline = settings_.timeout;
  call.environment = {{"HEALER_HOOK", hook},
                      {"HEALER_WORKLOAD", remedy.workload},
                      {"HEALER_CONTAINER", remedy.name},
                      {"HEALER_CONTAINER_ID", remedy.container_id},
                      {"HEALER_REMEDY", to_string(remedy.step.kind)},
                      {"HEALER_ATTEMPT", std::to_string(remedy.number)},
                      {"HEALER_REASON", present::reason_text(remedy.reason)}};
  if (!outcome.empty()) call.environment.emplace_back("HEALER_OUTCOME", outcome);
  // Names, images and outputs of containers: a hook may well write them to a terminal or into a shell's
  // words.
  for (auto& [name, value] : call.environment) value = printable(value);
  auto reported = [kept = kept_, now = now_, hook = std::string(hook), program = argv.front(),
                   workload = remedy.workload, name = remedy.name, incident = remedy.incident,
                   deadline = call.deadline, then = std::move(then)](const HookResult& result) {
    const std::string ended = to_string(result, deadline);
    const std::string output = clip(printable(result.output), output_kept);
    const std::string said = output.empty() ? ended : ended + ": " + output;
    const bool healthy = result.error.empty() && !result.timed_out && result.exit_code == 0;
    Decision decision;
    decision.at = now();
    decision.workload = workload;
    decision.incident = incident;
    decision.rule = Rule::Acted;
    decision.fact = fact::HookRan{hook, printable(program), said};
    Report report{healthy ? LogLevel::Info : LogLevel::Warning, name, decision.fact};
    kept(std::move(report), std::move(decision));
    if (then) then();
  };
  runner_->run(std::move(call), std::move(reported));
}

}  // namespace healer
