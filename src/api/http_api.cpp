#include "api/http_api.hpp"

#include <array>
#include <charconv>
#include <limits>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "api/allowed_host.hpp"
#include "api/answers.hpp"
#include "api/history_json.hpp"
#include "api/status_json.hpp"
#include "base/duration.hpp"
#include "base/text.hpp"
#include "base/version.hpp"

namespace healer {
namespace {

constexpr const char* index_text =
    "/metrics   Prometheus\n"
    "/healthz   200: the loop runs\n"
    "/readyz    200: the engine answers and the first sync is done\n"
    "/api/v1/alertmanager  POST: Alertmanager's webhook, with its token\n";
constexpr const char* admin_index_text =
    "/v1/status          GET: everything healer sees, as JSON\n"
    "/v1/explain         GET ?name=NAME: why healer acts, waits or does nothing for a workload\n"
    "/v1/history         GET [?name=NAME&limit=N&before=ID]: incidents, the newest first\n"
    "/v1/incident        GET ?id=ID: everything stored about one incident\n"
    "/v1/test-notification      POST ?channel=NAME or ?all=1: send a test to a channel\n";

constexpr std::uint64_t most_incidents = 1000;

struct Route {
  std::string_view path;
  std::string_view method;
  bool admin = false;
};

constexpr std::array<Route, 10> routes{{{"/", "GET"},
                                        {"/api/v1/alertmanager", "POST"},
                                        {"/metrics", "GET"},
                                        {"/healthz", "GET"},
                                        {"/readyz", "GET"},
                                        {"/v1/status", "GET", true},
                                        {"/v1/explain", "GET", true},
                                        {"/v1/history", "GET", true},
                                        {"/v1/incident", "GET", true},
                                        {"/v1/test-notification", "POST", true}}};

/// The command whose route is `path`; nullptr: it is no command's.
const CommandInfo* command_at(std::string_view path) {
  constexpr std::string_view folder = "/v1/";
  return path.starts_with(folder) ? find_command(path.substr(folder.size())) : nullptr;
}

std::string command_index() {
  std::string text;
  for (const CommandInfo& each : operator_commands)
    text += fmt::format("/v1/{:<16}POST ?name=NAME{}{}{}: {}\n", each.form.name,
                        each.form.scope == CommandScope::OneOrAll ? " or ?all=1" : "",
                        each.takes_length ? " [&for=30m]" : "", each.takes_operator ? " [&by=WHO]" : "",
                        each.form.help);
  return text;
}

// A path's only method; empty optional for a path that is not served.
std::optional<std::string_view> method_of(std::string_view path, bool admin) {
  if (admin && command_at(path) != nullptr) return "POST";
  for (const Route& route : routes)
    if (route.path == path && (admin || !route.admin)) return route.method;
  return std::nullopt;
}

net::HttpResponse no_such_name(const std::string& name, const Snapshot& snapshot) {
  std::vector<std::string_view> names;
  for (const WorkloadStatus& each : snapshot.workloads) names.push_back(each.name);
  std::string message = "no watched container is named \"" + clip(printable(name), 100) + "\"";
  if (const auto nearest = nearest_name(name, names)) message += "; did you mean \"" + *nearest + "\"?";
  return error_answer(404, message);
}

net::HttpResponse foreign_host(const std::string& host) {
  return error_answer(
      403, "requests to the host \"" + clip(printable(host), 100) +
               "\" are refused; accepted: an address, localhost, a name without a dot, and the names "
               "in allowed_hosts (HEALER_ALLOWED_HOSTS)");
}

const WorkloadStatus* workload_named(const std::string& name, const Snapshot& snapshot) {
  for (const WorkloadStatus& each : snapshot.workloads)
    if (each.name == name || each.key == name) return &each;
  return nullptr;
}

/// A whole number within the bounds; else an empty optional.
std::optional<std::uint64_t> whole_number(const std::string& text, std::uint64_t least, std::uint64_t most) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number < least || number > most)
    return std::nullopt;
  return number;
}

}  // namespace

HttpApi::HttpApi(const Metrics& metrics, ApiSources sources, AlertApi alerts)
    : metrics_(metrics), sources_(std::move(sources)), alerts_(std::move(alerts)) {}

