// How the simulated engine executes orders.
#include <utility>

#include <fmt/format.h>

#include "core/workload/ladder.hpp"
#include "support/scene.hpp"

namespace healer::testing {
namespace {

/// The name of the old container during its recreation.
std::string aside(const ApplyRemedy& order) {
  return fmt::format("{}-healer{}", order.name, order.attempt.value);
}

}  // namespace

void Scene::answer(const ApplyRemedy& order, Duration after, RemedyAnswer what, std::string error,
                   std::string new_id) {
  later(after, true,
        [this, attempt = order.attempt, workload = order.workload, what, error = std::move(error),
         new_id = std::move(new_id)] {
          send(RemedyFinished{attempt, workload, what, error, new_id});
        });
}

void Scene::carry_out(const ApplyRemedy& order) {
  OrderFate outcome = fate;
  if (!fates.empty()) {
    outcome = fates.front();
    fates.erase(fates.begin());
  }
  if (outcome == OrderFate::DryRun) return answer(order, 1ms, RemedyAnswer::SkippedDryRun, "");
  if (keeps_instance(order.step.kind)) return carry_out_in_place(order, outcome);
  if (order.step.kind == RemedyKind::Recreate) return carry_out_recreation(order, outcome);
  if (order.step.kind == RemedyKind::Replace) return carry_out_replacement(order, outcome);

  const std::string id = order.container_id;
  const bool stops = outcome != OrderFate::Refused && outcome != OrderFate::LostIgnored;
  const bool starts = stops && outcome != OrderFate::RefusedHalfway && outcome != OrderFate::LostHalfway;
  if (stops && boxes.count(id) != 0) {
    const Duration takes = boxes.at(id)->stop_takes;
    later(takes, false, [this, id, kind = order.step.kind, starts] {
      Box& box = *boxes.at(id);
      const OrderFate end = starts ? OrderFate::Done : OrderFate::LostHalfway;
      if (kind == RemedyKind::Stop) return engine_.stop(box, By::Healer);
      if (kind == RemedyKind::Start) return engine_.start(box, By::Healer, end);
      engine_.restart(box, By::Healer, end);
    });
  }
  const Duration whole = boxes.count(id) != 0 ? boxes.at(id)->stop_takes + Duration{10ms} : Duration{10ms};
  switch (outcome) {
    case OrderFate::Done:
      return answer(order, whole, RemedyAnswer::Done, "");
    case OrderFate::Refused:
      return answer(order, 5ms, RemedyAnswer::Refused, "403 Forbidden");
    case OrderFate::RefusedHalfway:
      return answer(order, whole, RemedyAnswer::Refused, "driver failed programming external connectivity");
    case OrderFate::LostDone:
    case OrderFate::LostIgnored:
    case OrderFate::LostHalfway:
      return answer(order, 150ms, RemedyAnswer::Lost, "connection lost");
    case OrderFate::DryRun:
    case OrderFate::Silent:
      return;
  }
}

void Scene::carry_out_in_place(const ApplyRemedy& order, OrderFate outcome) {
  const bool done =
      outcome == OrderFate::Done || outcome == OrderFate::LostDone || outcome == OrderFate::Silent;
  if (done) {
    later(20ms, false, [this, order] {
      Box& box = *boxes.at(order.container_id);
      if (!box.up()) return;
      const RemedyKind kind = order.step.kind;
      const bool recovered = (kind == RemedyKind::Exec && box.recovered_by_command) ||
                             (kind == RemedyKind::Webhook && box.recovered_by_webhook) ||
                             (kind == RemedyKind::Kill && box.fixed_by_signal);
      if (recovered) box.broken = box.hangs = false;
      if (kind != RemedyKind::Kill) return;
      engine_.emit_signal(box, order.step.signal);
      if (box.dies_of.count(order.step.signal) == 0) return;
      later(100ms, false, [this, order] {
        Box& dying = *boxes.at(order.container_id);
        if (dying.up()) engine_.die(dying, 128 + order.step.signal, true);
      });
    });
  }
  if (outcome == OrderFate::Silent) return;
  if (outcome == OrderFate::Done) return answer(order, 30ms, RemedyAnswer::Done, "");
  const bool lost = outcome == OrderFate::LostDone || outcome == OrderFate::LostIgnored;
  answer(order, 30ms, lost ? RemedyAnswer::Lost : RemedyAnswer::Refused,
         lost ? "connection lost" : "exit code 3: no such thing");
}

void Scene::put_back(const ApplyRemedy& order) {
  Box& old = *boxes.at(order.container_id);
  if (old.facts.name != order.name) engine_.rename(old, order.name);
  if (old.facts.state != ContainerState::Running) engine_.come_up(old, By::Healer);
}

/// The orchestrator accepts the order, ends the container and makes another one.
void Scene::carry_out_replacement(const ApplyRemedy& order, OrderFate outcome) {
  if (outcome == OrderFate::Refused || outcome == OrderFate::RefusedHalfway)
    return answer(order, 5ms, RemedyAnswer::Refused, "403 Forbidden");
  const bool executed =
      outcome == OrderFate::Done || outcome == OrderFate::LostDone || outcome == OrderFate::Silent;
  if (executed && boxes.count(order.container_id) != 0) {
    later(boxes.at(order.container_id)->stop_takes, false, [this, id = order.container_id] {
      Box& old = *boxes.at(id);
      if (!old.exists) return;
      const bool broken = old.broken && !old.fixed_by_start;
      Box& fresh = recreate(old, false);
      fresh.broken = broken;
      fresh.fixed_by_start = old.fixed_by_start;
    });
  }
  if (outcome == OrderFate::Done) return answer(order, 10ms, RemedyAnswer::Done, "");
  if (outcome != OrderFate::Silent) answer(order, 150ms, RemedyAnswer::Lost, "connection lost");
}

void Scene::carry_out_recreation(const ApplyRemedy& order, OrderFate outcome) {
  if (order.resume) {  // finishes the recreation if the new container has its name, else undoes it
    for (auto& [id, box] : boxes)
      if (box->exists && id != order.container_id && box->facts.name == order.name)
        return answer(order, 10ms, RemedyAnswer::Done, "", id);
    later(5ms, false, [this, order] {
      if (boxes.at(order.container_id)->exists) put_back(order);
    });
    return answer(order, 10ms, RemedyAnswer::Refused, "undone: the old container is back");
  }
  if (outcome == OrderFate::Refused) return answer(order, 5ms, RemedyAnswer::Refused, "403 Forbidden");
  if (outcome == OrderFate::LostIgnored) return answer(order, 150ms, RemedyAnswer::Lost, "connection lost");
  const Duration takes = boxes.at(order.container_id)->stop_takes;
  const std::string fresh_id = fmt::format("c{}", ++next_id_);
  // healer drives the steps of a recreation: they do not happen if healer dies before.
  later(takes, true, [this, order, outcome, fresh_id] {
    Box& old = *boxes.at(order.container_id);
    if (!old.exists) return;
    auto box = std::make_unique<Box>(old);
    Box& fresh = *box;
    fresh.facts.id = fresh_id;
    fresh.facts.name = aside(order) + "-new";
    fresh.facts.state = ContainerState::Created;
    if (!order.network_parent.empty()) fresh.facts.network_parent = order.network_parent;
    fresh.starts = old.fixed_by_start ? 1 : 0;
    if (old.recovered_by_recreate) fresh.broken = fresh.hangs = false;
    boxes[fresh_id] = std::move(box);
    send(ContainerObserved{fresh.facts, fresh.policy, {}});  // a list may contain it at any time
    engine_.stop(old, By::Healer);
    engine_.rename(old, aside(order));
    if (outcome == OrderFate::LostHalfway || outcome == OrderFate::RefusedHalfway) {
      engine_.remove(fresh, By::Healer);
      if (outcome == OrderFate::RefusedHalfway) put_back(order);
      return;
    }
    engine_.rename(fresh, order.name);
    engine_.come_up(fresh, By::Healer);
    engine_.remove(old, By::Healer);
  });
  if (outcome == OrderFate::Silent) return;
  if (outcome == OrderFate::Done)
    return answer(order, takes + Duration{20ms}, RemedyAnswer::Done, "", fresh_id);
  if (outcome == OrderFate::RefusedHalfway)
    return answer(order, takes + Duration{20ms}, RemedyAnswer::Refused, "the new one did not start; undone");
  answer(order, takes + Duration{20ms}, RemedyAnswer::Lost, "connection lost");
}

}  // namespace healer::testing
