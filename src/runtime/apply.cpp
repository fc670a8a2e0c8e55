// Executes the core's ApplyRemedy effects, calls to the engine and to webhooks, and asks about alerts.
#include <utility>

#include <fmt/format.h>

#include "base/redact.hpp"
#include "base/text.hpp"
#include "present/status.hpp"
#include "runtime/runtime.hpp"
#include "runtime/webhook_body.hpp"

namespace healer {
namespace {

RemedyAnswer answer_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::Timeout:
    case ErrorCode::ConnectionLost:
    case ErrorCode::Protocol:
    case ErrorCode::TooLarge:
      return RemedyAnswer::Lost;  // the engine may have executed the call
    default:
      return RemedyAnswer::Refused;
  }
}

std::string first_line(const std::string& output) {
  const std::string_view all = trim(output);
  return clip(redact(printable(trim(all.substr(0, all.find('\n'))))), 200);
}

RecreateOrder recreate_order(const ApplyRemedy& remedy) {
  RecreateOrder order;
  order.container_id = remedy.container_id;
  order.name = remedy.name;
  order.mark = fmt::format("healer{}", remedy.attempt.value);
  order.network_parent = remedy.network_parent;
  order.stop_timeout = remedy.stop_timeout;
  order.deadline = remedy.deadline;
  return order;
}

}  // namespace

void Runtime::finish(const ApplyRemedy& remedy, const HookFacts& facts, RemedyFinished finished) {
  const char* outcome = finished.answer == RemedyAnswer::Done   ? "done"
                        : finished.answer == RemedyAnswer::Lost ? "lost"
                                                                : "refused";
  feed(std::move(finished));
  hooks_.after(remedy, outcome, facts);
}

void Runtime::confirm(ConfirmAlert alert) {
  auto answered = guarded([this, workload = alert.workload, source = alert.source, id = alert.id](
                              AlertAnswer answer, std::string why) {
    feed(AlertConfirmed{workload, source, id, answer, std::move(why)});
  });
  if (confirm_) return confirm_(std::move(alert), std::move(answered));
  host_.post([answered = std::move(answered)]() mutable {
    answered(AlertAnswer::Unknown, "this healer cannot ask whether alerts fire");
  });
}

void Runtime::apply(const ApplyRemedy& remedy) {
  if (settings_.dry_run) {
    host_.post(guarded([this, remedy]() {
      feed(RemedyFinished{remedy.attempt, remedy.workload, RemedyAnswer::SkippedDryRun, {}, {}});
    }));
    return;
  }
  if (!hooks_.waits(remedy)) return begin(remedy);
  std::optional<Known> before;
  if (const auto known = known_.find(remedy.container_id); known != known_.end()) before = known->second;
  hooks_.before(remedy, guarded([this, remedy, before]() { apply_after_hook(remedy, before); }));
}

void Runtime::apply_after_hook(const ApplyRemedy& remedy, const std::optional<Known>& before) {
  engine_.inspect(
      remedy.container_id, guarded([this, remedy, before](Result<Container> now) {
        const auto give_up = [&](std::string why) {
          feed(RemedyFinished{remedy.attempt, remedy.workload, RemedyAnswer::Refused, std::move(why), {}});
        };
        if (!now) return give_up("after hook_before: " + now.error().message);
        const auto status = present::status_of(supervisor_, remedy.workload, host_.now());
        const bool wanted = status && status->condition == Condition::Healing;
        const bool same = before && now->started_at == before->started_at && now->state == before->state;
        if (!wanted || !same) return give_up("it changed while hook_before ran");
        begin(remedy);
      }));
}

/// From here on, healer itself causes the container's stops and starts.
void Runtime::begin(const ApplyRemedy& remedy) {
  if (settings_.host.hook_limit > Duration{0})
    feed(RemedyFinished{remedy.attempt, remedy.workload, RemedyAnswer::Begun, {}, {}});
  carry_out(remedy);
}

void Runtime::carry_out(const ApplyRemedy& remedy) {
  // The facts before the remedy, which changes them.
  HookFacts facts;
  if (const auto known = known_.find(remedy.container_id); known != known_.end())
    facts = {to_string(known->second.state), known->second.stop_timeout};
  const auto finished = [this, remedy, facts](RemedyAnswer answer, std::string error,
                                              std::string new_container_id = {}) {
    finish(remedy, facts,
           RemedyFinished{remedy.attempt, remedy.workload, answer, std::move(error),
                          std::move(new_container_id)});
  };
  const auto done = guarded([finished](Result<void> result) {
    if (result) return finished(RemedyAnswer::Done, {});
    finished(answer_of(result.error().code), std::move(result.error().message));
  });
  const auto ran = guarded([finished](Result<ExecResult> result) {
    if (!result) return finished(answer_of(result.error().code), std::move(result.error().message));
    if (result->exit_code == 0) return finished(RemedyAnswer::Done, {});
    std::string error = fmt::format("exit code {}", result->exit_code);
    if (const std::string line = first_line(result->output); !line.empty()) error += ": " + line;
    finished(RemedyAnswer::Refused, std::move(error));
  });
  const auto recreated = guarded([finished](Result<std::string> result) {
    if (result) return finished(RemedyAnswer::Done, {}, std::move(*result));
    finished(answer_of(result.error().code), std::move(result.error().message));
  });
  switch (remedy.step.kind) {
    case RemedyKind::Restart:
      engine_.restart(remedy.container_id, remedy.stop_timeout, remedy.deadline, done);
      break;
    case RemedyKind::Start:
      engine_.start(remedy.container_id, remedy.deadline, done);
      break;
    case RemedyKind::Stop:
      engine_.stop(remedy.container_id, remedy.stop_timeout, remedy.deadline, done);
      break;
    case RemedyKind::Kill:
      engine_.kill(remedy.container_id, remedy.step.signal, remedy.deadline, done);
      break;
    case RemedyKind::Exec: {
      ExecOrder order;
      order.container_id = remedy.container_id;
      order.command = remedy.step.command;
      order.deadline = remedy.deadline;
      engine_.exec(std::move(order), ran, []() {});
      break;
    }
    case RemedyKind::Recreate:
      if (remedy.resume)
        engine_.resume_recreate(recreate_order(remedy), recreated);
      else
        engine_.recreate(recreate_order(remedy), recreated);
      break;
    case RemedyKind::Replace:
      engine_.replace(remedy.container_id, remedy.stop_timeout, remedy.deadline, done);
      break;
    case RemedyKind::Webhook: {
      const auto status = present::status_of(supervisor_, remedy.workload, host_.now());
      WebhookCall call;
      call.url = remedy.step.url;
      call.body = webhook_body(remedy, status ? status->image : std::string(), settings_.host.host_name);
      call.deadline = remedy.deadline;
      post_(std::move(call), done);
      break;
    }
    case RemedyKind::None:
      break;  // the core never sends it
  }
}

}  // namespace healer
