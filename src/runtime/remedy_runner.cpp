#include "runtime/remedy_runner.hpp"

#include <utility>

#include <fmt/format.h>

#include "base/redact.hpp"
#include "base/text.hpp"
#include "present/log_text.hpp"
#include "present/status.hpp"
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

RemedyRunner::RemedyRunner(Parts parts, Post post, HookRunner* hooks)
    : parts_(std::move(parts)),
      post_(std::move(post)),
      hooks_(
          hooks, parts_.settings.hooks, [this]() { return parts_.host.now(); },
          [this, alive = std::weak_ptr<bool>(alive_)](const Report& report, Decision decision) {
            if (alive.expired()) return;
            parts_.observer.log(present::log_line(report));
            parts_.journal.write({std::move(decision)}, {});
          }) {
  if (post_) return;
  post_ = [this](const WebhookCall&, std::function<void(Result<void>)> done) {
    parts_.host.post([done = std::move(done)]() {
      done(failure(ErrorCode::Unreachable, "this healer cannot post to webhooks"));
    });
  };
}

void RemedyRunner::finish(const ApplyRemedy& remedy, const HookFacts& facts, RemedyFinished finished) {
  const char* outcome = finished.answer == RemedyAnswer::Done   ? "done"
                        : finished.answer == RemedyAnswer::Lost ? "lost"
                                                                : "refused";
  parts_.feed(std::move(finished));
  hooks_.after(remedy, outcome, facts);
}

void RemedyRunner::apply(const ApplyRemedy& remedy) {
  if (parts_.settings.dry_run) {
    parts_.host.post(parts_.guard.wrap([this, remedy]() {
      parts_.feed(RemedyFinished{remedy.attempt, remedy.workload, RemedyAnswer::SkippedDryRun, {}, {}});
    }));
    return;
  }
  if (!hooks_.waits(remedy)) return begin(remedy);
  const auto before = parts_.link.known(remedy.container_id);
  hooks_.before(remedy, parts_.guard.wrap([this, remedy, before]() { apply_after_hook(remedy, before); }));
}

void RemedyRunner::apply_after_hook(const ApplyRemedy& remedy, const std::optional<KnownContainer>& before) {
  parts_.engine.inspect(remedy.container_id, parts_.guard.wrap([this, remedy, before](Result<Container> now) {
    const auto give_up = [&](std::string why) {
      parts_.feed(RemedyFinished{remedy.attempt, remedy.workload, RemedyAnswer::Refused, std::move(why), {}});
    };
    if (!now) return give_up("after hook_before: " + now.error().message);
    const auto status = present::status_of(parts_.supervisor, remedy.workload, parts_.host.now());
    const bool wanted = status && status->condition == Condition::Healing;
    const bool same = before && now->started_at == before->started_at && now->state == before->state;
    if (!wanted || !same) return give_up("it changed while hook_before ran");
    begin(remedy);
  }));
}

/// From here on, healer itself causes the container's stops and starts.
void RemedyRunner::begin(const ApplyRemedy& remedy) {
  if (parts_.settings.host.hook_limit > Duration{0})
    parts_.feed(RemedyFinished{remedy.attempt, remedy.workload, RemedyAnswer::Begun, {}, {}});
  carry_out(remedy);
}

void RemedyRunner::carry_out(const ApplyRemedy& remedy) {
  // The facts before the remedy, which changes them.
  HookFacts facts;
  if (const auto known = parts_.link.known(remedy.container_id))
    facts = {to_string(known->state), known->stop_timeout};
  const auto finished = [this, remedy, facts](RemedyAnswer answer, std::string error,
                                              std::string new_container_id = {}) {
    finish(remedy, facts,
           RemedyFinished{remedy.attempt, remedy.workload, answer, std::move(error),
                          std::move(new_container_id)});
  };
  const auto done = parts_.guard.wrap([finished](Result<void> result) {
    if (result) return finished(RemedyAnswer::Done, {});
    finished(answer_of(result.error().code), std::move(result.error().message));
  });
  const auto ran = parts_.guard.wrap([finished](Result<ExecResult> result) {
    if (!result) return finished(answer_of(result.error().code), std::move(result.error().message));
    if (result->exit_code == 0) return finished(RemedyAnswer::Done, {});
    std::string error = fmt::format("exit code {}", result->exit_code);
    if (const std::string line = first_line(result->output); !line.empty()) error += ": " + line;
    finished(RemedyAnswer::Refused, std::move(error));
  });
  const auto recreated = parts_.guard.wrap([finished](Result<std::string> result) {
    if (result) return finished(RemedyAnswer::Done, {}, std::move(*result));
    finished(answer_of(result.error().code), std::move(result.error().message));
  });
  switch (remedy.step.kind) {
    case RemedyKind::Restart:
      parts_.engine.restart(remedy.container_id, remedy.stop_timeout, remedy.deadline, done);
      break;
    case RemedyKind::Start:
      parts_.engine.start(remedy.container_id, remedy.deadline, done);
      break;
    case RemedyKind::Stop:
      parts_.engine.stop(remedy.container_id, remedy.stop_timeout, remedy.deadline, done);
      break;
    case RemedyKind::Kill:
      parts_.engine.kill(remedy.container_id, remedy.step.signal, remedy.deadline, done);
      break;
    case RemedyKind::Exec: {
      ExecOrder order;
      order.container_id = remedy.container_id;
      order.command = remedy.step.command;
      order.deadline = remedy.deadline;
      parts_.engine.exec(std::move(order), ran, []() {});
      break;
    }
    case RemedyKind::Recreate:
      if (remedy.resume)
        parts_.engine.resume_recreate(recreate_order(remedy), recreated);
      else
        parts_.engine.recreate(recreate_order(remedy), recreated);
      break;
    case RemedyKind::Replace:
      parts_.engine.replace(remedy.container_id, remedy.stop_timeout, remedy.deadline, done);
      break;
    case RemedyKind::Webhook:
      post_(call_of(remedy), done);
      break;
    case RemedyKind::None:
      break;  // the core never sends it
  }
}

WebhookCall RemedyRunner::call_of(const ApplyRemedy& remedy) const {
  const auto status = present::status_of(parts_.supervisor, remedy.workload, parts_.host.now());
  WebhookCall call;
  call.url = remedy.step.url;
  call.body = webhook_body(remedy, status ? status->image : std::string(), parts_.settings.host.host_name);
  call.deadline = remedy.deadline;
  return call;
}

}  // namespace healer
