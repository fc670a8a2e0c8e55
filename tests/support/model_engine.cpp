#include "support/model_engine.hpp"

#include <algorithm>
#include <utility>

#include "model/policy.hpp"

namespace healer::testing {
namespace {

/// After a crash this soon after the start Docker waits longer before the next restart.
constexpr Duration quick_crash = 10s;
constexpr Duration first_restart_after = 100ms;
constexpr Duration longest_restart_delay = 1min;

bool ends_a_process(int signal) {
  return signal == 9 || signal == 15 || signal == 2 || signal == 3;
}

bool restarts_after(const EngineRestarts& restarts, int code) {
  switch (restarts.policy) {
    case RestartPolicy::No:
      return false;
    case RestartPolicy::OnFailure:
      return code != 0 && (restarts.maximum_retries == 0 || restarts.count < restarts.maximum_retries);
    case RestartPolicy::Always:
    case RestartPolicy::UnlessStopped:
      return true;
  }
  return false;
}

}  // namespace

ContainerSummary summary_of(const Container& container) {
  return {container.id,     container.name,     container.image,
          container.labels, container.identity, container.state};
}

// Events.

void ModelEngine::emit_signal(const ModelContainer& container, int signal) {
  if (!ends_no_process(signal)) emit(container, StopRequested{StopForm::Signal, signal});
}

void ModelEngine::emit(const ModelContainer& container, EngineReport report, By by) {
  if (!up_) return;
  EngineEvent event;
  event.container_id = container.facts.id;
  event.name = container.facts.name;
  event.unix_nanoseconds =
      around_.wall().unix_ms * 1'000'000 + static_cast<std::int64_t>(++events_ % 1'000'000);
  event.report = std::move(report);
  if (around_.tells_services && by != By::Healer) event.service = container.facts.identity.service;
  history_.push_back(event);
  if (history_.size() > around_.events_kept) {
    forgotten_until_ = history_.front().unix_nanoseconds;
    history_.pop_front();
  }
  around_.event(event);
}

void ModelEngine::forget_events() {
  history_.clear();
  forgotten_until_ = around_.wall().unix_ms * 1'000'000;
}

// Instances.

void ModelEngine::come_up(ModelContainer& container, By by) {
  ++container.starts;
  container.stopped_by_operator = false;
  around_.starts(container, by);
  Container& facts = container.facts;
  facts.state = ContainerState::Running;
  facts.started = around_.wall();
  facts.started_at = std::to_string(facts.started->unix_ms) + "." + std::to_string(events_);
  facts.exit_code = 0;
  facts.oom_killed = false;
  if (facts.health != EngineHealth::None) facts.health = EngineHealth::Starting;
  facts.health_check.checked.reset();
  container.started = around_.now();
  emit(container, Started{});
}

void ModelEngine::come_down(ModelContainer& container, int code, bool oom, bool clean) {
  container.facts.state = ContainerState::Exited;
  container.facts.exit_code = code;
  container.facts.oom_killed = oom;
  container.facts.finished = around_.wall();
  around_.ended(container, clean);
}

void ModelEngine::die(ModelContainer& container, int code, bool clean) {
  come_down(container, code, false, clean);
  emit(container, Ended{code});
}

void ModelEngine::crash(ModelContainer& container, int code, bool oom) {
  if (!container.running()) return;
  const bool quick = around_.now() - container.started < quick_crash;
  container.quick_crashes = quick ? container.quick_crashes + 1 : 0;
  come_down(container, code, oom, false);
  emit(container, Ended{code});
  const bool restarts = up_ && !container.busy && !container.has_owner;
  if (restarts && restarts_after(container.facts.engine_restarts, code)) restart_by_policy(container);
}

void ModelEngine::restart_by_policy(ModelContainer& container) {
  container.facts.state = ContainerState::Restarting;
  const Duration wait = first_restart_after * (1u << std::min(container.quick_crashes, 9u));
  around_.later(std::min(wait, longest_restart_delay), [this, &container, starts = container.starts] {
    const bool waits = container.exists && container.facts.state == ContainerState::Restarting;
    if (!waits || container.starts != starts) return;
    ++container.facts.engine_restarts.count;
    come_up(container, By::Engine);
  });
}

void ModelEngine::fall(ModelContainer& container, int signal) {
  emit(container, StopRequested{StopForm::Signal, signal});
  come_down(container, 128 + signal, false, signal != 9);
  emit(container, Ended{128 + signal});
  emit(container, StopRequested{});
}

// Operations.

void ModelEngine::operate(ModelContainer& container, const Done& done, std::function<void()> work) {
  auto operation = [this, &container, done, work = std::move(work)] {
    container.busy = true;
    ++container.operation;
    if (container.exists) return work();
    done(failure(ErrorCode::NotFound, "no such container: " + container.facts.name));
    release(container);
  };
  if (container.busy)
    container.waiting.emplace_back(std::move(operation));
  else
    operation();
}

void ModelEngine::release(ModelContainer& container) {
  container.busy = false;
  ++container.operation;
  if (container.waiting.empty()) return;
  const auto next = std::move(container.waiting.front());
  container.waiting.pop_front();
  next();
}

void ModelEngine::abandon(ModelContainer& container) {
  ++container.operation;
  container.busy = false;
  container.waiting.clear();
}

void ModelEngine::later(ModelContainer& container, Duration after, std::function<void()> work) {
  around_.later(after, [&container, operation = container.operation, work = std::move(work)] {
    if (container.operation == operation) work();
  });
}

void ModelEngine::ordered(ModelContainer& container, By by) {
  if (by != By::Operator) return;
  container.stopped_by_operator = true;  // until the next start
  container.operator_at = around_.now();
}

void ModelEngine::end_process(ModelContainer& container, std::optional<Duration> timeout, bool for_restart,
                              std::function<void()> then) {
  if (!container.up()) {
    const bool waits = container.facts.state == ContainerState::Restarting;
    if (waits) container.facts.state = ContainerState::Exited;
    if (waits && !for_restart) emit(container, StopRequested{});
    return then();
  }
  const bool podman = around_.dialect == Dialect::Podman;
  if (podman && for_restart) emit(container, StopRequested{StopForm::Restart});
  if (!podman) emit(container, StopRequested{StopForm::Signal, 15});
  const ProcessEnd end = around_.end_of_process(container, timeout);
  later(container, end.takes,
        [this, &container, podman, end, starts = container.starts, then = std::move(then)] {
          if (container.starts != starts || !container.up()) return then();  // the process ended by itself
          if (end.killed && !podman) emit(container, StopRequested{StopForm::Signal, 9});
          come_down(container, end.code, false, !end.killed);
          if (around_.dialect == Dialect::Docker26) emit(container, StopRequested{});
          emit(container, Ended{end.code});
          if (around_.dialect != Dialect::Docker26) emit(container, StopRequested{});
          then();
        });
}

void ModelEngine::stop(ModelContainer& container, By by, std::optional<Duration> timeout, const Done& done) {
  operate(container, done, [this, &container, timeout, by, done] {
    // For a container that does not run the engine answers 304 and sends no event.
    if (container.up() || container.facts.state == ContainerState::Restarting) ordered(container, by);
    end_process(container, timeout, false, [this, &container, done] {
      done({});
      release(container);
    });
  });
}

void ModelEngine::start(ModelContainer& container, By by, OrderFate fate, const Done& done) {
  operate(container, done, [this, &container, by, fate, done] {
    if (container.paused() || fate == OrderFate::Refused || fate == OrderFate::RefusedHalfway) {
      done(failure(ErrorCode::PeerFailure, "start: 500: cannot start it"));
      return release(container);
    }
    if (container.running() || fate == OrderFate::LostIgnored || fate == OrderFate::LostHalfway) {
      done({});
      return release(container);
    }
    later(container, around_.start_takes, [this, &container, by, done] {
      come_up(container, by);
      done({});
      release(container);
    });
  });
}

void ModelEngine::restart(ModelContainer& container, By by, OrderFate fate, std::optional<Duration> timeout,
                          const Done& done) {
  operate(container, done, [this, &container, timeout, by, fate, done] {
    if (fate == OrderFate::Refused || fate == OrderFate::LostIgnored) {
      done(failure(ErrorCode::PeerFailure, "restart: 500: no"));
      return release(container);
    }
    ordered(container, by);
    end_process(container, timeout, true, [this, &container, by, fate, done] {
      if (fate == OrderFate::RefusedHalfway || fate == OrderFate::LostHalfway) {
        done(
            failure(ErrorCode::PeerFailure, "restart: 500: driver failed programming external connectivity"));
        return release(container);
      }
      later(container, around_.start_takes, [this, &container, by, done] {
        if (!container.running()) come_up(container, by);
        if (around_.dialect != Dialect::Podman) emit(container, Changed{});
        done({});
        release(container);
      });
    });
  });
}

void ModelEngine::kill(ModelContainer& container, By by, int signal, const Done& done) {
  if (!container.running()) {
    done(failure(ErrorCode::Conflict, "kill: 409: it is not running"));
    return;
  }
  emit_signal(container, signal);
  if (ends_a_process(signal)) {
    ordered(container, by);
    die(container, 128 + signal, signal != 9);
  }
  done({});
}

void ModelEngine::pause(ModelContainer& container) {
  operate(container, nobody, [this, &container] {
    if (container.running()) {
      container.facts.state = ContainerState::Paused;
      container.paused_at = around_.now();
      emit(container, Changed{});
    }
    release(container);
  });
}

void ModelEngine::unpause(ModelContainer& container) {
  operate(container, nobody, [this, &container] {
    if (container.paused()) {
      container.facts.state = ContainerState::Running;
      emit(container, Changed{});
    }
    release(container);
  });
}

void ModelEngine::rename(ModelContainer& container, const std::string& name) {
  container.facts.name = name;
  emit(container, Changed{});
}

void ModelEngine::recreate(ModelContainer& container, By by, const std::function<void()>& make,
                           const std::function<void(Result<std::string>)>& done) {
  const auto gone = [done](const Result<void>& result) { done(tl::unexpected(result.error())); };
  operate(container, gone, [this, &container, by, make, done] {
    ordered(container, by);
    end_process(container, std::nullopt, false, [this, &container, by, make, done] {
      later(container, around_.start_takes, [this, &container, by, make, done] {
        container.exists = false;
        emit(container, Removed{}, by);
        make();
        come_up(container, by);
        done(container.facts.id);
        release(container);
      });
    });
  });
}

void ModelEngine::remove(ModelContainer& container, By by, const std::function<void()>& removed) {
  operate(container, nobody, [this, &container, by, removed] {
    ordered(container, by);
    end_process(container, std::nullopt, false, [this, &container, by, removed] {
      container.exists = false;
      emit(container, Removed{}, by);
      removed();
      release(container);
    });
  });
}

}  // namespace healer::testing
