#include "core/workload/out.hpp"

namespace healer {

void Out::log(LogLevel level, std::string message) {
  add(LogLine{level, std::move(message), workload_.name});
}

void Out::decide(Rule rule, std::string outcome, std::string inputs) {
  Decision decision;
  decision.at = now_;
  decision.workload = workload_.key;
  if (workload_.incident) decision.incident = workload_.incident->id;
  decision.rule = rule;
  decision.inputs = std::move(inputs);
  decision.outcome = std::move(outcome);
  workload_.decision = decision;
  add(Persist{std::move(decision)});
}

}  // namespace healer
