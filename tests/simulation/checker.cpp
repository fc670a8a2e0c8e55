#include "checker.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/duration.hpp"
#include "core/identity.hpp"
#include "core/workload/ladder.hpp"
#include "core/workload/timing.hpp"
#include "core/workload/transition.hpp"
#include "orders.hpp"
#include "present/log_text.hpp"
#include "present/notification_text.hpp"
#include "present/status.hpp"
#include "support/show.hpp"

namespace healer::simulation {
namespace {

using healer::testing::show;

/// More steps in one millisecond mean that the core wakes itself without end.
constexpr unsigned most_steps_at_once = 50'000;
/// Allowed between a verdict and its order: evidence, a fresh inspect, a commit, and look_around's interval.
constexpr Duration slack = 45s;
/// Time that healer may need after a disturbance to observe the world again.
constexpr Duration settling = 90s;
/// A stop so shortly before the engine ends may be taken for the engine's own. HEALING.md 3.
constexpr Duration near_shutdown = 60s;
/// Within this time an observation is on disk.
constexpr Duration writing = 15s;

bool changes_container(RemedyKind kind) {
  return kind != RemedyKind::None && kind != RemedyKind::Webhook;
}

bool same_effect(const Effect& a, const Effect& b) {
  if (a.index() != b.index()) return false;
  if (const auto* persist = std::get_if<Persist>(&a)) return persist->record == std::get<Persist>(b).record;
  if (const auto* notification = std::get_if<SendNotification>(&a))
    return notification->notification == std::get<SendNotification>(b).notification;
  if (const auto* wake = std::get_if<Wake>(&a))
    return wake->workload == std::get<Wake>(b).workload && wake->at == std::get<Wake>(b).at;
  if (const auto* probe = std::get_if<StartProbe>(&a)) {
    const auto& other = std::get<StartProbe>(b);
    return probe->probe == other.probe && probe->workload == other.workload &&
           probe->timeout == other.timeout && *probe->target == *other.target;
  }
  if (const auto* order = std::get_if<ApplyRemedy>(&a)) {
    const auto& other = std::get<ApplyRemedy>(b);
    return order->attempt == other.attempt && order->step == other.step &&
           order->container_id == other.container_id && order->deadline == other.deadline;
  }
  return show(a) == show(b);
}

bool unfinished(const Attempt& attempt) {
  return attempt.state == AttemptState::Ordered || attempt.state == AttemptState::Verifying;
}

}  // namespace

Checker::Checker(World& world, Disk& disk, Score& score) : world_(world), disk_(disk), score_(score) {
  known_.resize(world.places().size());
  for (const Place& place : world.places()) {
    known_[place.index].key = workload_key(place.facts);
    known_[place.index].container_id = place.facts.id;
    if (!by_key_.try_emplace(known_[place.index].key, place.index).second)
      shared_keys_.insert(known_[place.index].key);
  }
  // Those whose key is not theirs alone are watched under their names, in the end.
  for (const Place& place : world.places())
    if (shared_keys_.contains(known_[place.index].key)) by_key_[place.unit->name] = place.index;
  for (const std::string& key : shared_keys_) by_key_.erase(key);
  if (world.script().field) asked_.resize(1024);
}

void Checker::fail(int invariant, std::string what) {
  if (broken_ || (only && *only != invariant)) return;
  broken_ = Broken{invariant, std::move(what), world_.now()};
  note(fmt::format("BROKEN {}: {}", broken_->invariant, broken_->what));
}

void Checker::note(const std::string& line) {
  if (tracing)
    trace.push_back(fmt::format(
        "{:>12} {}", fmt::format("{:.3f}s", static_cast<double>(world_.elapsed().count()) / 1000.0), line));
}

void Checker::begins(const Runtime& runtime, const HostPolicy& policy, const StoredState& stored,
                     std::uint64_t seed, Duration base, bool mirrored) {
  runtime_ = &runtime;
  host_ = policy;
  base_ = base;
  began_at_ = connected_at_ = world_.now();
  ++process_;
  std::fill(asked_.begin(), asked_.end(), std::pair<std::uint64_t, std::uint32_t>{});
  rebuild();
  if (mirrored) mirror_ = std::make_unique<Supervisor>(policy, stored, seed);
  lives_.push_back({world_.now(), Instant::max()});
  note(fmt::format("healer {} begins", process_));
  if (listing) orders.push_back(order_line(world_.elapsed(), fmt::format("process {} starts", process_)));
}

void Checker::ends(bool amnesia) {
  note("healer ends");
  if (amnesia)
    lives_.pop_back();  // nothing that it observed is on disk
  else
    lives_.back().second = world_.now();
  runtime_ = nullptr;
  mirror_.reset();
  recorder.reset();
  for (Known& known : known_) {
    known.decided.reset();
    known.unattended = Duration{0};
    // The pass is not on disk either, so the start period may begin anew.
    if (amnesia || world_.now() - known.passed_at < writing) known.pass_kept = false;
    // Unwritten records are lost, and so are the orders and notifications that followed from them.
    if (!amnesia) continue;
    known.open_order.reset();
    if (known.ordered_by == process_)
      known.stopped_instance = known.ordered_instance;  // looks like an operator's stop
  }
  if (amnesia) {
    raised_.clear();
    delivered_as_.clear();
    delivered_.clear();
  }
}

/// The state of a process is gone; the next one continues from the disk.
void Checker::rebuild() {
  attempts_ = disk_.attempts();
  incidents_ = disk_.incidents();
  records_ = disk_.workloads();
  host_record_ = disk_.host();
  unwritten_.clear();
  std::erase_if(ordered_for_, [&](const auto& each) { return attempts_.count(each.first) == 0; });
  raised_.clear();
  for (auto& [key, account] : accounts_) {
    account.open_incident.reset();
    account.open_attempt.reset();
    account.orders.clear();
  }
  for (const auto& [id, incident] : incidents_)
    if (incident.outcome == IncidentOutcome::Open) accounts_[incident.workload].open_incident = id;
  for (const auto& [id, attempt] : attempts_) {
    const auto reset = reset_at_.find(attempt.workload);
    if (reset == reset_at_.end() || attempt.ordered_at > reset->second)
      accounts_[attempt.workload].orders.push_back(std::min(attempt.ordered_at, healers_now()));
    if (unfinished(attempt)) accounts_[attempt.workload].open_attempt = id;
  }
}

// What healer observes.

Checker::Known* Checker::known(const std::string& container_id) {
  const Place* place = world_.by_id(container_id);
  return place ? &known_[place->index] : nullptr;
}

Checker::Known* Checker::known_by_key(const std::string& key) {
  const Place* place = place_of(key);
  return place ? &known_[place->index] : nullptr;
}

/// The unit of a workload. A key that several units claim belongs to the one that healer watches under it.
const Place* Checker::place_of(const std::string& key) const {
  if (const auto found = by_key_.find(key); found != by_key_.end()) return &world_.places()[found->second];
  const Workload* of = shared_keys_.contains(key) ? workload_of(key) : nullptr;
  return of != nullptr ? world_.by_id(of->container.id) : nullptr;
}

/// The key under which healer watches the unit.
std::string Checker::key_of(const Place& place) const {
  const std::string& key = known_[place.index].key;
  if (!shared_keys_.contains(key) || !runtime_) return key;
  return runtime_->supervisor().find(place.unit->name).value_or(place.unit->name);
}

void Checker::looked(const std::string& container_id, Instant seen_at) {
  Known* seen = known(container_id);
  if (!seen) return;
  seen->looked_at = std::max(seen->looked_at, seen_at);
  const Place& place = *world_.by_id(container_id);
  if (place.facts.health == EngineHealth::Healthy) seen->passes(place.starts, world_.now());
}

void Checker::reported(const EngineEvent& event) {
  if (!first_reported_) first_reported_ = world_.now();
  if (tracing) note("engine event: " + show(Event{event}));
  Known* of = known(event.container_id);
  if (!of) return;
  const auto* check = std::get_if<HealthReported>(&event.report);
  if (check && check->health == EngineHealth::Healthy)
    of->passes(world_.by_id(event.container_id)->starts, world_.now());
  if (std::holds_alternative<Changed>(event.report) && world_.by_id(event.container_id)->paused())
    of->notified_paused = world_.now();
  if (reports_an_end(event)) of->notified_stopped = world_.now();
}

void Checker::passed(std::uint32_t index) {
  known_[index].passes(world_.places()[index].starts, world_.now());
}

// Steps of the core.

void Checker::step_begins(const Event& event, Instant) {
  failures_before_.reset();
  if (std::holds_alternative<EventsLost>(event)) events_lost_at_ = world_.now();
  if (const auto* finished = std::get_if<ProbeFinished>(&event)) {
    const bool plain = finished->facts.end == ProbeEnd::Answered && finished->facts.status == 200;
    const Workload* of = plain ? nullptr : workload_of(finished->workload);
    if (of) failures_before_ = of->health.tracker.failures();
  }
}

void Checker::step_ended(const Event& event, Instant now, const Effects& effects) {
  ++score_.steps;
  if (recorder) recorder->step(event, now, effects);
  if (listing)
    for (std::string& line : order_lines(effects, world_.elapsed())) orders.push_back(std::move(line));
  if (now != same_instant_) {
    same_instant_ = now;
    steps_at_once_ = 0;
  } else if (++steps_at_once_ == most_steps_at_once) {
    fail(0, "the core wakes itself without end; last event: " + show(event));
  }
  if (tracing) {
    const auto* probe = std::get_if<ProbeFinished>(&event);
    const bool dull = std::holds_alternative<Tick>(event) ||
                      (probe && probe->facts.end == ProbeEnd::Answered && probe->facts.status == 200);
    bool said = !dull;
    if (!dull) note("> " + show(event));
    for (const Effect& effect : effects) {
      if (std::holds_alternative<Wake>(effect) || std::holds_alternative<StartProbe>(effect) ||
          std::holds_alternative<Count>(effect))
        continue;
      if (!std::exchange(said, true)) note("> " + show(event));
      note("    " + show(effect));
    }
  }
  if (mirror_) {
    mirrored_.clear();
    mirror_->step(event, now, mirrored_);
    const bool same = mirrored_.size() == effects.size() &&
                      std::equal(effects.begin(), effects.end(), mirrored_.begin(), same_effect);
    if (!same) fail(7, "a second core gave other effects for " + show(event));
  }
  bool unknown = false, failed = false, passed = false;
  for (const Effect& effect : effects) {
    if (const auto* persist = std::get_if<Persist>(&effect)) {
      record(persist->record, now);
    } else if (const auto* count = std::get_if<Count>(&effect)) {
      const auto* check = std::get_if<CountCheck>(&count->metric);
      if (!check) continue;
      unknown |= check->outcome == Outcome::Unknown;
      failed |= check->outcome == Outcome::Fail;
      passed |= check->outcome == Outcome::Pass;
    } else if (const auto* notification = std::get_if<SendNotification>(&effect)) {
      raised(present::written(*notification));
      if (notification->destinations.empty())
        fail(5,
             fmt::format("a notification without a destination: {} {}",
                         to_string(notification->notification.kind), notification->notification.dedup_key));
    }
  }
  if (world_.script().field && (passed || failed)) field_step(event, passed, failed);
  for (const Effect& effect : effects)
    if (const auto* order = std::get_if<ApplyRemedy>(&effect)) ordered(*order, now);
  const auto* finished_ptr = std::get_if<ProbeFinished>(&event);
  Known* asked = finished_ptr ? known_by_key(finished_ptr->workload) : nullptr;
  // In a round of several probes one failure decides the verdict.
  if (asked && failed) asked->failed_in_round = true;
  const bool counts = unknown && failures_before_ && runtime_;
  const bool decided_by_failure =
      counts && asked && (asked->failed_in_round || engine_fails_in_round(*asked));
  if (asked && !failed) asked->failed_in_round = false;
  if (counts && !decided_by_failure) {
    const auto& finished = *finished_ptr;
    const Workload* of = workload_of(finished.workload);
    if (of && of->health.tracker.failures() != *failures_before_)
      fail(6, fmt::format("an unknown result moved the streak of {} from {} to {}", finished.workload,
                          *failures_before_, of->health.tracker.failures()));
  }
}

/// True if the HEALTHCHECK may be part of its rounds and says unhealthy.
bool Checker::engine_fails_in_round(const Known& known) const {
  const Place& place = world_.places()[static_cast<std::size_t>(&known - known_.data())];
  const Policy* policy = policy_of(key_of(place));
  return policy && !policy->named_probes.empty() && place.facts.health == EngineHealth::Unhealthy;
}

/// Whether some process observed the engine go down and lived to write it. Without that the exit looks like
/// an operator's stop, and healer may leave the container alone.
bool Checker::fall_was_seen(const Place& place) const {
  if (!place.fell_with_engine) return true;
  return std::any_of(lives_.begin(), lives_.end(), [&](const std::pair<Instant, Instant>& life) {
    return life.first < *place.fell_with_engine && life.second > *place.fell_with_engine + writing;
  });
}

void Checker::record(const Record& record, Instant now) {
  if (const auto* workload = std::get_if<WorkloadRecord>(&record)) {
    records_[workload->key] = *workload;
  } else if (const auto* host = std::get_if<HostRecord>(&record)) {
    host_record_ = *host;
  } else if (const auto* attempt = std::get_if<Attempt>(&record)) {
    const std::uint64_t id = attempt->id.value;
    Account& account = accounts_[attempt->workload];
    const auto before = attempts_.find(id);
    if (before == attempts_.end()) {
      if (account.open_attempt)
        fail(2, fmt::format("{} has attempt {} open and begins attempt {}", attempt->workload,
                            *account.open_attempt, id));
      account.orders.push_back(attempt->ordered_at);
      unwritten_.insert(id);
    } else if (!unfinished(before->second) && *attempt != before->second) {
      fail(5, fmt::format("attempt {} of {} ended twice", id, attempt->workload));
    }
    if (Known* of = attempt->state == AttemptState::Ordered ? nullptr : known_by_key(attempt->workload))
      if (before == attempts_.end() || before->second.state == AttemptState::Ordered)
        of->ordered_until = world_.now();
    account.open_attempt = unfinished(*attempt) ? std::optional(id) : std::nullopt;
    attempts_[id] = *attempt;
  } else if (const auto* incident = std::get_if<Incident>(&record)) {
    const std::uint64_t id = incident->id.value;
    const auto before = incidents_.find(id);
    // The workload has another key since a collision began or ended, and took its incident along.
    if (before != incidents_.end() && before->second.workload != incident->workload)
      accounts_[before->second.workload].open_incident.reset();
    Account& account = accounts_[incident->workload];
    if (before == incidents_.end()) {
      if (incident->opened_at != now) fail(5, fmt::format("incident {} has an opening time in the past", id));
      if (account.open_incident)
        fail(5, fmt::format("{} has incident {} open and opens incident {}", incident->workload,
                            *account.open_incident, id));
    } else if (before->second.outcome != IncidentOutcome::Open) {
      fail(5, fmt::format("incident {} of {} changed after it was closed", id, incident->workload));
    }
    const bool healthy = incident->outcome == IncidentOutcome::Recovered ||
                         incident->outcome == IncidentOutcome::RecoveredAlone;
    if (healthy && knows_alert(incident->workload))
      fail(0, incident->workload + " counts as recovered while an alert fires");
    account.open_incident = incident->outcome == IncidentOutcome::Open ? std::optional(id) : std::nullopt;
    incidents_[id] = *incident;
  }
}

void Checker::raised(const Notification& notification) {
  digest("raised", notification);
  const bool fresh = raised_.insert({notification.dedup_key, notification.kind, notification.repeat}).second;
  const bool was_reset = !reset_at_.empty() && reset_names_.count(notification.workload) != 0;
  if (!fresh && notification.kind != NotificationKind::Info && !was_reset)
    fail(5, fmt::format("raised twice: {} {}", to_string(notification.kind), notification.dedup_key));
  if (notification.dedup_key.find("/incidents/") != std::string::npos) {
    if (notification.kind != NotificationKind::Degraded) ended_groups_.insert(notification.dedup_key);
    return;
  }
  const auto slash = notification.dedup_key.rfind('/');
  if (slash != std::string::npos &&
      (notification.kind == NotificationKind::Recovered || notification.kind == NotificationKind::Info ||
       notification.event == "STOPPED"))
    notified_ends_.insert(std::strtoull(notification.dedup_key.c_str() + slash + 1, nullptr, 10));
}

const Workload* Checker::workload_of(const std::string& key) const {
  return runtime_ ? runtime_->supervisor().workload(key) : nullptr;
}

const Policy* Checker::policy_of(const std::string& key) const {
  const Workload* workload = workload_of(key);
  return workload != nullptr ? workload->policy.get() : nullptr;
}

/// True if healer has a firing alert of this workload with the use `act`.
bool Checker::knows_alert(const std::string& key) const {
  const Workload* workload = workload_of(key);
  if (workload == nullptr || !workload->alerts.firing) return false;
  return std::any_of(workload->alerts.firing->begin(), workload->alerts.firing->end(),
                     [](const FiringAlert& alert) { return alert.act; });
}

std::pair<Duration, Duration> Checker::graces_of(const std::string& key, const Policy& policy) const {
  const auto found = records_.find(key);
  const WorkloadRecord record = found == records_.end() ? WorkloadRecord{} : found->second;
  return std::minmax({start_period_of(policy, record.started_healthy_once, record.starts),
                      start_period_of(policy, record.started_healthy_once, record.unclean_starts)});
}

void Checker::ordered(const ApplyRemedy& order, Instant now) {
  note(fmt::format("ORDER {} {} ({})", to_string(order.step), order.name, order.container_id));
  digest(order.step.kind, order.container_id);
  Known* of = known_by_key(order.workload);
  if (!of) return fail(1, order.workload + " is unknown in the world");
  of->decided = order;
  // While an order is unanswered, an operator's stop looks like the order's. HEALING.md 3.
  const Place& at = world_.places()[static_cast<std::size_t>(of - known_.data())];
  const bool stop_looks_ours = of->ordered_from <= at.operator_at && at.operator_at <= of->ordered_until;
  of->ordered_from = world_.now();
  of->ordered_until = Instant::max();
  of->unattended = Duration{0};

  const auto attempt = attempts_.find(order.attempt.value);
  if (attempt == attempts_.end() || attempt->second.state != AttemptState::Ordered)
    fail(2, "the order for " + order.workload + " has no record");
  const bool begins = begins_attempt(order);
  if (begins) of->asked_for = to_be_done_.erase(order.workload) > 0;
  // A new instance answers the order of a process that died before the engine's answer.
  if (of->ordered_by != process_ && at.starts > of->ordered_instance) of->open_order.reset();
  // A recreation is many calls; the next process may finish the rest at once.
  if (!order.resume && of->open_order && world_.now() < of->open_order->second)
    fail(2, order.workload + " has an unanswered order");

  const Policy* policy = policy_of(order.workload);
  if (!policy) return;
  // Invariant 3. A further order of one attempt is no further attempt.
  Account& account = accounts_[order.workload];
  const auto in_window = std::count_if(account.orders.begin(), account.orders.end(),
                                       [&](Instant at) { return at + policy->retry.budget_window > now; });
  const bool asked_for = by_operator(order);
  if (!asked_for && paused_by_operator(order.workload, now))
    fail(1, order.workload + " is paused by an operator");
  if (begins && static_cast<unsigned>(in_window) > policy->retry.budget_attempts && !asked_for)
    fail(3, fmt::format("{} attempts of {} within {}", in_window, order.workload,
                        format_duration(policy->retry.budget_window)));
  // Invariant 2, the global limit.
  std::size_t in_remedy = 0;
  for (const auto& [key, other] : accounts_) in_remedy += takes_slot(key, other, now) ? 1 : 0;
  const auto allowed = std::max<std::size_t>(
      1,
      static_cast<std::size_t>(host_.remedy_share * static_cast<double>(runtime_->supervisor().watched())));
  if (runtime_->ready() && in_remedy > allowed && !asked_for)
    fail(2, fmt::format("{} workloads in remedy, {} are allowed", in_remedy, allowed));

  const Place* place = world_.by_id(order.container_id);
  if (!place || order.step.kind == RemedyKind::None) return;
  if (changes_container(order.step.kind)) ordered_to(*place, order, stop_looks_ours);
  if (asked_for || order.resume) return;
  if (!place->running()) return check_end_is_final(*place, order);
  ordered_for_alert(*place, order);
  if (world_.script().field) ordered_in_field(*place, order);
}

const Incident* Checker::incident_of(const ApplyRemedy& order) const {
  const auto attempt = attempts_.find(order.attempt.value);
  if (attempt == attempts_.end()) return nullptr;
  const auto incident = incidents_.find(attempt->second.incident.value);
  return incident == incidents_.end() ? nullptr : &incident->second;
}

/// True for the first order of an attempt. An attempt may have a further order only to resume a recreation,
/// or to start a container that exited by its signal.
bool Checker::begins_attempt(const ApplyRemedy& order) {
  const auto [entry, first] = ordered_for_.try_emplace(order.attempt.value, order.step.kind);
  if (first) return true;
  const bool goes_on = entry->second == RemedyKind::Kill && order.step.kind == RemedyKind::Start;
  if (!order.resume && !goes_on)
    fail(2, fmt::format("attempt {} of {} is ordered twice", order.attempt.value, order.workload));
  entry->second = order.step.kind;
  return false;
}

bool Checker::by_operator(const ApplyRemedy& order) const {
  const auto attempt = attempts_.find(order.attempt.value);
  if (attempt == attempts_.end()) return false;
  const auto asked = asked_at_.find(order.workload);
  const bool just_now = asked != asked_at_.end() && world_.now() - asked->second < 10min;
  const auto incident = incidents_.find(attempt->second.incident.value);
  return just_now || (incident != incidents_.end() && incident->second.cause == IncidentCause::ByOperator);
}

/// One of the remedies that the limit counts: not those that an operator asked for or paused, nor those whose
/// verification has lasted longer than a slot may.
bool Checker::takes_slot(const std::string& key, const Account& account, Instant now) {
  if (!account.open_attempt) return false;
  const auto attempt = attempts_.find(*account.open_attempt);
  const Known* known = known_by_key(key);
  const bool over = attempt != attempts_.end() && attempt->second.ordered_at + host_.slot_limit <= now;
  return !over && !paused_by_operator(key, now) && !(known && known->asked_for);
}

bool Checker::paused_by_operator(const std::string& key, Instant now) const {
  const auto record = records_.find(key);
  const bool one =
      record != records_.end() && record->second.paused_until && *record->second.paused_until > now;
  return one || (host_record_.paused_until && *host_record_.paused_until > now);
}

void Checker::ordered_to(const Place& place, const ApplyRemedy& order, bool stop_looks_ours) {
  const Instant now = world_.now();  // the next process has another clock
  const Known& known = known_[place.index];
  const std::string who = order.workload + " (" + place.unit->name + ")";
  const Policy* policy = policy_of(order.workload);
  if (!policy || policy->selection != Selection::OptedIn) fail(1, who + " did not opt in");
  const bool knows_pause = place.paused_at < known.looked_at || known.notified_paused > place.paused_at;
  if (place.paused() && knows_pause && !order.resume) fail(1, who + " is paused");
  // Podman reports a stop only as an exit, and this exit code looks like a crash. HEALING.md 3.
  const int code = place.facts.exit_code;
  const bool looks_crashed =
      world_.script().dialect == Dialect::Podman && code != 0 && code != 130 && code != 137 && code != 143;
  const bool knows_stop = place.operator_at < known.looked_at || known.notified_stopped >= place.operator_at;
  // Before the first event of an engine, healer has no time from which to ask for older events.
  const bool never_said = !first_reported_ || *first_reported_ > place.operator_at;
  const bool ambiguous = never_said || (world_.engine_trouble_at() > place.operator_at &&
                                        world_.engine_trouble_at() < place.operator_at + near_shutdown + 24h);
  if (place.stopped_by_operator && knows_stop && !looks_crashed && !place.busy && !ambiguous &&
      !stop_looks_ours)
    fail(1, fmt::format("{} was stopped by an operator {} before the order", who,
                        format_duration(now - place.operator_at)));

  // The second half of an attempt: the instance is its own work.
  if (order.step.kind == RemedyKind::Start || order.resume) return;
  if (!place.running() || known.passed_instance == place.starts) return;
  const auto attempt = attempts_.find(order.attempt.value);
  const auto incident =
      attempt == attempts_.end() ? incidents_.end() : incidents_.find(attempt->second.incident.value);
  if (by_operator(order)) return;
  if (incident != incidents_.end() && incident->second.cause == IncidentCause::NetworkLost) return;
  // The engine applies its own start period; its verdict is final unless healer.start_period is set too.
  const bool by_engine = place.unit->check_interval > Duration{0};
  if (by_engine && !policy->start_period) return;
  const Duration start_period = graces_of(order.workload, *policy).first;
  // The age of an instance is wrong if the clock was set after its start, or shortly before.
  if (world_.clock_changed_at() > place.started - 5s) return;
  if (place.started < known.looked_at && now < place.started + start_period)
    fail(1, fmt::format("{} is in its start period: {} of {}", who, format_duration(now - place.started),
                        format_duration(start_period)));
}

// The engine's side.

void Checker::order_given(RemedyKind kind, const std::string& container_id, Duration deadline) {
  Known* of = known(container_id);
  if (!of) return;
  note(fmt::format("engine call: {} {}", to_string(kind), container_id));
  check_owner(*world_.by_id(container_id), kind);
  if (of->open_order && world_.now() < of->open_order->second)
    fail(2, fmt::format("{} gets a second order before the first one is answered", of->key));
  if (!of->decided || of->decided->container_id != container_id)
    fail(2, of->key + " gets an order that the core did not decide");
  else if (unwritten_.count(of->decided->attempt.value) != 0)
    fail(2, of->key + " gets an order before its record is on disk");
  if (const Place* place = world_.by_id(container_id); place && kind == RemedyKind::Stop)
    of->stopped_instance = place->starts;
  of->ordered_instance = world_.by_id(container_id)->starts;
  of->ordered_by = process_;
  of->decided.reset();
  of->open_order = {kind, world_.now() + deadline};
}

bool Checker::asked_for(const std::string& container_id) {
  const Known* of = known(container_id);
  return of != nullptr && of->asked_for;
}

void Checker::order_answered(const std::string& container_id) {
  // The unit's number from the id, because a recreation removes the container of the order.
  std::uint32_t index = 0;
  std::from_chars(container_id.data() + 1, container_id.data() + container_id.size(), index);
  if (index < known_.size()) known_[index].open_order.reset();
}

void Checker::committed(const std::vector<Record>& records, bool ok) {
  if (!ok) {
    ++failed_commits_;
    note("a commit failed");
  }
  for (const Record& record : records)
    if (const auto* attempt = std::get_if<Attempt>(&record)) unwritten_.erase(attempt->id.value);
}

void Checker::delivered(const Notification& notification) {
  ++score_.notifications;
  digest("delivered", notification);
  note(fmt::format("NOTIFICATION {} {}: {}", to_string(notification.kind), notification.event,
                   notification.text));
  const auto [entry, first] = delivered_.try_emplace(notification.id.value, process_);
  if (!first && entry->second == process_ && delivered_at_failures_[notification.id.value] == failed_commits_)
    fail(5, fmt::format("notification {} was delivered twice by one process", notification.dedup_key));
  entry->second = process_;
  delivered_at_failures_[notification.id.value] = failed_commits_;
  const auto [as, fresh] = delivered_as_.try_emplace(
      std::tuple(notification.dedup_key, notification.kind, notification.repeat), notification.id.value);
  if (!fresh && as->second != notification.id.value && notification.kind != NotificationKind::Info &&
      reset_at_.empty())
    fail(5, fmt::format("delivered twice: {} {}", to_string(notification.kind), notification.dedup_key));
}

void Checker::operator_did(What what, const std::string& key) {
  note(fmt::format("operator: {} {}", to_string(what), key));
  if ((what != What::OpReset && what != What::OpHeal) || key.empty()) return;
  reset_at_[key] = world_.now() + world_.clock_ahead();  // by the wall clock, as on disk
  if (what == What::OpHeal) {
    asked_at_[key] = world_.now();
    to_be_done_.insert(key);
  }
  if (const Place* of = place_of(key)) reset_names_.insert(of->unit->name);
  accounts_[key].orders.clear();
}

// Faults that last too long.

bool Checker::in_the_way(const WorkloadStatus& status) const {
  const Instant now = healers_now();
  if (status.hold || status.paused_until) return true;               // a hold of HEALING.md 5
  if (status.remedies.breaker != BreakerState::Closed) return true;  // gave up, and operators are notified
  // Backoff; the first attempt has none.
  if (status.remedies.next_at && *status.remedies.next_at > now && status.remedies.attempts_in_window > 0)
    return true;
  if (status.condition == Condition::Healing || status.condition == Condition::Unreachable) return true;
  if (status.remedies.attempts_in_window >= status.remedies.budget) return true;
  return false;
}

/// Whether the ladder has a step for the unit; without one operators are notified and nothing is done.
bool Checker::treats(const Policy& policy, const Place& place) const {
  // A job's end is final: no restart policy brings it back, and no check of it has ever passed.
  const bool stays_down =
      place.unit->restart == RestartPolicy::No || place.unit->restart == RestartPolicy::OnFailure;
  const std::string key = key_of(place);
  const auto record = records_.find(key);
  const bool passed =
      record != records_.end() && (record->second.started_healthy_once || record->second.instance_passed);
  if (!place.running() && stays_down && !passed) return false;
  unsigned ladder_step = 0;
  if (const auto account = accounts_.find(key); account != accounts_.end())
    if (account->second.open_incident)
      ladder_step = incidents_.at(*account->second.open_incident).ladder_step;
  std::vector<LabelProblem> problems;
  const Ladder ladder = ladder_on(policy, world_.script().capabilities(), {}, problems);
  return choose_step(ladder, ladder_step, !place.running(), 0).has_value();
}

bool Checker::excused(const Place& place) const {
  if (!runtime_ || !runtime_->ready() || world_.engine_mode() != World::EngineMode::Up) return true;
  if (world_.denies()) return true;
  const std::string key = key_of(place);
  const auto status = present::status_of(runtime_->supervisor(), key, healers_now());
  const Policy* policy = policy_of(key);
  if (cannot_be_known(place)) return true;
  if (!status || in_the_way(*status) || !policy || !treats(*policy, place)) return true;
  // An alert that is only notified permits no remedy; a ladder that ends in `stop` was obeyed.
  const bool not_permitted = place.fault_now.failure == Failure::Slow && policy->alerts.use != AlertUse::Act;
  return not_permitted || known_[place.index].stopped_instance == place.starts;
}

Duration Checker::kill_after(const Place& place, const Known& known, const Policy& policy) const {
  const unsigned threshold = policy.failure_threshold;
  Duration verdict = policy.interval * (threshold + 1) + policy.effective_timeout() * threshold;
  if (place.unit->check_interval > Duration{0}) {
    // The HEALTHCHECK's own thresholds, and periodic inspects in case its event is lost.
    const Duration checks = (place.unit->check_interval + 5s) * 4 + place.facts.health_check.start_period;
    const Duration periods = policy.verdict_periods.value_or(0) * place.unit->check_interval;
    verdict = std::max(verdict, checks + periods + std::max<Duration>(policy.interval, 1min) * 2);
  }
  // An alert older than the instance may be about the earlier instance.
  if (place.fault_now.failure == Failure::Slow) verdict = std::max(verdict, policy.alerts.lookback);
  if (!place.running())
    verdict = world_.script().resync + 35s;  // healer gets the exit as an event or finds it in a list
  Duration start_period{0};
  // With several probes, one passing probe does not end the start period.
  const bool passed = known.passed_instance == place.starts && known.pass_kept && policy.named_probes.empty();
  if (place.running() && !passed) start_period = graces_of(key_of(place), policy).second;
  // The first start of an image may migrate its data.
  if (world_.script().field && !policy.start_period) start_period = std::max<Duration>(start_period, 2min);
  return verdict + start_period + slack;
}

void Checker::look_around(Duration since_last) {
  const Instant now = world_.now();
  const bool awake = runtime_ && runtime_->ready() && world_.engine_mode() == World::EngineMode::Up;
  if (!awake || world_.denies()) disturbed_at_ = now;
  disturbed_at_ = std::max(disturbed_at_, std::min(now, world_.engine_trouble_at()));
  const bool calm = awake && now - disturbed_at_ >= settling && now - began_at_ >= settling;
  for (const Place& place : world_.places()) {
    Known& known = known_[place.index];
    const bool failure = place.exists && place.fault_now.failure != Failure::None &&
                         place.fault_now.curable() && place.fault_now.failure != Failure::Flap &&
                         !place.stopped_by_operator && !place.fell_alone &&
                         known.stopped_instance != place.starts && fall_was_seen(place) && !place.paused() &&
                         place.facts.state != ContainerState::Restarting;
    if (!failure || !calm || world_.cut_off(place)) {
      known.unattended = Duration{0};
      continue;
    }
    const bool fails = !place.running() ? place.unit->restart == RestartPolicy::No
                       : place.fault_now.failure == Failure::Slow
                           ? knows_alert(key_of(place))
                           : world_.inner_answer(place) != Answer::Pass;
    const std::string key = key_of(place);
    const Policy* policy = fails && !cannot_be_known(place) ? policy_of(key) : nullptr;
    const auto status =
        policy ? present::status_of(runtime_->supervisor(), key, healers_now()) : std::nullopt;
    if (!policy || policy->selection != Selection::OptedIn || !treats(*policy, place)) {
      known.unattended = Duration{0};
      continue;
    }
    if (!status || in_the_way(*status)) {
      known.unattended = Duration{0};
      continue;
    }
    known.unattended += since_last;
    if (known.unattended > kill_after(place, known, *policy))
      fail(4, fmt::format("{} is unhealthy ({}) for {} without an attempt; healer's status is {}: {}", key,
                          to_string(place.fault_now.failure), format_duration(known.unattended),
                          to_string(status->condition), status->reason));
  }
}

/// The end of the incident was notified, by itself or as that of its group; or its group goes on.
bool Checker::end_was_notified(const Incident& incident) const {
  if (notified_ends_.count(incident.id.value) > 0) return true;
  if (incident.group_key.empty()) return false;
  return ended_groups_.count(incident.group_key) > 0 ||
         std::any_of(incidents_.begin(), incidents_.end(), [&](const auto& entry) {
           return entry.second.group_key == incident.group_key &&
                  entry.second.outcome == IncidentOutcome::Open;
         });
}

void Checker::close_books(const Outbox* outbox) {
  if (!runtime_) return;
  const Instant now = healers_now();
  const auto all = present::status(runtime_->supervisor(), now);
  std::set<std::uint64_t> visible;
  for (const WorkloadStatus& status : all)
    if (status.incident) visible.insert(status.incident->value);
  for (const auto& [id, incident] : incidents_) {
    if (incident.outcome == IncidentOutcome::Open) {
      if (visible.count(id) == 0 && runtime_->ready())
        fail(5, fmt::format("incident {} of {} is open on disk, and no workload shows it", id,
                            incident.workload));
    } else if (incident.notified && !end_was_notified(incident) && incident.closed_at &&
               now - *incident.closed_at > 1h) {
      fail(5, fmt::format("the end of incident {} of {} was never notified", id, incident.workload));
    }
  }
  std::size_t pending = 0;
  for (const auto& [key, delivery] : disk_.deliveries()) {
    if (delivery.state == DeliveryState::Pending) ++pending;
    if (delivery.state == DeliveryState::Delivered && delivered_.count(key.first) == 0 &&
        failed_commits_ == 0)
      fail(5, fmt::format("notification {} is delivered on disk, but the channel never got it", key.first));
  }
  if (outbox && failed_commits_ == 0 && outbox->pending() < pending && runtime_->ready())
    fail(5, fmt::format("{} notifications are pending on disk, but the outbox holds {}", pending,
                        outbox->pending()));
}

void Checker::digest(RemedyKind order, std::string_view container_id) {
  digest(to_string(order), {container_id});
}

/// Leaves out the texts for operators: a better sentence is no other decision.
void Checker::digest(std::string_view what, const Notification& notification) {
  digest(what,
         {to_string(notification.kind), notification.workload, std::to_string(notification.incident.value),
          std::to_string(notification.attempt), std::to_string(notification.repeat)});
}

void Checker::digest(std::string_view what, std::initializer_list<std::string_view> details) {
  const auto add = [this](std::string_view text) {
    for (const char c : text) digest_ = (digest_ ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    digest_ = (digest_ ^ 0xFF) * 1099511628211ULL;
  };
  add(what);
  for (const std::string_view detail : details) add(detail);
  digest_ = (digest_ ^ static_cast<std::uint64_t>(world_.elapsed().count())) * 1099511628211ULL;
  if (tracing) note(fmt::format("    digest {:016x}", digest_));
}

void Checker::log(const LogLine& line) {
  if (tracing) note("    log " + line.message);
  if (line.message.find(present::unknown_transition_text) != std::string::npos) fail(0, line.message);
}

}  // namespace healer::simulation
