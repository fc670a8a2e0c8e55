#include "engine/docker/exec.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/duration.hpp"
#include "base/text.hpp"
#include "engine/docker/exec_body.hpp"
#include "engine/docker/json_exec.hpp"
#include "engine/docker/output_stream.hpp"
#include "net/loop.hpp"

namespace healer::docker {
namespace {

using net::HttpAnswer;

constexpr Duration first_asking = 10ms;
constexpr Duration longest_asking = 500ms;
/// Added to the deadline of each call, so that the deadline of the whole run comes first.
constexpr Duration call_margin = 1s;
/// So many bytes are read beyond the output cap: a command that prints without end would keep the loop busy.
constexpr std::size_t read_beyond_cap = 1024 * 1024;

/// The output is the engine's own text, with exit code 126 or 127: the command does not exist in the
/// container, or is not executable. Any other failure to start it may be a fault of the container.
bool no_such_command(const ExecResult& result) {
  const auto says = [&](std::string_view text) { return result.output.find(text) != std::string::npos; };
  return (result.exit_code == 126 || result.exit_code == 127) &&
         result.output.starts_with("OCI runtime exec failed") &&
         (says("no such file or directory") || says("executable file not found") ||
          says("permission denied"));
}

/// Whether a later inspect of the exec cannot succeed, either.
bool hopeless(ErrorCode code) {
  return code != ErrorCode::Timeout && code != ErrorCode::PeerFailure && code != ErrorCode::TooLarge;
}

/// An argument contains no zero byte.
std::string key_of(const std::string& container_id, const std::vector<std::string>& command) {
  std::string key = container_id;
  for (const std::string& word : command) key.append(1, '\0').append(word);
  return key;
}

}  // namespace

class Execs::Run : public std::enable_shared_from_this<Run> {
 public:
  Run(Execs& execs, std::uint64_t number, ExecOrder order, Done done, std::function<void()> ended)
      : execs_(execs),
        caller_(execs.caller_),
        number_(number),
        order_(std::move(order)),
        what_("exec " + short_id(order_.container_id)),
        done_(std::move(done)),
        ended_(std::move(ended)),
        deadline_(caller_.loop()),
        pause_(caller_.loop()),
        stream_(OutputStream::Framing::Framed, [this](std::string_view bytes) { keep(bytes); }) {}

  void create();
  void container_died(std::string_view id);

 private:
  enum class State { Creating, Starting, Reading, Asking, Watching, Over };

  void start();
  void read(std::string_view bytes);
  void keep(std::string_view bytes);
  void stream_ended(const Result<HttpAnswer>& answer);
  void begin_asking();
  void ask();
  void asked(const Result<HttpAnswer>& answer);
  void learned(const Result<ExecState>& state);
  void expired();

  /// Calls done() with the error and enters `next`: Watching, or Over if nothing runs.
  void fail(Error error, State next);
  void answer(Result<ExecResult> result);
  void watch();
  void over();
  Error error(ErrorCode code, const std::string& why) const { return {code, what_ + ": " + why}; }
  std::string limit() const { return format_duration(order_.deadline); }
  /// A callback that keeps this object alive and does nothing in state Over.
  template <class Method>
  auto then(Method method) {
    return [self = shared_from_this(), method](Result<HttpAnswer> answer) {
      if (self->state_ != State::Over) ((*self).*method)(answer);
    };
  }
  auto on_time(void (Run::*method)()) {
    return [weak = weak_from_this(), method] {
      const auto self = weak.lock();
      if (self && self->state_ != State::Over) ((*self).*method)();
    };
  }
  void created(const Result<HttpAnswer>& answer);

