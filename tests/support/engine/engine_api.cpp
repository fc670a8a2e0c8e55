#include "support/engine/engine_api.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include "support/engine/engine_json.hpp"
#include "support/engine/scripted_engine.hpp"

namespace healer::testing {
namespace json = boost::json;

namespace {

const std::set<std::string> verbs = {"restart", "start",   "stop",   "kill",
                                     "pause",   "unpause", "rename", "update"};

std::string decoded(const std::string& text) {
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '%' && at + 2 < text.size()) {
      plain += static_cast<char>(std::strtol(text.substr(at + 1, 2).c_str(), nullptr, 16));
      at += 2;
    } else {
      plain += text[at] == '+' ? ' ' : text[at];
    }
  }
  return plain;
}

std::vector<std::string> split_at(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::size_t from = 0;
  while (from <= text.size()) {
    const auto to = std::min(text.find(separator, from), text.size());
    if (to > from) parts.push_back(text.substr(from, to - from));
    from = to + 1;
  }
  return parts;
}

EngineCall parse(const SeenRequest& request) {
  EngineCall call;
  call.method = request.method;
  call.body = request.body;
  const auto question = request.target.find('?');
  call.path = request.target.substr(0, question);
  if (call.path.starts_with("/v") && std::isdigit(static_cast<unsigned char>(call.path[2]))) {
    const auto end = call.path.find('/', 1);
    call.version = call.path.substr(2, end - 2);
    call.path.erase(0, end);
  }
  if (question != std::string::npos) {
    for (const std::string& part : split_at(request.target.substr(question + 1), '&')) {
      const auto equals = part.find('=');
      call.query[decoded(part.substr(0, equals))] =
          equals == std::string::npos ? "" : decoded(part.substr(equals + 1));
    }
  }
  return call;
}

std::string query_of(const EngineCall& call, const char* name) {
  const auto found = call.query.find(name);
  return found == call.query.end() ? std::string() : found->second;
}

bool is_set(const std::string& value) {
  return value == "1" || value == "true" || value == "True";
}

json::object body_of(const EngineCall& call) {
  boost::system::error_code broken;
  json::value value = json::parse(call.body, broken);
  return !broken && value.is_object() ? value.as_object() : json::object();
}

std::string text_in(const json::object& object, const char* name) {
  const json::value* value = object.if_contains(name);
  return value && value->is_string() ? std::string(value->as_string()) : std::string();
}

/// A frame of output, as in a stream without a terminal.
std::string frame(std::string_view text) {
  std::string bytes = {1, 0, 0, 0};
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(text.size() >> shift);
  return bytes.append(text);
}

std::int64_t nanoseconds_in(const std::string& since) {
  const auto dot = since.find('.');
  std::string fraction = dot == std::string::npos ? "" : since.substr(dot + 1);
  fraction.resize(9, '0');
  return std::atoll(since.substr(0, dot).c_str()) * 1'000'000'000 + std::atoll(fraction.c_str());
}

bool has_label(const ScriptedContainer& container, const std::string& wanted) {
  const auto equals = wanted.find('=');
  const auto found = container.labels.find(wanted.substr(0, equals));
  return found != container.labels.end() &&
         (equals == std::string::npos || found->second == wanted.substr(equals + 1));
}

/// As moby: the values of one filter are alternatives, except those of `label`.
bool is_listed(const ScriptedContainer& container, const Filters& filters) {
  for (const auto& [name, values] : filters) {
    const auto fits = [&, &name = name](const std::string& value) {
      if (name == "label") return has_label(container, value);
      if (name == "status") return container.state == value;
      if (name == "name") return ("/" + container.name).find(value) != std::string::npos;
      if (name == "id") return container.id.starts_with(value);
      if (name == "health") return (container.health.empty() ? "none" : container.health) == value;
      if (name == "network") return container.networks.contains(value);
      return true;
    };
    const bool all = name == "label";
    if (all ? !std::all_of(values.begin(), values.end(), fits)
            : !std::any_of(values.begin(), values.end(), fits))
      return false;
  }
  return true;
}

/// The order that a call is; empty: it changes no container.
std::string verb_of(const EngineCall& call, const std::vector<std::string>& parts) {
  if (parts.size() == 3 && parts[0] == "networks" && call.method == "POST") return parts[2];
  if (parts.empty() || parts[0] != "containers") return {};
  if (call.method == "DELETE") return "remove";
  if (call.method != "POST" || parts.size() < 2) return {};
  if (parts[1] == "create") return "create";
  return parts.size() == 3 && verbs.contains(parts[2]) ? parts[2] : std::string();
}

}  // namespace

