#include "engine/docker/evidence.hpp"

#include <array>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/duration.hpp"
#include "base/text.hpp"
#include "engine/docker/json_evidence.hpp"
#include "engine/docker/output_stream.hpp"
#include "net/loop.hpp"

namespace healer::docker {
namespace {

using net::HttpAnswer;

/// Added to the deadline of each call, so that the deadline of the whole collection comes first.
constexpr Duration call_margin = 1s;
constexpr std::size_t longest_processes = 16 * 1024;
/// Since this version `one-shot` avoids the engine's wait of a second for a second sample of the CPU usage.
constexpr ApiVersion one_shot_stats{1, 41};
constexpr const char* not_running = "the container does not run";
constexpr const char* unreadable = "left out, for without the state it is not known what is secret in them";

}  // namespace

class Captures::Capture : public std::enable_shared_from_this<Capture> {
 public:
  Capture(Captures& captures, std::uint64_t number, EvidenceOrder order, Done done)
      : captures_(captures),
        caller_(captures.caller_),
        number_(number),
        order_(std::move(order)),
        done_(std::move(done)),
        deadline_(caller_.loop()),
        log_(order_.log_bytes),
        log_stream_(OutputStream::Framing::ByFirstByte,
                    [this](std::string_view bytes) { log_.append(bytes); }) {}

  void begin();

 private:
  /// One of the four calls: its name and its result.
  struct Part {
    const char* name;
    Caller::CallId call = 0;
    bool answered = false;
    std::optional<Error> error;
  };
  enum Which { State, Logs, Processes, Memory };

  net::HttpCall question(const std::string& path) const;
  void ask(Which which, const std::string& path, Result<void> (Capture::*take)(const HttpAnswer&));
  void ask_logs();
  void finished(Which which, Result<void> result);
  void finish();
  std::optional<std::string> missing(const Part& part) const;

  Result<void> take_state(const HttpAnswer& answer);
  Result<void> take_processes(const HttpAnswer& answer);
  Result<void> take_memory(const HttpAnswer& answer);

  Captures& captures_;
  Caller& caller_;
  std::uint64_t number_;
  EvidenceOrder order_;
  Done done_;
  net::Timer deadline_;
  std::array<Part, 4> parts_{Part{"state", 0, false, {}}, Part{"logs", 0, false, {}},
                             Part{"processes", 0, false, {}}, Part{"memory", 0, false, {}}};
  Tail log_;
  OutputStream log_stream_;
  std::optional<InspectEvidence> inspect_;
  std::optional<MemoryUse> memory_;
  EngineEvidence evidence_;
};

net::HttpCall Captures::Capture::question(const std::string& path) const {
  auto call = caller_.question("/containers/" + order_.container_id + path);
  call.deadline = order_.deadline + call_margin;
  return call;
}

void Captures::Capture::begin() {
  deadline_.set_after(order_.deadline, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->finish();
  });
  ask(State, "/json", &Capture::take_state);
  ask_logs();
  ask(Processes, "/top", &Capture::take_processes);
  const bool one_shot = caller_.version() && *caller_.version() >= one_shot_stats;
  ask(Memory, one_shot ? "/stats?stream=false&one-shot=true" : "/stats?stream=false", &Capture::take_memory);
}

void Captures::Capture::ask(Which which, const std::string& path,
                            Result<void> (Capture::*take)(const HttpAnswer&)) {
  parts_[which].call = caller_.call(
      question(path), [self = shared_from_this(), which, take](const Result<HttpAnswer>& answer) {
        const char* name = self->parts_[which].name;
        if (!answer)
          return self->finished(which, tl::unexpected(self->caller_.no_answer(name, answer.error())));
        if (answer->status != 200) return self->finished(which, tl::unexpected(status_error(name, *answer)));
        const auto taken = ((*self).*take)(*answer);
        self->finished(which, taken ? taken : tl::unexpected(named(name, taken.error())));
      });
}

