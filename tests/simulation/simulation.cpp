#include "simulation.hpp"

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "alert/target.hpp"
#include "base/duration.hpp"
#include "config/host_policy.hpp"
#include "config/load.hpp"
#include "config/policy_resolver.hpp"
#include "naive.hpp"
#include "notify/outbox.hpp"
#include "present/status.hpp"
#include "process.hpp"
#include "runtime/exec_prober.hpp"
#include "runtime/routed_prober.hpp"
#include "runtime/runtime.hpp"

namespace healer::simulation {
namespace {

constexpr Duration look_interval = 20s;

/// The settings of the script, as healer's own loader reads them.
struct Configured {
  Policy defaults;
  HostPolicy host;
};

Configured configure(const Script& script, const Options& options) {
  Environment environment = script.settings;
  for (const auto& [name, value] : options.settings) environment[name] = value;
  auto loaded = load_from(environment, std::nullopt, {});
  if (!loaded) throw std::runtime_error("settings of the script: " + describe(loaded.error().front()));
  return {loaded->defaults, host_policy(loaded->daemon, "host1", "192.0.2.1")};
}

/// A world and the supervisor of its containers.
class Simulation {
 public:
  Simulation(const Script& script, const Options& options)
      : script_(script),
        options_(options),
        configured_(configure(script, options)),
        world_(script, agenda_, outcome_.score),
        checker_(world_, disk_, outcome_.score),
        resolver_(configured_.defaults) {
    checker_.tracing = options.trace;
    checker_.listing = options.orders;
    checker_.only = options.only;
  }

  Outcome run();

 private:
  void start_healer();
  void begin_recording(const HostPolicy& policy, const StoredState& stored, std::uint64_t seed);
  void end_healer();
  void happen(std::uint32_t number);
  void happen_to_healer(const Happening& happening);
  void command(const Happening& happening, const std::string& key);
  bool take_alert(const Place& place, bool firing);
  void confirm(const ConfirmAlert& alert, std::function<void(AlertAnswer, std::string)> done);
  bool take_field_alert(const SentAlert& alert);
  void confirm_in_field(const ConfirmAlert& alert, std::function<void(AlertAnswer, std::string)> done);
  std::optional<HostPressure> pressure();
  void post(const WebhookCall& call, std::function<void(healer::Result<void>)> done);
  void look_around();
  bool turn();

  const Script& script_;
  const Options& options_;
  Configured configured_;
  Outcome outcome_;
  Agenda agenda_;
  World world_;
  Disk disk_;
  Checker checker_;
  PolicyResolver resolver_;
  Life life_{agenda_, world_, checker_, 0, std::nullopt, std::nullopt, true, Duration{0}, false};
  Instant silent_until_{};
  Instant stalled_from_{};
  Instant stalled_until_{};
  Instant store_fails_until_{};
  Instant store_slow_until_{};
  Duration next_start_after_{1s};
  bool pressure_seen_ = false;
  std::unique_ptr<Naive> naive_;

