#include "process.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "checker.hpp"

namespace healer::simulation {
namespace {

enum Purpose : std::uint64_t {
  LateLook = 20,
  LateLookTime,
  Doubled,
  Delayed,
  OrderLost,
  OrderFate,
  CommitTime,
  HalfDead,
  SlowEvidence,
};

constexpr Duration attempts_kept_in_mind = 24h;
constexpr Duration inspect_deadline = 10s;

/// The unit of a port, which is published on the host (10000 + index) or the container's own (20000 + index).
std::uint32_t index_of(std::uint16_t port) {
  return port >= 20000 ? port - 20000u : port - 10000u;
}

/// What the health path of the field's units says: HTTP, or the gRPC server that has no health service.
void field_answer(Answer answer, bool grpc, ProbeFacts& facts) {
  constexpr int unimplemented = 12;
  if (grpc) facts.grpc_status = unimplemented;
  if (answer == Answer::Garbage) facts.end = ProbeEnd::Malformed;
  if (grpc) return;
  switch (answer) {
    case Answer::NotFound:
      facts.status = 404;
      break;
    case Answer::Redirect:
      facts.status = 302;
      break;
    case Answer::Unauthorized:
      facts.status = 401;
      break;
    case Answer::TooMany:
      facts.status = 429;
      break;
    case Answer::Maintenance:
      facts.status = 503;
      facts.maintenance = true;
      break;
    case Answer::Busy:
      facts.status = 503;
      facts.retry_after = 2min;
      break;
    case Answer::BadGateway:
      facts.status = 502;
      break;
    default:
      break;
  }
}

}  // namespace

bool Life::call() {
  if (dead) return false;
  if (calls_left && --*calls_left <= 0) {
    dead = true;
    return false;
  }
  return true;
}

// The prober. The result of a check is packed into its agenda entry, so that a check allocates nothing.

void SimProber::start(ProbeId id, const ProbeTargetPtr& target, Duration timeout) {
  if (!life_.call()) return;
  ++score_.probes;
  ++open_;
  Answer answer = Answer::Refused;
  std::uint32_t index = 0xFF;
  const auto ask = [&](const Endpoint& endpoint) {
    if (endpoint.port == address_port) {
      const Place* there = life_.world.at_address(endpoint.address);
      answer = there != nullptr ? life_.world.answer(*there) : Answer::Hang;
      if (there != nullptr) index = there->index;
      return;
    }
    if (endpoint.port < 10000) {  // the control target
      answer = life_.world.reachable() ? Answer::Pass : Answer::NoRoute;
      return;
    }
    index = index_of(endpoint.port);
    answer = life_.world.answer(life_.world.places()[index]);
  };
  if (const auto* http = std::get_if<HttpTarget>(target.get())) {
    ask(http->endpoint);
  } else if (const auto* tcp = std::get_if<TcpTarget>(target.get())) {
    ask(tcp->endpoint);
    if (answer == Answer::Error || answer >= Answer::NotFound) answer = Answer::Pass;  // the port is open
  } else if (const auto* grpc = std::get_if<GrpcTarget>(target.get())) {
    ask(grpc->endpoint);
  }
  const Duration takes =
      answer == Answer::Hang ? timeout : Duration{2 + (index + life_.world.elapsed().count()) % 7};
  if (life_.world.script().field) life_.checker.asked(id, index);
  const bool grpc = std::holds_alternative<GrpcTarget>(*target);
  const std::uint64_t packed = id.value << 16 | static_cast<std::uint64_t>(grpc) << 15 |
                               static_cast<std::uint64_t>(answer) << 8 | index;
  life_.put(takes, [this, packed] { this->answer(packed); });
}

void SimProber::cancel(ProbeId id) {
  if (!life_.call()) return;
  if (cancelled_.size() >= 256) cancelled_.erase(cancelled_.begin(), cancelled_.begin() + 128);
  cancelled_.push_back(id.value);
}

void SimProber::answer(std::uint64_t packed) {
  --open_;
  const ProbeId id{packed >> 16};
  const auto index = static_cast<std::uint32_t>(packed & 0xFF);
  const bool grpc = (packed >> 15 & 1) != 0;
  if (!cancelled_.empty()) {
    const auto found = std::find(cancelled_.begin(), cancelled_.end(), id.value);
    if (found != cancelled_.end()) {
      cancelled_.erase(found);
      return;
    }
  }
  ProbeFacts facts;
  facts.duration = std::chrono::microseconds{2000};
  auto answer = static_cast<Answer>(packed >> 8 & 0x7F);
  if (life_.world.now() == stalled_until && id.value % 2 == 0 && stalled_at < stalled_until)
    answer = Answer::Hang;
  switch (answer) {
    case Answer::Pass:
      facts.status = grpc ? 1 : 200;
      if (index != 0xFF) life_.checker.passed(index);
      break;
    case Answer::Error:
      facts.status = grpc ? 2 : 503;
      break;
    case Answer::Hang:
      facts.end = ProbeEnd::AnswerTimeout;
      break;
    case Answer::Refused:
      facts.end = ProbeEnd::Refused;
      break;
    case Answer::NoRoute:
      facts.end = ProbeEnd::NoRoute;
      break;
    case Answer::NoFiles:
      facts.end = ProbeEnd::NoResources;
      break;
    default:
      field_answer(answer, grpc, facts);
  }
  sink_(id, std::move(facts));
}

// The engine.

SimEngine::SimEngine(Life& life) : life_(life) {
  life_.world.stream = [this](const EngineEvent& event) {
    if (!each_ || life_.dead) return;
    Duration after{0};
    const Asked asked = asked_about(event.container_id);
    if (noisy(asked, Delayed)) after = asked.between(1ms, 150ms, Delayed);
    report(event, after);
    if (noisy(asked, Doubled)) report(event, after + asked.between(1ms, 2s, Doubled));
  };
  life_.world.stream_cut = [this] {
    if (!each_ || life_.dead) return;
    ++subscription_;
    each_ = nullptr;
    life_.put(1ms, [ended = std::exchange(ended_, nullptr)] {
      ended(Error{ErrorCode::ConnectionLost, "the event stream ended"});
    });
  };
}

SimEngine::~SimEngine() {
  life_.world.stream = nullptr;
  life_.world.stream_cut = nullptr;
}

SimEngine::Asked SimEngine::asked_about(const std::string& container_id) const {
  return {life_.world.chance(), std::hash<std::string>{}(container_id),
          static_cast<std::uint64_t>(life_.world.elapsed().count())};
}

bool SimEngine::noisy(const Asked& asked, std::uint64_t purpose) const {
  const double noise = life_.world.script().noise;
  return noise > 0 && asked.draw(purpose) < noise;
}

std::optional<std::pair<Error, Duration>> SimEngine::trouble(Duration deadline) const {
  switch (life_.world.engine_mode()) {
    case World::EngineMode::Up:
      return std::nullopt;
    case World::EngineMode::Down:
      return {{Error{ErrorCode::Unreachable, "no such file: docker.sock"}, 1ms}};
    case World::EngineMode::Hangs:
      return {{Error{ErrorCode::Timeout, "no answer in time"}, deadline}};
    case World::EngineMode::Errors:
      return {{Error{ErrorCode::PeerFailure, "500 Internal Server Error"}, 2ms}};
  }
  return std::nullopt;
}

void SimEngine::connect(std::function<void(Result<EngineInfo>)> done) {
  if (!life_.call()) return;
  if (auto failed = trouble(inspect_deadline)) {
    life_.put(failed->second,
              [done = std::move(done), error = failed->first] { done(tl::unexpected(error)); });
    return;
  }
  const bool podman = life_.world.script().dialect == Dialect::Podman;
  const Capabilities capabilities = life_.world.script().capabilities();
  life_.put(3ms, [done = std::move(done), podman, capabilities] {
    done(EngineInfo{"an engine (simulated)", "1", podman ? StopReports::Unreliable : StopReports::Reliable,
                    podman ? EngineProcess::LeavesContainers : EngineProcess::HoldsContainers, capabilities});
  });
}

void SimEngine::list(std::function<void(const ContainerSummary&)> each,
                     std::function<void(Result<void>)> done) {
  if (!life_.call()) return;
  if (auto failed = trouble(inspect_deadline)) {
    life_.put(failed->second,
              [done = std::move(done), error = failed->first] { done(tl::unexpected(error)); });
    return;
  }
  life_.put(3ms, [this, each = std::move(each), done = std::move(done)] {
    for (Place& place : life_.world.places()) {
      if (!place.exists) continue;
      place.listed.state = place.facts.state;
      each(place.listed);
    }
    done({});
  });
}

void SimEngine::inspect(std::string id, std::function<void(Result<Container>)> done) {
  if (!life_.call()) return;
  if (auto failed = trouble(inspect_deadline)) {
    life_.put(failed->second,
              [done = std::move(done), error = failed->first] { done(tl::unexpected(error)); });
    return;
  }
  const auto look = [this, id]() -> Result<Container> {
    const Place* place = life_.world.by_id(id);
    if (!place) return failure(ErrorCode::NotFound, "no such container: " + id);
    return place->facts;
  };
  if (const Asked asked = asked_about(id); noisy(asked, LateLook)) {  // events overtake its answer
    life_.put(asked.between(1ms, 300ms, LateLookTime),
              [this, done = std::move(done), seen = look(), at = life_.world.now()]() mutable {
                if (seen) life_.checker.looked(seen->id, at);
                done(std::move(seen));
              });
    return;
  }
  life_.put(1ms, [this, look, done = std::move(done)] {
    auto seen = look();
    if (seen) life_.checker.looked(seen->id, life_.world.now());
    done(std::move(seen));
  });
}

void SimEngine::order(RemedyKind kind, const std::string& id, Duration deadline,
                      std::function<void(Result<void>)> done,
                      const std::function<void(Place&, Fate, World::Done)>& carry) {
  if (!life_.call()) return;
  World& world = life_.world;
  Place* place = world.by_id(id);
  life_.orders();
  life_.checker.order_given(kind, id, deadline);
  const auto answer = std::make_shared<std::function<void(Result<void>)>>(
      [&checker = life_.checker, id, done = std::move(done)](Result<void> result) {
        checker.order_answered(id);
        done(std::move(result));
      });
  // The world may answer after the calling process has died.
  const auto later = [&life = life_, number = life_.number, answer](Duration after, Result<void> result) {
    life.agenda.put(life.world.now() + after, number, [answer, result = std::move(result)] {
      if (const auto call = std::exchange(*answer, nullptr)) call(result);
    });
  };
  if (auto failed = trouble(deadline)) return later(failed->second, tl::unexpected(failed->first));
  if (world.denies()) return later(2ms, failure(ErrorCode::Refused, "403 Forbidden"));
  if (!place) return later(1ms, failure(ErrorCode::NotFound, "no such container: " + id));
  if (life_.checker.asked_for(id))
    world.count_asked_for();
  else
    world.count_remedy(*place);
  Fate fate = Fate::Done;
  const double lost = world.script().lost_orders;
  if (const Asked asked = asked_about(id); lost > 0 && asked.draw(OrderLost) < lost)
    fate = static_cast<Fate>(1 + asked.bits(OrderFate) % 5);
  const bool mute = fate == Fate::LostDone || fate == Fate::LostIgnored || fate == Fate::LostHalfway;
  if (mute) later(150ms, failure(ErrorCode::ConnectionLost, "the connection ended before the answer"));
  later(deadline, failure(ErrorCode::Timeout, "no answer in time"));
  carry(*place, fate, [mute, later](Result<void> result) {
    if (!mute) later(1ms, std::move(result));
  });
}

void SimEngine::restart(std::string id, std::optional<Duration> stop_timeout, Duration deadline,
                        std::function<void(Result<void>)> done) {
  order(RemedyKind::Restart, id, deadline, std::move(done),
        [this, stop_timeout](Place& place, Fate fate, World::Done done) {
          life_.world.engine().restart(place, By::Healer, fate, stop_timeout, done);
        });
}

void SimEngine::start(std::string id, Duration deadline, std::function<void(Result<void>)> done) {
  order(RemedyKind::Start, id, deadline, std::move(done), [this](Place& place, Fate fate, World::Done done) {
    life_.world.engine().start(place, By::Healer, fate, done);
  });
}

void SimEngine::stop(std::string id, std::optional<Duration> stop_timeout, Duration deadline,
                     std::function<void(Result<void>)> done) {
  order(RemedyKind::Stop, id, deadline, std::move(done),
        [this, stop_timeout](Place& place, Fate, World::Done done) {
          life_.world.engine().stop(place, By::Healer, stop_timeout, done);
        });
}

void SimEngine::kill(std::string id, int signal, Duration deadline, std::function<void(Result<void>)> done) {
  order(RemedyKind::Kill, id, deadline, std::move(done),
        [this, signal](Place& place, Fate, World::Done done) {
          life_.world.kill(place, By::Healer, signal, done);
        });
}

void SimEngine::exec(ExecOrder order, std::function<void(Result<ExecResult>)> done,
                     std::function<void()> ended) {
  if (!life_.call()) return;
  World& world = life_.world;
  const bool remedy = !order.command.empty() && order.command.front() == "/reload";
  const auto later = [this, done, ended, remedy, id = order.container_id](Duration after,
                                                                          Result<ExecResult> result) {
    life_.put(after, [this, done, ended, remedy, id, result = std::move(result)] {
      if (remedy) life_.checker.order_answered(id);
      done(result);
      ended();
    });
  };
  if (remedy) life_.orders();
  if (remedy) life_.checker.order_given(RemedyKind::Exec, order.container_id, order.deadline);
  if (auto failed = trouble(order.deadline)) return later(failed->second, tl::unexpected(failed->first));
  if (world.denies()) return later(2ms, failure(ErrorCode::Refused, "403 Forbidden"));
  Place* place = world.by_id(order.container_id);
  if (!place) return later(1ms, failure(ErrorCode::NotFound, "no such container"));
  if (!place->running()) return later(1ms, failure(ErrorCode::Conflict, "409: it does not run"));
  if (remedy) {
    if (life_.checker.asked_for(order.container_id))
      world.count_asked_for();
    else
      world.count_remedy(*place);
    world.reload(*place);
    return later(60ms, ExecResult{0, "reloaded", false});
  }
  const Answer answer = world.inner_answer(*place);
  if (place->front == Front::WrongPort)
    return later(25ms, ExecResult{127, "/bin/sh: 1: /check: not found", false});
  if (answer == Answer::Hang) {
    life_.put(order.deadline, [done] { done(failure(ErrorCode::Timeout, "it still runs")); });
    // The end of the stuck command is reported 30 s after its deadline.
    life_.put(order.deadline + 30s, ended);
    return;
  }
  if (answer == Answer::Pass) life_.checker.passed(place->index);
  later(25ms, ExecResult{answer == Answer::Pass ? 0 : 1, "", false});
}

void SimEngine::collect_evidence(EvidenceOrder order, std::function<void(EngineEvidence)> done) {
  if (!life_.call()) return;
  EngineEvidence evidence;
  if (auto failed = trouble(order.deadline)) {
    evidence.missing = {"everything: " + failed->first.message};
    life_.put(std::min(failed->second, order.deadline),
              [done = std::move(done), evidence = std::move(evidence)] { done(evidence); });
    return;
  }
  evidence.state = "state running";
  evidence.logs = "2026-11-22T10:00:00Z the last words\n";
  const bool slow = noisy(asked_about(order.container_id), SlowEvidence);
  if (slow) evidence.missing = {"memory: not in time"};
  life_.put(slow ? order.deadline : Duration{15},
            [done = std::move(done), evidence = std::move(evidence)] { done(evidence); });
}

void SimEngine::recreate(RecreateOrder what, std::function<void(Result<std::string>)> done) {
  const auto fresh = std::make_shared<std::string>();
  order(
      RemedyKind::Recreate, what.container_id, what.deadline,
      [done = std::move(done), fresh](Result<void> result) {
        if (!result) return done(tl::unexpected(result.error()));
        done(*fresh);
      },
      [this, fresh, parent = what.network_parent](Place& place, Fate fate, World::Done done) {
        if (fate == Fate::Refused || fate == Fate::RefusedHalfway)
          return done(failure(ErrorCode::PeerFailure, "create: 500; the old one was put back"));
        if (fate == Fate::LostIgnored || fate == Fate::LostHalfway) return done({});
        life_.world.recreate(place, parent, By::Healer, [fresh, done](Result<std::string> id) {
          if (!id) return done(tl::unexpected(id.error()));
          *fresh = *id;
          done({});
        });
      });
}

void SimEngine::replace(std::string id, std::optional<Duration>, Duration deadline,
                        std::function<void(Result<void>)> done) {
  order(RemedyKind::Replace, id, deadline, std::move(done),
        [this](Place& place, Fate fate, World::Done done) {
          if (fate == Fate::Refused || fate == Fate::RefusedHalfway)
            return done(failure(ErrorCode::PeerFailure, "delete: 500"));
          if (fate == Fate::LostIgnored || fate == Fate::LostHalfway) return done({});
          // The orchestrator answers when it has taken the order; the new instance comes by itself.
          done({});
          life_.world.recreate(place, {}, By::Healer, [](const Result<std::string>&) {});
        });
}

void SimEngine::resume_recreate(RecreateOrder what, std::function<void(Result<std::string>)> done) {
  if (!life_.call()) return;
  if (auto failed = trouble(what.deadline)) {
    life_.put(failed->second,
              [done = std::move(done), error = failed->first] { done(tl::unexpected(error)); });
    return;
  }
  life_.put(30ms, [this, what = std::move(what), done = std::move(done)] {
    if (life_.world.by_id(what.container_id))
      return done(failure(ErrorCode::PeerFailure, "it had not begun; the old one is in place"));
    for (const Place& place : life_.world.places())
      if (place.exists && place.facts.name == what.name) return done(place.facts.id);
    done(failure(ErrorCode::NotFound, "neither the old nor the new one is there"));
  });
}

void SimEngine::subscribe(std::int64_t since, std::function<void()> ready,
                          std::function<void(EngineEvent)> each, std::function<void(Error)> ended) {
  if (!life_.call()) return;
  if (auto failed = trouble(inspect_deadline)) {
    life_.put(failed->second, [ended = std::move(ended), error = failed->first] { ended(error); });
    return;
  }
  ++subscription_;
  each_ = std::move(each);
  ended_ = std::move(ended);
  life_.put(1ms, [this, ready = std::move(ready), subscription = subscription_] {
    if (subscription == subscription_) ready();
  });
  if (since == 0) return;
  for (const EngineEvent& event : life_.world.engine().history())
    if (event.unix_nanoseconds >= since) report(event, 1ms);
}

/// The engine remembers every event, except in the field's worlds.
void SimEngine::has_events_since(std::int64_t since, std::function<void(bool)> done) {
  if (!life_.call()) return;
  const bool has = !life_.world.script().field || life_.world.engine().remembers(since);
  life_.put(1ms, [done = std::move(done), has] { done(has); });
}

void SimEngine::report(const EngineEvent& event, Duration after) {
  life_.put(after, [this, event, subscription = subscription_] {
    if (subscription != subscription_ || !each_) return;
    life_.checker.reported(event);
    each_(event);
  });
}

// The disk.

void Disk::apply(const std::vector<Record>& records) {
  for (const Record& record : records) {
    if (const auto* workload = std::get_if<WorkloadRecord>(&record)) {
      workloads_[workload->key] = *workload;
    } else if (const auto* incident = std::get_if<Incident>(&record)) {
      incidents_[incident->id.value] = *incident;
      last_incident_ = std::max(last_incident_, incident->id.value);
    } else if (const auto* attempt = std::get_if<Attempt>(&record)) {
      attempts_[attempt->id.value] = *attempt;
      last_attempt_ = std::max(last_attempt_, attempt->id.value);
    } else if (const auto* raised = std::get_if<RoutedNotification>(&record)) {
      last_notification_ = std::max(last_notification_, raised->notification.id.value);
      if (raised->destinations.empty()) continue;
      notifications_[raised->notification.id.value] = raised->notification;
      for (const Destination& to : raised->destinations) {
        Delivery delivery;
        delivery.notification = raised->notification.id;
        delivery.channel = to.channel;
        delivery.next_try = to.not_before;
        deliveries_[{raised->notification.id.value, to.channel}] = delivery;
      }
    } else if (const auto* delivery = std::get_if<Delivery>(&record)) {
      deliveries_[{delivery->notification.value, delivery->channel}] = *delivery;
      if (delivery->state != DeliveryState::Pending) notifications_.erase(delivery->notification.value);
    } else if (const auto* receipt = std::get_if<Receipt>(&record)) {
      receipts_[{receipt->channel, receipt->dedup_key}] = *receipt;
    } else if (const auto* cursor = std::get_if<EventCursor>(&record)) {
      cursor_ = *cursor;
    } else if (const auto* host = std::get_if<HostRecord>(&record)) {
      host_ = *host;
    }
  }
}

StoredState Disk::load(Instant now) const {
  StoredState state;
  for (const auto& [key, record] : workloads_) state.workloads.push_back(record);
  std::sort(state.workloads.begin(), state.workloads.end(),
            [](const WorkloadRecord& a, const WorkloadRecord& b) { return a.key < b.key; });
  for (const auto& [id, incident] : incidents_)
    if (incident.outcome == IncidentOutcome::Open) state.open_incidents.push_back(incident);
  for (const auto& [id, attempt] : attempts_) {
    const bool unfinished =
        attempt.state == AttemptState::Ordered || attempt.state == AttemptState::Verifying;
    if (unfinished || attempt.ordered_at + attempts_kept_in_mind >= now) state.attempts.push_back(attempt);
  }
  for (const auto& [key, delivery] : deliveries_)
    if (delivery.state == DeliveryState::Pending) state.pending_deliveries.push_back(delivery);
  for (const auto& [id, notification] : notifications_) state.pending_notifications.push_back(notification);
  for (const auto& [key, receipt] : receipts_)
    if (!receipt.text.empty()) state.receipts.push_back(receipt);
  state.cursor = cursor_;
  state.host = host_;
  state.last_incident = last_incident_;
  state.last_attempt = last_attempt_;
  state.last_notification = last_notification_;
  return state;
}

void SimStore::commit(std::vector<Record> records, std::function<void(Result<void>)> done) {
  if (!life_.call()) return;
  World& world = life_.world;
  Duration takes{1};
  if (world.now() < slow_until)
    takes =
        world.chance().between(100ms, 4s, 4, CommitTime, static_cast<std::uint64_t>(world.elapsed().count()));
  const bool fails = world.now() < fails_until;
  const auto batch = std::make_shared<std::vector<Record>>(std::move(records));
  // A transaction that is under way when the process is killed reaches the disk or not, by a draw.
  const double luck = world.chance().draw(4, HalfDead, world.now().time_since_epoch().count());
  life_.agenda.put(world.now() + takes, 0,
                   [&life = life_, &disk = disk_, batch, fails, luck, number = life_.number] {
                     if (life.number > number + 1 || (life.number == number + 1 && luck < 0.5)) return;
                     life.checker.committed(*batch, !fails);
                     life.amnesia = fails;  // the next commit that succeeds includes what failed before
                     if (!fails) disk.apply(*batch);
                   });
  life_.put(takes, [done = std::move(done), fails] {
    if (fails) return done(failure(ErrorCode::Storage, "disk full"));
    done({});
  });
}

void SimNotifier::send(const Notification& notification, const std::string&, std::function<void(Sent)> done) {
  if (!life_.call()) return;
  if (life_.world.now() < silent_until_) {
    life_.put(200ms, [done = std::move(done)] {
      done(Sent{Sent::Result::TryAgain, std::nullopt, "503 Service Unavailable"});
    });
    return;
  }
  // The notification reaches operators even if healer dies before the answer.
  life_.agenda.put(life_.world.now() + 40ms, 0,
                   [&checker = life_.checker, notification] { checker.delivered(notification); });
  life_.put(80ms, [done = std::move(done)] { done(Sent{}); });
}

}  // namespace healer::simulation
