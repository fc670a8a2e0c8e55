#include "guard/plugin.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "base/overloaded.hpp"
#include "base/text.hpp"
#include "engine/docker/exec_body.hpp"

namespace healer::guard {
namespace {

namespace json = boost::json;
using Method = Request::Method;

/// RFC 4648, 4, as Go writes it. Empty: it is not base64.
std::string decoded(std::string_view text) {
  static constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  std::uint32_t held = 0;
  int bits = 0;
  for (const char c : text.substr(0, text.find_last_not_of('=') + 1)) {
    const auto digit = digits.find(c);
    if (digit == std::string_view::npos) return {};
    held = held << 6U | static_cast<std::uint32_t>(digit);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes += static_cast<char>(held >> static_cast<unsigned>(bits) & 0xffU);
  }
  return bytes;
}

/// The client's request as the engine shows it, put through the guard's parser.
Ruled<Request> request_of(const json::object& message) {
  const std::string body = decoded(text_at(message, "RequestBody"));
  std::string bytes =
      fmt::format("{} {} HTTP/1.1\r\nHost: docker\r\nContent-Length: {}\r\n",
                  text_at(message, "RequestMethod"), text_at(message, "RequestUri"), body.size());
  bool typed = false;
  bool fit_length = true;
  for (const auto& header : object_at(message, "RequestHeaders")) {
    const std::string name = lower(header.key());
    const std::string value = header.value().is_string() ? std::string(header.value().get_string()) : "";
    typed = typed || name == "content-type";
    if (name == "content-length") fit_length = value == fmt::format("{}", body.size());
    if (name != "host" && name != "content-length")
      bytes += fmt::format("{}: {}\r\n", std::string(header.key()), value);
  }
  // The engine also takes a query from a body that is a form, and shows the last of two types but reads the
  // first.
  if (breaks(Rule::Body, (typed && body.empty()) || !fit_length))
    return refuse(Rule::Body,
                  "the engine shows no body, or not all of it; a body is application/json, not chunked, and "
                  "without a body there is no Content-Type");
  return parse_request(bytes + "\r\n" + body);
}

/// "containers", ID, "restart" of the path.
std::vector<std::string> parts_of(const Request& request) {
  return split(std::string_view(request.path).substr(1), '/');
}

/// The container that a call is about, by its full id; else empty.
std::string container_of(const Request& request) {
  const auto parts = parts_of(request);
  std::string id;
  if (parts.size() >= 2 && parts[0] == "containers") id = parts[1];
  if (parts.size() == 3 && parts[0] == "networks")
    if (const auto body = object_of(request.body)) id = text_at(*body, "Container");
  return is_full_id(id) ? id : std::string();
}

std::string value_of(const Request& request, std::string_view key) {
  for (const auto& [name, value] : request.query)
    if (name == key) return value;
  return {};
}

EngineCall call_of(const Request& request) {
  return {.method = to_string(request.method), .path = request.target, .body = request.body};
}

/// A name can come to mean another container between the decision and the call.
Ruled<void> full(const std::string& target) {
  if (breaks(Rule::FullId, !is_full_id(target)))
    return refuse(Rule::FullId, "container \"" + clip(printable(target), 60) + "\"; the full id is accepted");
  return {};
}

Ruled<void> same_body(const std::string& body, std::string_view derived) {
  if (!breaks(Rule::Body, body != derived)) return {};
  const auto [at, end] = std::mismatch(body.begin(), body.end(), derived.begin(), derived.end());
  return refuse(Rule::Body, fmt::format("{} bytes, other than the {} that the guard derives from byte {} on",
                                        body.size(), derived.size(), at - body.begin()));
}

template <class T>
Ruled<void> only_fault(const Ruled<T>& judged) {
  return judged ? Ruled<void>() : tl::unexpected(judged.error());
}

Reply verdict(const Ruled<void>& judged) {
  json::object answer{{"Allow", judged.has_value()}, {"Msg", ""}};
  if (!judged)
    answer["Msg"] =
        fmt::format("healer-guard: {}: {}", to_string(judged.error().rule), judged.error().reason);
  return {200, "application/json", json::serialize(answer), {}};
}

}  // namespace

Reply Plugin::answer(const Request& from_engine) {
  if (from_engine.path == "/Plugin.Activate")
    return {200, "application/json", R"({"Implements":["authz"]})", {}};
  const bool before = from_engine.path == "/AuthZPlugin.AuthZReq";
  if (!before && from_engine.path != "/AuthZPlugin.AuthZRes")
    return with_message(404, "no such call of a plugin");
  const std::string& judged_user = gate_.settings().authz_user;
  // Answers to other users can be large, and nothing in them is of use.
  if (!before && from_engine.body.find('"' + judged_user + '"') == std::string::npos) return verdict({});
  const auto message = object_of(from_engine.body);
  if (!message)
    return verdict(before ? refuse(Rule::Json, "the engine's request is no JSON object, or larger than 8 MiB")
                          : Ruled<void>());
  if (text_at(*message, "User") != judged_user) return verdict({});
  const auto request = request_of(*message);
  if (!before) {
    if (request) answered(*request, *message);
    return verdict({});
  }
  const Ruled<void> judged = request ? judge(*request) : tl::unexpected(request.error());
  if (!judged)
    (void)gate_.refused("authz", clip(printable(text_at(*message, "RequestUri")), 200), judged.error());
  return verdict(judged);
}

Ruled<void> Plugin::judge(const Request& request) {
  adopt_unfinished();
  if (request.method == Method::Post && request.path == "/containers/create") return judge_creation(request);
  if (const auto step = judge_step(request); !step || *step) return only_fault(step);
  const auto verb = verb_of(request);
  if (!verb) return tl::unexpected(verb.error());
  return judge_verb(request, *verb);
}

Ruled<void> Plugin::judge_verb(const Request& request, const Verb& verb) {
  const auto read = [&](const std::string& target) {
    const auto fit = full(target);
    return fit ? only_fault(gate_.watched(target)) : fit;
  };
  const auto no_call = [] { return refuse(Rule::Verb, "the engine has no such call"); };
  return std::visit(
      Overloaded{
          [&](const ImageVerb& one) { return gate_.image_allowed(one); },
          [&](const LogsVerb& one) { return read(one.target); },
          [&](const TopVerb& one) { return read(one.target); },
          [&](const StatsVerb& one) { return read(one.target); },
          [&](const StartVerb& one) { return judge_order(request, OrderKind::Start, one.target, {}); },
          [&](const StopVerb& one) { return judge_order(request, OrderKind::Stop, one.target, {}); },
          [&](const RestartVerb& one) { return judge_order(request, OrderKind::Restart, one.target, {}); },
          [&](const KillVerb& one) { return judge_order(request, OrderKind::Kill, one.target, one.signal); },
          [&](const ExecCreateVerb& one) -> Ruled<void> {
            if (auto fit = full(one.target); !fit) return fit;
            if (auto fit = same_body(request.body, docker::exec_create_body(one.command)); !fit) return fit;
            return only_fault(gate_.exec_allowed(one));
          },
          [&](const ExecStartVerb& one) -> Ruled<void> {
            if (auto fit = same_body(request.body, docker::exec_start_body); !fit) return fit;
            return only_fault(gate_.take_exec(one.exec_id));
          },
          [&](const ExecInspectVerb& one) { return only_fault(gate_.exec_state(one.exec_id)); },
          [&](const RecreateVerb&) -> Ruled<void> { return no_call(); },
          [&](const MetricsVerb&) -> Ruled<void> { return no_call(); },
          // What healer may see of every container; here the engine answers, unredacted.
          [&](const auto&) { return Ruled<void>(); }},
      verb);
}

Ruled<void> Plugin::judge_order(const Request& request, OrderKind kind, const std::string& target,
                                const std::string& signal) {
  if (auto fit = full(target); !fit) return fit;
  auto order = gate_.ordered(kind, target, signal);
  if (!order) return tl::unexpected(order.error());
  const std::lock_guard lock(mutex_);
  open_[request.target] = std::move(*order);
  return {};
}

Ruled<void> Plugin::judge_creation(const Request& request) {
  // NAME-MARK-new
  const std::string name = value_of(request, "name");
  const std::string_view aside =
      std::string_view(name).substr(0, name.ends_with("-new") ? name.size() - 4 : 0);
  const auto dash = aside.rfind('-');
  if (dash == std::string_view::npos || dash == 0)
    return refuse(Rule::Verb, "a container is created only in place of another, as NAME-MARK-new");
  const std::string old_name(aside.substr(0, dash));
  const auto known = gate_.watched(old_name);
  if (!known) return tl::unexpected(known.error());
  if (breaks(Rule::Ambiguous, known->facts.name != old_name))
    return refuse(Rule::Ambiguous, "no container is called " + clip(printable(old_name), 80));
  RecreateVerb verb{known->facts.id, {}, {}, std::string(aside.substr(dash + 1)), {}};
  const auto body = object_of(request.body);
  if (!body) return refuse(Rule::Body, "the creation shows no body that is a JSON object");
  verb.image = text_at(*body, "Image");
  if (!is_image_id(verb.image)) return refuse(Rule::Body, "Image is no full id, sha256: and 64 digits");
  const std::string mode = text_at(object_at(*body, "HostConfig"), "NetworkMode");
  if (mode.starts_with("container:") && mode.substr(10) != known->facts.network_parent)
    verb.network_parent = mode.substr(10);
  if (const SharedSession former = session_of(verb.id)) settle(former);
  if (breaks(Rule::Busy, session_of(verb.id) != nullptr))
    return refuse(Rule::Busy, "another recreation of " + clip(printable(old_name), 80) + " is under way");
  const auto inspected = gate_.recreation_allowed(verb);
  if (!inspected) return tl::unexpected(inspected.error());
  const RecreationRecord derived{0, verb.id, old_name, name, std::string(aside), verb.image};
  const auto session = std::make_shared<Session>(derived, Recreation(gate_.engine(), derived, {}));
  if (auto prepared = session->recreation.prepare(inspected->text, verb.network_parent); !prepared)
    return refuse(Rule::Body, "no body can be derived: " + inspected->hider->text(prepared.error().message));
  const EngineCall creation = session->recreation.creation();
  if (breaks(Rule::Query, request.target != creation.path))
    return refuse(Rule::Query, "creation with another query than " + clip(printable(creation.path), 200));
  if (auto fit = same_body(request.body, creation.body); !fit) return fit;
  const auto record = gate_.recreation_ordered(verb, inspected->facts);
  if (!record) return tl::unexpected(record.error());
  session->record = *record;
  const std::lock_guard lock(mutex_);
  sessions_[verb.id] = session;
  return {};
}

Ruled<bool> Plugin::judge_step(const Request& request) {
  const SharedSession session = request.method == Method::Post || request.method == Method::Delete
                                    ? session_of(container_of(request))
                                    : nullptr;
  if (!session) return false;
  const std::lock_guard lock(session->mutex);
  if (const auto verb = verb_of(request))
    if (const auto* stop = std::get_if<StopVerb>(&*verb)) session->recreation.stop_within(stop->seconds);
  const auto taken = session->recreation.step_of(call_of(request));
  if (!taken) return refuse(Rule::Engine, taken.error().message);
  if (!*taken) return false;
  if (breaks(Rule::WorkloadBudget, ++session->steps[(*taken)->step] > (*taken)->at_most))
    return refuse(Rule::WorkloadBudget, fmt::format("{}: more than {} times in one recreation",
                                                    to_string((*taken)->step), (*taken)->at_most));
  return true;
}

void Plugin::answered(const Request& request, const json::object& message) {
  const auto response = object_of(decoded(text_at(message, "ResponseBody")));
  const std::string made = response ? text_at(*response, "Id") : std::string();
  const std::string id = container_of(request);
  if (!id.empty() && parts_of(request).back() == "exec" && is_full_id(made)) gate_.exec_made(made, id);
  SharedSession session = session_of(id);
  std::optional<Gate::Ordered> order;
  {
    const std::lock_guard lock(mutex_);
    if (request.path == "/containers/create")
      for (const auto& [old_id, one] : sessions_)
        if (one->record.new_name == value_of(request, "name")) session = one;
    if (auto found = open_.extract(request.target)) order = std::move(found.mapped());
  }
  if (order) gate_.answered(*order, "made by healer");
  if (!session) return;
  if (request.path == "/containers/create" && is_full_id(made)) {
    const std::lock_guard lock(session->mutex);
    session->recreation.created(made);
  }
  settle(session);
}

Plugin::SharedSession Plugin::session_of(const std::string& container_id) {
  if (container_id.empty()) return nullptr;
  const std::lock_guard lock(mutex_);
  for (const auto& [old_id, session] : sessions_)
    if (old_id == container_id || session->recreation.new_id() == container_id) return session;
  return nullptr;
}

void Plugin::settle(const SharedSession& session) {
  const std::lock_guard at_session(session->mutex);
  const auto outcome = session->recreation.outcome();
  if (!outcome) return;
  {
    const std::lock_guard lock(mutex_);
    const auto found = sessions_.find(session->record.id);
    if (found == sessions_.end() || found->second != session) return;
    sessions_.erase(found);
  }
  gate_.end_recreation(session->record, *outcome, "made by healer");
}

void Plugin::adopt_unfinished() {
  for (const RecreationRecord& record : gate_.take_unfinished()) {
    const auto session = std::make_shared<Session>(record, Recreation(gate_.engine(), record, {}));
    {
      const std::lock_guard lock(mutex_);
      sessions_[record.id] = session;
    }
    settle(session);
  }
}

}  // namespace healer::guard