std::string EngineApi::reply(int status, const json::value& body) const {
  return answer(status, json::serialize(body) + "\n", "application/json",
                "Api-Version: " + engine_.api_version + "\r\nOstype: linux\r\n");
}

std::string EngineApi::no_content() const {
  return "HTTP/1.1 204 No Content\r\nApi-Version: " + engine_.api_version + "\r\n\r\n";
}

std::string EngineApi::message(int status, const std::string& text) const {
  return reply(status, json::object{{"message", text}});
}

void EngineApi::serve(Peer& peer) {
  while (const auto request = peer.read_request()) {
    const EngineCall call = parse(*request);
    const std::vector<std::string> parts = split_at(call.path, '/');
    std::optional<std::string> given;
    {
      const ScriptedEngine::Lock lock(engine_.mutex_);
      engine_.calls_.push_back(call);
      if (const std::string verb = verb_of(call, parts); !verb.empty())
        engine_.orders_.push_back({verb, subject_of(call, parts, verb)});
      if (engine_.intercept_) given = engine_.intercept_(call);
    }
    if (given) {
      if (given->empty() || !peer.send(*given)) return;
    } else if (call.path == "/events") {
      return stream_events(peer, call);
    } else if (parts.size() == 3 && parts[0] == "exec" && parts[2] == "start") {
      return run_exec(peer, parts[1], request->head.find("pgrade") != std::string::npos);
    } else {
      const std::string said = answer_to(call);
      if (loses_answer(call) || !peer.send(said)) return;
    }
  }
}

bool EngineApi::loses_answer(const EngineCall& call) {
  const ScriptedEngine::Lock lock(engine_.mutex_);
  return engine_.loses_answer_ && engine_.loses_answer_(call);
}

std::string EngineApi::subject_of(const EngineCall& call, const std::vector<std::string>& parts,
                                  const std::string& verb) {
  if (parts[0] == "networks") return decoded(parts[1]);
  const ScriptedContainer* container = verb == "create" ? nullptr : engine_.find(parts[1]);
  return container ? container->name : query_of(call, "name");
}

void EngineApi::stream_events(Peer& peer, const EngineCall& call) {
  if (!peer.send(chunked_head())) return;
  const std::string since = query_of(call, "since");
  engine_.events_.stream(peer, read_filters(query_of(call, "filters")),
                         since.empty() ? 0 : nanoseconds_in(since), !query_of(call, "until").empty());
}

void EngineApi::run_exec(Peer& peer, const std::string& id, bool upgrade) {
  std::optional<CommandEnd> end;
  {
    const ScriptedEngine::Lock lock(engine_.mutex_);
    const auto found = engine_.execs_.find(id);
    if (found == engine_.execs_.end()) {
      peer.send(message(404, "No such exec instance: " + id));
      return;
    }
    ScriptedExec& exec = found->second;
    exec.running = true;
    engine_.emit(*exec.container, "exec_start: " + exec.command.front(), {{"execID", id}});
    end = exec.container->exec_answer(exec.command);
  }
  const std::string stream = "Content-Type: application/vnd.docker.raw-stream\r\n";
  peer.send(upgrade ? "HTTP/1.1 101 UPGRADED\r\n" + stream + "Connection: Upgrade\r\nUpgrade: tcp\r\n\r\n"
                    : "HTTP/1.1 200 OK\r\n" + stream + "\r\n");
  if (!end) return peer.hang();
  if (!end->output.empty()) peer.send(frame(end->output));
  engine_.exec_end(id, end->code);
}

