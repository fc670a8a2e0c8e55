// The verbs that only read, and commands inside a container.
#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "base/encode.hpp"
#include "base/text.hpp"
#include "engine/docker/exec_body.hpp"
#include "engine/docker/json_splitter.hpp"
#include "engine/docker/output_stream.hpp"
#include "guard/answers.hpp"
#include "guard/gate.hpp"
#include "guard/watcher.hpp"

namespace healer::guard {
namespace {

namespace json = boost::json;

constexpr std::size_t largest_entry = 256 * 1024;
constexpr std::size_t most_output = 256 * 1024;
constexpr std::size_t most_handles = 1024;
constexpr std::size_t execs_in_a_second = 50;
constexpr Duration longest_exec{3'600'000};
constexpr const char* raw_stream = "application/vnd.docker.raw-stream";

tl::unexpected<Refusal> no_answer(const std::string& path, const std::string& why) {
  return refuse(Rule::Engine, fmt::format("GET {}: {}", clip(path, 100), clip(printable(why), 200)));
}

/// The engine's own refusal, without a text that could hold anything else.
Reply failed(const net::HttpAnswer& answer, const Hider& hider) {
  const auto object = object_of(answer.body);
  const std::string message =
      object ? text_at(*object, "message") : "status " + std::to_string(answer.status);
  return with_message(answer.status, clip(hider.text(printable(message)), 2048));
}

/// The text of a command or of logs, as the engine would send it.
Reply output_of(const std::string& text) {
  return Reply{200, raw_stream, text.empty() ? std::string() : output_frame(text), {}};
}

}  // namespace

Ruled<Reply> Gate::read(const std::string& path, std::function<json::value(const json::value&)> shown) {
  const auto answer = engine_.call({.path = path});
  if (!answer) return no_answer(path, answer.error().message);
  if (answer->status != 200) return failed(*answer, Hider({}));
  json::error_code fault;
  const json::value value = json::parse(answer->body, fault);
  const bool fit = !fault && (path == "/networks" ? value.is_array() : value.is_object());
  if (!fit) return no_answer(path, "the answer is no JSON of the expected form");
  Reply reply;
  reply.body = json::serialize(shown(value));
  return reply;
}

/// A list of any length is read one entry at a time.
Ruled<Reply> Gate::list() {
  Reply reply;
  reply.body = "[";
  const auto take = [&](std::string_view text) -> Result<void> {
    const auto entry = object_of(text);
    if (!entry) return {};
    const auto profile = catalogue_.profile(text_at(*entry, "Id"));
    if (reply.body.size() > 1) reply.body += ',';
    reply.body += json::serialize(shown_list_entry(*entry, profile->view, *profile->hider));
    return {};
  };
  docker::JsonSplitter splitter(docker::JsonSplitter::Shape::Array, largest_entry, take, take);
  const std::string path = "/containers/json?all=1";
  const auto answer = engine_.stream({.path = path, .deadline = Duration{60'000}}, nullptr,
                                     [&](std::string_view bytes) { return splitter.feed(bytes); });
  if (!answer) return no_answer(path, answer.error().message);
  if (answer->status != 200) return failed(*answer, Hider({}));
  if (const auto whole = splitter.finish(); !whole) return no_answer(path, whole.error().message);
  reply.body += ']';
  return reply;
}

Ruled<Reply> Gate::inspect(const InspectVerb& verb) {
  const auto inspected = catalogue_.inspect(verb.target);
  if (!inspected) return tl::unexpected(inspected.error());
  Reply reply;
  reply.body = json::serialize(
      shown_inspect(inspected->answer, view_of(inspected->facts, settings_), *inspected->hider));
  return reply;
}

Ruled<void> Gate::image_allowed(const ImageVerb& verb) {
  if (breaks(Rule::OptIn, !catalogue_.image_is_shown(verb.id)))
    return refuse(Rule::OptIn, "no container that opted in uses image " + verb.id.substr(0, 19));
  return {};
}

Ruled<Reply> Gate::image(const ImageVerb& verb) {
  if (auto fit = image_allowed(verb); !fit) return tl::unexpected(fit.error());
  return read("/images/" + verb.id + "/json",
              [](const json::value& value) { return json::value(shown_image(value.as_object())); });
}

Ruled<Reply> Gate::logs(const LogsVerb& verb, int client) {
  const auto target = watched(verb.target);
  if (!target) return tl::unexpected(target.error());
  // Secrets may span the engine's frames, so the text is put together first.
  docker::Tail tail(most_output);
  docker::OutputStream output(verb.timestamps ? docker::OutputStream::Framing::ByFirstByte
                              : flag_at(object_at(target->answer, "Config"), "Tty")
                                  ? docker::OutputStream::Framing::Raw
                                  : docker::OutputStream::Framing::Framed,
                              [&](std::string_view bytes) { tail.append(bytes); });
  EngineCall call{.path = fmt::format("/containers/{}/logs?stdout={}&stderr={}&timestamps={}&tail={}",
                                      target->facts.id, verb.streams & 1U, verb.streams >> 1U,
                                      verb.timestamps ? 1 : 0, verb.lines)};
  call.watched = client;
  const auto answer =
      engine_.stream(call, nullptr, [&](std::string_view bytes) { return output.feed(bytes); });
  if (!answer) return no_answer(call.path, answer.error().message);
  if (answer->status != 200) return failed(*answer, *target->hider);
  return output_of(target->hider->text(tail.take()));
}

Ruled<Reply> Gate::events(const EventsVerb& verb, const ReplyStream& stream) {
  EngineCall call{.path = "/events?filters=" + percent_encoded(event_filter)};
  if (!verb.since.empty()) call.path += "&since=" + verb.since;
  if (!verb.until.empty()) call.path += "&until=" + verb.until;
  call.deadline = Duration{0};
  call.watched = stream.client;
  const auto take = [&](std::string_view text) -> Result<void> {
    const auto event = object_of(text);
    if (!event) return {};
    const bool of_container = text_at(*event, "Type") == "container";
    const auto profile =
        catalogue_.profile(of_container ? text_at(object_at(*event, "Actor"), "ID") : std::string());
    return stream.send(json::serialize(shown_event(*event, profile->view, *profile->hider)) + "\n");
  };
  docker::JsonSplitter splitter(docker::JsonSplitter::Shape::Sequence, largest_entry, take, take);
  Result<void> begun;
  const auto answer = engine_.stream(
      call, [&] { begun = stream.begin(); },
      [&](std::string_view bytes) { return begun ? splitter.feed(bytes) : begun; });
  if (!answer) return no_answer(call.path, answer.error().message);
  if (answer->status != 200) return failed(*answer, Hider({}));
  return Reply{};
}

/// Commands come often, as probes: their number is limited for the host.
Ruled<void> Gate::take_exec_place() {
  const auto now = std::chrono::steady_clock::now();
  const std::lock_guard lock(mutex_);
  while (!execs_.empty() && execs_.front() + 1s <= now) execs_.pop_front();
  if (breaks(Rule::ExecRate, execs_.size() >= execs_in_a_second))
    return refuse(Rule::ExecRate, fmt::format("more than {} commands in a second", execs_in_a_second));
  execs_.push_back(now);
  return {};
}

Ruled<Inspected> Gate::exec_allowed(const ExecCreateVerb& verb) {
  auto target = watched(verb.target);
  if (!target) return target;
  if (auto fit = judge_command(verb.command, target->facts, settings_); !fit)
    return tl::unexpected(fit.error());
  if (auto fit = judge_hazards(target->facts, settings_); !fit) return tl::unexpected(fit.error());
  if (breaks(Rule::Paused, target->facts.status == "paused"))
    return refuse(Rule::Paused, clip(printable(target->facts.name), 80) + " is paused in the engine");
  if (auto fit = take_exec_place(); !fit) return tl::unexpected(fit.error());
  return target;
}

Ruled<Reply> Gate::exec_create(const ExecCreateVerb& verb) {
  const auto target = exec_allowed(verb);
  if (!target) return tl::unexpected(target.error());
  EngineCall call{.method = "POST", .path = "/containers/" + target->facts.id + "/exec"};
  call.body = docker::exec_create_body(verb.command);
  const auto answer = engine_.call(call);
  if (!answer) return no_answer(call.path, answer.error().message);
  if (answer->status != 201) return failed(*answer, *target->hider);
  const auto made = object_of(answer->body);
  const std::string id = made ? text_at(*made, "Id") : std::string();
  if (!is_full_id(id)) return no_answer(call.path, "the answer has no id of an exec");
  exec_made(id, target->facts.id);
  return Reply{201, "application/json", json::serialize(json::object{{"Id", id}}), {}};
}

void Gate::exec_made(const std::string& exec_id, const std::string& container_id) {
  const std::lock_guard lock(mutex_);
  handles_[exec_id] = {container_id, Handle::Use::Created};
  handles_by_age_.push_back(exec_id);
  while (handles_by_age_.size() > most_handles) {
    handles_.erase(handles_by_age_.front());
    handles_by_age_.pop_front();
  }
}

Ruled<std::string> Gate::take_exec(const std::string& exec_id) {
  const std::lock_guard lock(mutex_);
  const auto handle = handles_.find(exec_id);
  const bool known = handle != handles_.end() && handle->second.use == Handle::Use::Created;
  if (breaks(Rule::ExecHandle, !known))
    return refuse(Rule::ExecHandle, "the guard did not create this exec, or it was started before");
  if (handle == handles_.end()) return std::string();
  handle->second.use = Handle::Use::Started;
  return handle->second.container_id;
}

Ruled<Reply> Gate::exec_start(const ExecStartVerb& verb, int client) {
  const auto container_id = take_exec(verb.exec_id);
  if (!container_id) return tl::unexpected(container_id.error());
  const auto profile = catalogue_.profile(*container_id);
  docker::Tail tail(most_output);
  docker::OutputStream output(docker::OutputStream::Framing::Framed,
                              [&](std::string_view bytes) { tail.append(bytes); });
  EngineCall call{.method = "POST", .path = "/exec/" + verb.exec_id + "/start"};
  call.body = docker::exec_start_body;
  call.deadline = longest_exec;
  call.watched = client;
  const auto answer =
      engine_.stream(call, nullptr, [&](std::string_view bytes) { return output.feed(bytes); });
  if (!answer) return no_answer(call.path, answer.error().message);
  if (answer->status != 200) return failed(*answer, *profile->hider);
  return output_of(profile->hider->text(tail.take()));
}

/// Also of commands that operators run in a container that opted in: healer waits for them.
Ruled<json::object> Gate::exec_state(const std::string& exec_id) {
  const std::string path = "/exec/" + exec_id + "/json";
  const auto answer = engine_.call({.path = path});
  if (!answer) return no_answer(path, answer.error().message);
  if (answer->status == 404) return refuse(Rule::NotFound, "No such exec instance: " + exec_id);
  auto state =
      answer->status == 200
          ? object_of(answer->body)
          : Result<json::object>(failure(ErrorCode::Protocol, fmt::format("status {}", answer->status)));
  if (!state) return no_answer(path, state.error().message);
  const bool whole = catalogue_.profile(text_at(*state, "ContainerID"))->view == View::Whole;
  if (breaks(Rule::ExecHandle, !whole))
    return refuse(Rule::ExecHandle, "the exec is not of a container that opted in");
  return std::move(*state);
}

Ruled<Reply> Gate::exec_inspect(const ExecInspectVerb& verb) {
  const auto state = exec_state(verb.exec_id);
  if (!state) return tl::unexpected(state.error());
  const auto profile = catalogue_.profile(text_at(*state, "ContainerID"));
  return Reply{200, "application/json", json::serialize(shown_exec(*state, *profile->hider)), {}};
}

}  // namespace healer::guard
