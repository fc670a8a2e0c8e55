#include "runtime/runtime.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/duration.hpp"
#include "base/text.hpp"
#include "present/log_text.hpp"
#include "present/notification_text.hpp"
#include "present/status.hpp"

namespace healer {
namespace {

const std::string beat_timer = " beat";
constexpr Duration beat_interval = 1s;
/// A beat that is later than this means that the process was starved.
constexpr Duration stall_threshold = 100ms;
/// Smaller differences are slewing of the wall clock; maintenance windows are set in minutes.
constexpr Duration reported_clock_step = 1s;
constexpr Duration cursor_interval = 30s;
constexpr Duration pressure_interval = 5s;
/// After a step with more effects, their memory is freed.
constexpr std::size_t most_effects_kept = 64;

/// Why a command cannot be obeyed now, for operators; empty optional: it can.
template <IsOperatorCommand Command>
std::optional<std::string> refusal(const Command&, const WorkloadStatus&) {
  return std::nullopt;
}

std::optional<std::string> refusal(const OperatorHeal&, const WorkloadStatus& status) {
  switch (status.condition) {
    case Condition::Stopped:
    case Condition::Completed:
      return fmt::format("{} is stopped and left alone until an operator starts it", status.name);
    case Condition::Paused:
      return fmt::format("{} is paused by an operator; unpause it first", status.name);
    case Condition::Healing:
      return fmt::format("{} is being healed already: {}", status.name, status.reason);
    default:
      return std::nullopt;
  }
}

std::optional<std::string> refusal(const OperatorAck&, const WorkloadStatus& status) {
  if (status.incident) return std::nullopt;
  return fmt::format("{} has no open incident", status.name);
}

}  // namespace

Runtime::Runtime(RuntimeSettings settings, Parts parts, const StoredState& stored)
    : settings_(std::move(settings)),
      host_(parts.host),
      prober_(parts.prober),
      observer_(parts.observer),
      deliver_(std::move(parts.deliver)),
      confirm_(std::move(parts.confirm)),
      pressure_now_(std::move(parts.pressure)),
      journal_(parts.store, [this](const Error& error) { observer_.store_failed(error); }),
      supervisor_(settings_.host, stored, settings_.seed),
      link_({settings_, host_, parts.engine, observer_, journal_, timers_, supervisor_, guard_,
             [this](Event event) { feed(std::move(event)); }, [this] { arm(); }},
            std::move(parts.resolve), stored.cursor),
      evidence_(
          parts.engine, [this]() { return host_.now(); },
          [this](Evidence kept, EvidenceCaptured said) {
            // Also while healer shuts down: the evidence is kept even if nothing follows from it.
            journal_.write({std::move(kept)}, {});
            feed(std::move(said));
          }),
      remedies_({settings_, host_, parts.engine, observer_, journal_, supervisor_, link_, guard_,
                 [this](Event event) { feed(std::move(event)); }},
                std::move(parts.post), parts.hooks),
      pressure_(settings_.pressure_folder) {
  host_.on_alarm(guard_.wrap([this]() { alarm(); }));
}

Runtime::~Runtime() = default;

void Runtime::start() {
  last_beat_ = host_.now();
  timers_.set(beat_timer, last_beat_ + beat_interval);
  link_.connect();
  arm();
}

// --- events and effects ---------------------------------------------------------------------------------

void Runtime::feed(Event event) {
  if (guard_.closed()) return;
  if (stepping_) {  // steps do not nest: the outer call goes on with this event
    events_.push_back(std::move(event));
    return;
  }
  stepping_ = true;
  step(event);
  while (!events_.empty()) {
    const Event next = std::move(events_.front());
    events_.pop_front();
    step(next);
  }
  stepping_ = false;
  arm();
}

void Runtime::step(const Event& event) {
  if (effects_.capacity() > most_effects_kept) effects_ = {};
  effects_.clear();
  const Instant now = host_.now();
  observer_.step_begins(event, now);
  supervisor_.step(event, now, effects_);
  observer_.step_ended(event, now, effects_);
  perform(effects_);
}

void Runtime::perform(Effects& effects) {
  std::vector<Record> records;
  std::vector<ApplyRemedy> remedies;
  std::vector<RoutedNotification> notifications;
  for (Effect& effect : effects) {
    std::visit(
        [&](auto& what) {
          using What = std::decay_t<decltype(what)>;
          if constexpr (std::is_same_v<What, StartProbe>) {
            open_probes_[what.probe.value] = what.workload;
            prober_.start(what.probe, what.target, what.timeout);
          } else if constexpr (std::is_same_v<What, CancelProbe>) {
            open_probes_.erase(what.probe.value);
            prober_.cancel(what.probe);
          } else if constexpr (std::is_same_v<What, Inspect>) {
            link_.inspector().look(what.container_id);
          } else if constexpr (std::is_same_v<What, CaptureEvidence>) {
            evidence_.capture(std::move(what));
          } else if constexpr (std::is_same_v<What, ApplyRemedy>) {
            remedies.push_back(std::move(what));
          } else if constexpr (std::is_same_v<What, Wake>) {
            timers_.set(what.workload, what.at);
          } else if constexpr (std::is_same_v<What, Persist>) {
            records.push_back(std::move(what.record));
          } else if constexpr (std::is_same_v<What, SendNotification>) {
            notifications.push_back(RoutedNotification{present::written(what), std::move(what.destinations)});
          } else if constexpr (std::is_same_v<What, Report>) {
            observer_.log(present::log_line(what));
          } else if constexpr (std::is_same_v<What, ConfirmAlert>) {
            confirm(std::move(what));
          } else {
            static_assert(std::is_same_v<What, Count>);
            observer_.count(what.metric);
          }
        },
        effect);
  }
  for (const RoutedNotification& notification : notifications) records.emplace_back(notification);
  if (records.empty() && remedies.empty()) return;
  if (remedies.empty() && notifications.empty()) {
    journal_.write(std::move(records), {});
    return;
  }
  // Remedies and notifications wait for their record: if this process is killed in between, the next one
  // knows of them.
  journal_.write(std::move(records), guard_.wrap([this, remedies = std::move(remedies),
                                                  notifications = std::move(notifications)]() {
    for (const ApplyRemedy& remedy : remedies) remedies_.apply(remedy);
    for (const RoutedNotification& notification : notifications)
      if (!notification.destinations.empty()) deliver_(notification);
  }));
}

void Runtime::confirm(ConfirmAlert alert) {
  auto answered = guard_.wrap([this, workload = alert.workload, source = alert.source, id = alert.id](
                                  AlertAnswer answer, std::string why) {
    feed(AlertConfirmed{workload, source, id, answer, std::move(why)});
  });
  if (confirm_) return confirm_(std::move(alert), std::move(answered));
  host_.post([answered = std::move(answered)]() mutable {
    answered(AlertAnswer::Unknown, "this healer cannot ask whether alerts fire");
  });
}

void Runtime::probe_finished(ProbeId id, ProbeFacts facts) {
  auto open = open_probes_.extract(id.value);
  if (!open) return;  // cancelled meanwhile
  notice_stall();     // before the core judges a result that the stall made late
  feed(ProbeFinished{id, std::move(open.mapped()), std::move(facts)});
}

std::string Runtime::workload_of(ProbeId id) const {
  const auto open = open_probes_.find(id.value);
  return open == open_probes_.end() ? std::string() : open->second;
}

// --- time -----------------------------------------------------------------------------------------------

void Runtime::arm() {
  const auto next = timers_.next();
  if (!next || guard_.closed() || armed_for_ == next) return;
  armed_for_ = next;
  host_.set_alarm(*next);
}

void Runtime::alarm() {
  armed_for_.reset();
  const Instant now = host_.now();
  // Only the timers that are due now: I/O has its turn before the timers that become due meanwhile.
  std::vector<std::string> due = std::exchange(due_, {});
  while (auto key = timers_.take_due(now)) due.push_back(std::move(*key));
  for (std::string& key : due) {
    if (key == beat_timer) {
      observer_.loop_lag(std::max(Duration{0}, now - (last_beat_ + beat_interval)));
      notice_stall();
      notice_clock();
      last_beat_ = now;
      if (now.time_since_epoch() % cursor_interval < beat_interval) {
        journal_.write_cursor();
        journal_.retry();
      }
      if (now.time_since_epoch() % pressure_interval < beat_interval) look_at_pressure();
      timers_.set(beat_timer, now + beat_interval);
    } else if (key == resync_timer) {
      link_.sync(Inspected::NewAndChanged);
    } else if (key == connect_timer) {
      link_.connect();
    } else {
      feed(Tick{std::move(key)});
    }
  }
  due.clear();
  due_ = std::move(due);
  arm();
}

void Runtime::notice_stall() {
  const Instant now = host_.now();
  const Duration late = now - (last_beat_ + beat_interval);
  if (late < stall_threshold) return;
  last_beat_ = now;
  feed(LoopStalled{late});
}

void Runtime::notice_clock() {
  const Duration ahead{host_.wall().unix_ms - wall_time_of(host_.now()).unix_ms};
  if (ahead < clock_ahead_ + reported_clock_step && ahead > clock_ahead_ - reported_clock_step) return;
  clock_ahead_ = ahead;
  journal_.clock_moved(ahead);
  feed(WallClockMoved{ahead});
}

void Runtime::look_at_pressure() {
  if (pressure_now_) {
    if (auto changed = pressure_now_(settings_.host.pressure_limit)) feed(std::move(*changed));
    return;
  }
  if (auto changed = pressure_.look(settings_.host.pressure_limit)) feed(std::move(*changed));
  if (const auto why = pressure_.take_reason())
    log(LogLevel::Debug, "the host's pressure is not known: " + *why);
}

// --- operators ---------------------------------------------------------------------------------------------

void Runtime::policies_changed(Resolve resolve) {
  link_.policies_changed(std::move(resolve));
}

void Runtime::set_host_policy(HostPolicy policy) {
  settings_.host = policy;
  feed(HostPolicyChanged{std::move(policy)});
}

Result<WorkloadStatus> Runtime::watched(const std::string& key) const {
  if (auto status = present::status_of(supervisor_, key, host_.now())) return std::move(*status);
  return failure(ErrorCode::NotFound,
                 fmt::format("\"{}\" is not watched any more", clip(printable(key), 100)));
}

Result<void> Runtime::command(OperatorCommand command) {
  return std::visit(
      [this](auto& what) -> Result<void> {
        if (!what.workload.empty() || what.form.scope == CommandScope::One) {
          const auto found = watched(what.workload);
          if (!found) return tl::unexpected(found.error());
          if (auto why_not = refusal(what, *found)) return failure(ErrorCode::Conflict, std::move(*why_not));
        }
        feed(std::move(what));
        return {};
      },
      command);
}

Result<void> Runtime::alert(AlertReported alert) {
  if (const auto found = watched(alert.workload); !found) return tl::unexpected(found.error());
  feed(std::move(alert));
  return {};
}

void Runtime::shut_down(std::function<void()> done) {
  guard_.close();
  std::vector<Record> last;
  if (journal_.cursor() != EventCursor{}) last.emplace_back(journal_.cursor());
  journal_.write(std::move(last), std::move(done));
}

void Runtime::log(LogLevel level, std::string message) {
  observer_.log(LogLine{level, std::move(message), {}});
}

}  // namespace healer
