#include "core/workload/exit.hpp"

#include <algorithm>

namespace healer {
bool ExitEvidence::observe(const EngineEvent& event) {
  const std::int64_t at = event.unix_nanoseconds;
  const bool newer = at > newest_;
  newest_ = std::max(newest_, at);
  if (at < floor_) return newer;
  if (std::holds_alternative<StopRequested>(event.report)) stop_requested_ = at;
  if (const auto* end = std::get_if<Ended>(&event.report)) {
    died_ = at;
    end_ = *end;
  }
  return newer;
}

void ExitEvidence::forget_before(std::int64_t unix_nanoseconds) {
  floor_ = std::max(floor_, unix_nanoseconds);
  for (Nanoseconds* at : {&died_, &stop_requested_})
    if (*at && **at < floor_) at->reset();
  if (!died_) end_.reset();
}

ExitKind ExitEvidence::judge(const Container& facts) const {
  if (operator_acted()) return ExitKind::Operator;
  if ((end_ && end_->oom) || facts.oom_killed) return ExitKind::OutOfMemory;
  return ExitKind::Crash;
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
  switch (facts.engine_restarts.policy) {
    case RestartPolicy::No:
      return false;
    case RestartPolicy::Always:
    case RestartPolicy::UnlessStopped:
      return true;
    case RestartPolicy::OnFailure:
      return facts.engine_restarts.maximum_retries == 0 ||
             facts.engine_restarts.count < facts.engine_restarts.maximum_retries;
  }
  return false;
}

}  // namespace healer
