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

Result<json::value> parsed(std::string_view text) {
  json::error_code fault;
  json::value value = json::parse(text, fault);
  if (fault) return failure(ErrorCode::Protocol, "the engine's answer is no JSON");
  return value;
}

tl::unexpected<Refusal> no_answer(const std::string& path, const std::string& why) {
  return refuse(Rule::Engine, fmt::format("GET {}: {}", clip(path, 100), clip(printable(why), 200)));
}

/// The engine's own refusal, without a text that could hold anything else.
Reply failed(const net::HttpAnswer& answer, const Hider& hider) {
  std::string message = "status " + std::to_string(answer.status);
  if (const auto value = parsed(answer.body); value && value->is_object())
    message = text_at(value->get_object(), "message");
  Reply reply;
  reply.status = answer.status;
  reply.body = json::serialize(json::object{{"message", clip(hider.text(printable(message)), 2048)}});
  return reply;
}

}  // namespace

Ruled<Reply> Gate::read(const std::string& path, std::function<json::value(const json::value&)> shown) {
  const auto answer = engine_.call({.path = path});
  if (!answer) return no_answer(path, answer.error().message);
  if (answer->status != 200) return failed(*answer, Hider({}));
  const auto value = parsed(answer->body);
  const bool fit = value && (value->is_object() || (path == "/networks" && value->is_array()));
  if (!fit) return no_answer(path, "the answer is no JSON of the expected form");
  Reply reply;
  reply.body = json::serialize(shown(*value));
  return reply;
}

/// A list of any length is read one entry at a time.
Ruled<Reply> Gate::list() {
  Reply reply;
  reply.body = "[";
  const auto take = [&](std::string_view text) -> Result<void> {
    const auto entry = parsed(text);
    if (!entry || !entry->is_object()) return {};
    const auto profile = catalogue_.profile(text_at(entry->get_object(), "Id"));
    if (reply.body.size() > 1) reply.body += ',';
    reply.body += json::serialize(shown_list_entry(entry->get_object(), profile->view, *profile->hider));
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

Ruled<Reply> Gate::image(const ImageVerb& verb) {
  if (breaks(Rule::OptIn, !catalogue_.image_is_shown(verb.id)))
    return refuse(Rule::OptIn, "no container that opted in uses image " + verb.id.substr(0, 19));
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
  const std::string text = target->hider->text(tail.take());
  return Reply{200, raw_stream, text.empty() ? std::string() : output_frame(text), {}};
}

Ruled<Reply> Gate::events(const EventsVerb& verb, const ReplyStream& stream) {
  EngineCall call{.path = "/events?filters=" + percent_encoded(event_filter)};
  if (!verb.since.empty()) call.path += "&since=" + verb.since;
  if (!verb.until.empty()) call.path += "&until=" + verb.until;
  call.deadline = Duration{0};
  call.watched = stream.client;
  const auto take = [&](std::string_view text) -> Result<void> {
    const auto event = parsed(text);
    if (!event || !event->is_object()) return {};
    const json::object& object = event->get_object();
    const bool of_container = text_at(object, "Type") == "container";
    const auto profile =
        catalogue_.profile(of_container ? text_at(object_at(object, "Actor"), "ID") : std::string());
    return stream.send(json::serialize(shown_event(object, profile->view, *profile->hider)) + "\n");
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

Ruled<Reply> Gate::exec_create(const ExecCreateVerb& verb) {
  const auto target = watched(verb.target);
  if (!target) return tl::unexpected(target.error());
  if (auto fit = judge_command(verb.command, target->facts, settings_); !fit)
    return tl::unexpected(fit.error());
  if (auto fit = judge_hazards(target->facts, settings_); !fit) return tl::unexpected(fit.error());
  if (breaks(Rule::Paused, target->facts.status == "paused"))
    return refuse(Rule::Paused, clip(printable(target->facts.name), 80) + " is paused in the engine");
  if (auto fit = take_exec_place(); !fit) return tl::unexpected(fit.error());
  json::array words;
  for (const std::string& word : verb.command) words.emplace_back(word);
  EngineCall call{.method = "POST", .path = "/containers/" + target->facts.id + "/exec"};
  call.body = json::serialize(json::object{{"AttachStdin", false},
                                           {"AttachStdout", true},
                                           {"AttachStderr", true},
                                           {"Tty", false},
                                           {"Cmd", std::move(words)}});
  const auto answer = engine_.call(call);
  if (!answer) return no_answer(call.path, answer.error().message);
  if (answer->status != 201) return failed(*answer, *target->hider);
  const auto value = parsed(answer->body);
  const std::string id = value && value->is_object() ? text_at(value->get_object(), "Id") : std::string();
  if (!is_full_id(id)) return no_answer(call.path, "the answer has no id of an exec");
  const std::lock_guard lock(mutex_);
  handles_[id] = {target->facts.id, Handle::Use::Created};
  handles_by_age_.push_back(id);
  while (handles_by_age_.size() > most_handles) {
    handles_.erase(handles_by_age_.front());
    handles_by_age_.pop_front();
  }
  return Reply{201, "application/json", json::serialize(json::object{{"Id", id}}), {}};
}

Ruled<Reply> Gate::exec_start(const ExecStartVerb& verb, int client) {
  std::string container_id;
  {
    const std::lock_guard lock(mutex_);
    const auto handle = handles_.find(verb.exec_id);
    const bool known = handle != handles_.end() && handle->second.use == Handle::Use::Created;
    if (breaks(Rule::ExecHandle, !known))
      return refuse(Rule::ExecHandle, "the guard did not create this exec, or it was started before");
    if (handle != handles_.end()) {
      handle->second.use = Handle::Use::Started;
      container_id = handle->second.container_id;
    }
  }
  const auto profile = catalogue_.profile(container_id);
  docker::Tail tail(most_output);
  docker::OutputStream output(docker::OutputStream::Framing::Framed,
                              [&](std::string_view bytes) { tail.append(bytes); });
  EngineCall call{.method = "POST", .path = "/exec/" + verb.exec_id + "/start"};
  call.body = R"({"Detach":false,"Tty":false})";
  call.deadline = longest_exec;
  call.watched = client;
  const auto answer =
      engine_.stream(call, nullptr, [&](std::string_view bytes) { return output.feed(bytes); });
  if (!answer) return no_answer(call.path, answer.error().message);
  if (answer->status != 200) return failed(*answer, *profile->hider);
  const std::string text = profile->hider->text(tail.take());
  return Reply{200, raw_stream, text.empty() ? std::string() : output_frame(text), {}};
}

/// Also of commands that operators run in a container that opted in: healer waits for them.
Ruled<Reply> Gate::exec_inspect(const ExecInspectVerb& verb) {
  const std::string path = "/exec/" + verb.exec_id + "/json";
  const auto answer = engine_.call({.path = path});
  if (!answer) return no_answer(path, answer.error().message);
  if (answer->status != 200) return failed(*answer, Hider({}));
  const auto value = parsed(answer->body);
  if (!value || !value->is_object()) return no_answer(path, "the answer is no JSON object");
  const auto profile = catalogue_.profile(text_at(value->get_object(), "ContainerID"));
  if (breaks(Rule::ExecHandle, profile->view != View::Whole))
    return refuse(Rule::ExecHandle, "the exec is not of a container that opted in");
  Reply reply;
  reply.body = json::serialize(shown_exec(value->get_object(), *profile->hider));
  return reply;
}

}  // namespace healer::guard
