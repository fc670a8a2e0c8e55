// Decisions about all workloads together, and what a change of one workload means for the others.
// HEALING.md 5.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/duration.hpp"
#include "core/host/host_contribution.hpp"
#include "core/supervisor.hpp"

namespace healer {
namespace {

/// A text names so many workloads; the rest is a number.
constexpr std::size_t names_notified = 10;

std::string names_of(const std::vector<const Workload*>& members) {
  std::string text;
  for (std::size_t i = 0; i < members.size() && i < names_notified; ++i)
    text += (i == 0 ? "" : ", ") + members[i]->name;
  if (members.size() > names_notified) text += fmt::format(" and {} more", members.size() - names_notified);
  return text;
}

std::string length_text(std::optional<Duration> length) {
  return length ? "for " + format_duration(*length) : std::string("until resumed");
}

}  // namespace

void Supervisor::take_over_host(Step& step) {
  taken_over_ = true;
  // A time on disk is later than now only if the clock was set back since. Cut to now, or its wait would last
  // that much longer.
  const auto no_later = [&](Instant& at) { at = std::min(at, step.now); };
  for (auto& [key, remembered] : remembered_) {
    WorkloadRecord& record = remembered.record;
    for (Instant* at :
         {&record.backoff_changed_at, &record.last_notified, &record.unnotified_since, &record.reset_at})
      no_later(*at);
    for (Instant& at : remembered.attempts) no_later(at);
    for (FiringAlert& alert : record.alerts) {
      no_later(alert.since);
      no_later(alert.reported_at);
    }
  }
  if (!host_state_.host.mass_notification_key.empty())
    host_state_.mass = MassGuard::restored(host_state_.policy, host_state_.host.mass_since, step.now);
}

void Supervisor::host_due(Step& step) {
  if (host_state_.host.paused_until && step.now >= *host_state_.host.paused_until)
    host_pause_over("the operator's pause of everything is over", step);
  // Only what the clock makes due: restrain() counts the changes of this step at its end.
  if (host_state_.mass.on()) watch_mass(step);
}

std::optional<Instant> Supervisor::host_deadline() const {
  std::optional<Instant> next = engine_notification_due_;
  const auto at = [&next](std::optional<Instant> candidate) {
    if (candidate && (!next || *candidate < *next)) next = candidate;
  };
  at(host_state_.connectivity.next_deadline());
  at(host_state_.mass.deadline());
  if (host_state_.host.paused_until && *host_state_.host.paused_until != Instant::max())
    at(host_state_.host.paused_until);
  return next;
}

void Supervisor::wake_host(Step& step) {
  const std::optional<Instant> next = host_deadline();
  if (next && next != host_wake_at_) step.out.push_back(Wake{"", std::max(*next, step.now)});
  host_wake_at_ = next;
}

// Counting.

void Supervisor::count(Workload& workload, std::size_t first, Step& step) {
  HostContribution now;
  now.counted = true;
  now.among = counts_among(workload);
  now.failing = counts_as_failing(workload);
  now.unnotified = now.failing && workload.incident && !workload.notifications.incident->notified;
  now.in_remedy = in_remedy(workload);
  now.not_ready = not_ready_reason(workload, step.now) != nullptr;
  const HostContribution before = std::exchange(workload.contribution, now);
  among_ += static_cast<std::size_t>(now.among) - static_cast<std::size_t>(before.among);
  failing_ += static_cast<std::size_t>(now.failing) - static_cast<std::size_t>(before.failing);
  unnotified_ += static_cast<std::size_t>(now.unnotified) - static_cast<std::size_t>(before.unnotified);
  if (now.in_remedy && !before.in_remedy) host_state_.concurrency.taken(workload.service);
  if (!now.in_remedy && before.in_remedy) {
    host_state_.concurrency.given_back(workload.service);
    slot_freed_ = true;
  }
  if (before.counted && before.not_ready && !now.not_ready) healthy_again_.insert(workload.key);
  if (!workload.incident) workload.remediation.dependency_hold_until.reset();

  std::optional<std::pair<HoldKind, Instant>> held;
  if (const auto* planned = std::get_if<Planned>(&workload.remediation.phase);
      planned != nullptr && planned->hold)
    held = {planned->hold->kind, planned->due};
  if (held != workload.held) {
    if (workload.held) {
      held_[workload.held->first].erase({workload.held->second, workload.key});
      if (workload.held->first == HoldKind::Concurrency) host_state_.concurrency.wait_no_more(workload.key);
    }
    if (held) {
      held_[held->first].insert({held->second, workload.key});
      if (held->first == HoldKind::Concurrency) host_state_.concurrency.wait(workload.key, held->second);
    }
    workload.held = held;
  }

  if (!host_state_.mass.on() || !(now.in_remedy || before.in_remedy)) return;
  for (std::size_t i = first; i < step.out.size(); ++i) {
    const auto* persist = std::get_if<Persist>(&step.out[i]);
    const auto* attempt = persist != nullptr ? std::get_if<Attempt>(&persist->record) : nullptr;
    if (attempt == nullptr || attempt->workload != workload.key || !attempt->ended_at) continue;
    // A cancelled attempt and one that was never executed do not show whether a remedy helps.
    if (attempt->state == AttemptState::Cancelled || attempt->state == AttemptState::NotExecuted) continue;
    const bool recovered = attempt->state == AttemptState::Recovered;
    mass_changed(host_state_.mass.remedy_ended(recovered, step.now, host_state_.policy), step);
  }
}

void Supervisor::uncount(Workload& workload) {
  const HostContribution before = std::exchange(workload.contribution, HostContribution{});
  among_ -= before.among ? 1 : 0;
  failing_ -= before.failing ? 1 : 0;
  unnotified_ -= before.unnotified ? 1 : 0;
  if (before.in_remedy) {
    host_state_.concurrency.given_back(workload.service);
    slot_freed_ = true;
  }
  if (workload.held) held_[workload.held->first].erase({workload.held->second, workload.key});
  workload.held.reset();
  host_state_.concurrency.wait_no_more(workload.key);
  host_state_.concurrency.left(workload.service);
  host_state_.graph.remove(workload.key);
  leave_network(workload);
}

void Supervisor::restrain(Step& step) {
  if (!host_state_.connectivity.failed()) release(HoldKind::Connectivity, step);
  host_state_.concurrency.set_limit(host_state_.policy.remedy_share, workloads_.size());
  watch_mass(step);
  while (slot_freed_ || !healthy_again_.empty()) {
    if (std::exchange(slot_freed_, false)) {
      release(HoldKind::Replica, step);
      release(HoldKind::MassFailure, step);
      release(HoldKind::Concurrency, step);
    }
    for (const std::string& key : std::exchange(healthy_again_, {})) ripple(key, step);
    watch_mass(step);
  }
  report_cycles(step);
}

void Supervisor::release(HoldKind kind, Step& step) {
  const auto found = held_.find(kind);
  if (found == held_.end() || found->second.empty()) return;
  const auto waiting = found->second;  // a copy: the loop changes the set
  for (const auto& [due, key] : waiting) {
    if (kind == HoldKind::Concurrency && host_state_.concurrency.full()) return;
    if (kind == HoldKind::MassFailure && host_state_.mass.room(host_state_.concurrency.in_use()) == 0) return;
    if (Workload* workload = by_key(key)) run_controller_for(*workload, step, [](WorkloadController&) {});
  }
}

void Supervisor::look_at_incidents(Step& step) {
  std::vector<std::string> keys;
  for (const auto& [key, workload] : workloads_)
    if (workload->incident || workload->notifications.unnotified_incidents > 0) keys.push_back(key);
  std::sort(keys.begin(), keys.end());
  for (const std::string& key : keys)
    if (Workload* workload = by_key(key)) run_controller_for(*workload, step, [](WorkloadController&) {});
}

/// The workload is healthy again: each workload that was held for it is re-evaluated; if nothing below it
/// fails any more, its own new verdict decides.
void Supervisor::ripple(const std::string& key, Step& step) {
  const Workload* root = by_key(key);
  if (root == nullptr || !host_state_.graph.has_dependents(key)) return;
  const std::string name = root->name;
  for (const std::string& dependent : host_state_.graph.ripple(key)) {
    Workload* workload = by_key(dependent);
    if (workload == nullptr || !workload->held) continue;
    const HoldKind why = workload->held->first;
    if (why != HoldKind::Dependency && why != HoldKind::NetworkParent) continue;
    const auto still = host_state_.graph.failing_root(dependent, [&](const std::string& other) {
      const Workload* below = by_key(other);
      return below != nullptr && not_ready_reason(*below, step.now) != nullptr;
    });
    run_controller_for(*workload, step, [&](WorkloadController& controller) {
      if (!still) controller.cause_gone(HoldKind::Dependency, name + " is healthy again");
    });
  }
}

// Mass failures.

std::vector<const Workload*> Supervisor::failing() const {
  std::vector<const Workload*> members;
  for (const auto& [key, workload] : workloads_)
    if (workload->contribution.failing) members.push_back(workload.get());
  std::sort(members.begin(), members.end(),
            [](const Workload* a, const Workload* b) { return a->name < b->name; });
  return members;
}

/// The workload that every member depends on, or is. Of several, the one with most dependents. Empty: none.
std::string Supervisor::common_dependency(const std::vector<const Workload*>& members) const {
  std::map<std::string, std::size_t> shared;
  for (const Workload* member : members) {
    ++shared[member->key];
    for (const std::string& below : host_state_.graph.closure(member->key)) ++shared[below];
  }
  std::string found;
  std::size_t rest_on_it = 0;
  for (const auto& [key, count] : shared) {
    if (count != members.size()) continue;
    const std::size_t above = host_state_.graph.ripple(key).size();
    if (!found.empty() && above <= rest_on_it) continue;
    const Workload* workload = host_state_.find(key);
    found = workload != nullptr && !workload->name.empty() ? workload->name : key;
    rest_on_it = above;
  }
  return found;
}

void Supervisor::host_decision(Rule rule, std::string outcome, std::string inputs, Step& step) {
  Decision decision;
  decision.at = step.now;
  decision.rule = rule;
  decision.inputs = std::move(inputs);
  decision.outcome = std::move(outcome);
  step.out.push_back(Persist{std::move(decision)});
}

/// The destinations of the members' own notifications, which the grouped notification replaces.
std::vector<Destination> Supervisor::members_channels(NotificationKind kind, Step& step) const {
  std::vector<Destination> all;
  if (routing_of(host_state_.policy).routes.empty()) return all;  // without routes every channel gets it
  for (const Workload* member : failing()) {
    if (!member->policy->notifications) continue;
    Notification notification;
    notification.kind = kind;
    notification.workload = member->name;
    notification.project = project_of(*member);
    notification.route = member->policy->notification_route;
    join(all, route_notification(host_state_.policy, notification, Following{kind},
                                 {step.now, host_state_.wall_ahead})
                  .destinations);
  }
  return all;
}

void Supervisor::mass_notification(NotificationKind kind, const char* event, std::string text, Step& step,
                                   std::string advice) {
  if (host_state_.host.mass_notification_key.empty()) {
    // Later than the last mass failure's: two may begin in one millisecond, and a key is never used again.
    host_state_.host.mass_since = std::max(host_state_.mass.since(), host_state_.host.mass_since + 1ms);
    host_state_.host.mass_notification_key =
        fmt::format("healer/{:.60}/mass/{}", host_state_.policy.host_name,
                    host_state_.host.mass_since.time_since_epoch().count());
    host_state_.host.mass_notified_channels.clear();
  }
  std::vector<std::string>& notified_channels = host_state_.host.mass_notified_channels;
  Following follows;
  follows.ends = kind == NotificationKind::Recovered;
  follows.called = follows.ends && host_state_.host.mass_critical;
  follows.notified_channels = notified_channels;
  follows.trigger = !follows.ends    ? kind
                    : follows.called ? NotificationKind::Critical
                                     : NotificationKind::Degraded;
  const std::vector<Destination> more =
      follows.ends ? std::vector<Destination>{} : members_channels(kind, step);
  for (const Destination& each :
       host_notification(step, kind, event, std::move(text), host_state_.host.mass_notification_key, follows,
                         std::move(advice), more))
    if (std::find(notified_channels.begin(), notified_channels.end(), each.channel) ==
        notified_channels.end())
      notified_channels.push_back(each.channel);
  save_host(step);
}

void Supervisor::watch_mass(Step& step) {
  mass_changed(host_state_.mass.update(failing_, among_, step.now, host_state_.policy), step);
  notify_mass(step);
}

/// The grouped notification replaces the first member's own.
void Supervisor::notify_mass(Step& step) {
  if (unnotified_ == 0 || !host_state_.mass.on() || !host_state_.host.mass_notification_key.empty()) return;
  const std::vector<const Workload*> members = failing();
  const std::string common = common_dependency(members);
  mass_notification(
      NotificationKind::Degraded, "MASS FAILURE",
      fmt::format("{} of {} containers are unhealthy at once: {}. They probably share one cause{}. Remedies "
                  "are on hold for {}; if it lasts, healer tries one canary.",
                  members.size(), among_, names_of(members), common.empty() ? std::string() : ", " + common,
                  format_duration(host_state_.policy.mass_hold)),
      step, common.empty() ? "Look at what they share." : fmt::format("Look at {} first.", common));
}

void Supervisor::mass_changed(MassGuard::Change change, Step& step) {
  if (change == MassGuard::Change::None) return;  // in nearly every step: before any text is made
  const MassGuard& mass = host_state_.mass;
  const auto log = [&step](LogLevel level, std::string text) {
    step.out.push_back(LogLine{level, std::move(text), {}});
  };
  const std::string inputs =
      fmt::format("failing={}; among={}; share={}; least={}; batch={}", failing_, among_,
                  host_state_.policy.mass_share, host_state_.policy.mass_least, mass.batch());
  switch (change) {
    case MassGuard::Change::None:
      return;
    case MassGuard::Change::Began:
      log(LogLevel::Warning, "mass failure: " + mass.text(step.now));
      host_decision(Rule::MassHold, mass.text(step.now), inputs, step);
      return;
    case MassGuard::Change::Trying:
    case MassGuard::Change::Widened:
      log(LogLevel::Warning, "mass failure: " + mass.text(step.now));
      host_decision(Rule::MassCanary, mass.text(step.now), inputs, step);
      slot_freed_ = true;  // restrain() releases the workload that is due first
      return;
    case MassGuard::Change::NotRecovered:
      log(LogLevel::Error, "mass failure: " + mass.text(step.now));
      host_decision(Rule::MassHold, mass.text(step.now), inputs, step);
      if (!std::exchange(host_state_.host.mass_critical, true)) {
        mass_notification(
            NotificationKind::Critical, "MASS FAILURE",
            fmt::format(
                "{} of {} containers are unhealthy at once, and a restart does not help here: one was "
                "tried, and is still unhealthy. {}. An operator is needed; meanwhile healer tries one canary "
                "at growing intervals.",
                failing_, among_, names_of(failing())),
            step, "Look at what they share: the network, a disk, a common dependency.");
      }
      return;
    case MassGuard::Change::Over:
      break;
  }
  const Duration lasted = step.now - mass.since();
  const std::string text =
      fmt::format("the mass failure is over after {}: {} of {} are unhealthy",
                  format_duration(std::chrono::floor<std::chrono::seconds>(lasted)), failing_, among_);
  log(LogLevel::Info, text);
  host_decision(Rule::MassOver, text, inputs, step);
  if (!host_state_.host.mass_notification_key.empty()) {
    const std::vector<const Workload*> left = failing();
    mass_notification(NotificationKind::Recovered, "MASS FAILURE OVER",
                      fmt::format("The mass failure is over after {}.{}",
                                  format_duration(std::chrono::floor<std::chrono::seconds>(lasted)),
                                  left.empty() ? "" : " Not healthy yet: " + names_of(left) + "."),
                      step);
    host_state_.host.mass_notification_key.clear();
    host_state_.host.mass_notified_channels.clear();
    host_state_.host.mass_critical = false;
    save_host(step);
  }
  slot_freed_ = true;
  // The failures during the mass failure are not about now: new verdicts decide. Workloads that are still
  // unhealthy get their own notifications.
  const auto waiting = held_[HoldKind::MassFailure];
  for (const auto& [due, key] : waiting)
    if (Workload* workload = by_key(key))
      run_controller_for(*workload, step, [](WorkloadController& controller) {
        controller.cause_gone(HoldKind::MassFailure, "the mass failure is over");
      });
  look_at_incidents(step);
}

// Commands of operators.

void Supervisor::on(const OperatorPause& event, Step& step) {
  if (!event.workload.empty()) {
    if (Workload* workload = by_key(event.workload))
      run_controller_for(*workload, step,
                         [&](WorkloadController& controller) { controller.pause(event.length); });
    return;
  }
  host_state_.host.paused_until = event.length ? step.now + *event.length : Instant::max();
  for (const auto& [key, workload] : workloads_) workload->remediation.forced_in_pause = false;
  save_host(step);
  const std::string text =
      "everything is paused by an operator " + length_text(event.length) + ": watched, but nothing is done";
  step.out.push_back(LogLine{LogLevel::Warning, text, {}});
  host_decision(Rule::ByOperator, text, {}, step);
  look_at_incidents(step);
}

void Supervisor::on(const OperatorResume& event, Step& step) {
  if (!event.workload.empty()) {
    if (Workload* workload = by_key(event.workload))
      run_controller_for(*workload, step, [](WorkloadController& controller) { controller.resume(); });
    return;
  }
  if (host_state_.host.paused_until) host_pause_over("resumed by an operator", step);
}

void Supervisor::host_pause_over(const std::string& text, Step& step) {
  host_state_.host.paused_until.reset();
  save_host(step);
  step.out.push_back(LogLine{LogLevel::Info, text, {}});
  host_decision(Rule::ByOperator, text, {}, step);
  look_at_incidents(step);
}

void Supervisor::on(const WallClockMoved& event, Step& step) {
  // The clock was set back: reports from before the change would seem to be about later instances.
  if (event.ahead < host_state_.wall_ahead) {
    for (auto& [key, workload] : workloads_)
      if (!workload->lifecycle.judge_exit_at) workload->lifecycle.evidence = {};
    session_.wall_clock_set_back();
    if (std::exchange(host_state_.host.engine_stops_until, 0) != 0) save_host(step);
  }
  host_state_.wall_ahead = event.ahead;
  host_state_.engine_lag = Duration{0};
  release(HoldKind::Maintenance, step);
}

void Supervisor::on(const HostPolicyChanged& event, Step&) {
  const std::string host_name = host_state_.policy.host_name;
  host_state_.policy = event.policy;
  if (host_state_.policy.host_name.empty()) host_state_.policy.host_name = host_name;
  slot_freed_ = true;  // the new policy may allow more remedies at once
}

// Dependencies.

void Supervisor::learn_edges(Workload& workload, const Container& facts, Step& step) {
  if (const std::string& service = facts.identity.service; service != workload.service) {
    const bool in_use = workload.contribution.in_remedy;
    if (in_use) host_state_.concurrency.given_back(workload.service);
    host_state_.concurrency.left(workload.service);
    workload.service = service;
    if (in_use) host_state_.concurrency.taken(workload.service);
    host_state_.concurrency.joined(workload.service);
  }
  follow_network(workload, step);
  DependencyNode node;
  node.key = workload.key;
  node.name = workload.name;
  node.service = workload.service;
  node.declared = facts.dependencies;
  node.named = workload.policy->depends_on;
  node.network_parent = workload.network_parent;
  host_state_.graph.set(std::move(node));
}

void Supervisor::report_cycles(Step& step) {
  for (const std::string& key : host_state_.graph.take_changed_problems())
    if (const Workload* workload = by_key(key))
      for (const LabelProblem& problem : host_state_.graph.problems(key))
        step.out.push_back(
            LogLine{LogLevel::Warning,
                    fmt::format("{} — depends on {}: {}", workload->name, problem.value, problem.message),
                    workload->name});
}

}  // namespace healer
