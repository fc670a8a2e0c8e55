#include "service.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace sample_app {
namespace {

Answer json(unsigned status, std::string body) {
  Answer answer;
  answer.status = status;
  answer.body = std::move(body) + "\n";
  return answer;
}

Answer error(unsigned status, const std::string& what) {
  return json(status, R"({"error":")" + what + R"("})");
}

/// The number of the parameter `name` in a query string; no value when it is missing or outside of the
/// limits.
struct QueryNumber {
  bool present = false;
  std::optional<int> value;
};

QueryNumber query_number(std::string_view query, std::string_view name, int low, int high) {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    if (pair.substr(0, pair.find('=')) != name) continue;
    const std::string_view text =
        pair.size() > name.size() ? pair.substr(name.size() + 1) : std::string_view();
    int value = 0;
    const auto [last, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool good =
        failure == std::errc() && last == text.data() + text.size() && value >= low && value <= high;
    return {true, good ? std::optional(value) : std::nullopt};
  }
  return {};
}

}  // namespace

Service::Service(std::chrono::system_clock::time_point started, bool broken_at_start)
    : started_(started), broken_(broken_at_start ? "broken at start" : "") {}

Answer Service::handle(std::string_view method, std::string_view target,
                       std::chrono::system_clock::time_point now) {
  const std::string_view path = target.substr(0, target.find('?'));
  const std::string_view query =
      path.size() < target.size() ? target.substr(path.size() + 1) : std::string_view();

  const bool reads = path == "/" || path == "/health" || path == "/metrics";
  const bool acts = path == "/break" || path == "/fix" || path == "/hang" || path == "/slow" ||
                    path == "/errors" || path == "/crash" || path == "/close" || path == "/drop";
  Answer answer;
  if (!reads && !acts) {
    answer = error(404,
                   "no such path; there are /, /health, /metrics and POST /break, /fix, /hang, /slow?ms=, "
                   "/errors?percent=, /crash?code=, /close, /drop");
    answer.path_label = "other";
    return answer;
  }

  if (reads && method != "GET" && method != "HEAD") {
    answer = error(405, "this path accepts GET and HEAD");
    answer.allow = "GET, HEAD";
  } else if (acts && method != "POST") {
    answer = error(405, "this path accepts POST");
    answer.allow = "POST";
  } else if (path == "/" && one_of_the_errors()) {
    answer = error(500, "this request fails because of POST /errors");
  } else if (path == "/") {
    const auto up = std::chrono::duration_cast<std::chrono::seconds>(now - started_).count();
    answer = json(200, R"({"service":"sample-app","version":")" SAMPLE_APP_VERSION R"(","uptime_seconds":)" +
                           std::to_string(up) + "}");
  } else if (path == "/health") {
    answer = health();
  } else if (path == "/metrics") {
    const Metrics::Now state{broken_.empty() && !hanging_ && slow_.count() == 0,
                             !broken_.empty(),
                             hanging_,
                             slow_,
                             error_percent_,
                             std::chrono::duration<double>(started_.time_since_epoch()).count()};
    answer.body = metrics_.text(state);
    answer.content_type = "text/plain; version=0.0.4; charset=utf-8";
  } else if (path == "/break") {
    broken_ = "manually broken";
    answer = json(200, R"({"status":"broken"})");
  } else if (path == "/fix") {
    broken_.clear();
    hanging_ = false;
    slow_ = std::chrono::milliseconds(0);
    error_percent_ = 0;
    answer = json(200, R"({"status":"fixed"})");
    answer.then = Answer::Then::WakeHung;
  } else if (path == "/hang") {
    hanging_ = true;
    answer = json(200, R"({"status":"hanging"})");
  } else if (path == "/slow") {
    answer = slow(query);
  } else if (path == "/errors") {
    answer = errors(query);
  } else if (path == "/crash") {
    answer = crash(query);
  } else if (path == "/drop") {
    answer = json(200, R"({"status":"dropping"})");
    answer.then = Answer::Then::DropConnections;
  } else {
    answer = json(200, R"({"status":"closed"})");
    answer.then = Answer::Then::StopListening;
  }
  answer.path_label = path;
  return answer;
}

Answer Service::health() const {
  Answer answer = broken_.empty() ? json(200, R"({"status":"ok"})")
                                  : json(503, R"({"status":"degraded","reason":")" + broken_ + R"("})");
  if (hanging_) {
    answer.when = Answer::When::OnFix;
  } else if (slow_.count() > 0) {
    answer.when = Answer::When::After;
    answer.delay = slow_;
  }
  return answer;
}

Answer Service::slow(std::string_view query) {
  const auto ms = query_number(query, "ms", 0, 600'000);
  if (!ms.value)
    return error(400, "ms must be a number of milliseconds from 0 to 600000, as in /slow?ms=2000");
  slow_ = std::chrono::milliseconds(*ms.value);
  return json(200, R"({"status":"slow","ms":)" + std::to_string(*ms.value) + "}");
}

Answer Service::errors(std::string_view query) {
  const auto percent = query_number(query, "percent", 0, 100);
  if (!percent.value) return error(400, "percent must be a number from 0 to 100, as in /errors?percent=50");
  error_percent_ = static_cast<unsigned>(*percent.value);
  return json(200, R"({"status":"failing","percent":)" + std::to_string(error_percent_) + "}");
}

bool Service::one_of_the_errors() {
  error_debt_ += error_percent_;
  if (error_debt_ < 100) return false;
  error_debt_ -= 100;
  return true;
}

Answer Service::crash(std::string_view query) const {
  const auto code = query_number(query, "code", 0, 255);
  if (code.present && !code.value)
    return error(400, "code must be an exit code from 0 to 255, as in /crash?code=1");
  Answer answer;
  answer.then = Answer::Then::ExitImmediately;
  answer.exit_code = code.value.value_or(1);
  return answer;
}

}  // namespace sample_app
