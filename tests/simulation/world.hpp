#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "agenda.hpp"
#include "chance.hpp"
#include "engine/engine.hpp"
#include "model/container.hpp"
#include "model/event.hpp"
#include "score.hpp"
#include "script.hpp"
#include "support/model_engine.hpp"

namespace healer::simulation {

/// The container's port of the units that have an own address.
constexpr std::uint16_t address_port = 8080;

/// The present fault of a unit.
struct Defect {
  Failure failure = Failure::None;
  FixedBy fixed_by = FixedBy::Restart;
  Instant since{};
  std::uint64_t number = 0;
  bool curable() const {
    return fixed_by == FixedBy::Restart || fixed_by == FixedBy::Reload || fixed_by == FixedBy::Recreate;
  }
};

/// The present state of a unit: its container, the process in it and the service of that process.
struct Place : testing::ModelContainer {
  const Unit* unit = nullptr;
  std::uint32_t index = 0;
  std::uint64_t tag = 0;    ///< seed of its draws, made from its name, so that other units do not change them
  ContainerSummary listed;  ///< as a list shows it, except for the state
  std::uint32_t generation = 0;
  Instant ready{};
  Instant flaps{};       ///< Flap: the service fails from then on
  bool unclean = false;  ///< the last end of its process
  bool fell_alone =
      false;  ///< stopped by the engine's shutdown as the only container, so it looks like an operator's stop
  std::optional<Instant> fell_with_engine;  ///< when the engine that stopped it went down; empty: another end
  Defect fault_now;
  unsigned check_failures = 0;
  std::optional<Instant> shows_since;  ///< since then its rule is met
  std::optional<Instant> fires_since;  ///< since then its rule fires
  Instant shown_at{};                  ///< the last time its rule was met
  Instant fired_until{};               ///< when its rule last ended
  std::uint64_t firing = 0;            ///< number of the newest firing
  std::vector<std::uint32_t> needs;
  std::optional<std::uint32_t> parent;  ///< the unit whose network it shares
  // The field's.
  unsigned image = 1;          ///< number of its image
  Front front = Front::Right;  ///< what the configured probe meets with this image
  Duration migrates{0};        ///< added to a start of this image until one start was undisturbed
  struct Coming {
    unsigned image = 1;
    Front front = Front::Right;
    Duration migrates{0};
  };
  std::optional<Coming> coming;  ///< of the next container
  Instant ended{};               ///< when its process last ended
  Instant inside_from{};         ///< this and the next: an operator's command runs inside
  Instant inside_until{};
  Instant moved{};          ///< when its address last changed
  Instant silenced_from{};  ///< this and the next: its alerts are silenced at Alertmanager
  Instant silenced_until{};
};

/// The answer of a service to a check.
enum class Answer {
  Pass,
  Error,
  Hang,
  Refused,
  NoRoute,
  NoFiles,
  // The field's: from NotFound on the port is open.
  NotFound,
  Garbage,  ///< another protocol
  Redirect,
  Unauthorized,
  TooMany,
  Maintenance,
  Busy,
  BadGateway
};

/// An alert as Alertmanager sends it.
struct SentAlert {
  std::string id;
  std::map<std::string, std::string> labels;
  bool firing = true;
};

using testing::By;
using Fate = testing::OrderFate;

/// The true state: containers, their services, the engine and operators. It does not depend on healer.
class World {
 public:
  using Done = testing::ModelEngine::Done;

  World(const Script& script, Agenda& agenda, Score& score);

  Instant now() const { return now_; }
  void set_now(Instant now) { now_ = now; }
  WallTime wall() const { return WallTime{now_.time_since_epoch().count() + clock_ahead_.count()}; }
  Duration clock_ahead() const { return clock_ahead_; }
  Duration elapsed() const { return now_ - begin_; }
  Instant begin() const { return begin_; }
  const Chance& chance() const { return chance_; }
  const Script& script() const { return script_; }

  std::vector<Place>& places() { return places_; }
  Place* by_id(std::string_view id);
  Place& by_name(const std::string& name);

  /// The answer of the service as seen from the host.
  Answer answer(const Place& place) const;
  /// What the configured probe meets, if the service gives this answer.
  Answer front_answer(const Place& place, Answer inner) const;
  /// The unit that has this address on the network of the units with an own address; null: nobody.
  const Place* at_address(const std::string& address) const;
  bool under_pressure() const { return now_ < pressure_.until; }
  /// Alertmanager's answer to whether this alert fires; empty: none that can be used.
  std::optional<bool> fires(const std::string& alert) const;
  /// The answer of the service as seen from inside its network.
  Answer inner_answer(const Place& place) const;
  /// True while the service cannot be reached from the host.
  bool cut_off(const Place& place) const;
  bool in_outage(const Place& place) const;
  /// True while healer reaches targets outside this host.
  bool reachable() const { return now_ >= no_route_until_; }
  /// True if its network belongs to an earlier instance of its parent.
  bool lost_network(const Place& place) const;