  Execs& execs_;
  Caller& caller_;
  std::uint64_t number_;
  ExecOrder order_;
  std::string what_;
  Done done_;
  std::function<void()> ended_;
  net::Timer deadline_;
  net::Timer pause_;
  State state_ = State::Creating;
  Caller::CallId open_call_ = 0;
  std::string id_;
  OutputStream stream_;
  ExecResult result_;
  std::size_t dropped_ = 0;
  Duration delay_{0};
  std::optional<Error> unknown_;  // Asking: the error if the exit code is not known at the deadline
  bool notified_not_running_ = false;
};

void Execs::Run::create() {
  deadline_.set_after(order_.deadline, on_time(&Run::expired));
  auto call = caller_.order("/containers/" + order_.container_id + "/exec", order_.deadline + call_margin,
                            exec_create_body(order_.command));
  open_call_ = caller_.call(std::move(call), then(&Run::created));
}

void Execs::Run::created(const Result<HttpAnswer>& answer) {
  open_call_ = 0;
  if (!answer) return fail(caller_.no_answer(what_, answer.error()), State::Over);
  if (!succeeded(*answer)) return fail(status_error(what_, *answer), State::Over);
  auto id = parse_exec_id(answer->body);
  if (!id) return fail(named(what_, id.error()), State::Over);
  id_ = std::move(*id);
  start();
}

void Execs::Run::start() {
  state_ = State::Starting;
  auto call = caller_.order("/exec/" + id_ + "/start", order_.deadline + call_margin, exec_start_body);
  net::HttpStreamHandlers handlers;
  handlers.endless = true;
  handlers.upgrade = true;
  handlers.head = [self = shared_from_this()](const HttpAnswer&) { self->state_ = State::Reading; };
  handlers.chunk = [self = shared_from_this()](std::string_view bytes) -> Result<void> {
    self->read(bytes);
    return {};
  };
  handlers.done = then(&Run::stream_ended);
  open_call_ = caller_.stream(std::move(call), std::move(handlers));
}

void Execs::Run::read(std::string_view bytes) {
  if (state_ != State::Reading) return;
  const auto fed = stream_.feed(bytes);
  if (!fed) return fail(named(what_, fed.error()), State::Watching);
  if (dropped_ > read_beyond_cap) begin_asking();
}

void Execs::Run::keep(std::string_view bytes) {
  const std::size_t room = order_.output_cap - result_.output.size();
  result_.output.append(bytes.substr(0, room));
  if (bytes.size() > room) {
    dropped_ += bytes.size() - room;
    result_.truncated = true;
  }
}

void Execs::Run::stream_ended(const Result<HttpAnswer>& answer) {
  open_call_ = 0;
  if (state_ == State::Starting) {
    if (answer) return fail(status_error(what_, *answer), State::Over);
    // A request that could not be sent started nothing.
    Error lost = caller_.no_answer(what_, answer.error());
    const bool sent = lost.code != ErrorCode::Unreachable && lost.code != ErrorCode::Refused;
    return fail(std::move(lost), sent ? State::Watching : State::Over);
  }
  // The exit code is needed even if the stream ended with an error.
  if (!answer || !stream_.finish()) result_.truncated = true;
  begin_asking();
}

void Execs::Run::begin_asking() {
  state_ = State::Asking;
  caller_.cancel(std::exchange(open_call_, 0));
  delay_ = first_asking;
  unknown_ = error(ErrorCode::PeerFailure, "its exit code was not notified within " + limit());
  ask();
}

void Execs::Run::ask() {
  if (open_call_ != 0) return;
  open_call_ = caller_.call(caller_.question("/exec/" + id_ + "/json"), then(&Run::asked));
}

void Execs::Run::asked(const Result<HttpAnswer>& answer) {
  open_call_ = 0;
  if (!answer) return learned(tl::unexpected(caller_.no_answer(what_, answer.error())));
  if (answer->status != 200) return learned(tl::unexpected(status_error(what_, *answer)));
  const auto state = parse_exec_state(answer->body);
  if (!state) return learned(tl::unexpected(named(what_, state.error())));
  learned(state);
}

void Execs::Run::learned(const Result<ExecState>& state) {
  const bool watching = state_ == State::Watching;
  if (!state && hopeless(state.error().code)) return watching ? over() : fail(state.error(), State::Over);
  if (state && state->exit_code) {
    if (watching) return over();
    result_.exit_code = *state->exit_code;
    if (no_such_command(result_))
      return fail(error(ErrorCode::PeerFailure,
                        "the command cannot be run: " + clip(trim(printable(result_.output)), 300)),
                  State::Over);
    answer(std::move(result_));
    return over();
  }
  if (state) {
    // Not running, without an exit code: not started yet, or the exit code is not recorded yet. After two
    // such answers, no exit code will come.
    if (watching && !state->running && std::exchange(notified_not_running_, true)) return over();
    if (state->running) unknown_ = error(ErrorCode::Timeout, "the command was not over within " + limit());
  } else {
    unknown_ = state.error();
  }
  pause_.set_after(delay_, on_time(&Run::ask));
  delay_ = std::min(delay_ * 2, watching ? caller_.settings().longest_exec_watch : longest_asking);
}

void Execs::Run::expired() {
  switch (state_) {
    case State::Creating:
      return fail(error(ErrorCode::PeerFailure, "the engine did not begin it within " + limit()),
                  State::Over);
    case State::Starting:
      return fail(error(ErrorCode::ConnectionLost, "the engine did not say that it began within " + limit()),
                  State::Watching);
    case State::Reading:
      return fail(error(ErrorCode::Timeout, "the command was not over within " + limit()), State::Watching);
    case State::Asking:
      return fail(std::move(*unknown_), State::Watching);
    case State::Watching:
    case State::Over:
      return;
  }
}

void Execs::Run::fail(Error error, State next) {
  if (next == State::Watching) watch();
  answer(tl::unexpected(std::move(error)));
  if (next == State::Over) over();
}

void Execs::Run::answer(Result<ExecResult> result) {
  deadline_.cancel();
  const auto done = std::exchange(done_, nullptr);
  done(std::move(result));
}

void Execs::Run::watch() {
  state_ = State::Watching;
  caller_.cancel(std::exchange(open_call_, 0));
  delay_ = caller_.settings().first_exec_watch;
  pause_.set_after(delay_, on_time(&Run::ask));
}

void Execs::Run::container_died(std::string_view id) {
  if (state_ != State::Watching || id != order_.container_id) return;
  delay_ = caller_.settings().first_exec_watch;
  pause_.set_after(first_asking, on_time(&Run::ask));
}

void Execs::Run::over() {
  const auto self = shared_from_this();
  state_ = State::Over;
  caller_.cancel(std::exchange(open_call_, 0));
  deadline_.cancel();
  pause_.cancel();
  execs_.open_.erase(number_);
  const auto ended = std::exchange(ended_, nullptr);
  ended();
}

Execs::~Execs() = default;

void Execs::run(ExecOrder order, Done done, std::function<void()> ended) {
  if (!fit_for_path(order.container_id) || order.command.empty()) {
    Error error = order.command.empty() ? Error{ErrorCode::InvalidInput, "exec: there is no command"}
                                        : unfit("exec", order.container_id);
    return caller_.later([done = std::move(done), ended = std::move(ended), error = std::move(error)] {
      done(tl::unexpected(error));
      ended();
    });
  }
  remember(order);
  const std::uint64_t number = ++last_number_;
  const auto run = std::make_shared<Run>(*this, number, std::move(order), std::move(done), std::move(ended));
  open_.emplace(number, run);
  run->create();
}

void Execs::remember(const ExecOrder& order) {
  const auto [key, added] = commands_.insert(key_of(order.container_id, order.command));
  if (!added) return;
  oldest_first_.push_back(*key);
  if (oldest_first_.size() <= most_commands) return;
  commands_.erase(oldest_first_.front());
  oldest_first_.pop_front();
}

bool Execs::is_own(const std::string& container_id, const std::vector<std::string>& command) const {
  return commands_.count(key_of(container_id, command)) != 0;
}

void Execs::container_died(std::string_view container_id) {
  for (const auto& [number, run] : open_) run->container_died(container_id);
}

}  // namespace healer::docker