std::string EngineApi::answer_to(const EngineCall& call) {
  const std::vector<std::string> parts = split_at(call.path, '/');
  const std::string verb = verb_of(call, parts);
  if (verb == "restart") {
    // Not locked meanwhile: a restart takes time.
    ScriptedContainer* container = nullptr;
    {
      const ScriptedEngine::Lock lock(engine_.mutex_);
      container = engine_.find(parts[1]);
    }
    if (!container) return message(404, "No such container: " + parts[1]);
    engine_.restart(*container);
    return no_content();
  }
  const ScriptedEngine::Lock lock(engine_.mutex_);
  if (call.path == "/_ping")
    return answer(200, call.method == "HEAD" ? "" : "OK", "text/plain; charset=utf-8",
                  "Api-Version: " + engine_.api_version + "\r\n");
  if (call.path == "/version")
    return reply(200, version_json(engine_.api_version, engine_.least_api_version));
  if (call.path == "/info") return reply(200, info_json(engine_.present_.size(), engine_.security));
  if (call.path == "/containers/json") return container_list(call);
  if (parts.empty()) return message(404, "page not found");
  if (parts[0] == "networks") return networks(parts, call);
  if (parts[0] == "images" && parts.size() >= 3 && parts.back() == "json")
    return image(decoded(call.path.substr(8, call.path.size() - 8 - 5)));
  if (parts[0] == "exec" && parts.size() == 3) {
    const auto found = engine_.execs_.find(parts[1]);
    if (found == engine_.execs_.end()) return message(404, "No such exec instance: " + parts[1]);
    return reply(200, exec_json(found->second));
  }
  if (parts[0] == "swarm" || parts[0] == "services" || parts[0] == "tasks" || parts[0] == "nodes")
    return message(503, "This node is not a swarm manager.");
  if (parts[0] != "containers" || parts.size() < 2) return message(404, "page not found");
  if (verb == "create") return create(call);
  ScriptedContainer* container = engine_.find(parts[1]);
  if (!container) return message(404, "No such container: " + parts[1]);
  if (!verb.empty()) return order(*container, verb, call);
  return parts.size() == 3 ? container_question(*container, parts[2], call) : message(404, "page not found");
}

std::string EngineApi::container_list(const EngineCall& call) {
  const Filters filters = read_filters(query_of(call, "filters"));
  const bool all = is_set(query_of(call, "all")) || filters.contains("status");
  json::array list;
  for (auto one = engine_.present_.rbegin(); one != engine_.present_.rend(); ++one)
    if ((all || (*one)->running()) && is_listed(**one, filters)) list.push_back(summary_json(**one));
  return reply(200, list);
}

std::string EngineApi::container_question(ScriptedContainer& container, const std::string& what,
                                          const EngineCall& call) {
  if (what == "json") return reply(200, inspect_json(container, engine_.open_execs(container)));
  if (what == "logs") return logs(container, call);
  if (what == "stats") return reply(200, stats_json(container));
  if (what == "wait") return reply(200, json::object{{"StatusCode", container.exit_code}});
  if (what == "top") {
    if (!container.running()) return message(409, "Container " + container.id + " is not running");
    const json::array process{"root", "4242", "4220", "0", "08:00", "?", "00:00:01", container.command[0]};
    return reply(
        200, json::object{{"Titles", json::array{"UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"}},
                          {"Processes", json::array{process}}});
  }
  if (what == "exec" && call.method == "POST") {
    if (container.state != "running") return message(409, "Container " + container.id + " is not running");
    const json::object body = body_of(call);
    std::vector<std::string> command;
    if (const json::value* words = body.if_contains("Cmd"); words && words->is_array())
      for (const json::value& word : words->as_array()) command.emplace_back(word.as_string());
    if (command.empty()) return message(400, "No exec command specified");
    return reply(201, json::object{{"Id", engine_.new_exec(container, command, false).id}});
  }
  return message(404, "page not found");
}

std::string EngineApi::logs(const ScriptedContainer& container, const EngineCall& call) const {
  const std::string tail = query_of(call, "tail");
  const std::string since = query_of(call, "since");
  const bool stamped = is_set(query_of(call, "timestamps"));
  const std::size_t most = tail.empty() || tail == "all" ? container.log.size() : std::stoul(tail);
  const std::size_t first = container.log.size() - std::min(most, container.log.size());
  std::string output;
  for (std::size_t number = first; number < container.log.size(); ++number) {
    const auto& [at, line] = container.log[number];
    if (!since.empty() && at < nanoseconds_in(since)) continue;
    output += frame((stamped ? engine_text(at) + " " : "") + line + "\n");
  }
  return answer(200, output, "application/vnd.docker.raw-stream");
}

std::string EngineApi::order(ScriptedContainer& container, const std::string& verb, const EngineCall& call) {
  if (verb == "start") {
    if (container.running()) return "HTTP/1.1 304 Not Modified\r\n\r\n";
    engine_.start(container);
  } else if (verb == "stop") {
    if (!container.running() && container.state != "restarting") return "HTTP/1.1 304 Not Modified\r\n\r\n";
    engine_.stop(container);
  } else if (verb == "kill") {
    if (!container.running())
      return message(
          409, "Cannot kill container: " + container.id + ": Container " + container.id + " is not running");
    const std::string signal = query_of(call, "signal");
    engine_.kill(container, signal.empty() ? "KILL" : signal);
  } else if (verb == "pause" || verb == "unpause") {
    engine_.pause(container, verb == "pause");
  } else if (verb == "rename") {
    std::string name = query_of(call, "name");
    if (name.starts_with("/")) name.erase(0, 1);
    if (has_name(name)) return name_in_use(name);
    engine_.rename(container, name);
  } else if (verb == "update") {
    return reply(200, json::object{{"Warnings", nullptr}});
  } else if (verb == "remove") {
    if (container.running() && !is_set(query_of(call, "force")))
      return message(409, "You cannot remove a running container " + container.id +
                              ". Stop the container before attempting removal or force remove");
    engine_.destroy(container);
  }
  return no_content();
}

