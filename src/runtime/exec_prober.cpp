#include "runtime/exec_prober.hpp"

#include <variant>

#include "base/text.hpp"

namespace healer {
namespace {

constexpr std::size_t longest_output = 10 * 1024;
constexpr std::size_t longest_detail = 300;

ProbeEnd end_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::Timeout:
      return ProbeEnd::AnswerTimeout;
    case ErrorCode::Refused:
      return ProbeEnd::Denied;
    case ErrorCode::Conflict:
    case ErrorCode::NotFound:
      return ProbeEnd::NotRunning;
    default:
      return ProbeEnd::EngineFailed;
  }
}

}  // namespace

void ExecProber::start(ProbeId id, const ProbeTargetPtr& target, Duration timeout) {
  asked_[id] = host_.now();
  const auto* exec = target ? std::get_if<ExecTarget>(target.get()) : nullptr;
  if (!exec) return later(id, ProbeEnd::EngineFailed, "no command to run");
  Command command{exec->container_id, exec->command};
  if (!running_.try_emplace(command).second) return later(id, ProbeEnd::StillOpen, {});
  ExecOrder order{command.container_id, command.words, longest_output, timeout};
  engine_.exec(std::move(order), guarded([this, id, command](Result<ExecResult> result) {
                 answered(id, command, std::move(result));
               }),
               guarded([this, command]() { ended(command); }));
}

void ExecProber::later(ProbeId id, ProbeEnd end, std::string detail) {
  ProbeFacts facts;
  facts.end = end;
  facts.detail = std::move(detail);
  host_.post(guarded([this, id, facts = std::move(facts)]() { answer(id, facts); }));
}

void ExecProber::answer(ProbeId id, ProbeFacts facts) {
  const auto asked = asked_.extract(id);
  if (!asked) return;  // cancelled
  facts.duration = host_.now() - asked.mapped();
  sink_(id, std::move(facts));
}

void ExecProber::answered(ProbeId id, const Command& command, Result<ExecResult> result) {
  ProbeFacts facts;
  if (result) {
    facts.status = result->exit_code;
    facts.body = std::move(result->output);
  } else {
    facts.end = end_of(result.error().code);
    facts.detail = clip(printable(result.error().message), longest_detail);
    const auto running = running_.find(command);
    if (facts.end == ProbeEnd::AnswerTimeout && running != running_.end() && !running->second.stuck) {
      running->second.stuck = true;
      ++stuck_;
    }
  }
  answer(id, std::move(facts));
}

void ExecProber::ended(const Command& command) {
  const auto running = running_.find(command);
  if (running == running_.end()) return;
  if (running->second.stuck) --stuck_;
  running_.erase(running);
}

}  // namespace healer
