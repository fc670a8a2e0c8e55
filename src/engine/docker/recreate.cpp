#include "engine/docker/recreate.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "base/text.hpp"
#include "engine/docker/caller.hpp"
#include "engine/docker/json_container.hpp"
#include "engine/docker/json_fields.hpp"
#include "engine/docker/recreate_body.hpp"
#include "engine/docker/recreate_steps.hpp"
#include "net/loop.hpp"

namespace healer::docker {
namespace {

namespace json = boost::json;
using net::HttpAnswer;
using SteadyTime = std::chrono::steady_clock::time_point;

constexpr std::size_t shortest_id = 12;
constexpr int tries = 3;  // of a step back that the engine refuses
constexpr Duration pause_before_retry{250};
constexpr Duration pause_while_in_doubt{500};
constexpr Duration removal_limit{10'000};
constexpr Duration last_tries{5'000};  ///< of the undo limit: for its name and our leavings

bool may_be_done(const Error& error) {
  return error.code == ErrorCode::ConnectionLost || error.code == ErrorCode::Timeout;
}

/// No answer, now: worth another try for a while.
bool engine_away(const Error& error) {
  return may_be_done(error) || error.code == ErrorCode::Unreachable;
}

/// Image references: more than names have, and nothing that ends a path.
std::string reference_path(const std::string& reference) {
  std::string path;
  for (const std::string& part : split(reference, '/')) {
    if (!path.empty()) path += '/';
    path += percent_encoded(part);
  }
  return "/images/" + path + "/json";
}

bool fit_reference(const std::string& reference) {
  const auto parts = split(reference, '/');
  return !reference.empty() && reference.size() <= 512 &&
         std::all_of(parts.begin(), parts.end(),
                     [](auto& part) { return !part.empty() && part != "." && part != ".."; });
}

std::string text_in(std::string_view answer, const char* field) {
  const auto parsed = parse_json(answer, {});
  Fields::Problem ignored;
  return parsed && parsed->is_object() ? Fields(*parsed, ignored).text(field) : std::string();
}

/// What one look found out about one container.
struct Found {
  Container facts;
  std::string image_id;
  bool runs() const {
    return facts.state == ContainerState::Running || facts.state == ContainerState::Restarting ||
           facts.state == ContainerState::Paused;
  }
};

}  // namespace

class Recreator::Recreation {
 public:
  Recreation(Caller& caller, RecreateOrder order, Done done)
      : caller_(caller),
        order_(std::move(order)),
        done_(std::move(done)),
        aside_name_(order_.name + "-" + order_.mark),
        new_name_(aside_name_ + "-new"),
        until_(std::chrono::steady_clock::now() + order_.deadline),
        pause_(caller.loop()) {}

  void begin();
  void resume();

 private:
  using Asked = std::function<void(Result<HttpAnswer>)>;
  using Looked = std::function<void(Result<std::optional<Found>>)>;

  void ask(const std::string& path, Asked asked);
  void find(const std::string& id, Looked looked);

  void on_original(const HttpAnswer& answer);
  void ask_image(bool by_reference);
  void plan(std::optional<std::string_view> image_json, std::string image);
  void check_owner(std::size_t index);

  void look();
  void look_for_new();
  void look_at_name();
  void seen();
  Sight sight() const;
  void decide_resumption();

  void replace_next();
  void undo_next();
  void remove_old();
  void carry_out(RecreateStep step);
  net::HttpCall call_of(RecreateStep step);
  void carried_out(RecreateStep step, const Result<HttpAnswer>& answer);
  void step_failed(RecreateStep step, Error error);
  void undo_step_failed(RecreateStep step, const Error& error);

  void refuse(Error error);
  void undo(const std::string& what, Error error);
  void undone();
  void unfinished(const std::string& what, const Error& error);
  void finish(Result<std::string> result);
  std::string how_the_old_one_is() const;

  Duration left() const;
  std::string prefix() const { return "recreate " + clip(order_.name, 80); }

  Caller& caller_;
  RecreateOrder order_;
  Done done_;
  const std::string aside_name_;
  const std::string new_name_;
  SteadyTime until_;
  net::Timer pause_;

  Original original_;
  std::string original_json_;
  std::optional<RecreationPlan> plan_;  ///< none when resumed
  std::string new_id_;                  ///< once known
  bool resumed_ = false;
  bool undoing_ = false;
  bool decided_ = false;  ///< resumed: which way to go

  // What the last look saw.
  std::optional<Found> old_;
  std::optional<Found> new_;
  std::optional<Found> named_;  ///< whoever has the name, when the old one has not

  // Of the way forward.
  std::set<RecreateStep> steps_done_;
  std::size_t joined_ = 0;
  int removals_ = 0;
  std::optional<Error> doubt_;  ///< the last step's answer never came

  // Of the way back.
  std::string failed_at_;
  Error cause_;
  bool touched_ = false;    ///< the old one was stopped or renamed, or that was asked for
  bool ran_ = false;        ///< the old one, as far as is known
  bool start_old_ = false;  ///< it is to be started
  bool stop_in_doubt_ = false;
  bool create_in_doubt_ = false;
  int refusals_ = 0;
  std::map<RecreateStep, int> steps_back_;
  std::string not_started_;
  std::string left_behind_;
};

// Asking.

Duration Recreator::Recreation::left() const {
  const auto rest = std::chrono::duration_cast<Duration>(until_ - std::chrono::steady_clock::now());
  return std::max(rest, Duration{0});
}

/// A question within the call's limit.
void Recreator::Recreation::ask(const std::string& path, Asked asked) {
  if (left() == Duration{0})
    return caller_.later([asked = std::move(asked)] {
      asked(failure(ErrorCode::Timeout, "the time for the whole recreation is over"));
    });
  net::HttpCall call = caller_.question(path);
  call.deadline = std::min(call.deadline, left());
  caller_.call(std::move(call), std::move(asked));
}

/// One container, by its id or whole name; nothing when there is none.
void Recreator::Recreation::find(const std::string& id, Looked looked) {
  ask("/containers/" + id + "/json",
      [this, id, looked = std::move(looked)](const Result<HttpAnswer>& answer) {
        const std::string what = "inspect " + short_id(id);
        if (!answer) return looked(tl::unexpected(caller_.no_answer(what, answer.error())));
        if (answer->status == 404) {
          const Error error = status_error(what, *answer);
          if (error.code == ErrorCode::NotFound) return looked(std::optional<Found>());
          return looked(tl::unexpected(error));
        }
        if (answer->status != 200) return looked(tl::unexpected(status_error(what, *answer)));
        auto facts = parse_container(answer->body);
        if (!facts) return looked(tl::unexpected(named(what, facts.error())));
        // Engines take the beginning of an id for a name, too.
        const bool by_id = id.size() >= shortest_id && facts->id.starts_with(id);
        if (!by_id && facts->name != id) return looked(std::optional<Found>());
        looked(Found{std::move(*facts), text_in(answer->body, "Image")});
      });
}

// Before anything is changed: the old one's configuration, its image's, and who shares namespaces with it.

void Recreator::Recreation::begin() {
  ask("/containers/" + order_.container_id + "/json", [this](const Result<HttpAnswer>& answer) {
    const std::string what = "inspect " + short_id(order_.container_id);
    if (!answer) return refuse(caller_.no_answer(what, answer.error()));
    if (answer->status != 200) return refuse(status_error(what, *answer));
    on_original(*answer);
  });
}

void Recreator::Recreation::on_original(const HttpAnswer& answer) {
  auto original = read_original(answer.body);
  if (!original) return refuse(original.error());
  original_ = std::move(*original);
  original_json_ = answer.body;
  order_.container_id = original_.id;
  if (original_.name != order_.name)
    return refuse(
        {ErrorCode::Conflict, fmt::format("container {} is called \"{}\" now", short_id(original_.id),
                                          clip(printable(original_.name), 80))});
  ran_ = start_old_ = original_.ran;
  ask_image(fit_reference(original_.image));
}

/// The reference is kept while it means the image that the container runs; a moved one is a deployment, and
/// that is not our business.
void Recreator::Recreation::ask_image(bool by_reference) {
  const std::string& asked_for = by_reference ? original_.image : original_.image_id;
  ask(reference_path(asked_for), [this, by_reference, asked_for](const Result<HttpAnswer>& answer) {
    const std::string what = "inspect image " + clip(printable(asked_for), 100);
    if (!answer) return refuse(caller_.no_answer(what, answer.error()));
    if (answer->status == 200 && text_in(answer->body, "Id") == original_.image_id)
      return plan(answer->body, asked_for);
    const Error error = answer->status == 200
                            ? Error{ErrorCode::Protocol, what + ": the engine answered with another image"}
                            : status_error(what, *answer);
    // A socket proxy may keep images to itself: then all is pinned that would have come from the image.
    if (error.code == ErrorCode::Refused) return plan(std::nullopt, original_.image_id);
    if (by_reference) return ask_image(false);
    if (error.code == ErrorCode::NotFound)
      return refuse(
          {ErrorCode::NotFound, fmt::format("its image {} is gone: a new container could not be made",
                                            clip(original_.image_id, 19))});
    refuse(error);
  });
}

void Recreator::Recreation::plan(std::optional<std::string_view> image_json, std::string image) {
  auto plan = plan_recreation(original_json_, image_json, {std::move(image), order_.network_parent});
  if (!plan) return refuse(plan.error());
  plan_ = std::move(*plan);
  original_json_.clear();
  check_owner(0);
}

/// Without them neither the new one nor, once it is stopped, the old one could be started.
void Recreator::Recreation::check_owner(std::size_t index) {
  if (index == plan_->owners.size()) return look();
  const std::string owner = plan_->owners[index];
  if (!fit_for_path(owner)) return refuse(unfit("shared namespace of", owner));
  find(owner, [this, index, owner](const Result<std::optional<Found>>& found) {
    if (!found) return refuse(found.error());
    if (!*found)
      return refuse({ErrorCode::Conflict,
                     fmt::format("the container {} whose namespace it shares is gone; name its successor "
                                 "(network parent), or recreate both by hand",
                                 short_id(owner))});
    if (!(*found)->runs())
      return refuse(
          {ErrorCode::Conflict, fmt::format("the container {} whose namespace it shares does not run",
                                            clip((*found)->facts.name, 80))});
    check_owner(index + 1);
  });
}

// Looking: what exists under the id and the names.

void Recreator::Recreation::resume() {
  resumed_ = true;
  ran_ = start_old_ = true;
  look();
}

void Recreator::Recreation::look() {
  old_.reset();
  new_.reset();
  named_.reset();
  find(order_.container_id, [this](Result<std::optional<Found>> found) {
    if (!found) return step_failed(RecreateStep::Lost, found.error());
    old_ = std::move(*found);
    look_for_new();
  });
}

void Recreator::Recreation::look_for_new() {
  find(new_name_, [this](Result<std::optional<Found>> found) {
    if (!found) return step_failed(RecreateStep::Lost, found.error());
    new_ = std::move(*found);
    if (new_) new_id_ = new_->facts.id;
    if (old_ && old_->facts.name == order_.name) return seen();
    look_at_name();
  });
}

void Recreator::Recreation::look_at_name() {
  find(order_.name, [this](Result<std::optional<Found>> found) {
    if (!found) return step_failed(RecreateStep::Lost, found.error());
    named_ = std::move(*found);
    if (named_ && named_->facts.id == order_.container_id) named_.reset();  // renamed between two questions
    if (!named_ || new_) return seen();
    // Nothing marks it as ours; after a restart of healer it is known by being the old one's like.
    const bool like_old =
        !old_ || (named_->image_id == old_->image_id && named_->facts.labels == old_->facts.labels);
    if (new_id_.empty() ? resumed_ && like_old : named_->facts.id == new_id_) {
      new_ = std::move(named_);
      named_.reset();
      new_id_ = new_->facts.id;
    }
    seen();
  });
}

Sight Recreator::Recreation::sight() const {
  Sight sight;
  if (old_) {
    const std::string& name = old_->facts.name;
    sight.old_place = name == order_.name   ? Place::Named
                      : name == aside_name_ ? Place::Aside
                                            : Place::Elsewhere;
    sight.old_runs = old_->runs();
  }
  sight.stranger = named_.has_value();
  if (!new_) return sight;
  sight.new_place = new_->facts.name == order_.name ? Place::Named : Place::Aside;
  sight.new_runs = new_->facts.state == ContainerState::Running;
  if (!plan_) return sight;
  const auto joined = [this](const std::string& network) {
    const auto& all = new_->facts.networks;
    return std::any_of(all.begin(), all.end(), [&](const auto& one) { return one.name == network; });
  };
  sight.to_leave = !plan_->leave.empty() && joined(plan_->leave);
  sight.to_join = std::any_of(plan_->connections.begin(), plan_->connections.end(),
                              [&](const auto& connection) { return !joined(connection.network); });
  return sight;
}

void Recreator::Recreation::seen() {
  if (resumed_ && !decided_) return decide_resumption();
  if (undoing_) return undo_next();
  replace_next();
}

void Recreator::Recreation::decide_resumption() {
  decided_ = true;
  const Sight now = sight();
  failed_at_ = "healer ended while it was recreated";
  cause_ = {ErrorCode::PeerFailure, {}};
  switch (resume_by(now)) {
    case Resumption::Replace:
      return replace_next();
    case Resumption::Undo:
      start_old_ = now.old_place != Place::Elsewhere;
      touched_ = true;
      return undo("", cause_);
    case Resumption::Untouched:
      return finish(failure(ErrorCode::Conflict,
                            fmt::format("{}: {}; the old container is as it was", prefix(), failed_at_)));
    case Resumption::Finished:
      return finish(new_ ? new_->facts.id : named_->facts.id);
    case Resumption::Taken:
      return finish(failure(
          ErrorCode::Conflict,
          fmt::format("{}: {}; container {}, which is not ours, has its name now: the old container is left "
                      "as \"{}\"",
                      prefix(), failed_at_, short_id(named_->facts.id), aside_name_)));
    case Resumption::Nothing:
      return finish(
          failure(ErrorCode::NotFound,
                  fmt::format("{}: {}; neither the old nor the new container exists", prefix(), failed_at_)));
  }
}

// Forward.

void Recreator::Recreation::replace_next() {
  const Sight now = sight();
  const RecreateStep step = replace_step(now, plan_ && plan_->side_by_side);
  if (step == RecreateStep::Finished) return finish(new_->facts.id);
  if (step == RecreateStep::Lost)
    return undo(to_string(step), {ErrorCode::Conflict, "somebody else removed or renamed one of them"});
  if (new_ && plan_ && steps_done_.empty())
    return refuse({ErrorCode::Conflict, fmt::format("a container \"{}\" exists already", new_name_)});
  if (step == RecreateStep::Create && !plan_)
    return undo(to_string(step), {ErrorCode::Conflict, "the new container is gone"});
  if (new_ && !original_.image_id.empty() && new_->image_id != original_.image_id)
    return undo(to_string(RecreateStep::Create),
                {ErrorCode::Conflict, "its image's name came to mean another image just now"});
  if (step == RecreateStep::RemoveOld) return remove_old();
  const bool again = step == RecreateStep::Connect ? ++joined_ > plan_->connections.size()
                                                   : !steps_done_.insert(step).second;
  if (again) {
    if (doubt_) return undo(to_string(step), *std::exchange(doubt_, std::nullopt));
    const bool ended = step == RecreateStep::StartNew;
    return undo(
        to_string(step),
        {ErrorCode::PeerFailure, ended ? fmt::format("it ended at once (exit code {})", new_->facts.exit_code)
                                       : "the engine agreed, but nothing changed"});
  }
  doubt_.reset();
  carry_out(step);
}

/// The new one has taken over: what happens now is no reason to go back. One that cannot be removed could not
/// be brought back either.
void Recreator::Recreation::remove_old() {
  if (++removals_ > tries) return finish(new_id_);
  until_ = std::max(until_, std::chrono::steady_clock::now() + removal_limit);
  carry_out(RecreateStep::RemoveOld);
}

void Recreator::Recreation::carry_out(RecreateStep step) {
  touched_ = touched_ || step == RecreateStep::StopOld || step == RecreateStep::SetOldAside;
  if (left() == Duration{0}) {
    caller_.later([this, step] {
      step_failed(step, {ErrorCode::Timeout, "the time for the whole recreation is over"});
    });
    return;
  }
  caller_.call(call_of(step), [this, step](const Result<HttpAnswer>& answer) { carried_out(step, answer); });
}

net::HttpCall Recreator::Recreation::call_of(RecreateStep step) {
  const auto of = [](const std::string& id, const std::string& verb) {
    return fmt::format("/containers/{}{}", id, verb);
  };
  const auto remove = [&](const std::string& path) {
    net::HttpCall call = caller_.order(path, left());
    call.method = "DELETE";
    return call;
  };
  switch (step) {
    case RecreateStep::Create: {
      std::string path = "/containers/create?name=" + percent_encoded(new_name_);
      if (!plan_->platform.empty()) path += "&platform=" + percent_encoded(plan_->platform);
      return caller_.order(path, left(), plan_->body);
    }
    case RecreateStep::Leave:
      return caller_.order("/networks/" + percent_encoded(plan_->leave) + "/disconnect", left(),
                           json::serialize(json::object{{"Container", new_id_}, {"Force", true}}));
    case RecreateStep::Connect: {
      const auto& all = new_->facts.networks;
      const auto next =
          std::find_if(plan_->connections.begin(), plan_->connections.end(), [&](const auto& connection) {
            return std::none_of(all.begin(), all.end(),
                                [&](const auto& joined) { return joined.name == connection.network; });
          });
      return caller_.order(
          "/networks/" + percent_encoded(next->network) + "/connect", left(),
          fmt::format(R"({{"Container":"{}","EndpointConfig":{}}})", new_id_, next->endpoint));
    }
    case RecreateStep::StartNew:
      return caller_.order(of(new_id_, "/start"), left());
    case RecreateStep::StopOld:
      return caller_.order(
          of(order_.container_id,
             order_.stop_timeout ? "/stop?t=" + seconds_text(*order_.stop_timeout) : std::string("/stop")),
          left());
    case RecreateStep::SetOldAside:
      return caller_.order(of(order_.container_id, "/rename?name=" + percent_encoded(aside_name_)), left());
    case RecreateStep::NameNew:
      return caller_.order(of(new_id_, "/rename?name=" + percent_encoded(order_.name)), left());
    case RecreateStep::RemoveOld:  // without force: one that runs is not what we want to remove
      return remove(of(order_.container_id, "?v=0&force=0"));
    case RecreateStep::RemoveNew:  // without its volumes: they are the old one's
      return remove(of(new_id_, "?v=0&force=1"));
    case RecreateStep::StartOld:
      return caller_.order(of(order_.container_id, "/start"), left());
    case RecreateStep::NameOld:
      return caller_.order(of(order_.container_id, "/rename?name=" + percent_encoded(order_.name)), left());
    case RecreateStep::Finished:
    case RecreateStep::Undone:
    case RecreateStep::Lost:
      break;
  }
  return caller_.question("/_ping");
}

void Recreator::Recreation::carried_out(RecreateStep step, const Result<HttpAnswer>& answer) {
  if (!answer) return step_failed(step, caller_.no_answer("", answer.error()));
  const bool removal = step == RecreateStep::RemoveOld || step == RecreateStep::RemoveNew;
  const bool was_so = answer->status == 304 || (removal && answer->status == 404);
  if (!succeeded(*answer) && !was_so) return step_failed(step, status_error("", *answer));
  if (step == RecreateStep::Create) new_id_ = text_in(answer->body, "Id");
  if (step == RecreateStep::StopOld) stop_in_doubt_ = false;
  // Started once is enough: one that ends at once is as it was.
  if (step == RecreateStep::StartOld) start_old_ = false;
  refusals_ = 0;
  look();
}

void Recreator::Recreation::step_failed(RecreateStep step, Error error) {
  if (error.message.starts_with(": ")) error.message.erase(0, 2);
  if (undoing_) return undo_step_failed(step, error);
  // The question which way to go was not answered: whoever asks again gets it answered.
  if (resumed_ && !decided_) return refuse(std::move(error));
  if (step == RecreateStep::RemoveOld || removals_ > 0) {
    const bool enough = removals_ >= tries || left() <= pause_before_retry;
    if (enough && engine_away(error)) return unfinished(to_string(step), error);
    if (enough) return finish(new_id_);
    return pause_.set_after(pause_before_retry, [this] { look(); });
  }
  const bool in_doubt = may_be_done(error);
  if (step == RecreateStep::Create) create_in_doubt_ = in_doubt;
  if (step == RecreateStep::StopOld) stop_in_doubt_ = in_doubt;
  if (in_doubt && step != RecreateStep::Lost && step != RecreateStep::Connect && left() > Duration{0}) {
    doubt_ = std::move(error);
    return look();
  }
  undo(to_string(step), std::move(error));
}

// Back.

void Recreator::Recreation::undo(const std::string& what, Error error) {
  undoing_ = true;
  if (!what.empty()) failed_at_ = what;
  cause_ = std::move(error);
  refusals_ = 0;
  until_ = std::chrono::steady_clock::now() + caller_.settings().undo_limit;
  look();
}

void Recreator::Recreation::undo_next() {
  const Sight now = sight();
  // A stop that may still be under way would end the old one after it was started again.
  if (stop_in_doubt_ && now.old_runs) return carry_out(RecreateStep::StopOld);
  const RecreateStep step = undo_step(now, start_old_ && not_started_.empty());
  switch (step) {
    case RecreateStep::Finished:
      return finish(new_->facts.id);
    case RecreateStep::Undone:
      if (create_in_doubt_ && left() > 2 * pause_while_in_doubt)
        return pause_.set_after(pause_while_in_doubt, [this] { look(); });
      return undone();
    case RecreateStep::Lost:
      cause_.message += cause_.message.empty() ? "" : "; ";
      cause_.message += "the old container was removed by somebody else";
      return finish(
          failure(ErrorCode::NotFound, fmt::format("{}: {}: {}", prefix(), failed_at_, cause_.message)));
    default:
      if (++steps_back_[step] <= 2 * tries) return carry_out(step);
      left_behind_ = fmt::format("{}: the engine agreed, but nothing changed", to_string(step));
      return undone();
  }
}

void Recreator::Recreation::undo_step_failed(RecreateStep step, const Error& error) {
  if (left() <= pause_before_retry) return unfinished(to_string(step), error);
  // Being there again is worth all the time there is: who holds its port or address may let go of it.
  const bool patient = engine_away(error) || (step == RecreateStep::StartOld && left() > last_tries);
  if (patient) {
    steps_back_.clear();
  } else if (++refusals_ >= tries) {
    refusals_ = 0;
    switch (step) {
      case RecreateStep::StartOld:
        not_started_ = error.message;  // its name and our leavings are still to be seen to
        break;
      case RecreateStep::StopOld:
        stop_in_doubt_ = false;
        break;
      case RecreateStep::RemoveNew:
      case RecreateStep::NameOld:
        left_behind_ = fmt::format("{}: {}", to_string(step), error.message);
        return undone();
      default:
        return unfinished(to_string(step), error);
    }
  }
  pause_.set_after(pause_before_retry, [this] { look(); });
}

std::string Recreator::Recreation::how_the_old_one_is() const {
  if (!old_) return "the old container is gone";
  std::string how = touched_ ? "the old container is back" : "the old container was not touched";
  if (old_->facts.name != order_.name)
    how = fmt::format("the old container is called \"{}\"", old_->facts.name);
  if (old_->runs()) return how + " and runs";
  if (!not_started_.empty()) return fmt::format("{}, but it does not start: {}", how, not_started_);
  return how + (ran_ ? ", but it does not run" : ", not running, as before");
}

void Recreator::Recreation::undone() {
  // Not what makes the caller think that it is still under way.
  const bool keeps = cause_.code == ErrorCode::Refused || cause_.code == ErrorCode::Conflict ||
                     cause_.code == ErrorCode::InvalidInput;
  std::string message = fmt::format("{}: {}", prefix(), failed_at_);
  if (!cause_.message.empty()) message += ": " + cause_.message;
  message += "; " + how_the_old_one_is();
  if (!left_behind_.empty()) message += fmt::format(" ({})", left_behind_);
  finish(failure(keeps ? cause_.code : ErrorCode::PeerFailure, std::move(message)));
}

void Recreator::Recreation::unfinished(const std::string& what, const Error& error) {
  std::string message = prefix();
  if (undoing_) message += fmt::format(": {}: {}; and on the way back", failed_at_, cause_.message);
  finish(failure(ErrorCode::ConnectionLost,
                 fmt::format("{}: {}: {}; it is not finished", message, what, error.message)));
}

/// Before anything was done.
void Recreator::Recreation::refuse(Error error) {
  if (resumed_) {
    if (engine_away(error)) error.code = ErrorCode::ConnectionLost;
  } else if (may_be_done(error)) {
    error.code = ErrorCode::PeerFailure;  // nothing was ordered, so nothing is left open
  }
  error.message = fmt::format("{}: {}", prefix(), error.message);
  if (!resumed_) error.message += "; the old container was not touched";
  finish(tl::unexpected(std::move(error)));
}

void Recreator::Recreation::finish(Result<std::string> result) {
  // The callee may end the engine, and with it this object.
  const Done done = std::move(done_);
  done(std::move(result));
}

Recreator::Recreator(Caller& caller) : caller_(caller) {}

Recreator::~Recreator() = default;

void Recreator::recreate(RecreateOrder order, Done done) {
  begin(std::move(order), std::move(done), false);
}

void Recreator::resume(RecreateOrder order, Done done) {
  begin(std::move(order), std::move(done), true);
}

void Recreator::begin(RecreateOrder order, Done done, bool resumed) {
  for (const std::string* part : {&order.container_id, &order.name, &order.mark})
    if (!fit_for_path(*part))
      return caller_.later(
          [done = std::move(done), error = unfit("recreate", *part)] { done(tl::unexpected(error)); });
  const std::uint64_t number = ++last_;
  auto over = [this, number, done = std::move(done)](Result<std::string> result) {
    // Not from inside its own work.
    caller_.later([this, number] { under_way_.erase(number); });
    done(std::move(result));
  };
  auto& recreation = under_way_[number];
  recreation = std::make_unique<Recreation>(caller_, std::move(order), std::move(over));
  resumed ? recreation->resume() : recreation->begin();
}

}  // namespace healer::docker