void Captures::Capture::ask_logs() {
  auto call = question(fmt::format("/logs?stdout=1&stderr=1&timestamps=1&tail={}", order_.log_lines));
  call.keep_alive = false;
  net::HttpStreamHandlers handlers;
  handlers.endless = true;
  handlers.chunk = [self = shared_from_this()](std::string_view bytes) {
    return self->log_stream_.feed(bytes);
  };
  handlers.done = [self = shared_from_this()](const Result<HttpAnswer>& answer) {
    const char* name = self->parts_[Logs].name;
    if (!answer) return self->finished(Logs, tl::unexpected(self->caller_.no_answer(name, answer.error())));
    if (!succeeded(*answer)) return self->finished(Logs, tl::unexpected(status_error(name, *answer)));
    const auto whole = self->log_stream_.finish();
    self->finished(Logs, whole ? whole : tl::unexpected(named(name, whole.error())));
  };
  parts_[Logs].call = caller_.stream(std::move(call), std::move(handlers));
}

Result<void> Captures::Capture::take_state(const HttpAnswer& answer) {
  auto parsed = parse_inspect_evidence(answer.body);
  if (!parsed) return tl::unexpected(parsed.error());
  inspect_ = std::move(*parsed);
  return {};
}

Result<void> Captures::Capture::take_processes(const HttpAnswer& answer) {
  auto parsed = parse_processes(answer.body, longest_processes);
  if (!parsed) return tl::unexpected(parsed.error());
  evidence_.processes = std::move(*parsed);
  return {};
}

Result<void> Captures::Capture::take_memory(const HttpAnswer& answer) {
  const auto parsed = parse_memory_use(answer.body);
  if (!parsed) return tl::unexpected(parsed.error());
  if (!*parsed) return failure(ErrorCode::NotFound, "the engine does not tell it");
  memory_ = **parsed;
  return {};
}

void Captures::Capture::finished(Which which, Result<void> result) {
  Part& part = parts_[which];
  part.call = 0;
  part.answered = true;
  if (!result) part.error = result.error();
  for (const Part& each : parts_)
    if (!each.answered) return;
  finish();
}

/// Why a part is missing, for operators; empty if it is not missing.
std::optional<std::string> Captures::Capture::missing(const Part& part) const {
  const bool reported = part.answered && !part.error;
  const bool can_hold_secrets = &part == &parts_[Logs] || &part == &parts_[Processes];
  if (reported && can_hold_secrets && !inspect_) return fmt::format("{}: {}", part.name, unreadable);
  if (reported) return std::nullopt;
  const bool of_processes = &part == &parts_[Processes] || &part == &parts_[Memory];
  const bool stopped =
      (inspect_ && !inspect_->running) || (part.error && part.error->code == ErrorCode::Conflict);
  if (of_processes && stopped) return fmt::format("{}: {}", part.name, not_running);
  if (!part.answered) return fmt::format("{}: not within {}", part.name, format_duration(order_.deadline));
  return part.error->message;
}

void Captures::Capture::finish() {
  const auto self = shared_from_this();
  deadline_.cancel();
  for (Part& part : parts_) caller_.cancel(std::exchange(part.call, 0));
  captures_.open_.erase(number_);
  // An incomplete log is kept. Without the inspect answer the secrets are not known, so nothing can be
  // redacted, and logs and processes are dropped.
  if (inspect_) {
    evidence_.logs = printable_lines(log_.take());
    evidence_.state = std::move(inspect_->state);
    evidence_.health_log = std::move(inspect_->health_log);
    evidence_.secrets = std::move(inspect_->secrets);
  } else {
    evidence_.processes.clear();
  }
  if (memory_) evidence_.memory = memory_text(*memory_, !inspect_ || inspect_->memory_limited);
  for (const Part& part : parts_)
    if (auto text = missing(part)) evidence_.missing.push_back(std::move(*text));
  done_(std::move(evidence_));
}

Captures::~Captures() = default;

void Captures::collect(EvidenceOrder order, Done done) {
  if (!fit_for_path(order.container_id)) {
    EngineEvidence nothing;
    nothing.missing.push_back(unfit("evidence of", order.container_id).message);
    return caller_.later([done = std::move(done), nothing = std::move(nothing)] { done(nothing); });
  }
  const std::uint64_t number = ++last_number_;
  const auto capture = std::make_shared<Capture>(*this, number, std::move(order), std::move(done));
  open_.emplace(number, capture);
  capture->begin();
}

}  // namespace healer::docker
