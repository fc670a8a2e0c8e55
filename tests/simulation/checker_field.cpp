// Invariants 8 to 11 of HEALING.md 7, and what healer cannot know of the field's units.
#include <algorithm>

#include <fmt/format.h>

#include "base/duration.hpp"
#include "checker.hpp"
#include "core/workload/workload.hpp"

namespace healer::simulation {
namespace {

/// An answer about an alert is used for so long, and evidence and inspect follow.
constexpr Duration answer_used = 45s;
/// An inspect that is answered late shows an earlier address.
constexpr Duration late_inspect = 1s;

std::uint64_t image_bit(const Place& place) {
  return std::uint64_t{1} << std::min(place.image, 63U);
}

/// What its owner decides alone.
bool ends_or_begins_instance(RemedyKind kind) {
  return kind == RemedyKind::Restart || kind == RemedyKind::Start || kind == RemedyKind::Stop ||
         kind == RemedyKind::Kill || kind == RemedyKind::Recreate;
}

}  // namespace

/// A check has a result that counts.
void Checker::field_step(const Event& event, bool passed, bool failed) {
  const auto* finished = std::get_if<ProbeFinished>(&event);
  const Workload* of = finished != nullptr ? workload_of(finished->workload) : nullptr;
  const Place* place = of != nullptr ? world_.by_id(of->container.id) : nullptr;
  if (place == nullptr) return;
  Known& known = known_[place->index];
  if (passed) known.proven |= image_bit(*place);
  if (!failed || !place->unit->own_address) return;
  const auto& [id, answered] = asked_[finished->probe.value % asked_.size()];
  known.failed_by = id == finished->probe.value ? answered : place->index;
}

/// A remedy that a failing check of the running container caused.
void Checker::ordered_in_field(const Place& place, const ApplyRemedy& order) {
  const Incident* incident = incident_of(order);
  const Workload* of = workload_of(order.workload);
  const Policy* policy = policy_of(order.workload);
  if (incident == nullptr || of == nullptr || policy == nullptr) return;
  const Instant now = world_.now();
  if (place.inside_from + late_inspect < now && now < place.inside_until)
    fail(0, order.workload + " is remedied while an operator works inside");
  if (incident->cause != IncidentCause::ProbeFailed || of->health.network_loss || of->alerts.acting) return;
  const Known& known = known_[place.index];
  if (known.failed_by && *known.failed_by != place.index && now - place.moved > late_inspect) {
    const auto& places = world_.places();
    fail(11, fmt::format("{} is remedied for an answer of {}", order.workload,
                         *known.failed_by < places.size() ? places[*known.failed_by].unit->name : "nobody"));
  }
  if (policy->unproven == UnprovenUse::Act || place.unit->check_interval > Duration{0}) return;
  if (known.proven == 0) fail(8, order.workload + " is remedied for a probe that has never passed");
  if ((known.proven & image_bit(place)) == 0 && attempts_.at(order.attempt.value).number > 1)
    fail(8, order.workload + " is remedied again for a probe that has not passed with its image");
}

/// A remedy that only an alert caused: the alert must be about the unit, and fire.
void Checker::ordered_for_alert(const Place& place, const ApplyRemedy& order) {
  const Incident* incident = incident_of(order);
  const Workload* of = workload_of(order.workload);
  if (incident == nullptr || incident->cause != IncidentCause::AlertFiring || of == nullptr) return;
  if (of->health.unhealthy() || of->health.network_loss) return;
  const Instant now = world_.now();
  const auto unanswered = unanswered_at_.find(order.workload);
  if (unanswered != unanswered_at_.end() && now - unanswered->second < answer_used) return;
  const bool silenced = place.silenced_from + answer_used <= now && now < place.silenced_until;
  if (place.fires_since ? silenced : now - place.fired_until > answer_used)
    fail(10, fmt::format("{} is remedied for an alert that {}", order.workload,
                         silenced ? "is silenced" : "does not fire about it"));
}

void Checker::check_end_is_final(const Place& place, const ApplyRemedy& order) {
  const Unit& unit = *place.unit;
  const bool stays_down = unit.restart == RestartPolicy::No || unit.restart == RestartPolicy::OnFailure;
  if (unit.job > Duration{0} && stays_down && !place.running() && place.facts.exit_code == unit.job_code)
    fail(0, order.workload + " is a job that has ended, and is run again");
}

void Checker::check_owner(const Place& place, RemedyKind kind) {
  if (!place.unit->owner.empty() && ends_or_begins_instance(kind))
    fail(9, fmt::format("{} belongs to {} and gets the order {}", place.unit->name, place.unit->owner,
                        to_string(kind)));
}

/// The rules keep healer from this unit, or from knowing that it is unhealthy.
bool Checker::cannot_be_known(const Place& place) const {
  if (!world_.script().field) return false;
  const Unit& unit = *place.unit;
  if (!unit.owner.empty() || unit.job > Duration{0}) return true;
  if (!place.running()) return place.ended <= events_lost_at_ && !place.facts.oom_killed;
  const Known& known = known_[place.index];
  if (unit.check_interval > Duration{0}) return !unit.check_runs;
  return place.front != Front::Right || (known.proven & image_bit(place)) == 0 ||
         known.looked_at < place.moved;
}

}  // namespace healer::simulation
