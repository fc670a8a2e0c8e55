#include "support/invariants.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/workload/ladder.hpp"

namespace healer::testing {

namespace {

bool goes_to(const SendNotification& notification, const std::string& channel) {
  return std::any_of(notification.destinations.begin(), notification.destinations.end(),
                     [&](const Destination& each) { return each.channel == channel; });
}

}  // namespace

void Invariants::order(const ApplyRemedy& order, const Truth& truth, Instant now) {
  const std::string& who = truth.workload;
  if (!truth.opted_in) fail(fmt::format("1: {} did not opt in", who));
  // A half-done recreation is finished or undone even if the container is paused or stopped meanwhile.
  if (truth.paused && !order.resume) fail(fmt::format("1: {} is paused", who));
  if (truth.stopped_by_operator && !order.resume) fail(fmt::format("1: {} was stopped by an operator", who));
  if (truth.starting && order.step.kind != RemedyKind::Start && !order.resume)
    fail(fmt::format("1: {} is still starting", who));

  const bool same_attempt = std::exchange(last_attempt_[who], order.attempt) == order.attempt;
  if (const auto open = unanswered_.find(who);
      open != unanswered_.end() && now < open->second.second && !(same_attempt && order.resume))
    fail(fmt::format("2: {} has an unanswered order", who));
  unanswered_[who] = {order.attempt, now + order.deadline};
  for (const auto& [id, attempt] : attempts_) {
    if (attempt.workload != who || attempt.id == order.attempt) continue;
    if (attempt.state == AttemptState::Ordered || attempt.state == AttemptState::Verifying)
      fail(fmt::format("2: attempt {} of {} is not over", id, who));
    // An attempt that was not executed does not replace the instance.
    const bool executed = !attempt.dry_run;
    if (attempt.instance == truth.instance && attempt.state == AttemptState::Recovered &&
        !keeps_instance(attempt.remedy) && executed)
      fail(fmt::format("2: {} had been recovered of this instance", who));
  }
  const auto written = attempts_.find(order.attempt.value);
  if (written == attempts_.end() || written->second.state != AttemptState::Ordered)
    fail(fmt::format("2: the order to {} was not written down first", who));
  else if (written->second.instance != truth.instance && !order.resume)
    fail(fmt::format("2: {} runs anew, it was decided on an earlier instance", who));

  std::vector<Instant>& times = orders_[who];
  if (!same_attempt) times.push_back(now);
  const auto in_window =
      std::count_if(times.begin(), times.end(), [&](Instant at) { return at + truth.window > now; });
  if (static_cast<unsigned>(in_window) > truth.budget)
    fail(fmt::format("3: {} attempts at {} in the window", in_window, who));
}

void Invariants::answered(AttemptId attempt) {
  std::erase_if(unanswered_, [&](const auto& entry) { return entry.second.first == attempt; });
}

void Invariants::effects(const Effects& effects, Instant now) {
  for (const Effect& effect : effects) {
    if (const auto* persist = std::get_if<Persist>(&effect)) record(persist->record, now);
    if (const auto* notification = std::get_if<SendNotification>(&effect)) {
      const bool again = !raised_
                              .insert({notification->notification.dedup_key, notification->notification.kind,
                                       notification->notification.repeat})
                              .second;
      if (again && reset_.count(notification->notification.workload) == 0)
        fail(fmt::format("5: said twice: {} {}", to_string(notification->notification.kind),
                         notification->notification.dedup_key));
      destinations(*notification, now);
    }
  }
  groups(effects);
  // The end of a notified incident is notified in the same step that closes the incident.
  for (const Effect& effect : effects) {
    const auto* persist = std::get_if<Persist>(&effect);
    const auto* incident = persist ? std::get_if<Incident>(&persist->record) : nullptr;
    if (!incident || incident->outcome == IncidentOutcome::Open || !incident->notified) continue;
    if (!incident->group_key.empty() && incident->outcome != IncidentOutcome::StoppedByHealer) continue;
    const bool notified_channels = std::any_of(effects.begin(), effects.end(), [&](const Effect& other) {
      const auto* notification = std::get_if<SendNotification>(&other);
      return notification &&
             notification->notification.dedup_key.ends_with("/" + std::to_string(incident->id.value)) &&
             std::all_of(incident->notified_channels.begin(), incident->notified_channels.end(),
                         [&](const std::string& channel) { return goes_to(*notification, channel); });
    });
    if (!notified_channels)
      fail(fmt::format("5: the end of incident {} was not notified to all who knew of it",
                       incident->id.value));
  }
}

/// A group that was notified is ended in the step that closes the incident of its last member.
void Invariants::groups(const Effects& effects) {
  for (const Effect& effect : effects) {
    if (const auto* notification = std::get_if<SendNotification>(&effect);
        notification && std::holds_alternative<notice::GroupBegan>(notification->notice) &&
        notification->notification.kind == NotificationKind::Degraded)
      open_groups_.insert(notification->notification.dedup_key);
    if (const auto* notification = std::get_if<SendNotification>(&effect);
        notification && std::holds_alternative<notice::GroupEnded>(notification->notice))
      open_groups_.erase(notification->notification.dedup_key);
  }
  for (const std::string& key : open_groups_)
    if (std::none_of(incidents_.begin(), incidents_.end(), [&](const auto& entry) {
          return entry.second.group_key == key && entry.second.outcome == IncidentOutcome::Open;
        }))
      fail(fmt::format("5: the end of {} was not notified", key));
}

void Invariants::destinations(const SendNotification& notification, Instant now) {
  const std::string what =
      fmt::format("{} {}", to_string(notification.notification.kind), notification.notification.dedup_key);
  if (has_recipient && notification.destinations.empty()) fail("5: notified to nobody: " + what);
  std::set<std::string> channels;
  for (const Destination& each : notification.destinations) {
    if (!channels.insert(each.channel).second) fail("5: twice to one channel: " + what);
    if (each.not_before < now) fail("5: to be notified in the past: " + what);
    if (notification.notification.kind == NotificationKind::Critical && each.not_before > now)
      fail("5: held: " + what);
  }
}

void Invariants::record(const Record& record, Instant now) {
  if (const auto* attempt = std::get_if<Attempt>(&record)) {
    Attempt& known = attempts_[attempt->id.value];
    if (known.ended_at && *attempt != known)
      fail(fmt::format("5: attempt {} ended twice", attempt->id.value));
    known = *attempt;
  }
  const auto* incident = std::get_if<Incident>(&record);
  if (!incident) return;
  const std::uint64_t id = incident->id.value;
  if (const auto known = incidents_.find(id); known == incidents_.end()) {
    if (incident->opened_at != now) fail(fmt::format("5: incident {} is from the past", id));
    if (!open_.emplace(incident->workload, id).second)
      fail(fmt::format("5: {} has two open incidents", incident->workload));
  } else if (known->second.outcome != IncidentOutcome::Open) {
    fail(fmt::format("5: incident {} was closed already", id));
  }
  if (incident->outcome != IncidentOutcome::Open) open_.erase(incident->workload);
  incidents_[id] = *incident;
}

void Invariants::unknown_outcome(const std::string& workload, unsigned failures_before,
                                 unsigned failures_after) {
  if (failures_before != failures_after)
    fail(fmt::format("6: unknown moved the streak of {} from {} to {}", workload, failures_before,
                     failures_after));
}

void Invariants::tick(const std::string& workload, const Effects& effects, Instant now) {
  const bool only_wakes = std::all_of(effects.begin(), effects.end(), [](const Effect& effect) {
    return std::holds_alternative<Wake>(effect);
  });
  for (const Effect& effect : effects)
    if (const auto* wake = std::get_if<Wake>(&effect); wake && only_wakes && wake->at <= now)
      fail(fmt::format("wake: {} wakes itself without end", workload));
}

void Invariants::operator_reset(const std::string& workload) {
  orders_[workload].clear();
  reset_.insert(workload);
}

}  // namespace healer::testing