bool EngineApi::has_name(const std::string& name) const {
  const ScriptedContainer* found = engine_.find(name);
  return found && found->name == name;
}

std::string EngineApi::name_in_use(const std::string& name) const {
  return message(409, "Conflict. The container name \"/" + name + "\" is already in use");
}

std::string EngineApi::create(const EngineCall& call) {
  const std::string name = query_of(call, "name");
  if (has_name(name)) return name_in_use(name);
  const json::object body = body_of(call);
  Make make;
  make.state = "created";
  make.image = text_in(body, "Image");
  if (const json::value* labels = body.if_contains("Labels"); labels && labels->is_object())
    for (const auto& [label, value] : labels->as_object())
      make.labels[std::string(label)] = std::string(value.as_string());
  // The rest is that of the container which it replaces.
  const auto like = std::find_if(engine_.present_.begin(), engine_.present_.end(),
                                 [&](const ScriptedContainer* one) { return one->labels == make.labels; });
  const ScriptedContainer* replaced = like == engine_.present_.end() ? nullptr : *like;
  ScriptedContainer& made = engine_.add(name, make);
  if (replaced) {
    const ScriptedContainer& old = *replaced;
    made.image_id = old.image_id;
    made.policy = old.policy;
    made.environment = old.environment;
    made.check = old.check;
    made.ends_at_once = old.ends_at_once;
    made.networks = old.networks;
    made.address = old.address;
    made.ports = old.ports;
    made.exposed = old.exposed;
    made.apps = old.apps;
    made.health_answer = old.health_answer;
    made.on_start = old.on_start;
  }
  // One network at first, as before API 1.44; the client joins the others.
  const json::value* host = body.if_contains("HostConfig");
  const std::string mode = host && host->is_object() ? text_in(host->as_object(), "NetworkMode") : "";
  if (mode.starts_with("container:") || mode == "host" || mode == "none") {
    made.network_mode = mode;
  } else {
    const std::string first = mode.empty() || mode == "default" ? "bridge" : mode;
    const auto known = made.networks.find(first);
    made.networks = {{first, known == made.networks.end() ? made.address : known->second}};
  }
  engine_.create(made);
  return reply(201, json::object{{"Id", made.id}, {"Warnings", json::array()}});
}

std::string EngineApi::networks(const std::vector<std::string>& parts, const EngineCall& call) {
  std::map<std::string, std::vector<const ScriptedContainer*>> known;
  for (const ScriptedContainer* container : engine_.present_)
    for (const auto& entry : container->networks)
      if (container->running()) known[entry.first].push_back(container);
  if (parts.size() == 1) {
    json::array all;
    for (const auto& [name, attached] : known) all.push_back(network_json(name, attached));
    return reply(200, all);
  }
  std::string name = decoded(parts[1]);
  for (const auto& entry : known)
    if (hex_id("network " + entry.first) == name) name = entry.first;
  if (parts.size() == 2) {
    const auto found = known.find(name);
    return found == known.end() ? message(404, "network " + name + " not found")
                                : reply(200, network_json(name, found->second));
  }
  ScriptedContainer* container = engine_.find(text_in(body_of(call), "Container"));
  if (!container) return message(404, "No such container");
  if (parts[2] == "disconnect")
    engine_.leave(*container, name);
  else
    engine_.join(*container, name, container->address);
  return answer(200, "");
}

std::string EngineApi::image(const std::string& reference) {
  for (const ScriptedContainer& one : engine_.all_) {
    if (one.image != reference && one.image_id != reference) continue;
    json::object labels;
    for (const auto& [name, value] : engine_.image_labels[one.image]) labels[name] = value;
    json::object config{{"Cmd", json::array{one.command.front()}}, {"Env", json::array()}};
    config["Labels"] = labels.empty() ? json::value(nullptr) : json::value(labels);
    return reply(200, json::object{{"Id", one.image_id},
                                   {"RepoTags", json::array{one.image}},
                                   {"Config", std::move(config)},
                                   {"Architecture", "amd64"},
                                   {"Os", "linux"}});
  }
  return message(404, "No such image: " + reference);
}

}  // namespace healer::testing
