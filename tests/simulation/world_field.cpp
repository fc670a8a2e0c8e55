// What public reports about other healers, engines and alerts describe: health paths that are wrong or move,
// owners, jobs, addresses that change hands, images that migrate, alerts about something else.
// docs/judgement.md.
#include <utility>

#include <fmt/format.h>

#include "world.hpp"

namespace healer::simulation {
namespace {

enum Purpose : std::uint64_t { Pace = 120, Quiet, Partner, NoAnswer };

/// An owner starts a new container so long after the end of the old one.
constexpr Duration owner_takes = 5s;
/// Alertmanager's API tells of an alert that nobody resolved for so long.
constexpr Duration stranger_fires = 20min;

std::string address_text(unsigned number) {
  return fmt::format("172.18.{}.{}", number / 250, number % 250 + 2);
}

unsigned address_number(const std::string& address) {
  const auto last = address.rfind('.'), third = address.rfind('.', last - 1);
  return static_cast<unsigned>(std::stoul(address.substr(third + 1)) * 250 +
                               std::stoul(address.substr(last + 1)) - 2);
}

/// The service works; only its health path says something else.
bool works(Failure failure) {
  switch (failure) {
    case Failure::RateLimited:
    case Failure::Maintenance:
    case Failure::Busy:
    case Failure::Login:
    case Failure::Missing:
    case Failure::Gateway:
      return true;
    default:
      return false;
  }
}

}  // namespace

// Containers.

void World::field_create(Place& place) {
  Container& facts = place.facts;
  if (place.coming) {
    place.image = place.coming->image;
    place.front = place.coming->front;
    place.migrates = place.coming->migrates;
    place.coming.reset();
  }
  facts.id = fmt::format("c{:03}e{:08x}", place.index, place.generation);  // as long as alerts need it
  facts.image = fmt::format("registry.example/{}:{}", place.unit->name, place.image);
  facts.image_id = fmt::format("sha256:{}.{}", place.unit->name, place.image);
  facts.owner.name = place.unit->owner;
  facts.owner.stable = false;
}

void World::field_came_up(Place& place) {
  const Unit& unit = *place.unit;
  const auto after = [&](Duration time, void (World::*then)(std::uint32_t, std::uint32_t)) {
    agenda_.put(now_ + time, 0,
                [this, then, index = place.index, starts = place.starts] { (this->*then)(index, starts); });
  };
  if (place.migrates > Duration{0}) {
    place.ready += place.migrates;
    after(place.ready - now_, &World::migrated);
  }
  if (unit.job > Duration{0}) after(unit.job, &World::job_ends);
  if (!unit.own_address) return;
  // The engine gives the lowest address that is free.
  const unsigned number =
      free_addresses_.empty() ? addresses_++ : free_addresses_.extract(free_addresses_.begin()).value();
  std::string& address = place.facts.networks.front().address;
  address = address_text(number);
  by_address_[address] = place.index;
  place.moved = now_;
}

void World::field_came_down(Place& place) {
  place.ended = now_;
  place.inside_until = {};
  place.facts.operator_command.clear();
  if (!place.unit->owner.empty())
    agenda_.put(now_ + owner_takes, 0,
                [this, index = place.index, starts = place.starts] { owner_replaces(index, starts); });
  if (!place.unit->own_address) return;
  std::string& address = place.facts.networks.front().address;
  if (address.empty()) return;
  by_address_.erase(address);
  free_addresses_.insert(address_number(address));
  address.clear();
}

/// A start of the new image was not disturbed: later ones are as fast as ever.
void World::migrated(std::uint32_t index, std::uint32_t starts) {
  Place& place = places_[index];
  if (place.starts == starts && place.running()) place.migrates = Duration{0};
}

void World::owner_replaces(std::uint32_t index, std::uint32_t starts) {
  Place& place = places_[index];
  if (!engine_.up() || place.stopped_by_operator || place.starts != starts || place.running() ||
      !place.exists)
    return;
  recreate(place, {}, By::Engine, [](const Result<std::string>&) {});
}

void World::job_ends(std::uint32_t index, std::uint32_t starts) {
  Place& place = places_[index];
  if (place.starts != starts || !place.running() || place.busy) return;
  engine_.die(place, place.unit->job_code, true);
  if (place.unit->restart != RestartPolicy::UnlessStopped || !engine_.up()) return;
  engine_.restart_by_policy(place);  // a scheduler
}

// Answers.

Answer World::front_answer(const Place& place, Answer inner) const {
  if (inner == Answer::Hang || inner == Answer::Refused) return inner;
  if (now_ < place.inside_until) return Answer::Hang;
  switch (place.front) {
    case Front::Right:
      break;
    case Front::WrongPath:
      return Answer::NotFound;
    case Front::WrongPort:
      return Answer::Refused;
    case Front::NotHttp:
      return Answer::Garbage;
    case Front::Redirect:
      return Answer::Redirect;
    case Front::Login:
      return Answer::Unauthorized;
  }
  if (inner != Answer::Pass) return inner;
  switch (place.fault_now.failure) {
    case Failure::RateLimited:
      return Answer::TooMany;
    case Failure::Maintenance:
      return Answer::Maintenance;
    case Failure::Busy:
      return Answer::Busy;
    case Failure::Login:
      return Answer::Unauthorized;
    case Failure::Missing:
      return Answer::NotFound;
    case Failure::Gateway:
      return Answer::BadGateway;
    default:
      return inner;
  }
}

const Place* World::at_address(const std::string& address) const {
  const auto found = by_address_.find(address);
  return found == by_address_.end() ? nullptr : &places_[found->second];
}

// Alerts.

SentAlert World::alert_of(const Place& place, bool firing) const {
  return {place.unit->name,
          {{"alertname", "Slow"},
           {"name", place.facts.name},
           {"id", "/docker/" + place.facts.id},
           {"instance", "cadvisor:8080"},
           {"healer_action", "heal"}},
          firing};
}

void World::stranger(const Place& place, const Happening& happening) {
  if (!place.exists || !field_alert) return;
  SentAlert alert = alert_of(place, true);
  alert.id = fmt::format("stranger-{}", ++strangers_);
  switch (static_cast<StrangerKind>(happening.count)) {
    case StrangerKind::OtherHost:
      alert.labels["instance"] = "db7.example:8080";
      alert.labels.erase("id");
      break;
    case StrangerKind::Predecessor:
      alert.labels["id"] = fmt::format("/docker/c{:03}e{:08x}", place.index, 0);
      break;
    case StrangerKind::AsksForNothing:
      alert.labels.erase("healer_action");
      break;
  }
  stranger_until_ = now_ + stranger_fires;
  (void)field_alert(alert);
}

std::optional<bool> World::fires(const std::string& alert) const {
  if (alert.starts_with("stranger-")) return now_ < stranger_until_;
  const auto named = by_name_.find(alert);
  if (named == by_name_.end()) return false;
  const Place& place = places_[named->second];
  if (chance_.draw(place.tag, NoAnswer, place.firing) < script_.unanswered) return std::nullopt;
  const bool silenced = place.silenced_from <= now_ && now_ < place.silenced_until;
  return place.fires_since.has_value() && !silenced;
}

// Happenings.

void World::new_image(Place& place, const Happening& happening) {
  Place::Coming coming{place.image + 1, place.front, happening.lasts};
  if (happening.count == 1) coming.front = Front::WrongPath;
  if (happening.count == 2) coming.front = Front::Right;
  if (happening.count == 3) coming.front = Front::WrongPort;
  place.coming = coming;
  if (place.exists) return recreate(place, {}, By::Operator, [](const Result<std::string>&) {});
  create(place, By::Operator);
  engine_.come_up(place, By::Operator);
}

/// The unit and another one change their addresses, as after `network disconnect` and `connect`.
void World::move(Place& place, std::uint64_t tag) {
  if (!place.unit->own_address || !place.running()) return;
  std::vector<std::uint32_t> others;
  for (const Place& other : places_)
    if (other.unit->own_address && other.running() && other.index != place.index)
      others.push_back(other.index);
  if (others.empty()) return;
  Place& other = places_[others[chance_.bits(place.tag, Partner, tag) % others.size()]];
  std::swap(place.facts.networks.front().address, other.facts.networks.front().address);
  for (Place* moved : {&place, &other}) {
    by_address_[moved->facts.networks.front().address] = moved->index;
    moved->moved = now_;
    if (chance_.draw(moved->tag, Quiet, tag) < 0.5) engine_.emit(*moved, Changed{});
  }
}

void World::inside(Place& place, Duration lasts) {
  if (!place.running()) return;
  place.inside_from = now_;
  place.inside_until = now_ + lasts;
  place.facts.operator_command = "pg_dump";
  agenda_.put(place.inside_until, 0, [this, index = place.index] {
    Place& there = places_[index];
    if (now_ >= there.inside_until) there.facts.operator_command.clear();
  });
}

bool World::happen_in_field(const Happening& happening) {
  const Instant end = now_ + happening.lasts;
  const auto tag = static_cast<std::uint64_t>(happening.at.count());
  switch (happening.what) {
    case What::Release:
      new_image(by_name(happening.unit), happening);
      return true;
    case What::Move:
      move(by_name(happening.unit), tag);
      return true;
    case What::Inside:
      inside(by_name(happening.unit), happening.lasts);
      return true;
    case What::Stranger:
      stranger(by_name(happening.unit), happening);
      return true;
    case What::Suspend:
      // No process notices the time; the wall clock jumps, and what answers first takes a moment.
      clock_changed_at_ = now_;
      clock_ahead_ += happening.lasts;
      blip_ = Trouble{now_ + Duration{happening.count}, happening.share, tag};
      return true;
    case What::Pressure:
      pressure_ = Trouble{end, happening.share, tag};
      return true;
    case What::Forget:
      engine_.forget_events();
      return true;
    default:
      return false;
  }
}

// Judgement.

std::optional<Worth> World::judge_field(const Place& place) const {
  if (now_ < place.inside_until) return Worth::Paused;
  if (!place.unit->owner.empty()) return Worth::Alone;
  if (place.unit->job > Duration{0}) return Worth::Healthy;
  const Defect& fault = place.fault_now;
  if (!works(fault.failure) || fault.curable()) return std::nullopt;
  return fault.failure == Failure::Gateway ? Worth::NotTheCause : Worth::Healthy;
}

}  // namespace healer::simulation
