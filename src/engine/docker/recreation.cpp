#include "engine/docker/recreation.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "base/encode.hpp"
#include "base/text.hpp"

namespace healer::docker {
namespace {

namespace json = boost::json;
using net::HttpAnswer;

constexpr int tries = 3;  // of an undo step that the engine refuses
constexpr Duration pause_before_retry{250};
constexpr Duration pause_while_in_doubt{500};
constexpr Duration removal_limit{10'000};
constexpr Duration last_tries{5'000};  ///< part of undo_limit that is kept for NameOld and RemoveNew

}  // namespace

std::string Recreation::prefix() const {
  return "recreate " + clip(order_.name, 80);
}

// Replacing.

void Recreation::replace_next() {
  const Sight now = sight();
  const RecreateStep step = replace_step(now, plan_ && plan_->side_by_side);
  if (step == RecreateStep::Finished) return finish(seen_.new_one->facts.id);
  if (step == RecreateStep::Lost)
    return undo(to_string(step), {ErrorCode::Conflict, "another party removed or renamed one of them"});
  if (seen_.new_one && plan_ && replacing_.steps.empty())
    return refuse({ErrorCode::Conflict, fmt::format("a container \"{}\" exists already", new_name_)});
  if (step == RecreateStep::Create && !plan_)
    return undo(to_string(step), {ErrorCode::Conflict, "the new container is gone"});
  if (seen_.new_one && !original_.image_id.empty() && seen_.new_one->image_id != original_.image_id)
    return undo(to_string(RecreateStep::Create),
                {ErrorCode::Conflict, "its image's name came to mean another image just now"});
  if (step == RecreateStep::RemoveOld) return remove_old();
  const bool again = step == RecreateStep::Connect ? ++replacing_.joined > plan_->connections.size()
                                                   : !replacing_.steps.insert(step).second;
  if (again) {
    if (replacing_.doubt) return undo(to_string(step), *std::exchange(replacing_.doubt, std::nullopt));
    const bool ended = step == RecreateStep::StartNew;
    return undo(to_string(step),
                {ErrorCode::PeerFailure,
                 ended ? fmt::format("it ended at once (exit code {})", seen_.new_one->facts.exit_code)
                       : "the engine agreed, but nothing changed"});
  }
  replacing_.doubt.reset();
  carry_out(step);
}

/// The new container has taken over, so a failure from here on is no reason to undo. An old container that
/// cannot be removed could not be restored, either, and is left.
void Recreation::remove_old() {
  if (++replacing_.removals > tries) return finish(new_id_);
  until_ = std::max(until_, std::chrono::steady_clock::now() + removal_limit);
  carry_out(RecreateStep::RemoveOld);
}

void Recreation::carry_out(RecreateStep step) {
  back_.touched = back_.touched || step == RecreateStep::StopOld || step == RecreateStep::SetOldAside;
  if (left() == Duration{0}) {
    caller_.later([this, step] {
      step_failed(step, {ErrorCode::Timeout, "the time for the whole recreation is over"});
    });
    return;
  }
  caller_.call(call_of(step), [this, step](const Result<HttpAnswer>& answer) { executed(step, answer); });
}

net::HttpCall Recreation::call_of(RecreateStep step) {
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
      const auto& all = seen_.new_one->facts.networks;
      const auto next =
          std::find_if(plan_->connections.begin(), plan_->connections.end(), [&](const auto& connection) {
            return std::none_of(all.begin(), all.end(),
                                [&](const auto& joined) { return joined.name == connection.name; });
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
    case RecreateStep::RemoveOld:  // without force: a container that runs must not be removed
      return remove(of(order_.container_id, "?v=0&force=0"));
    case RecreateStep::RemoveNew:  // without its volumes: they belong to the old container
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

void Recreation::executed(RecreateStep step, const Result<HttpAnswer>& answer) {
  if (!answer) return step_failed(step, caller_.no_answer("", answer.error()));
  const bool removal = step == RecreateStep::RemoveOld || step == RecreateStep::RemoveNew;
  const bool was_so = answer->status == 304 || (removal && answer->status == 404);
  if (!succeeded(*answer) && !was_so) return step_failed(step, status_error("", *answer));
  if (step == RecreateStep::Create) new_id_ = text_in(answer->body, "Id");
  if (step == RecreateStep::StopOld) back_.stop_in_doubt = false;
  // One start is enough: an old container that exits at once is not started again.
  if (step == RecreateStep::StartOld) back_.start_old = false;
  back_.refusals = 0;
  look();
}

void Recreation::step_failed(RecreateStep step, Error error) {
  if (error.message.starts_with(": ")) error.message.erase(0, 2);
  if (back_.begun) return undo_step_failed(step, error);
  // Whether to replace or undo is not decided yet; another resume() can decide it.
  if (resumed_ && !decided_) return refuse(std::move(error));
  if (step == RecreateStep::RemoveOld || replacing_.removals > 0) {
    const bool enough = replacing_.removals >= tries || left() <= pause_before_retry;
    if (enough && engine_away(error)) return unfinished(to_string(step), error);
    if (enough) return finish(new_id_);
    return pause_.set_after(pause_before_retry, [this] { look(); });
  }
  const bool in_doubt = may_be_done(error);
  if (step == RecreateStep::Create) back_.create_in_doubt = in_doubt;
  if (step == RecreateStep::StopOld) back_.stop_in_doubt = in_doubt;
  if (in_doubt && step != RecreateStep::Lost && step != RecreateStep::Connect && left() > Duration{0}) {
    replacing_.doubt = std::move(error);
    return look();
  }
  undo(to_string(step), std::move(error));
}

// Undoing.

void Recreation::undo(const std::string& what, Error error) {
  back_.begun = true;
  if (!what.empty()) back_.failed_at = what;
  back_.cause = std::move(error);
  back_.refusals = 0;
  until_ = std::chrono::steady_clock::now() + caller_.settings().undo_limit;
  look();
}

void Recreation::undo_next() {
  const Sight now = sight();
  // A stop that may still be under way would stop the old container after StartOld.
  if (back_.stop_in_doubt && now.old_instances) return carry_out(RecreateStep::StopOld);
  const RecreateStep step = undo_step(now, back_.start_old && back_.not_started.empty());
  switch (step) {
    case RecreateStep::Finished:
      return finish(seen_.new_one->facts.id);
    case RecreateStep::Undone:
      if (back_.create_in_doubt && left() > 2 * pause_while_in_doubt)
        return pause_.set_after(pause_while_in_doubt, [this] { look(); });
      return undone();
    case RecreateStep::Lost:
      back_.cause.message += back_.cause.message.empty() ? "" : "; ";
      back_.cause.message += "the old container was removed by another party";
      return finish(failure(ErrorCode::NotFound,
                            fmt::format("{}: {}: {}", prefix(), back_.failed_at, back_.cause.message)));
    default:
      if (++back_.steps[step] <= 2 * tries) return carry_out(step);
      back_.left_behind = fmt::format("{}: the engine agreed, but nothing changed", to_string(step));
      return undone();
  }
}

void Recreation::undo_step_failed(RecreateStep step, const Error& error) {
  if (left() <= pause_before_retry) return unfinished(to_string(step), error);
  // StartOld is retried almost until the end: its port or address may become free again.
  const bool patient = engine_away(error) || (step == RecreateStep::StartOld && left() > last_tries);
  if (patient) {
    back_.steps.clear();
  } else if (++back_.refusals >= tries) {
    back_.refusals = 0;
    switch (step) {
      case RecreateStep::StartOld:
        back_.not_started = error.message;  // NameOld and RemoveNew are still to be done
        break;
      case RecreateStep::StopOld:
        back_.stop_in_doubt = false;
        break;
      case RecreateStep::RemoveNew:
      case RecreateStep::NameOld:
        back_.left_behind = fmt::format("{}: {}", to_string(step), error.message);
        return undone();
      default:
        return unfinished(to_string(step), error);
    }
  }
  pause_.set_after(pause_before_retry, [this] { look(); });
}

std::string Recreation::how_the_old_one_is() const {
  if (!seen_.old_one) return "the old container is gone";
  std::string how = back_.touched ? "the old container is back" : "the old container was not touched";
  if (seen_.old_one->facts.name != order_.name)
    how = fmt::format("the old container is called \"{}\"", seen_.old_one->facts.name);
  if (seen_.old_one->runs()) return how + " and runs";
  if (!back_.not_started.empty()) return fmt::format("{}, but it does not start: {}", how, back_.not_started);
  return how + (back_.ran ? ", but it does not run" : ", not running, as before");
}

void Recreation::undone() {
  // Other codes, such as Timeout, would mean to the caller that the recreation is still under way.
  const bool keeps = back_.cause.code == ErrorCode::Refused || back_.cause.code == ErrorCode::Conflict ||
                     back_.cause.code == ErrorCode::InvalidInput;
  std::string message = fmt::format("{}: {}", prefix(), back_.failed_at);
  if (!back_.cause.message.empty()) message += ": " + back_.cause.message;
  message += "; " + how_the_old_one_is();
  if (!back_.left_behind.empty()) message += fmt::format(" ({})", back_.left_behind);
  finish(failure(keeps ? back_.cause.code : ErrorCode::PeerFailure, std::move(message)));
}

void Recreation::unfinished(const std::string& what, const Error& error) {
  std::string message = prefix();
  if (back_.begun)
    message += fmt::format(": {}: {}; and on the way back", back_.failed_at, back_.cause.message);
  finish(failure(ErrorCode::ConnectionLost,
                 fmt::format("{}: {}: {}; it is not finished", message, what, error.message)));
}

/// Fails before any change.
void Recreation::refuse(Error error) {
  if (resumed_) {
    if (engine_away(error)) error.code = ErrorCode::ConnectionLost;
  } else if (may_be_done(error)) {
    error.code = ErrorCode::PeerFailure;  // nothing was changed, so nothing is in doubt
  }
  error.message = fmt::format("{}: {}", prefix(), error.message);
  if (!resumed_) error.message += "; the old container was not touched";
  finish(tl::unexpected(std::move(error)));
}

void Recreation::finish(Result<std::string> result) {
  // The callee may destroy the engine, and this object with it.
  const Done done = std::move(done_);
  done(std::move(result));
}

}  // namespace healer::docker