  /// Executes a happening that is about containers, the engine or their surroundings.
  void happen(const Happening& happening);

  testing::ModelEngine& engine() { return engine_; }
  void kill(Place& place, By by, int signal, const Done& done = testing::ModelEngine::nobody);
  /// Makes a new container of the same name and returns its id. One that healer recreates joins the network
  /// of `network_parent`, or keeps the old network if that is empty.
  void recreate(Place& place, const std::string& network_parent, By by,
                const std::function<void(Result<std::string>)>& done);
  void remove(Place& place);
  /// Makes the service start anew, as a command inside or a signal does.
  void reload(Place& place);

  // The engine itself.
  enum class EngineMode { Up, Down, Hangs, Errors };
  EngineMode engine_mode() const;
  bool denies() const { return now_ < denies_until_; }
  std::uint32_t engine_life() const { return engine_life_; }
  /// Alertmanager sends that the rule of a unit fires or has ended; false: nobody accepted the alert.
  std::function<bool(const Place&, bool firing)> alert;
  /// The same in the field's worlds.
  std::function<bool(const SentAlert&)> field_alert;
  /// Receives every event.
  std::function<void(const EngineEvent&)> stream;
  /// Called when the event stream ends.
  std::function<void()> stream_cut;
  Instant clock_changed_at() const { return clock_changed_at_; }
  Instant engine_trouble_at() const { return engine_trouble_at_; }  ///< the end of the last trouble

  /// Judges a remedy that is ordered now.
  Worth judge(const Place& place) const;
  void count_remedy(const Place& place);
  /// A remedy that an operator ordered is no judgement of healer's.
  void count_asked_for() { ++score_.asked_for; }
  /// At the world's end: adds the time of the faults that still last.
  void close_books();
  /// True if something excuses healer from acting on this unit.
  std::function<bool(const Place&)> excused;

 private:
  void create(Place& place, By by);
  testing::ModelEngine::Surroundings surroundings();
  testing::ProcessEnd end_of(const Place& place, std::optional<Duration> timeout) const;
  /// The service of a new instance begins.
  void begin_instance(Place& place, By by);
  void check(std::uint32_t index, std::uint32_t run);
  void evaluate_rule(std::uint32_t index);
  /// Sends an alert of that firing until it is accepted, and repeats it while the rule fires.
  void send_alert(std::uint32_t index, std::uint64_t firing, bool fires);
  // world_field.cpp.
  void field_create(Place& place);
  void field_came_up(Place& place);
  void field_came_down(Place& place);
  void migrated(std::uint32_t index, std::uint32_t starts);
  void owner_replaces(std::uint32_t index, std::uint32_t starts);
  void job_ends(std::uint32_t index, std::uint32_t starts);
  void new_image(Place& place, const Happening& happening);
  void move(Place& place, std::uint64_t tag);
  void inside(Place& place, Duration lasts);
  void stranger(const Place& place, const Happening& happening);
  bool happen_in_field(const Happening& happening);
  SentAlert alert_of(const Place& place, bool firing) const;
  std::optional<Worth> judge_field(const Place& place) const;
  void become_unhealthy(Place& place, const Happening& happening);
  void recovered(Place& place, bool by_remedy, Instant healthy_at);
  void shut_down(Duration away, bool killed);
  void come_back();
  void overdue(std::uint32_t index, std::uint64_t defect);

  const Script& script_;
  Agenda& agenda_;
  Score& score_;
  Chance chance_;
  Instant begin_{};
  Instant now_{};
  Duration clock_ahead_{0};
  Instant clock_changed_at_{};
  std::vector<Place> places_;
  std::unordered_map<std::string, std::uint32_t> by_name_;

  struct Trouble {
    Instant until{};
    double share = 0;
    std::uint64_t tag = 0;
  };
  bool touches(const Trouble& trouble, const Place& place) const {
    return now_ < trouble.until && chance_.draw(place.tag, 101, trouble.tag) < trouble.share;
  }
  Trouble blip_;
  Trouble pressure_;
  Trouble outage_;
  Instant no_route_until_{};
  Instant no_files_until_{};

  testing::ModelEngine engine_;
  Instant hangs_until_{};
  Instant errors_until_{};
  Instant denies_until_{};
  Instant engine_went_at_{};
  Instant engine_trouble_at_{};
  std::uint32_t engine_life_ = 1;
  bool kill_leftovers_ = false;
  std::uint64_t defects_ = 0;
  std::uint64_t firings_ = 0;
  std::uint32_t last_port_ = 0;
  std::unordered_map<std::string, std::uint32_t> by_address_;
  std::set<unsigned> free_addresses_;
  unsigned addresses_ = 0;  ///< given so far
  std::uint64_t strangers_ = 0;
  Instant stranger_until_{};
};

}  // namespace healer::simulation
