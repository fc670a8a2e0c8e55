#include "core/control.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/duration.hpp"
#include "core/verdict.hpp"

namespace healer {
namespace {

/// One lost answer is no news; it excuses failing checks all the same.
constexpr Duration told_after = 10s;
/// A prober answers within the timeout; after this much more it is taken to have lost the question.
constexpr Duration prober_margin = 5s;

}  // namespace

Control::News Control::run_due(const HostPolicy& policy, Instant now, std::uint64_t& last_probe,
                               Actions& out) {
  News news = News::None;
  if (policy.control != target_) {
    const bool same = policy.control && target_ && *policy.control == *target_;
    if (!same) news = forget(out);
    target_ = policy.control;
    if (target_ && state_ == State::Off) {
      state_ = State::Unasked;
      due_ = now;
    }
  }
  if (open_ && now >= open_->give_up) {
    open_.reset();
    news = judged(false, "the prober gave no answer", policy, now, out);
  }
  if (target_ && !open_ && now >= due_) {
    open_ = Question{ProbeId{++last_probe}, now + policy.control_timeout + prober_margin};
    due_ = now + std::max(policy.control_interval, Duration{100ms});
    out.push_back(StartProbe{open_->id, {}, target_, policy.control_timeout});
  }
  return news;
}

Control::News Control::finished(const ProbeFinished& finished, const HostPolicy& policy, Instant now,
                                Actions& out) {
  if (!open_ || open_->id != finished.probe) return News::None;
  open_.reset();
  const bool answered = finished.facts.end == ProbeEnd::Answered;
  std::string why;
  if (!answered) why = judge(finished.facts, ProbeSpec{}, ProbeKind::Http, policy.control_timeout).text;
  return judged(answered, std::move(why), policy, now, out);
}

Control::News Control::judged(bool answered, std::string why, const HostPolicy& policy, Instant now,
                              Actions& out) {
  answered_at_ = now;
  decidable_ = true;
  const bool failed_before = failed();
  if (answered) {
    state_ = State::Well;
    why_.clear();
    if (failed_before)
      out.push_back(LogLine{LogLevel::Info,
                            fmt::format("the control target {} answers again after {}: failing checks count",
                                        policy.control_text, format_duration(now - failed_since_)),
                            {}});
    return std::exchange(told_, false) ? News::Over : News::None;
  }
  state_ = State::Failed;
  why_ = std::move(why);
  if (!failed_before) {
    failed_since_ = now;
    out.push_back(
        LogLine{LogLevel::Warning,
                fmt::format("the control target {} does not answer ({}): healer's own network is in "
                            "doubt, failing checks are unknown until it does",
                            policy.control_text, why_),
                {}});
  }
  if (told_ || now - failed_since_ < told_after) return News::None;
  told_ = true;
  return News::Failing;
}

Control::News Control::forget(Actions& out) {
  if (open_) out.push_back(CancelProbe{open_->id});
  open_.reset();
  state_ = State::Off;
  answered_at_.reset();
  why_.clear();
  decidable_ = true;
  return std::exchange(told_, false) ? News::Over : News::None;
}

void Control::await(const std::string& workload, Instant now) {
  waiting_.push_back(workload);
  decidable_ = false;
  if (!open_) due_ = std::min(due_, now);
}

std::vector<std::string> Control::take_waiting() {
  if (!std::exchange(decidable_, false) || waiting_.empty()) return {};
  std::vector<std::string> ready = std::exchange(waiting_, {});
  std::sort(ready.begin(), ready.end());
  ready.erase(std::unique(ready.begin(), ready.end()), ready.end());
  return ready;
}

std::optional<Instant> Control::next_deadline() const {
  if (open_) return open_->give_up;
  if (target_) return due_;
  return std::nullopt;
}

}  // namespace healer
