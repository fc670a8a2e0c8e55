#include "world.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

namespace healer::simulation {
namespace {

/// Docker keeps the last 256 events for `since=`.
constexpr std::size_t kept_events = 256;
constexpr Duration engine_stop_timeout = 10s;
constexpr Duration start_takes = 150ms;
/// A curable fault that lasts so long counts as missed; an operator repairs it an hour later.
constexpr Duration missed_after = 1h;
constexpr unsigned check_retries = 3;

/// Prometheus' evaluation interval, and the time that its rates look back.
constexpr Duration rule_interval = 1min;
constexpr Duration shortest_look_back = 30s, longest_look_back = 7min;
/// Alertmanager repeats an alert that still fires, and retries one that nobody accepted.
constexpr Duration alert_repeated = 4h;
constexpr Duration alert_retried = 5min;

// The purposes of draws.
enum Purpose : std::uint64_t {
  StartTime = 1,
  FlapTime,
  LoopTime,
  StopCode,
  LookBack,
  LostResolve,
  Silenced,
  SilencedFrom
};

/// The port of its service: from its label, else one that no other unit has.
std::uint16_t port_of(const Place& place) {
  const auto label = place.unit->labels.find("healer.port");
  if (label == place.unit->labels.end()) return static_cast<std::uint16_t>(9000 + place.index);
  return static_cast<std::uint16_t>(std::stoul(label->second));
}

}  // namespace

World::World(const Script& script, Agenda& agenda, Score& score)
    : script_(script), agenda_(agenda), score_(score), chance_(script.seed), engine_(surroundings()) {
  begin_ = now_ = Instant{Duration{1'790'000'000'000}};
  places_.resize(script.units.size());
  for (std::uint32_t i = 0; i < places_.size(); ++i) {
    by_name_[script.units[i].name] = i;
    places_[i].index = i;
    places_[i].tag = std::hash<std::string>{}(script.units[i].name);
    places_[i].unit = &script.units[i];
    places_[i].has_owner = !script.units[i].owner.empty();
  }
  for (Place& place : places_) {
    for (const std::string& needed : place.unit->needs) place.needs.push_back(by_name_.at(needed));
    if (!place.unit->network_of.empty()) place.parent = by_name_.at(place.unit->network_of);
  }
  // All units run before healer starts, dependencies first.
  for (Place& place : places_) {
    place.front = place.unit->front;
    create(place, By::Operator);
    engine_.come_up(place, By::Operator);
    place.ready = now_;
    if (place.unit->rule_for > Duration{0}) {
      const Duration first = chance_.between(Duration{0}, rule_interval, place.tag, LookBack);
      agenda_.put(now_ + first, 0, [this, index = place.index] { evaluate_rule(index); });
    }
  }
  engine_.forget_events();
}

void World::create(Place& place, By by) {
  const Unit& unit = *place.unit;
  Container& facts = place.facts;
  facts = Container{};
  facts.id = fmt::format("u{}.{}", place.index, ++place.generation);
  facts.name = unit.name;
  facts.image = "registry.example/" + unit.name + ":1";
  if (script_.field) field_create(place);
  facts.labels = unit.labels;
  facts.engine_restarts.policy = unit.restart;
  if (!unit.project.empty()) {
    facts.identity.service = unit.project + "/" + unit.service;
    facts.identity.key = fmt::format("{}/{}", facts.identity.service, unit.number);
    for (const std::uint32_t needed : place.needs) {
      const Unit& other = *places_[needed].unit;
      if (other.project == unit.project)
        facts.start_order.dependencies.push_back(other.project + "/" + other.service);
    }
  }
  const auto own_port = port_of(place);
  const auto host_port = static_cast<std::uint16_t>(10000 + place.index);
  if (place.parent) {
    facts.network = NetworkKind::Shared;
    facts.network_parent = places_[*place.parent].facts.id;
  } else if (unit.own_address) {
    facts.networks = {NetworkAttachment{"bridge", ""}};
    facts.ports = {PortBinding{address_port, true, "", 0}};
  } else {
    facts.networks = {NetworkAttachment{"bridge", "172.17.0.2"}};
    if (unit.published)
      facts.ports.push_back(PortBinding{own_port, true, "127.0.0.1", host_port});
    else
      facts.ports.push_back(PortBinding{static_cast<std::uint16_t>(20000 + place.index), true, "", 0});
    for (const Place& other : places_) {
      if (!other.parent || *other.parent != place.index) continue;
      facts.ports.push_back(
          PortBinding{port_of(other), true, "127.0.0.1", static_cast<std::uint16_t>(10000 + other.index)});
    }
    std::sort(facts.ports.begin(), facts.ports.end(),
              [](const PortBinding& a, const PortBinding& b) { return a.container_port < b.container_port; });
  }
  if (unit.check_interval > Duration{0}) {
    facts.health = EngineHealth::Starting;
    facts.health_check.interval = unit.check_interval;
    facts.health_check.timeout = 5s;
    facts.health_check.start_period = unit.starts_in * 3;
  }
  facts.started_at = "0001-01-01T00:00:00Z";
  facts.state = ContainerState::Created;
  place.listed = testing::summary_of(facts);
  place.exists = true;
  if (script_.field) engine_.emit(place, Created{}, by);
}

Place* World::by_id(std::string_view id) {
  std::uint32_t index = 0;
  const auto end = std::from_chars(id.data() + 1, id.data() + id.size(), index);
  if (end.ec != std::errc{} || index >= places_.size()) return nullptr;
  Place& place = places_[index];
  return place.exists && place.facts.id == id ? &place : nullptr;
}

Place& World::by_name(const std::string& name) {
  return places_.at(by_name_.at(name));
}

// Answers of the services.

bool World::cut_off(const Place& place) const {
  return now_ < no_route_until_ || now_ < no_files_until_ || touches(blip_, place) ||
         touches(pressure_, place);
}

bool World::in_outage(const Place& place) const {
  return touches(outage_, place);
}

bool World::lost_network(const Place& place) const {
  if (!place.parent) return false;
  const Place& parent = places_[*place.parent];
  return !parent.exists || parent.started > place.started || place.facts.network_parent != parent.facts.id;
}

Answer World::answer(const Place& place) const {
  if (now_ < no_files_until_) return Answer::NoFiles;
  if (now_ < no_route_until_) return Answer::NoRoute;
  if (touches(blip_, place) || touches(pressure_, place)) return Answer::Hang;
  const Answer inner = inner_answer(place);
  return script_.field ? front_answer(place, inner) : inner;
}

Answer World::inner_answer(const Place& place) const {
  if (!place.exists) return Answer::Refused;
  if (place.facts.state == ContainerState::Paused) return Answer::Hang;
  if (place.facts.state != ContainerState::Running || now_ < place.ready) return Answer::Refused;
  if (place.parent && (!places_[*place.parent].running() || lost_network(place))) return Answer::Refused;
  switch (place.fault_now.failure) {
    case Failure::Error:
      return Answer::Error;
    case Failure::Hang:
      return Answer::Hang;
    case Failure::Refuse:
      return Answer::Refused;
    case Failure::Flap:
      if (now_ >= place.flaps) return Answer::Error;
      break;
    default:
      break;
  }
  if (touches(outage_, place)) return Answer::Error;
  for (const std::uint32_t needed : place.needs)
    if (inner_answer(places_[needed]) != Answer::Pass) return Answer::Error;
  return Answer::Pass;
}

// Processes.

testing::ModelEngine::Surroundings World::surroundings() {
  testing::ModelEngine::Surroundings around;
  around.dialect = script_.dialect;
  around.events_kept = kept_events;
  around.tells_services = script_.field;
  around.start_takes = start_takes;
  around.now = [this] { return now_; };
  around.wall = [this] { return wall(); };
  around.later = [this](Duration after, std::function<void()> work) {
    agenda_.put(now_ + after, 0, std::move(work));
  };
  around.end_of_process = [this](const testing::ModelContainer& container, std::optional<Duration> timeout) {
    return end_of(static_cast<const Place&>(container), timeout);
  };
  around.starts = [this](testing::ModelContainer& container, By by) {
    begin_instance(static_cast<Place&>(container), by);
  };
  around.ended = [this](testing::ModelContainer& container, bool clean) {
    auto& place = static_cast<Place&>(container);
    place.unclean = !clean;
    if (script_.field) field_came_down(place);
  };
  around.event = [this](const EngineEvent& event) {
    ++score_.engine_events;
    if (stream) stream(event);
  };
  return around;
}

testing::ProcessEnd World::end_of(const Place& place, std::optional<Duration> timeout) const {
  const Duration kill_after = timeout.value_or(engine_stop_timeout);
  const bool deaf = place.fault_now.failure == Failure::Hang || place.unit->stops_in > kill_after;
  if (deaf) return {kill_after, 137, true};
  return {place.unit->stops_in, chance_.draw(place.tag, StopCode, place.starts) < 0.5 ? 143 : 0, false};
}

void World::begin_instance(Place& place, By by) {
  place.fell_alone = false;
  place.fell_with_engine.reset();
  const Unit& unit = *place.unit;
  const double pace = 0.7 + 0.8 * chance_.draw(place.tag, StartTime, place.starts);
  const Duration takes{static_cast<Duration::rep>(static_cast<double>(unit.starts_in.count()) * pace)};
  place.ready = now_ + takes + (place.unclean ? unit.recovers_in : Duration{0});
  place.unclean = false;
  Defect& fault_now = place.fault_now;
  if (fault_now.failure != Failure::None &&
      (fault_now.fixed_by == FixedBy::Restart || fault_now.fixed_by == FixedBy::Reload))
    recovered(place, by == By::Healer, place.ready);
  if (fault_now.failure == Failure::Flap)
    place.flaps = place.ready + chance_.between(3s, 15s, place.tag, FlapTime, place.starts);
  if (fault_now.failure == Failure::Loop) {
    const Duration after = chance_.between(1s, 12s, place.tag, LoopTime, place.starts);
    agenda_.put(now_ + after, 0, [this, index = place.index, starts = place.starts] {
      Place& now_there = places_[index];
      if (now_there.starts == starts && now_there.fault_now.failure == Failure::Loop && now_there.running())
        engine_.crash(now_there, 1, false);
    });
  }
  if (unit.check_interval > Duration{0}) {
    place.check_failures = 0;
    agenda_.put(now_ + unit.check_interval, 0,
                [this, index = place.index, run = place.starts] { check(index, run); });
  }
  if (script_.field) field_came_up(place);
}

void World::check(std::uint32_t index, std::uint32_t run) {
  Place& place = places_[index];
  if (!place.exists || place.starts != run) return;
  if (place.facts.state != ContainerState::Running && place.facts.state != ContainerState::Paused) return;
  Container& facts = place.facts;
  agenda_.put(now_ + place.unit->check_interval, 0, [this, index, run] { check(index, run); });
  if (!engine_.up()) return;
  const EngineHealth before = facts.health;
  if (facts.state == ContainerState::Paused) {
    facts.health = EngineHealth::Unhealthy;  // moby#46203
  } else if (inner_answer(place) == Answer::Pass && place.unit->check_runs) {
    place.check_failures = 0;
    facts.health = EngineHealth::Healthy;
    facts.health_check.output.clear();
    facts.health_check.exit_code.reset();
  } else if (facts.health != EngineHealth::Starting ||
             now_ - place.started >= facts.health_check.start_period) {
    if (++place.check_failures >= check_retries) facts.health = EngineHealth::Unhealthy;
    facts.health_check.output = "exit status 1";
    if (!place.unit->check_runs) {
      facts.health_check.output = "/bin/sh: 1: curl: not found";
      facts.health_check.exit_code = 127;
    }
  }
  facts.health_check.checked = wall();
  if (facts.health != before || script_.dialect == Dialect::Podman)
    engine_.emit(place, HealthReported{place.facts.health});
}

// The Prometheus rule of a unit. A container that does not run has no data, so its rule fires no longer than
// its rate looks back.

void World::evaluate_rule(std::uint32_t index) {
  agenda_.put(now_ + rule_interval, 0, [this, index] { evaluate_rule(index); });
  Place& place = places_[index];
  const bool shows =
      place.running() && (place.fault_now.failure == Failure::Slow || inner_answer(place) != Answer::Pass);
  if (shows) {
    place.shown_at = now_;
    if (!place.shows_since) place.shows_since = now_;
    if (place.fires_since || now_ - *place.shows_since < place.unit->rule_for) return;
    place.fires_since = now_;
    place.firing = ++firings_;
    if (chance_.draw(place.tag, Silenced, place.firing) < script_.silenced) {
      place.silenced_from = now_ + chance_.between(1s, 2min, place.tag, SilencedFrom, place.firing);
      place.silenced_until = place.silenced_from + 2h;
    }
    send_alert(index, place.firing, true);
    return;
  }
  place.shows_since.reset();
  const Duration look_back =
      chance_.between(shortest_look_back, longest_look_back, place.tag, LookBack, place.firing);
  if (!place.fires_since || now_ - place.shown_at < look_back) return;
  place.fires_since.reset();
  place.fired_until = now_;
  if (chance_.draw(place.tag, LostResolve, place.firing) >= script_.lost_resolves)
    send_alert(index, place.firing, false);
}

void World::send_alert(std::uint32_t index, std::uint64_t firing, bool fires) {
  const Place& place = places_[index];
  if (place.firing != firing || place.fires_since.has_value() != fires) return;
  // Alertmanager sends nothing of a silenced alert, not even its end.
  const bool silenced = place.silenced_from <= now_ && now_ < place.silenced_until;
  const bool taken = silenced        ? false
                     : script_.field ? field_alert && field_alert(alert_of(place, fires))
                                     : alert && alert(place, fires);
  if (taken && !fires) return;
  agenda_.put(now_ + (taken ? alert_repeated : alert_retried), 0,
              [this, index, firing, fires] { send_alert(index, firing, fires); });
}

// Operations of the engine that change a service or its faults.

void World::kill(Place& place, By by, int signal, const Done& done) {
  if (signal == 1) reload(place);
  engine_.kill(place, by, signal, done);
}

void World::reload(Place& place) {
  if (place.fault_now.failure != Failure::None && place.fault_now.fixed_by == FixedBy::Reload &&
      place.running())
    recovered(place, true, now_);
}

void World::recreate(Place& place, const std::string& network_parent, By by,
                     const std::function<void(Result<std::string>)>& done) {
  const auto make = [this, &place, network_parent, by] {
    const std::string network = network_parent.empty() ? place.facts.network_parent : network_parent;
    create(place, by);
    if (by == By::Healer && place.parent) place.facts.network_parent = network;
    // A deployment brings a new image and configuration, which end every fault.
    if (place.fault_now.failure != Failure::None && (by == By::Operator || place.fault_now.curable()))
      recovered(place, by == By::Healer, now_);
  };
  engine_.recreate(place, by, make, done);
}

void World::remove(Place& place) {
  engine_.remove(place, By::Operator, [this, &place] {
    if (place.fault_now.failure != Failure::None) recovered(place, false, now_);
  });
}

// Faults.

void World::become_unhealthy(Place& place, const Happening& happening) {
  if (!place.running() || place.fault_now.failure != Failure::None || place.busy) return;
  place.fault_now = Defect{happening.failure, happening.fixed_by, now_, ++defects_};
  ++score_.episodes;
  if (place.fault_now.curable()) {
    ++score_.curable;
    agenda_.put(now_ + missed_after, 0,
                [this, index = place.index, number = place.fault_now.number] { overdue(index, number); });
  } else {
    agenda_.put(now_ + happening.lasts, 0, [this, index = place.index, number = place.fault_now.number] {
      Place& there = places_[index];
      if (there.fault_now.number != number || there.fault_now.failure == Failure::None) return;
      recovered(there, false, now_);
      // The operator who repairs the container also starts it.
      if (there.exists && !there.running() && !there.stopped_by_operator) engine_.start(there, By::Operator);
    });
  }
  switch (happening.failure) {
    case Failure::Crash:
      engine_.crash(place, 1, false);
      break;
    case Failure::OutOfMemory:
      engine_.crash(place, 137, true);
      break;
    case Failure::Loop:
      engine_.crash(place, 3, false);
      break;
    case Failure::Flap:
      place.flaps = now_;
      break;
    default:
      break;
  }
}

void World::overdue(std::uint32_t index, std::uint64_t defect) {
  Place& place = places_[index];
  if (place.fault_now.number != defect || place.fault_now.failure == Failure::None) return;
  const bool kept = place.stopped_by_operator || place.paused() || (excused && excused(place));
  if (!kept) ++score_.missed;
  if (place.exists) recreate(place, {}, By::Operator, [](auto) {});
}

void World::recovered(Place& place, bool by_remedy, Instant healthy_at) {
  const double failure = std::chrono::duration<double>(healthy_at - place.fault_now.since).count();
  if (place.fault_now.curable()) {
    score_.unhealthy_hours += failure / 3600;
    if (by_remedy) {
      ++score_.healed;
      score_.heal_seconds.push_back(static_cast<float>(failure));
    }
  }
  place.fault_now.failure = Failure::None;
}

void World::close_books() {
  for (const Place& place : places_)
    if (place.fault_now.failure != Failure::None && place.fault_now.curable())
      score_.unhealthy_hours += std::chrono::duration<double>(now_ - place.fault_now.since).count() / 3600;
}

Worth World::judge(const Place& place) const {
  if (place.paused()) return Worth::Paused;
  if (place.stopped_by_operator) return Worth::Stopped;
  if (script_.field)
    if (const auto worth = judge_field(place)) return *worth;
  if (place.fault_now.failure != Failure::None) {
    if (place.fault_now.curable()) return Worth::Right;
    return place.fault_now.fixed_by == FixedBy::Alone ? Worth::Alone : Worth::Ineffective;
  }
  if (!place.running() || lost_network(place)) return Worth::Right;
  if (now_ < place.ready) return Worth::Starting;
  if (touches(outage_, place) || cut_off(place)) return Worth::Shared;
  if (inner_answer(place) != Answer::Pass) return Worth::NotTheCause;
  return Worth::Healthy;
}

void World::count_remedy(const Place& place) {
  ++score_.remedies[static_cast<std::size_t>(judge(place))];
}

// The engine itself.

World::EngineMode World::engine_mode() const {
  if (!engine_.up()) return EngineMode::Down;
  if (now_ < hangs_until_) return EngineMode::Hangs;
  if (now_ < errors_until_) return EngineMode::Errors;
  return EngineMode::Up;
}

void World::shut_down(Duration away, bool killed) {
  if (!engine_.up()) return;
  const auto up =
      std::count_if(places_.begin(), places_.end(), [](const Place& one) { return one.up() && !one.busy; });
  engine_trouble_at_ = now_ + away;
  engine_went_at_ = now_;
  if (!killed) {
    for (Place& place : places_) {
      engine_.abandon(place);
      if (place.facts.state == ContainerState::Restarting) place.facts.state = ContainerState::Exited;
      if (!place.up()) continue;  // the engine also stops paused containers
      engine_.fall(place, 15);
      place.fell_alone = up < 2;
      place.fell_with_engine = now_;
    }
  }
  agenda_.put(now_ + 20ms, 0, [this, away, killed] {
    engine_.set_up(false);
    kill_leftovers_ = killed;
    for (Place& place : places_) engine_.abandon(place);
    if (stream_cut) stream_cut();
    agenda_.put(now_ + away, 0, [this] { come_back(); });
  });
}

void World::come_back() {
  engine_.set_up(true);
  ++engine_life_;
  engine_.forget_events();
  for (Place& place : places_) {
    if (kill_leftovers_ && place.up()) {
      if (script_.dialect == Dialect::Podman) continue;
      engine_.fall(place, 9);
      place.fell_with_engine = engine_went_at_;
    }
    if (!place.unit->owner.empty()) {
      if (!place.stopped_by_operator && !place.running())
        agenda_.put(now_ + 10s, 0,
                    [this, index = place.index, starts = place.starts] { owner_replaces(index, starts); });
      continue;
    }
    const bool wanted =
        place.unit->restart == RestartPolicy::Always || place.unit->restart == RestartPolicy::UnlessStopped;
    if (place.exists && wanted && !place.stopped_by_operator && place.facts.state == ContainerState::Exited) {
      engine_.restart_by_policy(place);
    }
  }
  kill_leftovers_ = false;
}

void World::happen(const Happening& happening) {
  if (happen_in_field(happening)) return;
  const Instant end = now_ + happening.lasts;
  switch (happening.what) {
    case What::Fault:
      return become_unhealthy(by_name(happening.unit), happening);
    case What::Stop:
      return engine_.stop(by_name(happening.unit), By::Operator);
    case What::Start:
      return engine_.start(by_name(happening.unit), By::Operator);
    case What::Restart:
      return engine_.restart(by_name(happening.unit), By::Operator);
    case What::Kill:
      return kill(by_name(happening.unit), By::Operator, 9);
    case What::Hup:
      return kill(by_name(happening.unit), By::Operator, 1);
    case What::Pause:
      return engine_.pause(by_name(happening.unit));
    case What::Unpause:
      return engine_.unpause(by_name(happening.unit));
    case What::Deploy: {
      Place& place = by_name(happening.unit);
      if (place.exists) return recreate(place, {}, By::Operator, [](auto) {});
      create(place, By::Operator);
      return engine_.come_up(place, By::Operator);
    }
    case What::Remove:
      return remove(by_name(happening.unit));
    case What::Blip:
      blip_ = Trouble{end, happening.share, static_cast<std::uint64_t>(happening.at.count())};
      return;
    case What::Outage:
      outage_ = Trouble{end, happening.share, static_cast<std::uint64_t>(happening.at.count())};
      return;
    case What::NoRoute:
      no_route_until_ = end;
      return;
    case What::NoFiles:
      no_files_until_ = end;
      return;
    case What::Cut:
      engine_trouble_at_ = now_;
      if (stream_cut && engine_.up()) stream_cut();
      return;
    case What::Lost:
      if (!engine_.up()) return;
      engine_.set_up(false);
      engine_trouble_at_ = end;
      if (stream_cut) stream_cut();
      agenda_.put(end, 0, [this] { come_back(); });
      return;
    case What::Shutdown:
      return shut_down(happening.lasts, false);
    case What::Killed:
      return shut_down(happening.lasts, true);
    case What::Hangs:
      hangs_until_ = engine_trouble_at_ = end;
      return;
    case What::Errors:
      errors_until_ = engine_trouble_at_ = end;
      return;
    case What::Denies:
      denies_until_ = engine_trouble_at_ = end;
      return;
    case What::Clock:
      clock_changed_at_ = now_;
      clock_ahead_ += happening.count < 0 ? -happening.lasts : happening.lasts;
      return;
    default:
      return;  // happenings about healer: class Simulation
  }
}

}  // namespace healer::simulation