net::HttpHandler HttpApi::public_handler() {
  return [this](net::HttpRequest request, net::HttpReply reply) { answer(request, false, reply); };
}

net::HttpHandler HttpApi::admin_handler() {
  return [this](net::HttpRequest request, net::HttpReply reply) { answer(request, true, reply); };
}

void HttpApi::answer(const net::HttpRequest& request, bool admin, const net::HttpReply& reply) {
  const std::string& path = request.path;
  if (!admin) {
    // Every Host field, should there be several: which of them a browser meant is not known.
    for (const auto& [name, host] : request.headers)
      if (lower(name) == "host" && !is_allowed_host(host, allowed_hosts_)) return reply(foreign_host(host));
  }
  const auto allowed = method_of(path, admin);
  if (!allowed) {
    std::string message = "nothing is served at " + clip(printable(path), 100);
    if (path.starts_with("/v1/") && !admin) message += "; /v1/ is served on the admin socket only";
    return reply(error_answer(404, message));
  }
  const bool head = request.method == "HEAD" && *allowed == "GET";  // the server leaves the body out
  if (request.method != *allowed && !head) {
    const std::string list = *allowed == "GET" ? "GET, HEAD" : std::string(*allowed);
    auto refused = error_answer(
        405, clip(printable(request.method), 40) + " is not allowed for " + path + "; accepted: " + list);
    refused.headers.emplace_back("Allow", list);
    return reply(std::move(refused));
  }
  if (path == "/v1/history") return history(request, reply);
  if (path == "/v1/incident") return incident(request, reply);
  if (path == "/v1/test-notification") return test_notification(request, reply);
  reply(answer_now(request, admin));
}

net::HttpResponse HttpApi::answer_now(const net::HttpRequest& request, bool admin) {
  const std::string& path = request.path;
  if (path == "/metrics")
    return text_answer(metrics_.text(sources_.snapshot()), "text/plain; version=0.0.4; charset=utf-8");
  if (path == "/healthz") return json_answer(200, {{"status", "ok"}});
  if (path == "/readyz") {
    const Readiness readiness = sources_.readiness();
    if (readiness.ready) return json_answer(200, {{"status", "ready"}});
    return json_answer(503, {{"status", "not ready"}, {"reason", printable(readiness.reason)}});
  }
  if (path == "/v1/status") return text_answer(status_json(sources_.snapshot()) + "\n", "application/json");
  if (path == "/api/v1/alertmanager") return alerts_.alertmanager(request);
  if (path == "/v1/explain") return explain(request);
  if (const CommandInfo* found = command_at(path)) return command(request, *found);
  return text_answer(std::string("healer ") + version + "\n\n" + index_text +
                         (admin ? admin_index_text + command_index() : std::string()),
                     "text/plain; charset=utf-8");
}

net::HttpResponse HttpApi::command(const net::HttpRequest& request, const CommandInfo& command) const {
  if (!sources_.command) return error_answer(503, "this healer does not do that");
  CommandArguments arguments;
  if (const auto text = query_value(request.query, "for"); command.takes_length && text && !text->empty()) {
    arguments.length = parse_duration(*text);
    if (!arguments.length || *arguments.length <= Duration{0})
      return error_answer(400, "for=" + clip(printable(*text), 40) +
                                   " is no length of time; accepted: such as 30m, 1h30m or 90 (seconds)");
  }
  arguments.by = clip(printable(trim(query_value(request.query, "by").value_or(""))), 100);
  const bool all_allowed = command.form.scope == CommandScope::OneOrAll;
  const auto name = query_value(request.query, "name");
  std::string subject = "all";
  if (!name || name->empty()) {
    if (!all_allowed || query_value(request.query, "all") != "1")
      return error_answer(400, "which workload? accepted: " + request.method + " " + request.path +
                                   "?name=NAME" + (all_allowed ? " or ?all=1" : ""));
  } else {
    const Snapshot snapshot = sources_.snapshot();
    const WorkloadStatus* found = workload_named(*name, snapshot);
    if (!found) return no_such_name(*name, snapshot);
    arguments.workload = found->key;
    subject = printable(found->name);
  }
  if (const Result<void> done = sources_.command(command.make(std::move(arguments))); !done)
    return error_answer(done.error());
  return json_answer(200, {{"status", "ok"}, {"name", subject}});
}