  // The parts of the present process, in the order of the daemon.
  std::unique_ptr<SimHost> host_;
  std::unique_ptr<SimStore> store_;
  std::unique_ptr<SimEngine> engine_;
  std::unique_ptr<SimProber> sockets_;
  std::unique_ptr<ExecProber> execs_;
  std::unique_ptr<RoutedProber> prober_;
  std::unique_ptr<Outbox> outbox_;
  std::unique_ptr<Runtime> runtime_;
  std::uint64_t outbox_alarm_ = 0;
  /// Writes of the recording. They stay out of the agenda, so that a recorded run takes the same turns.
  std::vector<std::function<void()>> writes_;
  Instant end_{};
};

void Simulation::start_healer() {
  ++life_.number;
  life_.dead = false;
  life_.calls_left.reset();
  life_.calls_after_order.reset();
  life_.base = world_.clock_ahead();
  pressure_seen_ = false;
  const StoredState stored = disk_.load(life_.now());
  host_ = std::make_unique<SimHost>(life_);
  store_ = std::make_unique<SimStore>(life_, disk_);
  store_->fails_until = store_fails_until_;
  store_->slow_until = store_slow_until_;
  engine_ = std::make_unique<SimEngine>(life_);
  const auto sink = [this](ProbeId id, ProbeFacts facts) { runtime_->probe_finished(id, std::move(facts)); };
  sockets_ = std::make_unique<SimProber>(life_, outcome_.score, sink);
  execs_ = std::make_unique<ExecProber>(*engine_, *host_, sink);
  prober_ = std::make_unique<RoutedProber>(RoutedProber::Parts{*sockets_, *execs_});
  OutboxHost host;
  host.now = [this] { return life_.now(); };
  host.seed = world_.chance().bits(5, life_.number);
  host.set_alarm = [this](Instant at, std::function<void()> work) {
    agenda_.put(std::max(at - life_.base, world_.now()), life_.number,
                [this, work = std::move(work), alarm = ++outbox_alarm_] {
                  if (alarm == outbox_alarm_) work();
                });
  };
  host.commit = [this](std::vector<Record> records, std::function<void()> then) {
    runtime_->journal().write(std::move(records), std::move(then));
  };
  host.log = [this](const LogLine& line) { checker_.log(line); };
  outbox_ = std::make_unique<Outbox>(std::move(host));
  std::vector<std::unique_ptr<Notifier>> channels;
  channels.push_back(std::make_unique<SimNotifier>(life_, silent_until_));
  outbox_->set_channels(std::move(channels));

  RuntimeSettings settings;
  settings.host = configured_.host;
  settings.host.channels = outbox_->channel_names();
  settings.resync_interval = script_.resync;
  settings.seed = world_.chance().bits(1, life_.number);
  Runtime::Parts parts{*host_,
                       *engine_,
                       *prober_,
                       *store_,
                       checker_,
                       [this](const std::string& name, const std::string& service,
                              const std::map<std::string, std::string>& labels) {
                         return resolver_.resolve(labels, {name, service});
                       },
                       [this](const RoutedNotification& notification) { outbox_->add(notification); },
                       [this](WebhookCall call, std::function<void(healer::Result<void>)> done) {
                         post(call, std::move(done));
                       },
                       nullptr,
                       [this](const ConfirmAlert& alert, std::function<void(AlertAnswer, std::string)> done) {
                         confirm(alert, std::move(done));
                       },
                       {}};
  if (script_.field) parts.pressure = [this](double) { return pressure(); };
  const HostPolicy policy = settings.host;
  const std::uint64_t seed = settings.seed;
  begin_recording(policy, stored, seed);
  runtime_ = std::make_unique<Runtime>(std::move(settings), std::move(parts), stored);
  checker_.begins(*runtime_, policy, stored, seed, life_.base, options_.mirrored);
  outbox_->restore(stored.pending_notifications, stored.pending_deliveries, stored.receipts);
  runtime_->start();
}

/// Uses the daemon's recorder, so that `healer replay` reads the file.
void Simulation::begin_recording(const HostPolicy& policy, const StoredState& stored, std::uint64_t seed) {
  if (options_.record.empty()) return;
  const std::string path = fmt::format("{}.{}.jsonl", options_.record, outcome_.recordings.size() + 1);
  replay::RecorderSettings settings;
  settings.path = path;
  settings.version = "simulated";
  settings.post = [this](std::function<void()> work) { writes_.push_back(std::move(work)); };
  settings.log = [](LogLevel, const std::string& message) { throw std::runtime_error(message); };
  auto recorder = replay::Recorder::begin(std::move(settings), life_.now(), seed, policy, stored);
  if (!recorder) throw std::runtime_error(recorder.error().message);
  checker_.recorder = std::move(*recorder);
  outcome_.recordings.push_back(path);
}

void Simulation::end_healer() {
  life_.dead = true;
  checker_.ends(life_.amnesia);
  life_.amnesia = false;
  ++life_.number;
  runtime_.reset();
  outbox_.reset();
  prober_.reset();
  execs_.reset();
  sockets_.reset();
  engine_.reset();
  store_.reset();
  host_.reset();
  ++outcome_.score.kills;
  agenda_.put(world_.now() + next_start_after_, 0, [this] { start_healer(); });
}

void Simulation::happen(std::uint32_t number) {
  const Happening& happening = script_.happenings[number];
  checker_.note("--- " + to_text(happening));
  world_.happen(happening);
  if (options_.guard == Guard::Healer) happen_to_healer(happening);
}

void Simulation::happen_to_healer(const Happening& happening) {
  const Instant until = world_.now() + happening.lasts;
  switch (happening.what) {
    case What::Unwritable:
      store_fails_until_ = until;
      if (store_) store_->fails_until = until;
      break;
    case What::SlowStore:
      store_slow_until_ = until;
      if (store_) store_->slow_until = until;
      break;
    case What::Silence:
      silent_until_ = until;
      break;
    case What::Stall:
      stalled_from_ = world_.now();
      stalled_until_ = until;
      checker_.stalled();
      if (sockets_) {
        sockets_->stalled_at = stalled_from_;
        sockets_->stalled_until = until;
      }
      break;
    case What::Die:
      next_start_after_ = std::max(happening.lasts, Duration{1});
      if (life_.dead) break;
      if (happening.count < 0)
        life_.calls_after_order = -happening.count;
      else
        life_.calls_left = std::max(1, happening.count);
      break;
    case What::OpReset:
    case What::OpPause:
    case What::OpResume:
    case What::OpHeal:
      if (life_.dead || world_.now() < stalled_until_) return;
      if (const auto key = happening.unit.empty() ? std::optional<std::string>(std::in_place)
                                                  : runtime_->supervisor().find(happening.unit)) {
        checker_.operator_did(happening.what, *key);
        command(happening, *key);
      }
      return;
    default:
      break;
  }
}

void Simulation::command(const Happening& happening, const std::string& key) {
  const std::optional<Duration> length =
      happening.lasts > Duration{0} ? std::optional(happening.lasts) : std::nullopt;
  // The result is text for the operator; a refusal is allowed.
  if (happening.what == What::OpReset && !key.empty()) (void)runtime_->command(OperatorReset{key});
  if (happening.what == What::OpPause) (void)runtime_->command(OperatorPause{key, length});
  if (happening.what == What::OpResume) (void)runtime_->command(OperatorResume{key});
  if (happening.what == What::OpHeal && !key.empty()) (void)runtime_->command(OperatorHeal{key});
}

/// Alertmanager's webhook: accepted by a process that is alive and has the workload.
bool Simulation::take_alert(const Place& place, bool firing) {
  if (life_.dead || world_.now() < stalled_until_) return false;
  const auto key = runtime_->supervisor().find(place.unit->name);
  if (!key) return false;
  checker_.note(fmt::format("Alertmanager: the rule of {} {}", *key, firing ? "fires" : "is resolved"));
  AlertReported alert;
  alert.workload = *key;
  alert.source = "alertmanager";
  alert.id = place.unit->name;
  alert.name = "Slow";
  alert.text = "its answers take seconds";
  alert.firing = firing;
  return runtime_->alert(std::move(alert)).has_value();
}

/// Alertmanager's API: tells whether the rule of the unit fires.
void Simulation::confirm(const ConfirmAlert& alert, std::function<void(AlertAnswer, std::string)> done) {
  if (!life_.call()) return;
  if (script_.field) return confirm_in_field(alert, std::move(done));
  bool fires = false;
  for (const Place& place : world_.places())
    fires |= place.unit->name == alert.id && place.fires_since.has_value();
  life_.put(0ms, [done = std::move(done), fires] {
    done(fires ? AlertAnswer::Fires : AlertAnswer::Over, fires ? "" : "resolved at Alertmanager");
  });
}

/// The same, with the labels that healer reads.
bool Simulation::take_field_alert(const SentAlert& alert) {
  if (life_.dead || world_.now() < stalled_until_) return false;
  const auto all = present::status(runtime_->supervisor(), life_.now());
  std::string key;
  if (!alert.firing) {
    for (const WorkloadStatus& status : all)
      for (const FiringAlert& firing : status.alerts)
        if (firing.id == alert.id) key = status.key;
  } else {
    const AlertPlaces places{false, {"host1", "192.0.2.1"}, {"cadvisor"}};
    const AlertTarget target = AlertTargets(all).find(alert.labels, default_alert_labels(), {}, places);
    if (target.found == AlertTarget::Found::One) key = target.key;
    checker_.note(fmt::format("Alertmanager: alert {} fires: {} {}", alert.id, target.key, target.text));
  }
  if (key.empty()) return !alert.firing;  // healer knows nothing that could end
  AlertReported event;
  event.workload = key;
  event.source = "alertmanager";
  event.id = alert.id;
  event.name = "Slow";
  event.text = "its answers take seconds";
  event.firing = alert.firing;
  event.act = alert.labels.contains("healer_action");
  return runtime_->alert(std::move(event)).has_value();
}

void Simulation::confirm_in_field(const ConfirmAlert& alert,
                                  std::function<void(AlertAnswer, std::string)> done) {
  const std::optional<bool> fires = world_.fires(alert.id);
  if (!fires) checker_.alert_unanswered(alert.workload);
  life_.put(0ms, [done = std::move(done), fires] {
    if (!fires) return done(AlertAnswer::Unknown, "Alertmanager answers with a login page");
    done(*fires ? AlertAnswer::Fires : AlertAnswer::Over,
         *fires ? "" : "resolved or silenced at Alertmanager");
  });
}

/// The receiver of the remedy `webhook`: it makes the service of the container start anew.
void Simulation::post(const WebhookCall& call, std::function<void(healer::Result<void>)> done) {
  if (!life_.call()) return;
  for (Place& place : world_.places())
    if (call.body.find('"' + place.facts.id + '"') != std::string::npos) world_.reload(place);
  life_.put(120ms, [done = std::move(done)] { done({}); });
}

/// The pressure, if it began or ended since the process looked last.
std::optional<HostPressure> Simulation::pressure() {
  const bool high = world_.under_pressure();
  if (std::exchange(pressure_seen_, high) == high) return std::nullopt;
  return HostPressure{high, "memory 62 %"};
}

void Simulation::look_around() {
  checker_.look_around(look_interval);
  agenda_.put(world_.now() + look_interval, 0, [this] { look_around(); });
}

/// Takes one entry of the agenda or rings healer's alarm; false at the world's end.
bool Simulation::turn() {
  std::optional<Instant> alarm;
  if (host_ && !life_.dead) {
    alarm = host_->alarm_at();
    if (alarm) alarm = std::max(*alarm, world_.now());
    if (alarm && world_.now() < stalled_until_) alarm = std::max(*alarm, stalled_until_);
  }
  const bool rings = alarm && (agenda_.empty() || *alarm < agenda_.next().at);
  const Instant at = rings ? *alarm : agenda_.next().at;
  if (at > end_) return false;
  ++outcome_.score.happenings;
  if (rings) {
    world_.set_now(at);
    host_->ring();
  } else {
    const Agenda::Entry next = agenda_.next();
    if (next.life != 0 && next.life != life_.number) {
      agenda_.take();
      return true;
    }
    if (next.life != 0 && next.at < stalled_until_) {
      agenda_.defer(stalled_until_);
      return true;
    }
    world_.set_now(std::max(world_.now(), next.at));
    agenda_.take()();
  }
  for (const auto& write : std::exchange(writes_, {})) write();
  if (host_ && life_.dead) end_healer();
  return !checker_.broken();
}

Outcome Simulation::run() {
  end_ = world_.begin() + script_.length;
  for (std::uint32_t i = 0; i < script_.happenings.size(); ++i)
    agenda_.put(world_.begin() + script_.happenings[i].at, 0, [this, i] { happen(i); });
  if (options_.guard == Guard::Healer) {
    world_.excused = [this](const Place& place) { return checker_.excused(place); };
    world_.field_alert = [this](const SentAlert& alert) { return take_field_alert(alert); };
    world_.alert = [this](const Place& place, bool firing) { return take_alert(place, firing); };
    start_healer();
    look_around();
  } else {
    naive_ = std::make_unique<Naive>(world_, agenda_, outcome_.score, options_.guard, resolver_);
  }
  while (turn()) {
  }
  if (!checker_.broken()) {
    world_.set_now(end_);
    checker_.close_books(outbox_.get());
  }
  world_.close_books();
  outcome_.score.worlds = 1;
  outcome_.score.hours = container_hours(script_);
  outcome_.broken = checker_.broken();
  outcome_.trace = std::move(checker_.trace);
  outcome_.orders = std::move(checker_.orders);
  checker_.recorder.reset();  // writes the closing line
  outcome_.digest = checker_.digest();
  return std::move(outcome_);
}

}  // namespace

Outcome run(const Script& script, const Options& options) {
  return Simulation(script, options).run();
}

}  // namespace healer::simulation
