#include "core/host/mass_failure.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

namespace healer {
namespace {

std::vector<std::string> names_of(const std::vector<const Workload*>& members) {
  std::vector<std::string> names;
  for (const Workload* member : members) names.push_back(member->name);
  return names;
}

}  // namespace

void MassFailure::take_over(HostOut& out) {
  if (!out.record().mass_notification_key.empty())
    state_.mass = MassGuard::restored(state_.policy, out.record().mass_since, out.now());
}

MassFailure::Meaning MassFailure::watch(const HostCounts& counts, HostOut& out) {
  const auto began = counts.many_together ? MassGuard::Spread::Together : MassGuard::Spread::None;
  // What a remedy did not help before says nothing about a common cause that begins now. Within a mass
  // failure it still counts: a canary that did not recover is no sign that the mass failure is over.
  const std::size_t known = state_.mass.on() ? 0 : counts.tried;
  const Meaning meaning = changed(
      state_.mass.update(counts.failing - known, counts.among - known, out.now(), state_.policy, began),
      counts, out);
  notify_members(counts, out);
  return meaning;
}

MassFailure::Meaning MassFailure::remedy_ended(AttemptState state, const HostCounts& counts, HostOut& out) {
  // A cancelled attempt and one that was never executed do not show whether a remedy helps.
  if (state == AttemptState::Cancelled || state == AttemptState::NotExecuted) return Meaning::Nothing;
  const bool recovered = state == AttemptState::Recovered;
  return changed(state_.mass.remedy_ended(recovered, out.now(), state_.policy), counts, out);
}

MassFailure::Meaning MassFailure::changed(MassGuard::Change change, const HostCounts& counts, HostOut& out) {
  if (change == MassGuard::Change::None) return Meaning::Nothing;  // in nearly every step: before any text
  if (change == MassGuard::Change::Over) {
    over(counts, out);
    return Meaning::Over;
  }
  const bool widens = change == MassGuard::Change::Trying || change == MassGuard::Change::Widened;
  const bool in_vain = change == MassGuard::Change::NotRecovered;
  const fact::MassFailure mass = now(counts, out.now());
  out.log(in_vain ? LogLevel::Error : LogLevel::Warning, mass);
  out.decide(widens ? Rule::MassCanary : Rule::MassHold, mass);
  if (in_vain) not_recovered(counts, out);
  return widens ? Meaning::RoomForMore : Meaning::Nothing;
}

void MassFailure::not_recovered(const HostCounts& counts, HostOut& out) {
  if (std::exchange(out.record().mass_critical, true)) return;
  notify(NotificationKind::Critical,
         notice::MassFailureStays{names_of(failing()), counts.failing, counts.among}, out);
}

void MassFailure::over(const HostCounts& counts, HostOut& out) {
  fact::MassFailure mass = now(counts, out.now());
  mass.lasted = std::chrono::floor<std::chrono::seconds>(out.now() - state_.mass.since());
  out.log(LogLevel::Info, mass);
  out.decide(Rule::MassOver, mass);
  HostRecord& record = out.record();
  if (record.mass_notification_key.empty()) return;
  notify(NotificationKind::Recovered, notice::MassFailureOver{mass.lasted, names_of(failing())}, out);
  record.mass_notification_key.clear();
  record.mass_notified_channels.clear();
  record.mass_critical = false;
  out.save();
}

fact::MassFailure MassFailure::now(const HostCounts& counts, Instant at) const {
  fact::MassFailure mass = state_.mass.fact(at);
  mass.failing = counts.failing;
  mass.among = counts.among;
  mass.share = state_.policy.mass_share;
  mass.least = state_.policy.mass_least;
  return mass;
}

/// The grouped notification replaces the first member's own.
void MassFailure::notify_members(const HostCounts& counts, HostOut& out) {
  if (counts.unnotified == 0 || !state_.mass.on() || !out.record().mass_notification_key.empty()) return;
  const std::vector<const Workload*> members = failing();
  notify(NotificationKind::Degraded,
         notice::MassFailure{
             names_of(members), counts.among, common_dependency(members),
             state_.mass.phase() == MassGuard::Phase::Canary ? Duration{0} : state_.policy.mass_hold},
         out);
}

void MassFailure::notify(NotificationKind kind, Notice notice, HostOut& out) {
  HostRecord& record = out.record();
  if (record.mass_notification_key.empty()) {
    // Later than the last mass failure's: two may begin in one millisecond, and a key is never used again.
    record.mass_since = std::max(state_.mass.since(), record.mass_since + 1ms);
    record.mass_notification_key = fmt::format("healer/{:.60}/mass/{}", state_.policy.host_name,
                                               record.mass_since.time_since_epoch().count());
    record.mass_notified_channels.clear();
  }
  std::vector<std::string>& notified_channels = record.mass_notified_channels;
  Following follows;
  follows.ends = kind == NotificationKind::Recovered;
  follows.called = follows.ends && record.mass_critical;
  follows.notified_channels = notified_channels;
  follows.trigger = !follows.ends    ? kind
                    : follows.called ? NotificationKind::Critical
                                     : NotificationKind::Degraded;
  HostMessage message;
  message.kind = kind;
  message.notice = std::move(notice);
  message.dedup_key = record.mass_notification_key;
  message.follows = std::move(follows);
  if (kind != NotificationKind::Recovered) message.more = members_channels(kind, out.now());
  for (const Destination& each : out.notify(std::move(message)))
    if (std::find(notified_channels.begin(), notified_channels.end(), each.channel) ==
        notified_channels.end())
      notified_channels.push_back(each.channel);
  out.save();
}

std::vector<const Workload*> MassFailure::failing() const {
  std::vector<const Workload*> members;
  workloads_.each([&](const Workload& workload) {
    if (workload.contribution.failing) members.push_back(&workload);
  });
  std::sort(members.begin(), members.end(),
            [](const Workload* a, const Workload* b) { return a->name < b->name; });
  return members;
}

/// The workload that every member depends on, or is. Of several, the one with most dependents. Empty: none.
std::string MassFailure::common_dependency(const std::vector<const Workload*>& members) const {
  std::map<std::string, std::size_t> shared;
  for (const Workload* member : members) {
    ++shared[member->key];
    for (const std::string& below : state_.graph.closure(member->key)) ++shared[below];
  }
  std::string found;
  std::size_t rest_on_it = 0;
  for (const auto& [key, count] : shared) {
    if (count != members.size()) continue;
    const std::size_t above = state_.graph.ripple(key).size();
    if (!found.empty() && above <= rest_on_it) continue;
    const Workload* workload = workloads_.find(key);
    found = workload != nullptr && !workload->name.empty() ? workload->name : key;
    rest_on_it = above;
  }
  return found;
}

/// The destinations of the members' own notifications, which the grouped notification replaces.
std::vector<Destination> MassFailure::members_channels(NotificationKind kind, Instant now) const {
  std::vector<Destination> all;
  if (routing_of(state_.policy).routes.empty()) return all;  // without routes every channel gets it
  for (const Workload* member : failing()) {
    if (!member->policy->notify.enabled) continue;
    Notification notification;
    notification.kind = kind;
    notification.workload = member->name;
    notification.project = project_of(*member);
    notification.route = member->policy->notify.route;
    join(all,
         route_notification(state_.policy, notification, Following{kind}, {now, state_.clocks.wall_ahead})
             .destinations);
  }
  return all;
}

}  // namespace healer
