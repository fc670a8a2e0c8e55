#include "guard/recreation.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "base/encode.hpp"
#include "base/text.hpp"
#include "guard/facts.hpp"
#include "guard/verb.hpp"

namespace healer::guard {
namespace {

namespace json = boost::json;
using docker::RecreateStep;

constexpr Duration call_limit{60'000};
constexpr Duration default_stop{300'000};
constexpr Duration pause_before_retry{250};
constexpr int most_steps = 64;
constexpr int most_repeats = 3;

bool engine_away(const Error& error) {
  return error.code == ErrorCode::Unreachable || error.code == ErrorCode::Timeout ||
         error.code == ErrorCode::ConnectionLost;
}

std::string message_of(const net::HttpAnswer& answer) {
  const auto object = object_of(answer.body);
  const std::string text = object ? text_at(*object, "message") : std::string();
  return fmt::format("status {}{}{}", answer.status, text.empty() ? "" : ": ", clip(printable(text), 400));
}

bool same_call(const EngineCall& one, const EngineCall& other) {
  return !one.path.empty() && one.method == other.method && one.path == other.path && one.body == other.body;
}

}  // namespace

Result<std::optional<Recreation::Found>> Recreation::find(const std::string& target) const {
  const auto answer = engine_.call({.path = "/containers/" + target + "/json"});
  if (!answer) return tl::unexpected(answer.error());
  if (answer->status == 404) return std::optional<Found>();
  if (answer->status != 200) return failure(ErrorCode::PeerFailure, "inspect: " + message_of(*answer));
  const auto object = object_of(answer->body);
  if (!object) return tl::unexpected(object.error());
  Found found;
  found.id = text_at(*object, "Id");
  found.name = text_at(*object, "Name");
  if (found.name.starts_with('/')) found.name.erase(0, 1);
  // The engine also accepts the beginning of an id in place of a name.
  if (found.id != target && found.name != target) return std::optional<Found>();
  found.image_id = text_at(*object, "Image");
  const std::string status = text_at(object_at(*object, "State"), "Status");
  found.running = status == "running";
  found.instances = found.running || status == "restarting" || status == "paused";
  for (const auto& network : object_at(object_at(*object, "NetworkSettings"), "Networks"))
    if (network.value().is_object()) {
      const json::object& endpoint = network.value().get_object();
      const std::string id = text_at(endpoint, "NetworkID");
      found.networks.push_back(id.empty() ? std::string(network.key()) : id);
    }
  return std::optional<Found>(std::move(found));
}

Result<docker::Sight> Recreation::look() {
  auto old = find(record_.id);
  if (!old) return tl::unexpected(old.error());
  auto fresh = find(record_.new_name);
  if (!fresh) return tl::unexpected(fresh.error());
  old_ = std::move(*old);
  std::optional<Found> named;
  if (!old_ || old_->name != record_.name) {
    auto found = find(record_.name);
    if (!found) return tl::unexpected(found.error());
    named = std::move(*found);
    if (named && named->id == record_.id) named.reset();
  }
  const std::string known = new_ ? new_->id : created_;
  const bool same_image = named && (record_.image.empty() ? !old_ || named->image_id == old_->image_id
                                                          : named->image_id == record_.image);
  docker::Sight sight;
  new_ = std::move(*fresh);
  // Another party's container under the name of the new one.
  if (new_ && plan_ && new_->id != created_) new_.reset();
  if (!new_ && named && (known.empty() ? !plan_ && same_image : named->id == known)) {
    new_ = std::move(named);
    named.reset();
  }
  if (old_) {
    sight.old_place = old_->name == record_.name         ? docker::Place::Named
                      : old_->name == record_.aside_name ? docker::Place::Aside
                                                         : docker::Place::Elsewhere;
    sight.old_instances = old_->instances;
  }
  sight.stranger = named.has_value();
  if (!new_) return sight;
  sight.new_place = new_->name == record_.name ? docker::Place::Named : docker::Place::Aside;
  sight.new_instances = new_->running;
  if (!plan_) return sight;
  const auto joined = [&](const std::string& network) {
    return std::find(new_->networks.begin(), new_->networks.end(), network) != new_->networks.end();
  };
  sight.to_leave = !plan_->leave.empty() && joined(plan_->leave);
  sight.to_join = std::any_of(plan_->connections.begin(), plan_->connections.end(),
                              [&](const auto& connection) { return !joined(connection.network); });
  return sight;
}

Result<void> Recreation::prepare(const std::string& inspect, const std::string& network_parent) {
  auto original = docker::read_original(inspect);
  if (!original) return tl::unexpected(original.error());
  original_ = std::move(*original);
  start_old_ = original_.ran;
  const std::string path = "/images/" + original_.image_id + "/json";
  const auto image = engine_.call({.path = path});
  if (!image) return tl::unexpected(image.error());
  if (image->status != 200)
    return failure(ErrorCode::NotFound,
                   fmt::format("image {}: {}", clip(original_.image_id, 19), message_of(*image)));
  auto plan = docker::plan_recreation(inspect, image->body,
                                      {new_image(), network_parent, docker::NetworkNaming::Ids});
  if (!plan) return tl::unexpected(plan.error());
  plan_ = std::move(*plan);
  for (const std::string& name : {record_.new_name, record_.aside_name}) {
    const auto taken = find(name);
    if (!taken) return tl::unexpected(taken.error());
    if (*taken) return failure(ErrorCode::Conflict, fmt::format("a container \"{}\" exists already", name));
  }
  for (const std::string& owner : plan_->owners) {
    const auto found = find(owner);
    if (!found) return tl::unexpected(found.error());
    if (!*found || !(*found)->instances)
      return failure(
          ErrorCode::Conflict,
          fmt::format("container {} whose namespace it shares is gone or does not run", clip(owner, 12)));
  }
  return {};
}

EngineCall Recreation::call_of(RecreateStep step) const {
  EngineCall call{.method = "POST", .deadline = call_limit};
  const auto renamed = [](const std::string& id, const std::string& name) {
    return fmt::format("/containers/{}/rename?name={}", id, percent_encoded(name));
  };
  const auto removal = [&](const std::string& id, const char* force) {
    call.method = "DELETE";
    call.path = fmt::format("/containers/{}?v=0&force={}", id, force);
  };
  switch (step) {
    case RecreateStep::Create:
      call.path = "/containers/create?name=" + percent_encoded(record_.new_name);
      if (!plan_->platform.empty()) call.path += "&platform=" + percent_encoded(plan_->platform);
      call.body = plan_->body;
      break;
    case RecreateStep::Leave:
      call.path = "/networks/" + percent_encoded(plan_->leave) + "/disconnect";
      call.body = json::serialize(json::object{{"Container", new_->id}, {"Force", true}});
      break;
    case RecreateStep::Connect: {
      const auto next =
          std::find_if(plan_->connections.begin(), plan_->connections.end(), [&](const auto& connection) {
            return std::find(new_->networks.begin(), new_->networks.end(), connection.network) ==
                   new_->networks.end();
          });
      if (next == plan_->connections.end()) break;
      call.path = "/networks/" + percent_encoded(next->network) + "/connect";
      call.body = fmt::format(R"({{"Container":"{}","EndpointConfig":{}}})", new_->id, next->endpoint);
      break;
    }
    case RecreateStep::StartNew:
      call.path = "/containers/" + new_->id + "/start";
      break;
    case RecreateStep::StopOld:
      call.path = "/containers/" + record_.id + "/stop";
      if (stop_seconds_) call.path += fmt::format("?t={}", *stop_seconds_);
      call.deadline = default_stop + call_limit;
      break;
    case RecreateStep::SetOldAside:
      call.path = renamed(record_.id, record_.aside_name);
      break;
    case RecreateStep::NameNew:
      call.path = renamed(new_->id, record_.name);
      break;
    case RecreateStep::RemoveOld:  // without force: a container that runs is not removed
      removal(record_.id, "0");
      break;
    case RecreateStep::RemoveNew:  // its volumes are the old container's
      removal(new_->id, "1");
      break;
    case RecreateStep::StartOld:
      call.path = "/containers/" + record_.id + "/start";
      break;
    case RecreateStep::NameOld:
      call.path = renamed(record_.id, record_.name);
      break;
    case RecreateStep::Finished:
    case RecreateStep::Undone:
    case RecreateStep::Lost:
      break;
  }
  return call;
}

Result<void> Recreation::carry_out(RecreateStep step) {
  const EngineCall call = call_of(step);
  if (call.path.empty()) return {};
  const auto answer = engine_.call(call);
  if (!answer) {
    // The name was free before, so what has it now is what the engine made without an answer.
    if (step == RecreateStep::Create)
      if (const auto found = find(record_.new_name); found && *found && (*found)->image_id == new_image())
        created_ = (*found)->id;
    return tl::unexpected(answer.error());
  }
  const bool was_so = answer->status == 304 || (call.method == "DELETE" && answer->status == 404);
  if (step == RecreateStep::Create && answer->status == 201) {
    const auto object = object_of(answer->body);
    created_ = object ? text_at(*object, "Id") : std::string();
    if (!is_full_id(created_)) return failure(ErrorCode::Protocol, "create: the answer has no id");
  }
  if (was_so || (answer->status >= 200 && answer->status < 300)) return {};
  return failure(answer->status == 409 ? ErrorCode::Conflict : ErrorCode::PeerFailure,
                 fmt::format("{}: {}", to_string(step), message_of(*answer)));
}

Result<std::string> Recreation::run(const std::string& inspect, const std::string& network_parent) {
  if (auto prepared = prepare(inspect, network_parent); !prepared) return tl::unexpected(prepared.error());
  return replace();
}

Result<std::string> Recreation::replace() {
  std::map<RecreateStep, int> repeats;
  for (int count = 0; count < most_steps; ++count) {
    const auto sight = look();
    if (!sight) return undo(sight.error());
    const RecreateStep step = docker::replace_step(*sight, plan_ && plan_->side_by_side);
    if (step == RecreateStep::Finished) return new_->id;
    if (step == RecreateStep::Lost || (step == RecreateStep::Create && !plan_))
      return undo({ErrorCode::Conflict, "another party removed or renamed one of the containers"});
    // A new container that ends at once is no success.
    const int limit = step == RecreateStep::Connect ? static_cast<int>(plan_->connections.size()) : 1;
    const bool again = ++repeats[step] > (step == RecreateStep::RemoveOld ? most_repeats : limit);
    if (again && step == RecreateStep::RemoveOld) return new_->id;
    if (again)
      return undo({ErrorCode::PeerFailure,
                   std::string(to_string(step)) + ": the engine agreed, but nothing changed"});
    const auto done = carry_out(step);
    if (!done && step != RecreateStep::RemoveOld) return undo(done.error());
  }
  return undo({ErrorCode::PeerFailure, "too many steps"});
}

Result<std::string> Recreation::undo(const Error& cause) {
  std::map<RecreateStep, int> repeats;
  for (int count = 0; count < most_steps; ++count) {
    const auto sight = look();
    if (!sight) {
      ended_ = false;
      return failure(ErrorCode::ConnectionLost,
                     fmt::format("recreate {}: {}; and the engine does not answer: {}", record_.name,
                                 cause.message, sight.error().message));
    }
    const RecreateStep step = docker::undo_step(*sight, start_old_);
    if (step == RecreateStep::Finished) return new_->id;
    if (step == RecreateStep::Undone || step == RecreateStep::Lost) break;
    if (++repeats[step] > most_repeats) break;
    const auto done = carry_out(step);
    // One start is enough for an old container that exits at once.
    if (step == RecreateStep::StartOld && done) start_old_ = false;
    if (step == RecreateStep::StartOld && !done && repeats[step] == most_repeats &&
        !engine_away(done.error()))
      start_old_ = false;
    if (!done) std::this_thread::sleep_for(pause_before_retry);
  }
  return failure(cause.code == ErrorCode::Conflict ? cause.code : ErrorCode::PeerFailure,
                 fmt::format("recreate {}: {}; {}", record_.name, cause.message,
                             !old_             ? "the old container is gone"
                             : old_->instances ? "the old container runs"
                                               : "the old container does not run"));
}

Result<std::optional<StepTaken>> Recreation::step_of(const EngineCall& call) {
  const auto sight = look();
  if (!sight) return tl::unexpected(sight.error());
  // Without the plan of a former process, what exists says whether the way leads forward.
  const bool forward = plan_ || docker::resume_by(*sight) == docker::Resumption::Replace;
  const std::array candidates{
      forward ? docker::replace_step(*sight, plan_ && plan_->side_by_side) : RecreateStep::Lost,
      docker::undo_step(*sight, true), docker::undo_step(*sight, false)};
  for (const RecreateStep step : candidates) {
    if (step == RecreateStep::Create || !same_call(call, call_of(step))) continue;
    const std::size_t joined = step == RecreateStep::Connect && plan_ ? plan_->connections.size() : 0;
    return std::optional<StepTaken>({step, most_repeats + joined});
  }
  return std::optional<StepTaken>();
}

std::optional<Result<std::string>> Recreation::outcome() {
  const auto sight = look();
  if (!sight) return {};
  const Result<std::string> none = failure(ErrorCode::PeerFailure, "undone");
  switch (docker::resume_by(*sight)) {
    case docker::Resumption::Finished:
      return new_ ? Result<std::string>(new_->id) : none;
    case docker::Resumption::Replace:
    case docker::Resumption::Undo:
      return {};
    case docker::Resumption::Untouched:
    case docker::Resumption::Taken:
    case docker::Resumption::Nothing:
      break;
  }
  return none;
}

Result<std::string> Recreation::resume() {
  const auto sight = look();
  if (!sight) {
    ended_ = false;
    return tl::unexpected(sight.error());
  }
  const Error cause{ErrorCode::PeerFailure, "the guard ended while it was recreated"};
  switch (docker::resume_by(*sight)) {
    case docker::Resumption::Replace:
      return replace();
    case docker::Resumption::Undo:
      start_old_ = sight->old_place != docker::Place::Elsewhere;
      return undo(cause);
    case docker::Resumption::Finished:
      if (new_) return new_->id;
      break;
    case docker::Resumption::Untouched:
    case docker::Resumption::Taken:
    case docker::Resumption::Nothing:
      break;
  }
  return tl::unexpected(cause);
}

}  // namespace healer::guard
