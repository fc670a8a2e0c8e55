#include "core/workload/out.hpp"

#include <cassert>

namespace healer {

template <class OneEffect>
void Out::add(OneEffect effect) {
  effects_.push_back(std::move(effect));
}
template void Out::add(StartProbe);
template void Out::add(CancelProbe);
template void Out::add(Inspect);
template void Out::add(CaptureEvidence);
template void Out::add(ApplyRemedy);
template void Out::add(Wake);
template void Out::add(Persist);
template void Out::add(SendNotification);
template void Out::add(Count);
template void Out::add(ConfirmAlert);

void Out::log(LogLevel level, Fact fact) {
  // Without a name: its container was not inspected yet.
  const std::string& name = workload_.name.empty() ? workload_.key : workload_.name;
  effects_.push_back(Report{level, name, std::move(fact)});
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

void Out::unknown_transition(const char* machine, int from, int input, int to) {
  log(LogLevel::Error, fact::UnknownTransition{machine, from, input, to});
  assert(watch_ && "a transition that its table lacks");
}

}  // namespace healer
