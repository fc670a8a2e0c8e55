// What is decided about all workloads together, and what one's change means for the others. HEALING.md 5.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/duration.hpp"
#include "core/standing.hpp"
#include "core/supervisor.hpp"

namespace healer {
namespace {

/// So many names are given before the rest is a number.
constexpr std::size_t names_told = 10;

std::string names_of(const std::vector<const Workload*>& members) {
  std::string text;
  for (std::size_t i = 0; i < members.size() && i < names_told; ++i)
    text += (i == 0 ? "" : ", ") + members[i]->name;
  if (members.size() > names_told) text += fmt::format(" and {} more", members.size() - names_told);
  return text;
}

std::string length_text(std::optional<Duration> length) {
  return length ? "for " + format_duration(*length) : std::string("until resumed");
}

}  // namespace

void Supervisor::take_over_host(Step& step) {
  taken_over_ = true;
  // Nothing on disk is later than now, unless the clock was set back since: it would hold for that much
  // longer.
  const auto no_later = [&](Instant& at) { at = std::min(at, step.now); };
  for (auto& [key, remembered] : remembered_) {
    WorkloadRecord& record = remembered.record;
    for (Instant* at :
         {&record.backoff_changed_at, &record.last_announced, &record.quiet_since, &record.reset_at})
      no_later(*at);
    for (Instant& at : remembered.attempts) no_later(at);
    for (FiringSignal& signal : record.signals) {
      no_later(signal.since);
      no_later(signal.told_at);
    }
  }
  if (!world_.host.mass_alert_key.empty())
    world_.mass = MassGuard::restored(world_.policy, world_.host.mass_since, step.now);
}

void Supervisor::host_due(Step& step) {
  if (world_.host.paused_until && step.now >= *world_.host.paused_until)
    host_pause_over("the operator's pause of everything is over", step);
  // By the clock alone; what this step changes is counted at its end.
  if (world_.mass.on()) watch_mass(step);
}

std::optional<Instant> Supervisor::host_deadline() const {
  std::optional<Instant> next = engine_alert_due_;
  const auto at = [&next](std::optional<Instant> candidate) {
    if (candidate && (!next || *candidate < *next)) next = candidate;
  };
  at(world_.control.next_deadline());
  at(world_.mass.deadline());
  if (world_.host.paused_until && *world_.host.paused_until != Instant::max()) at(world_.host.paused_until);
  return next;
}

void Supervisor::wake_host(Step& step) {
  const std::optional<Instant> next = host_deadline();
  if (next && next != host_wake_at_) step.out.push_back(Wake{"", std::max(*next, step.now)});
  host_wake_at_ = next;
}

// Counting.

void Supervisor::count(Workload& workload, std::size_t first, Step& step) {
  Standing now;
  now.counted = true;
  now.among = counts_among(workload);
  now.ailing = counts_as_ailing(workload);
  now.untold = now.ailing && workload.incident && !workload.incident->announced;
  now.in_remedy = in_remedy(workload);
  now.ails = ails(workload, step.now) != nullptr;
  const Standing before = std::exchange(workload.standing, now);
  among_ += static_cast<std::size_t>(now.among) - static_cast<std::size_t>(before.among);
  ailing_ += static_cast<std::size_t>(now.ailing) - static_cast<std::size_t>(before.ailing);
  untold_ += static_cast<std::size_t>(now.untold) - static_cast<std::size_t>(before.untold);
  if (now.in_remedy && !before.in_remedy) world_.slots.taken(workload.service);
  if (!now.in_remedy && before.in_remedy) {
    world_.slots.given_back(workload.service);
    slot_freed_ = true;
  }
  if (before.counted && before.ails && !now.ails) well_again_.insert(workload.key);
  if (!workload.incident) workload.dependency_hold_until.reset();

  std::optional<std::pair<HoldKind, Instant>> held;
  if (const auto* planned = std::get_if<Planned>(&workload.remedy); planned != nullptr && planned->hold)
    held = {planned->hold->kind, planned->due};
  if (held != workload.held) {
    if (workload.held) {
      held_[workload.held->first].erase({workload.held->second, workload.key});
      if (workload.held->first == HoldKind::Concurrency) world_.slots.wait_no_more(workload.key);
    }
    if (held) {
      held_[held->first].insert({held->second, workload.key});
      if (held->first == HoldKind::Concurrency) world_.slots.wait(workload.key, held->second);
    }
    workload.held = held;
  }

  if (!world_.mass.on() || !(now.in_remedy || before.in_remedy)) return;
  for (std::size_t i = first; i < step.out.size(); ++i) {
    const auto* persist = std::get_if<Persist>(&step.out[i]);
    const auto* attempt = persist != nullptr ? std::get_if<Attempt>(&persist->record) : nullptr;
    if (attempt == nullptr || attempt->workload != workload.key || !attempt->ended_at) continue;
    // One that was dropped, or never carried out, says nothing about whether a remedy helps.
    if (attempt->state == AttemptState::Dropped || attempt->state == AttemptState::NotCarriedOut) continue;
    const bool cured = attempt->state == AttemptState::Cured;
    mass_changed(world_.mass.remedy_ended(cured, step.now, world_.policy), step);
  }
}

void Supervisor::uncount(Workload& workload) {
  const Standing before = std::exchange(workload.standing, Standing{});
  among_ -= before.among ? 1 : 0;
  ailing_ -= before.ailing ? 1 : 0;
  untold_ -= before.untold ? 1 : 0;
  if (before.in_remedy) {
    world_.slots.given_back(workload.service);
    slot_freed_ = true;
  }
  if (workload.held) held_[workload.held->first].erase({workload.held->second, workload.key});
  workload.held.reset();
  world_.slots.wait_no_more(workload.key);
  world_.slots.left(workload.service);
  world_.graph.remove(workload.key);
  leave_network(workload);
}

void Supervisor::restrain(Step& step) {
  if (!world_.control.failed()) release(HoldKind::Unasked, step);
  world_.slots.set_limit(world_.policy.remedy_share, workloads_.size());
  watch_mass(step);
  while (slot_freed_ || !well_again_.empty()) {
    if (std::exchange(slot_freed_, false)) {
      release(HoldKind::Replica, step);
      release(HoldKind::MassFailure, step);
      release(HoldKind::Concurrency, step);
    }
    for (const std::string& key : std::exchange(well_again_, {})) ripple(key, step);
    watch_mass(step);
  }
  report_cycles(step);
}

void Supervisor::release(HoldKind kind, Step& step) {
  const auto found = held_.find(kind);
  if (found == held_.end() || found->second.empty()) return;
  const auto waiting = found->second;  // looking again changes it
  for (const auto& [due, key] : waiting) {
    if (kind == HoldKind::Concurrency && world_.slots.full()) return;
    if (kind == HoldKind::MassFailure && world_.mass.room(world_.slots.in_use()) == 0) return;
    if (Workload* workload = by_key(key)) care_for(*workload, step, [](Care&) {});
  }
}

void Supervisor::look_at_incidents(Step& step) {
  std::vector<std::string> keys;
  for (const auto& [key, workload] : workloads_)
    if (workload->incident || workload->unannounced_incidents > 0) keys.push_back(key);
  std::sort(keys.begin(), keys.end());
  for (const std::string& key : keys)
    if (Workload* workload = by_key(key)) care_for(*workload, step, [](Care&) {});
}

/// It is well again: what was held for it looks again, with a fresh verdict of its own.
void Supervisor::ripple(const std::string& key, Step& step) {
  const Workload* root = by_key(key);
  if (root == nullptr || !world_.graph.has_dependents(key)) return;
  const std::string name = root->name;
  for (const std::string& dependent : world_.graph.ripple(key)) {
    Workload* workload = by_key(dependent);
    if (workload == nullptr || !workload->held) continue;
    const HoldKind why = workload->held->first;
    if (why != HoldKind::Dependency && why != HoldKind::NetworkParent) continue;
    const auto still = world_.graph.ailing_root(dependent, [&](const std::string& other) {
      const Workload* below = by_key(other);
      return below != nullptr && ails(*below, step.now) != nullptr;
    });
    care_for(*workload, step, [&](Care& care) {
      if (!still) care.cause_gone(HoldKind::Dependency, name + " is well again");
    });
  }
}

// Too much at once.

std::vector<const Workload*> Supervisor::ailing() const {
  std::vector<const Workload*> members;
  for (const auto& [key, workload] : workloads_)
    if (workload->standing.ailing) members.push_back(workload.get());
  std::sort(members.begin(), members.end(),
            [](const Workload* a, const Workload* b) { return a->name < b->name; });
  return members;
}

/// What all of them depend on, or are; of several the one most of the others rest on. Empty: nothing.
std::string Supervisor::common_dependency(const std::vector<const Workload*>& members) const {
  std::map<std::string, std::size_t> shared;
  for (const Workload* member : members) {
    ++shared[member->key];
    for (const std::string& below : world_.graph.closure(member->key)) ++shared[below];
  }
  std::string found;
  std::size_t rest_on_it = 0;
  for (const auto& [key, count] : shared) {
    if (count != members.size()) continue;
    const std::size_t above = world_.graph.ripple(key).size();
    if (!found.empty() && above <= rest_on_it) continue;
    const Workload* workload = world_.find(key);
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

/// Where the members' own alerts would go: the grouped one takes their place.
std::vector<Destination> Supervisor::members_channels(AlertKind kind, Step& step) const {
  std::vector<Destination> all;
  if (routing_of(world_.policy).routes.empty()) return all;  // every channel has it anyway
  for (const Workload* member : ailing()) {
    if (!member->policy->alerts) continue;
    Alert alert;
    alert.kind = kind;
    alert.workload = member->name;
    alert.project = project_of(*member);
    alert.route = member->policy->alert_route;
    join(all, route_alert(world_.policy, alert, Following{kind}, {step.now, world_.wall_ahead}).destinations);
  }
  return all;
}

void Supervisor::mass_alert(AlertKind kind, const char* event, std::string text, Step& step,
                            std::string advice) {
  if (world_.host.mass_alert_key.empty()) {
    // Later than the last one's: two may begin in one millisecond, and an alert's key is never used again.
    world_.host.mass_since = std::max(world_.mass.since(), world_.host.mass_since + 1ms);
    world_.host.mass_alert_key = fmt::format("healer/{:.60}/mass/{}", world_.policy.host_name,
                                             world_.host.mass_since.time_since_epoch().count());
    world_.host.mass_told.clear();
  }
  std::vector<std::string>& told = world_.host.mass_told;
  Following follows;
  follows.ends = kind == AlertKind::Recovered;
  follows.called = follows.ends && world_.host.mass_critical;
  follows.told = told;
  follows.trigger = !follows.ends ? kind : follows.called ? AlertKind::Critical : AlertKind::Degraded;
  const std::vector<Destination> more =
      follows.ends ? std::vector<Destination>{} : members_channels(kind, step);
  for (const Destination& each : host_alert(step, kind, event, std::move(text), world_.host.mass_alert_key,
                                            follows, std::move(advice), more))
    if (std::find(told.begin(), told.end(), each.channel) == told.end()) told.push_back(each.channel);
  save_host(step);
}

void Supervisor::watch_mass(Step& step) {
  mass_changed(world_.mass.update(ailing_, among_, step.now, world_.policy), step);
  tell_of_mass(step);
}

/// The grouped alert takes the place of the first member's own.
void Supervisor::tell_of_mass(Step& step) {
  if (untold_ == 0 || !world_.mass.on() || !world_.host.mass_alert_key.empty()) return;
  const std::vector<const Workload*> members = ailing();
  const std::string common = common_dependency(members);
  mass_alert(
      AlertKind::Degraded, "MASS FAILURE",
      fmt::format("{} of {} containers are ill at once: {}. It is likely one shared cause{}. Nothing is "
                  "done for {}; if it lasts, one of them is healed to see whether that helps.",
                  members.size(), among_, names_of(members), common.empty() ? std::string() : ", " + common,
                  format_duration(world_.policy.mass_hold)),
      step, common.empty() ? "Look at what they share." : fmt::format("Look at {} first.", common));
}

void Supervisor::mass_changed(MassGuard::Change change, Step& step) {
  if (change == MassGuard::Change::None) return;  // nearly every step: nothing is written for it
  const MassGuard& mass = world_.mass;
  const auto log = [&step](LogLevel level, std::string text) {
    step.out.push_back(LogLine{level, std::move(text), {}});
  };
  const std::string inputs = fmt::format("ailing={}; among={}; share={}; least={}; batch={}", ailing_, among_,
                                         world_.policy.mass_share, world_.policy.mass_least, mass.batch());
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
      slot_freed_ = true;  // whoever is due first may go
      return;
    case MassGuard::Change::NotCured:
      log(LogLevel::Error, "mass failure: " + mass.text(step.now));
      host_decision(Rule::MassHold, mass.text(step.now), inputs, step);
      if (!std::exchange(world_.host.mass_critical, true)) {
        mass_alert(
            AlertKind::Critical, "MASS FAILURE",
            fmt::format("{} of {} containers are ill at once, and a restart does not help here: one was "
                        "tried, and is still ill. {}. A person is needed; meanwhile one is tried again "
                        "now and then.",
                        ailing_, among_, names_of(ailing())),
            step, "Look at what they share: the network, a disk, something they all depend on.");
      }
      return;
    case MassGuard::Change::Over:
      break;
  }
  const Duration lasted = step.now - mass.since();
  const std::string text =
      fmt::format("the mass failure is over after {}: {} of {} are ill",
                  format_duration(std::chrono::floor<std::chrono::seconds>(lasted)), ailing_, among_);
  log(LogLevel::Info, text);
  host_decision(Rule::MassOver, text, inputs, step);
  if (!world_.host.mass_alert_key.empty()) {
    const std::vector<const Workload*> left = ailing();
    mass_alert(AlertKind::Recovered, "MASS FAILURE OVER",
               fmt::format("The mass failure is over after {}.{}",
                           format_duration(std::chrono::floor<std::chrono::seconds>(lasted)),
                           left.empty() ? "" : " Not well yet: " + names_of(left) + "."),
               step);
    world_.host.mass_alert_key.clear();
    world_.host.mass_told.clear();
    world_.host.mass_critical = false;
    save_host(step);
  }
  slot_freed_ = true;
  // What failed while the cause lasted says nothing about now. Those still ill are told of one by one.
  const auto waiting = held_[HoldKind::MassFailure];
  for (const auto& [due, key] : waiting)
    if (Workload* workload = by_key(key))
      care_for(*workload, step,
               [](Care& care) { care.cause_gone(HoldKind::MassFailure, "the mass failure is over"); });
  look_at_incidents(step);
}

// What people say.

void Supervisor::on(const OperatorPause& event, Step& step) {
  if (!event.workload.empty()) {
    if (Workload* workload = by_key(event.workload))
      care_for(*workload, step, [&](Care& care) { care.operator_pause(event.length); });
    return;
  }
  world_.host.paused_until = event.length ? step.now + *event.length : Instant::max();
  for (const auto& [key, workload] : workloads_) workload->forced_in_pause = false;
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
      care_for(*workload, step, [](Care& care) { care.operator_resume(); });
    return;
  }
  if (world_.host.paused_until) host_pause_over("resumed by an operator", step);
}

void Supervisor::host_pause_over(const std::string& text, Step& step) {
  world_.host.paused_until.reset();
  save_host(step);
  step.out.push_back(LogLine{LogLevel::Info, text, {}});
  host_decision(Rule::ByOperator, text, {}, step);
  look_at_incidents(step);
}

void Supervisor::on(const WallClockMoved& event, Step& step) {
  // Set back, what was said before would seem to be about the runs that follow.
  if (event.ahead < world_.wall_ahead)
    for (auto& [key, workload] : workloads_)
      if (!workload->judge_exit_at) workload->evidence = {};
  world_.wall_ahead = event.ahead;
  world_.engine_lag = Duration{0};
  release(HoldKind::Maintenance, step);
}

void Supervisor::on(const HostPolicyChanged& event, Step&) {
  const std::string host_name = world_.policy.host_name;
  world_.policy = event.policy;
  if (world_.policy.host_name.empty()) world_.policy.host_name = host_name;
  slot_freed_ = true;  // there may be more of them now
}

// Dependencies.

void Supervisor::learn_edges(Workload& workload, const Container& facts, Step& step) {
  if (std::string service = compose_service(facts); service != workload.service) {
    const bool in_use = workload.standing.in_remedy;
    if (in_use) world_.slots.given_back(workload.service);
    world_.slots.left(workload.service);
    workload.service = std::move(service);
    if (in_use) world_.slots.taken(workload.service);
    world_.slots.joined(workload.service);
  }
  follow_network(workload, step);
  DependencyNode node;
  node.key = workload.key;
  node.name = workload.name;
  node.service = workload.service;
  if (const auto label = facts.labels.find("com.docker.compose.depends_on"); label != facts.labels.end())
    node.compose = compose_dependencies(label->second);
  node.named = workload.policy->depends_on;
  node.network_parent = workload.network_parent;
  world_.graph.set(std::move(node));
}

void Supervisor::report_cycles(Step& step) {
  for (const std::string& key : world_.graph.take_changed_problems())
    if (const Workload* workload = by_key(key))
      for (const LabelProblem& problem : world_.graph.problems(key))
        step.out.push_back(
            LogLine{LogLevel::Warning,
                    fmt::format("{} — depends on {}: {}", workload->name, problem.value, problem.message),
                    workload->name});
}

}  // namespace healer