net::HttpResponse HttpApi::explain(const net::HttpRequest& request) const {
  const auto name = query_value(request.query, "name");
  if (!name || name->empty()) return error_answer(400, "which workload? accepted: GET /v1/explain?name=NAME");
  const Snapshot snapshot = sources_.snapshot();
  const WorkloadStatus* found = workload_named(*name, snapshot);
  const auto explanation = found && sources_.explain ? sources_.explain(found->key) : std::nullopt;
  if (!explanation) return no_such_name(*name, snapshot);
  return text_answer(explanation_json(*explanation, snapshot) + "\n", "application/json");
}

void HttpApi::history(const net::HttpRequest& request, const net::HttpReply& reply) const {
  if (!sources_.history) return reply(error_answer(503, "this healer keeps no history"));
  HistoryQuery query;
  const std::string name = query_value(request.query, "name").value_or("");
  const Snapshot snapshot = sources_.snapshot();
  const WorkloadStatus* found = workload_named(name, snapshot);
  query.workload = found ? found->key : name;  // a removed workload still has a history
  const auto number = [&](const char* what, std::uint64_t most, auto& into) {
    const auto text = query_value(request.query, what);
    if (!text || text->empty()) return true;
    const auto value = whole_number(*text, 1, most);
    if (value) into = static_cast<std::decay_t<decltype(into)>>(*value);
    if (!value)
      reply(error_answer(400, std::string(what) + "=" + clip(printable(*text), 40) +
                                  " is not accepted; accepted: a whole number from 1 to " +
                                  std::to_string(most)));
    return value.has_value();
  };
  std::uint64_t before = 0;
  if (!number("limit", most_incidents, query.limit)) return;
  if (!number("before", std::numeric_limits<std::int64_t>::max(), before)) return;
  query.before = IncidentId{before};
  const bool known = found != nullptr || name.empty();
  sources_.history(std::move(query), [reply, now = snapshot.now, known,
                                      unknown = known ? net::HttpResponse() : no_such_name(name, snapshot)](
                                         Result<std::vector<PastIncident>> past) {
    if (!past) return reply(error_answer(past.error()));
    if (past->empty() && !known) return reply(unknown);
    reply(text_answer(history_json(*past, now) + "\n", "application/json"));
  });
}

void HttpApi::incident(const net::HttpRequest& request, const net::HttpReply& reply) const {
  if (!sources_.incident) return reply(error_answer(503, "this healer keeps no history"));
  const auto text = query_value(request.query, "id");
  const auto id = whole_number(text.value_or(""), 1, std::numeric_limits<std::int64_t>::max());
  if (!id) return reply(error_answer(400, "which incident? accepted: GET /v1/incident?id=NUMBER"));
  sources_.incident(IncidentId{*id}, [reply, now = sources_.snapshot().now](Result<IncidentFile> file) {
    if (!file) return reply(error_answer(file.error()));
    reply(text_answer(incident_json(*file, now) + "\n", "application/json"));
  });
}

void HttpApi::test_notification(const net::HttpRequest& request, const net::HttpReply& reply) const {
  if (!sources_.test_notification) return reply(error_answer(503, "this healer does not do that"));
  const std::string name = query_value(request.query, "channel").value_or("");
  if (name.empty() && query_value(request.query, "all") != "1")
    return reply(
        error_answer(400, "which channel? accepted: POST /v1/test-notification?channel=NAME or ?all=1"));
  const Result<void> begun =
      sources_.test_notification(name, [reply](const std::vector<ChannelAnswer>& answers) {
        boost::json::array channels;
        for (const ChannelAnswer& each : answers)
          channels.push_back({{"name", printable(each.channel)},
                              {"result", to_string(each.result)},
                              {"error", printable(clip(each.error, 500))}});
        reply(json_answer(200, {{"channels", std::move(channels)}}));
      });
  if (!begun) reply(error_answer(begun.error()));
}

}  // namespace healer
