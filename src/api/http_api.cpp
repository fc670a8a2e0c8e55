#include "api/http_api.hpp"

#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include <boost/json.hpp>

#include "api/status_json.hpp"
#include "base/text.hpp"
#include "base/version.hpp"

namespace healer {
namespace {

namespace json = boost::json;

constexpr const char* index_text =
    "/metrics   Prometheus\n"
    "/healthz   200: the loop turns\n"
    "/readyz    200: the engine answers and the first sync is done\n";
constexpr const char* admin_index_text =
    "/v1/status          GET: everything healer sees, as JSON\n"
    "/v1/reset?name=NAME POST: close a workload's breaker\n";

net::HttpResponse json_answer(int status, json::object body) {
  net::HttpResponse response;
  response.status = status;
  response.content_type = "application/json";
  response.body = json::serialize(body) + "\n";
  return response;
}

net::HttpResponse error_answer(int status, std::string message) {
  return json_answer(status, {{"error", std::move(message)}});
}

net::HttpResponse text_answer(std::string body, const char* content_type) {
  net::HttpResponse response;
  response.body = std::move(body);
  response.content_type = content_type;
  return response;
}

int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// A value of "a=b&c=d", decoded; nothing when it is not there or ill-formed.
std::optional<std::string> query_value(std::string_view query, std::string_view name) {
  for (const std::string& part : split(query, '&')) {
    const std::string_view pair = part;
    const auto equals = pair.find('=');
    if (equals == std::string_view::npos || pair.substr(0, equals) != name) continue;
    const std::string_view raw = pair.substr(equals + 1);
    std::string value;
    for (std::size_t i = 0; i < raw.size(); ++i) {
      if (raw[i] == '%') {
        if (i + 2 >= raw.size()) return std::nullopt;
        const int high = hex(raw[i + 1]);
        const int low = hex(raw[i + 2]);
        if (high < 0 || low < 0) return std::nullopt;
        value += static_cast<char>(high * 16 + low);
        i += 2;
      } else {
        value += raw[i] == '+' ? ' ' : raw[i];
      }
    }
    return value;
  }
  return std::nullopt;
}

// The only method of a path; nothing for a path that is not served.
std::optional<std::string_view> method_of(std::string_view path, bool admin) {
  for (const std::string_view known : {"/", "/metrics", "/healthz", "/readyz"})
    if (path == known) return "GET";
  if (admin && path == "/v1/status") return "GET";
  if (admin && path == "/v1/reset") return "POST";
  return std::nullopt;
}

}  // namespace

HttpApi::HttpApi(const Metrics& metrics, ApiSources sources)
    : metrics_(metrics), sources_(std::move(sources)) {}

net::HttpHandler HttpApi::public_handler() {
  return [this](net::HttpRequest request, net::HttpReply reply) { reply(answer(request, false)); };
}

net::HttpHandler HttpApi::admin_handler() {
  return [this](net::HttpRequest request, net::HttpReply reply) { reply(answer(request, true)); };
}

net::HttpResponse HttpApi::answer(const net::HttpRequest& request, bool admin) const {
  const std::string& path = request.path;
  const auto allowed = method_of(path, admin);
  if (!allowed) {
    std::string message = "nothing is served at " + clip(printable(path), 100);
    if (path.starts_with("/v1/") && !admin) message += "; /v1/ is served on the admin socket only";
    return error_answer(404, message);
  }
  const bool head = request.method == "HEAD" && *allowed == "GET";  // the server leaves the body out
  if (request.method != *allowed && !head) {
    const std::string list = *allowed == "GET" ? "GET, HEAD" : std::string(*allowed);
    auto refused = error_answer(
        405, clip(printable(request.method), 40) + " is not allowed for " + path + "; accepted: " + list);
    refused.headers.emplace_back("Allow", list);
    return refused;
  }
  if (path == "/metrics")
    return text_answer(metrics_.text(sources_.snapshot()), "text/plain; version=0.0.4; charset=utf-8");
  if (path == "/healthz") return json_answer(200, {{"status", "ok"}});
  if (path == "/readyz") {
    const Readiness readiness = sources_.readiness();
    if (readiness.ready) return json_answer(200, {{"status", "ready"}});
    return json_answer(503, {{"status", "not ready"}, {"reason", printable(readiness.reason)}});
  }
  if (path == "/v1/status") return text_answer(status_json(sources_.snapshot()) + "\n", "application/json");
  if (path == "/v1/reset") return reset(request);
  return text_answer(std::string("healer ") + version + "\n\n" + index_text + (admin ? admin_index_text : ""),
                     "text/plain; charset=utf-8");
}

net::HttpResponse HttpApi::reset(const net::HttpRequest& request) const {
  const auto name = query_value(request.query, "name");
  if (!name || name->empty()) return error_answer(400, "which workload? accepted: POST /v1/reset?name=NAME");
  const Snapshot snapshot = sources_.snapshot();
  std::vector<std::string_view> names;
  const WorkloadStatus* found = nullptr;
  for (const WorkloadStatus& each : snapshot.workloads) {
    if (each.name == *name || each.key == *name) {
      found = &each;
      break;
    }
    names.push_back(each.name);
  }
  if (!found) {
    std::string message = "no watched container is named \"" + clip(printable(*name), 100) + "\"";
    if (const auto nearest = nearest_name(*name, names)) message += "; did you mean \"" + *nearest + "\"?";
    return error_answer(404, message);
  }
  const Result<void> done = sources_.reset(found->key);
  if (!done) return error_answer(done.error().code == ErrorCode::NotFound ? 404 : 503, done.error().message);
  return json_answer(200, {{"status", "ok"}, {"name", printable(found->name)}});
}

}  // namespace healer
