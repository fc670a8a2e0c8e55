#include "core/exit.hpp"

#include <algorithm>

namespace healer {
namespace {

// Signals that ask a process to reload, report or redraw; a process that dies later did not die of them.
bool is_notice(int signal) {
  constexpr int hang_up = 1, user1 = 10, user2 = 12, continue_ = 18;
  return signal == hang_up || signal == user1 || signal == user2 || signal == continue_;
}

}  // namespace

bool ExitEvidence::observe(const EngineEvent& event) {
  const std::int64_t at = event.unix_nanoseconds;
  const bool newer = at > newest_;
  newest_ = std::max(newest_, at);
  if (at < floor_) return newer;
  switch (event.kind) {
    case EngineEventKind::Kill:
      if (!is_notice(event.signal)) killed_ = at;
      break;
    case EngineEventKind::Stop:
      stopped_ = at;
      break;
    case EngineEventKind::Restart:
      restarted_ = at;
      break;
    case EngineEventKind::Oom:
      oom_ = at;
      break;
    case EngineEventKind::Die:
      died_ = at;
      exit_code_ = event.exit_code;
      break;
    default:
      break;
  }
  return newer;
}

void ExitEvidence::forget_before(std::int64_t unix_nanoseconds) {
  floor_ = std::max(floor_, unix_nanoseconds);
  for (Nanoseconds* at : {&died_, &killed_, &stopped_, &restarted_, &oom_})
    if (*at && **at < floor_) at->reset();
  if (!died_) exit_code_.reset();
}

ExitKind ExitEvidence::judge(const Container& facts) const {
  if (operator_acted()) return ExitKind::Operator;
  if (oom_ || facts.oom_killed) return ExitKind::OutOfMemory;
  if (facts.restart_policy == RestartPolicy::OnFailure && exit_code_.value_or(facts.exit_code) == 0)
    return ExitKind::Completed;
  return ExitKind::Crash;
}

bool is_evidence(EngineEventKind kind, bool stop_follows_exit) {
  switch (kind) {
    case EngineEventKind::Kill:
    case EngineEventKind::Stop:
    case EngineEventKind::Oom:
    case EngineEventKind::Die:
      return true;
    case EngineEventKind::Restart:
      return stop_follows_exit;
    default:
      return false;
  }
}

ExitKind judge_unseen_exit(const Container& facts) {
  if (facts.oom_killed) return ExitKind::OutOfMemory;
  switch (facts.exit_code) {
    case 0:
    case 130:
    case 137:
    case 143:
      return ExitKind::Operator;
    default:
      return ExitKind::Crash;
  }
}

bool is_unclean(int exit_code) {
  return exit_code != 0 && exit_code != 130 && exit_code != 143;
}

bool engine_restarts(const Container& facts) {
  switch (facts.restart_policy) {
    case RestartPolicy::No:
      return false;
    case RestartPolicy::Always:
    case RestartPolicy::UnlessStopped:
      return true;
    case RestartPolicy::OnFailure:
      return facts.maximum_retries == 0 || facts.restart_count < facts.maximum_retries;
  }
  return false;
}

}  // namespace healer
