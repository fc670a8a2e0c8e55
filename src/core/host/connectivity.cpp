#include "core/host/connectivity.hpp"

#include <algorithm>
#include <utility>

#include "core/workload/verdict.hpp"

namespace healer {
namespace {

/// Operators are notified only of a longer failure; failing checks are unknown from the first failure on.
constexpr Duration notify_after = 10s;
/// A prober gives a result within the timeout; without a result after this much more, the check has failed.
constexpr Duration prober_margin = 5s;

}  // namespace

ConnectivityCheck::Change ConnectivityCheck::run_due(const HostPolicy& policy, Instant now,
                                                     std::uint64_t& last_probe, Effects& out) {
  Change change = Change::None;
  if (policy.connectivity != target_) {
    const bool same = policy.connectivity && target_ && *policy.connectivity == *target_;
    if (!same) change = forget(out);
    target_ = policy.connectivity;
    if (target_ && state_ == State::Off) {
      state_ = State::Unchecked;
      due_ = now;
    }
  }
  if (open_ && now >= open_->give_up) {
    open_.reset();
    change = judged(problem_of(ProblemKind::NoResult), policy, now, out);
  }
  if (target_ && !open_ && now >= due_) {
    open_ = Question{ProbeId{++last_probe}, now + policy.connectivity_timeout + prober_margin};
    due_ = now + std::max(policy.connectivity_interval, Duration{100ms});
    out.push_back(StartProbe{open_->id, {}, target_, policy.connectivity_timeout});
  }
  return change;
}

ConnectivityCheck::Change ConnectivityCheck::finished(const ProbeFinished& finished, const HostPolicy& policy,
                                                      Instant now, Effects& out) {
  if (!open_ || open_->id != finished.probe) return Change::None;
  open_.reset();
  CheckProblem found;
  if (finished.facts.end != ProbeEnd::Answered)
    found = problem_of(judge(finished.facts, ProbeSpec{}, ProbeKind::Http, policy.connectivity_timeout));
  return judged(found, policy, now, out);
}

/// A problem of no kind: it answered.
ConnectivityCheck::Change ConnectivityCheck::judged(const CheckProblem& found, const HostPolicy& policy,
                                                    Instant now, Effects& out) {
  answered_at_ = now;
  decidable_ = true;
  const bool failed_before = failed();
  problem_ = found;
  if (found.kind == ProblemKind::None) {
    state_ = State::Healthy;
    if (failed_before)
      out.push_back(Report{
          LogLevel::Info, {}, fact::ControlTargetAnswers{policy.connectivity_text, now - failed_since_}});
    return std::exchange(notified_, false) ? Change::Over : Change::None;
  }
  state_ = State::Failed;
  if (!failed_before) {
    failed_since_ = now;
    out.push_back(
        Report{LogLevel::Warning, {}, fact::ControlTargetSilent{policy.connectivity_text, problem_}});
  }
  if (notified_ || now - failed_since_ < notify_after) return Change::None;
  notified_ = true;
  return Change::Failing;
}

ConnectivityCheck::Change ConnectivityCheck::forget(Effects& out) {
  if (open_) out.push_back(CancelProbe{open_->id});
  open_.reset();
  state_ = State::Off;
  answered_at_.reset();
  problem_ = {};
  decidable_ = true;
  return std::exchange(notified_, false) ? Change::Over : Change::None;
}

void ConnectivityCheck::await(const std::string& workload, Instant now) {
  waiting_.push_back(workload);
  decidable_ = false;
  if (!open_) due_ = std::min(due_, now);
}

std::vector<std::string> ConnectivityCheck::take_waiting() {
  if (!std::exchange(decidable_, false) || waiting_.empty()) return {};
  std::vector<std::string> ready = std::exchange(waiting_, {});
  std::sort(ready.begin(), ready.end());
  ready.erase(std::unique(ready.begin(), ready.end()), ready.end());
  return ready;
}

std::optional<Instant> ConnectivityCheck::next_deadline() const {
  if (open_) return open_->give_up;
  if (target_) return due_;
  return std::nullopt;
}

}  // namespace healer
