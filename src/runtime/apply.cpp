// The orders of the core, as calls to the engine and to webhooks.
#include <utility>

#include <fmt/format.h>

#include "base/redact.hpp"
#include "base/text.hpp"
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
      return RemedyAnswer::Lost;  // it may have been carried out
    default:
      return RemedyAnswer::Refused;
  }
}

std::string first_line(const std::string& output) {
  const std::string_view all = trim(output);
  return clip(printable(redact(trim(all.substr(0, all.find('\n'))))), 200);
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

void Runtime::apply(const ApplyRemedy& remedy) {
  auto finished = [this, attempt = remedy.attempt, workload = remedy.workload](
                      RemedyAnswer answer, std::string error, std::string new_container_id = {}) {
    feed(RemedyFinished{attempt, workload, answer, std::move(error), std::move(new_container_id)});
  };
  if (settings_.dry_run) {
    host_.post(guarded([finished]() { finished(RemedyAnswer::SkippedDryRun, {}); }));
    return;
  }
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
    case RemedyKind::Webhook: {
      const auto status = supervisor_.status_of(remedy.workload, host_.now());
      WebhookCall call;
      call.url = remedy.step.url;
      call.body = webhook_body(remedy, status ? status->image : std::string(), settings_.host.host_name);
      call.deadline = remedy.deadline;
      post_(std::move(call), done);
      break;
    }
    case RemedyKind::None:
      break;  // the core orders nothing for it
  }
}

}  // namespace healer
