#include "cli/status_view.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

#include <optional>
#include <vector>

#include "base/text.hpp"
#include "cli/json_fields.hpp"
#include "cli/table.hpp"

namespace healer::cli {
namespace {

namespace json = boost::json;

std::string of(const Fields& fields, std::string_view count, std::string_view limit) {
  return fmt::format("{}/{}", count_text(fields.number(count)), count_text(fields.number(limit)));
}

std::string last_check(const Fields& workload, WallTime now) {
  const auto at = workload.number("last_check");
  if (!at) return "-";
  std::string text = ago(at, now);
  if (const auto took = workload.number("last_duration_ms")) text += fmt::format(", {:.3g} ms", *took);
  return text;
}

std::string detail(const Fields& workload, WallTime now) {
  std::string text = workload.text("reason");
  const auto append = [&](const std::string& more) { text += (text.empty() ? "" : "; ") + more; };
  if (const std::string breaker = workload.text("breaker"); !breaker.empty() && breaker != "closed")
    append(breaker == "open" ? "breaker open" : "breaker half open");
  // The reason often includes the text of a further field; that text is not repeated.
  const auto append_new = [&](const std::string& more) {
    if (!more.empty() && text.find(more) == std::string::npos) append(more);
  };
  if (const auto next = workload.number("next_remedy");
      next && text.find("next attempt") == std::string::npos)
    append("next attempt in " + rough(*next - static_cast<double>(now.unix_ms)));
  if (const std::string hold = workload.fields("hold").text("text"); !hold.empty())
    append_new("held: " + hold);
  if (workload.is_true("paused")) append_new(pause_text(workload, now));
  if (workload.number("acked_at")) append_new(ack_text(workload));
  if (const auto ladder_step = workload.number("ladder_step");
      ladder_step && *ladder_step >= 1 && workload.number("incident"))
    append_new(fmt::format("step {:.0f} of {}", *ladder_step + 1, workload.text("ladder")));
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

std::string heading(const Fields& root, WallTime now) {
  const Fields engine = root.fields("engine");
  std::string description = engine.text("description");
  if (description.empty()) description = "engine";
  std::string line = fmt::format("healer {}", root.text("version"));
  if (const std::string host = root.text("host"); !host.empty()) line += " on " + host;
  line += fmt::format(", {} {}", description, engine.is_true("up") ? "reachable" : "NOT REACHABLE");
  if (const json::value* guarded = engine.find("guarded"); guarded && guarded->is_bool())
    line += guarded->get_bool() ? ", guarded" : ", unguarded";
  const Fields host_status = root.fields("host_status");
  if (host_status.is_true("paused")) line += ", " + pause_text(host_status, now);
  if (root.is_true("dry_run")) line += ", DRY RUN: no container is touched";
  return line + '\n';
}

/// What holds the remedies of more than one workload.
std::string host_lines(const Fields& host) {
  std::string text;
  if (const std::string mass = host.text("mass"); !mass.empty()) text += "! mass failure: " + mass + '\n';
  if (host.is_true("connectivity_failed"))
    text += "! connectivity check fails, health is unknown: " + host.text("connectivity") + '\n';
  return text;
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

std::string notification_lines(const Fields& notifications) {
  std::string text;
  for (const Fields& channel : notifications.list("channels")) {
    const std::string name = channel.text("name");
    const std::string error = channel.text("last_error");
    const double pending = channel.number("pending").value_or(0);
    const double aside = channel.number("set_aside").value_or(0);
    if (channel.is_true("refusing"))
      text += fmt::format("! {} refuses notifications ({} so far): {}\n", name,
                          count_text(channel.number("refused").value_or(0)), error);
    if (pending > 0) {
      text += fmt::format("! {} notification(s) wait for {}", count_text(pending), name);
      if (aside > 0 && channel.is_true("refusing"))
        text += fmt::format(", {} of them refused and tried again every hour", count_text(aside));
      else if (aside > 0)
        text += fmt::format(", which takes others, but not {} of them", count_text(aside));
      if (!error.empty() && !channel.is_true("refusing")) text += ": " + error;
      text += '\n';
    }
    if (const double dropped = channel.number("dropped").value_or(0); dropped > 0)
      text += fmt::format(
          "! {} notification(s) never reached {}: too old, too many or overtaken; the log names them\n",
          count_text(dropped), name);
  }
  return text;
}

/// Counts of notifications, one row per channel.
std::string channel_table(const std::vector<Fields>& channels, bool colour) {
  if (channels.empty()) return {};
  std::vector<std::vector<Cell>> rows{
      {{"CHANNEL"}, {"WAITING"}, {"DELIVERED"}, {"REFUSED"}, {"DROPPED"}, {"LAST ERROR"}}};
  for (const Fields& channel : channels) {
    const auto bad_count = [&](const char* name) {
      return Cell{count_text(channel.number(name)),
                  channel.number(name).value_or(0) > 0 ? Colour::Red : Colour::None};
    };
    std::string error = channel.text("last_error");
    if (const json::value* configured = channel.find("configured"); configured && *configured == false)
      error = "not configured any more" + (error.empty() ? error : "; " + error);
    rows.push_back({{channel.text("name")},
                    {count_text(channel.number("pending")),
                     channel.number("pending").value_or(0) > 0 ? Colour::Yellow : Colour::None},
                    {count_text(channel.number("delivered"))},
                    bad_count("refused"),
                    bad_count("dropped"),
                    {error.empty() ? "-" : error}});
  }
  return '\n' + aligned(rows, colour);
}

std::string rule_lines(const std::vector<Fields>& rules) {
  std::string text;
  for (const Fields& rule : rules) {
    if (!rule.is_true("known"))
      text +=
          fmt::format("! rule {} of prometheus is unknown: {}\n", rule.text("name"), rule.text("problem"));
    if (const double unmatched = rule.number("unmatched").value_or(0); unmatched > 0)
      text += fmt::format("! rule {} of prometheus is met by {} that are not watched\n", rule.text("name"),
                          count_text(unmatched));
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
  return heading(root, now) + host_lines(root.fields("host_status")) +
         workload_table(workloads, now, colour) + problem_lines(workloads) + rule_lines(root.list("rules")) +
         notification_lines(root.fields("notifications")) +
         channel_table(root.fields("notifications").list("channels"), colour);
}

std::string pause_text(const Fields& of, WallTime now) {
  const auto until = of.number("paused_until");
  if (!until) return "paused until resumed";
  return "paused for " + rough(*until - static_cast<double>(now.unix_ms)) + " more";
}

std::string ack_text(const Fields& of) {
  const std::string by = of.text("acked_by");
  return by.empty() ? "acknowledged" : "acknowledged by " + by;
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
