#include "cli/status_view.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

#include <cmath>
#include <optional>
#include <vector>

#include "base/duration.hpp"
#include "base/text.hpp"
#include "cli/table.hpp"

namespace healer::cli {
namespace {

namespace json = boost::json;

/// One JSON object whose fields may be missing or of any type.
class Fields {
 public:
  explicit Fields(const json::value& value) : object_(value.if_object()) {}

  const json::value* find(std::string_view name) const {
    return object_ ? object_->if_contains(json::string_view(name.data(), name.size())) : nullptr;
  }
  std::string text(std::string_view name) const {
    const json::value* value = find(name);
    if (!value || !value->is_string()) return {};
    return clip(printable(std::string_view(value->get_string().data(), value->get_string().size())), 300);
  }
  std::optional<double> number(std::string_view name) const {
    const json::value* value = find(name);
    if (!value || !value->is_number()) return std::nullopt;
    return value->to_number<double>();
  }
  bool is_true(std::string_view name) const {
    const json::value* value = find(name);
    return value && value->is_bool() && value->get_bool();
  }
  Fields fields(std::string_view name) const {
    const json::value* value = find(name);
    return value ? Fields(*value) : Fields(json::value());
  }
  std::vector<Fields> list(std::string_view name) const {
    std::vector<Fields> items;
    const json::value* value = find(name);
    if (value && value->is_array())
      for (const json::value& item : value->get_array()) items.emplace_back(item);
    return items;
  }

 private:
  const json::object* object_;
};

std::string count_text(std::optional<double> number) {
  return number ? fmt::format("{:.0f}", *number) : "-";
}

std::string of(const Fields& fields, std::string_view count, std::string_view limit) {
  return fmt::format("{}/{}", count_text(fields.number(count)), count_text(fields.number(limit)));
}

/// A span rounded to what a person wants of it: at most two units, seconds at the finest.
std::string rough(double milliseconds) {
  constexpr double year_ms = 365 * 86400e3;
  const double bounded = std::min(std::max(milliseconds, 0.0), 100 * year_ms);
  long long seconds = std::llround(bounded / 1000);
  if (seconds >= 86400)
    seconds -= seconds % 3600;
  else if (seconds >= 3600)
    seconds -= seconds % 60;
  return format_duration(Duration{seconds * 1000});
}

std::string last_check(const Fields& workload, WallTime now) {
  const auto at = workload.number("last_check");
  if (!at) return "-";
  std::string text = rough(static_cast<double>(now.unix_ms) - *at) + " ago";
  if (const auto took = workload.number("last_duration_ms")) text += fmt::format(", {:.3g} ms", *took);
  return text;
}

std::string detail(const Fields& workload, WallTime now) {
  std::string text = workload.text("reason");
  const auto append = [&](const std::string& more) { text += (text.empty() ? "" : "; ") + more; };
  if (const std::string breaker = workload.text("breaker"); !breaker.empty() && breaker != "closed")
    append(breaker == "open" ? "breaker open" : "breaker half open");
  if (const auto next = workload.number("next_action"))
    append("next attempt in " + rough(*next - static_cast<double>(now.unix_ms)));
  return text;
}

Colour colour_of(const std::string& condition) {
  if (condition == "healthy") return Colour::Green;
  if (condition == "suspect" || condition == "healing" || condition == "unknown") return Colour::Yellow;
  if (condition == "unhealthy" || condition == "given_up" || condition == "crashed" ||
      condition == "unreachable")
    return Colour::Red;
  return Colour::None;
}

std::string heading(const Fields& root) {
  const Fields engine = root.fields("engine");
  std::string description = engine.text("description");
  if (description.empty()) description = "engine";
  std::string line = fmt::format("healer {}", root.text("version"));
  if (const std::string host = root.text("host"); !host.empty()) line += " on " + host;
  line += fmt::format(", {} {}", description, engine.is_true("up") ? "reachable" : "NOT REACHABLE");
  if (root.is_true("dry_run")) line += ", DRY RUN: no container is touched";
  return line + '\n';
}

std::string workload_table(const std::vector<Fields>& workloads, WallTime now, bool colour) {
  if (workloads.empty()) return "No container is watched. Label one with monitored=true.\n";
  std::vector<std::vector<Cell>> rows{
      {{"NAME"}, {"STATE"}, {"FAILURES"}, {"BUDGET"}, {"LAST CHECK"}, {"DETAIL"}}};
  for (const Fields& workload : workloads) {
    const std::string condition = workload.text("condition");
    rows.push_back({{workload.text("name")},
                    {condition.empty() ? "-" : condition, colour_of(condition)},
                    {of(workload, "failures", "failure_threshold")},
                    {of(workload, "attempts_in_window", "budget")},
                    {last_check(workload, now)},
                    {detail(workload, now)}});
  }
  return aligned(rows, colour);
}

std::string problem_lines(const std::vector<Fields>& workloads) {
  std::string text;
  for (const Fields& workload : workloads)
    for (const Fields& problem : workload.list("problems"))
      text += fmt::format("! {}: label {}: {}\n", workload.text("name"), problem.text("label"),
                          problem.text("message"));
  return text;
}

std::string alert_lines(const Fields& alerts) {
  std::string text;
  for (const Fields& channel : alerts.list("channels")) {
    const double pending = channel.number("pending").value_or(0);
    if (pending <= 0) continue;
    text += fmt::format("! {} alert(s) wait for {}", count_text(pending), channel.text("name"));
    if (const std::string error = channel.text("last_error"); !error.empty()) text += ": " + error;
    text += '\n';
  }
  return text;
}

}  // namespace

Result<std::string> status_view(std::string_view text, WallTime now, bool colour) {
  json::error_code error;
  const json::value value = json::parse(json::string_view(text.data(), text.size()), error);
  const Fields root(value);
  if (error || !root.find("workloads"))
    return failure(ErrorCode::Protocol, "the answer to /v1/status is not a healer's");
  const std::vector<Fields> workloads = root.list("workloads");
  return heading(root) + workload_table(workloads, now, colour) + problem_lines(workloads) +
         alert_lines(root.fields("alerts"));
}

std::string answer_text(std::string_view body) {
  json::error_code error;
  const json::value value = json::parse(json::string_view(body.data(), body.size()), error);
  if (!error) {
    for (const char* name : {"error", "message"})
      if (std::string text = Fields(value).text(name); !text.empty()) return text;
  }
  return clip(printable(trim(body)), 300);
}

}  // namespace healer::cli
