#include "core/workload/out.hpp"

namespace healer {

void Out::log(LogLevel level, Fact fact) {
  // Without a name: its container was not inspected yet.
  const std::string& name = workload_.name.empty() ? workload_.key : workload_.name;
  add(Report{level, name, std::move(fact)});
}

void Out::decide(Rule rule, Fact fact) {
  Decision decision;
  decision.at = now_;
  decision.workload = workload_.key;
  if (workload_.incident) decision.incident = workload_.incident->id;
  decision.rule = rule;
  decision.fact = std::move(fact);
  workload_.decision = decision;
  add(Persist{std::move(decision)});
}

}  // namespace healer
