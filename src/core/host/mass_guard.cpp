#include "core/host/mass_guard.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace healer {

MassGuard MassGuard::restored(const HostPolicy& policy, Instant since, Instant now) {
  MassGuard guard;
  guard.since_ = since;
  guard.spread_ = Spread::Share;
  guard.hold(Phase::Holding, policy.mass_hold, now);
  guard.not_over_before_ = now + policy.mass_hold;
  return guard;
}

MassGuard::Spread MassGuard::spread(const HostPolicy& policy, Spread began) const {
  const bool share = failing_ >= std::max(1U, policy.mass_least) &&
                     static_cast<double>(failing_) > policy.mass_share * static_cast<double>(among_);
  return share ? Spread::Share : began;
}

MassGuard::Change MassGuard::begin(Spread spread, Instant now, const HostPolicy& policy) {
  const std::size_t failing = failing_;
  const std::size_t among = among_;
  *this = MassGuard{};
  failing_ = failing;
  among_ = among;
  since_ = now;
  spread_ = spread;
  if (spread == Spread::Together)
    phase_ = Phase::Canary;
  else
    hold(Phase::Holding, policy.mass_hold, now);
  return Change::Began;
}

void MassGuard::hold(Phase phase, Duration length, Instant now) {
  phase_ = phase;
  hold_ = length;
  until_ = now + length;
}

MassGuard::Change MassGuard::update(std::size_t failing, std::size_t among, Instant now,
                                    const HostPolicy& policy, Spread began) {
  failing_ = failing;
  among_ = among;
  const Spread shows = spread(policy, began);
  if (!on()) {
    if (shows == Spread::None) return Change::None;
    if (left_ != Phase::Off && now < over_at_ + policy.mass_hold) {
      phase_ = left_;
      batch_ = 1;
      recovered_ = 0;
      since_ = now;
      spread_ = shows;
      return Change::Began;
    }
    return begin(shows, now, policy);
  }
  const bool untried = phase_ == Phase::Canary && batch_ == 1 && recovered_ == 0 && failures_ == 0;
  if (shows == Spread::Share && spread_ == Spread::Together) {
    if (untried) return begin(shows, now, policy);
    spread_ = shows;
  }
  if (not_over_before_ && now >= *not_over_before_) not_over_before_.reset();
  if (shows != Spread::None)
    calm_since_.reset();
  else if (!calm_since_)
    calm_since_ = now;
  if (calm_since_ && !not_over_before_ && now >= *calm_since_ + calm) {
    calm_since_.reset();
    left_ = std::exchange(phase_, Phase::Off);
    over_at_ = now;
    return Change::Over;
  }
  if (phase_ != Phase::Canary && now >= until_ && !calm_since_) {
    phase_ = Phase::Canary;
    batch_ = 1;
    recovered_ = 0;
    return Change::Trying;
  }
  return Change::None;
}

MassGuard::Change MassGuard::remedy_ended(bool recovered, Instant now, const HostPolicy& policy) {
  if (phase_ != Phase::Canary) return Change::None;
  if (!recovered) {
    ++failures_;
    hold(Phase::Backoff, std::min(std::max(hold_, policy.mass_hold) * 2, policy.mass_hold_max), now);
    return Change::NotRecovered;
  }
  if (++recovered_ < batch_) return Change::None;
  batch_ = spread_ == Spread::Together ? std::max(among_, 2 * batch_) : 2 * batch_;
  recovered_ = 0;
  return Change::Widened;
}

std::size_t MassGuard::room(std::size_t in_remedy) const {
  switch (phase_) {
    case Phase::Off:
      return std::numeric_limits<std::size_t>::max();
    case Phase::Canary:
      return batch_ > in_remedy ? batch_ - in_remedy : 0;
    case Phase::Holding:
    case Phase::Backoff:
      break;
  }
  return 0;
}

std::optional<Instant> MassGuard::deadline() const {
  if (calm_since_) return std::max(*calm_since_ + calm, not_over_before_.value_or(Instant{}));
  if (phase_ == Phase::Holding || phase_ == Phase::Backoff) return until_;
  return std::nullopt;
}

fact::MassFailure MassGuard::fact(Instant now) const {
  fact::MassFailure mass;
  mass.phase = phase_;
  mass.failing = failing_;
  mass.among = among_;
  mass.batch = batch_;
  if (phase_ == Phase::Holding || phase_ == Phase::Backoff)
    mass.wait = std::chrono::ceil<std::chrono::seconds>(std::max(Duration{0}, until_ - now));
  return mass;
}

}  // namespace healer
