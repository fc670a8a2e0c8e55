#include "core/notification/incident_groups.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/host/host_contribution.hpp"
#include "core/host/host_out.hpp"
#include "core/host/host_state.hpp"
#include "core/workload/workload.hpp"

namespace healer {
namespace {

constexpr Duration close_together = 10s;
constexpr Duration gathered_for = 10s;
/// A later process finds the members of a group one after the other.
constexpr Duration taken_over_within = 1s;

std::string joined_names(std::vector<std::string> channels) {
  std::sort(channels.begin(), channels.end());
  return fmt::format("{}", fmt::join(channels, "\n"));
}

std::string names_of(const std::vector<Destination>& destinations) {
  std::vector<std::string> channels;
  for (const Destination& each : destinations) channels.push_back(each.channel);
  return joined_names(std::move(channels));
}

}  // namespace

std::string IncidentGroups::joined_by(const std::vector<Destination>& destinations, const HostState& host,
                                      Instant now) const {
  if (destinations.empty()) return {};
  const std::string channels = names_of(destinations);
  for (const Group& group : groups_)
    if (!group.sent && group.channels == channels) return group.key;
  const auto newest = newest_.find(channels);
  if (newest == newest_.end() || newest->second.front() + close_together <= now) return {};
  return fmt::format("healer/{:.60}/incidents/{}/{}", host.policy.host_name, now.time_since_epoch().count(),
                     groups_.size());
}

void IncidentGroups::decided(const Workload& workload, Notified before, HostOut& out) {
  const Rare<NotifiedIncident>& incident = workload.notifications.incident;
  const std::string key = incident ? incident->group_key : std::string();
  const auto known = member_of_.find(workload.key);
  if (known != member_of_.end() && known->second != key) leave(workload, out);
  if (!key.empty() && !member_of_.contains(workload.key)) join(workload, key, out);
  if (!key.empty() && incident->gave_up)
    for (Group& group : groups_)
      if (group.key == key) group.called.insert(workload.key);
  const bool now_notified = incident && incident->notified && before == Notified::No &&
                            workload.notifications.last_notified == out.now();
  if (!now_notified) return;
  auto& [older, newer] = newest_[joined_names(incident->notified_channels)];
  older = std::exchange(newer, out.now());
}

void IncidentGroups::join(const Workload& workload, const std::string& key, HostOut& out) {
  member_of_[workload.key] = key;
  auto group =
      std::find_if(groups_.begin(), groups_.end(), [&](const Group& each) { return each.key == key; });
  const NotifiedIncident& incident = *workload.notifications.incident;
  if (group == groups_.end()) {
    Group begun;
    begun.key = key;
    begun.channels = joined_names(incident.notified_channels);
    for (const std::string& channel : incident.notified_channels)
      begun.destinations.push_back({channel, incident.notified_at.value_or(out.now())});
    const std::vector<std::string>& unsent = out.record().unsent_groups;
    const bool taken_over = workload.notifications.last_notified != out.now();
    begun.sent = taken_over && std::find(unsent.begin(), unsent.end(), key) == unsent.end();
    begun.due = out.now() + (taken_over ? taken_over_within : gathered_for);
    group = groups_.insert(groups_.end(), std::move(begun));
    if (!taken_over) save(out);
  }
  group->members.push_back({workload.name, workload.incident->reason});
  group->open[workload.key] = workload.name;
}

void IncidentGroups::leave(const Workload& workload, HostOut& out) {
  const std::string key = member_of_.extract(workload.key).mapped();
  const auto group =
      std::find_if(groups_.begin(), groups_.end(), [&](const Group& each) { return each.key == key; });
  group->open.erase(workload.key);
  if (group->called.contains(workload.key))
    group->otherwise.push_back({workload.name, NotReady::None});
  else if (const NotReady lacks = not_ready_reason(workload, out.now()); lacks != NotReady::None)
    group->otherwise.push_back({workload.name, lacks});
  if (!group->open.empty() || !group->sent) return;
  send(*group, NotificationKind::Recovered, notice::GroupEnded{group->members, group->otherwise}, out);
  groups_.erase(group);
}

void IncidentGroups::due(HostOut& out) {
  bool sent = false;
  for (Group& group : groups_) {
    if (group.sent || out.now() < group.due) continue;
    group.sent = sent = true;
    notice::GroupBegan began{group.members, {}};
    for (const auto& [key, name] : group.open) began.open.push_back(name);
    // All have ended: there is nothing to be done, and no end will follow.
    const auto kind = group.open.empty() ? NotificationKind::Info : NotificationKind::Degraded;
    send(group, kind, std::move(began), out);
  }
  if (!sent) return;
  std::erase_if(groups_, [](const Group& group) { return group.sent && group.open.empty(); });
  save(out);
}

std::optional<Instant> IncidentGroups::deadline() const {
  std::optional<Instant> first;
  for (const Group& group : groups_)
    if (!group.sent && (!first || group.due < *first)) first = group.due;
  return first;
}

void IncidentGroups::send(const Group& group, NotificationKind kind, Notice notice, HostOut& out) {
  HostMessage message;
  message.kind = kind;
  message.notice = std::move(notice);
  message.dedup_key = group.key;
  if (kind == NotificationKind::Recovered) {
    message.follows = {NotificationKind::Degraded, true};
    for (const Destination& each : group.destinations)
      message.follows.notified_channels.push_back(each.channel);
  } else {
    message.only = group.destinations;
    for (Destination& each : message.only) each.not_before = std::max(each.not_before, out.now());
  }
  out.notify(std::move(message));
}

/// A later process notifies of the groups that this one did not.
void IncidentGroups::save(HostOut& out) const {
  std::vector<std::string>& unsent = out.record().unsent_groups;
  unsent.clear();
  for (const Group& group : groups_)
    if (!group.sent) unsent.push_back(group.key);
  out.save();
}

}  // namespace healer
