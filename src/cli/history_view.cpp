#include "cli/history_view.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "base/text.hpp"
#include "cli/json_fields.hpp"
#include "cli/status_view.hpp"
#include "cli/table.hpp"

namespace healer::cli {
namespace {

namespace json = boost::json;
using Rows = std::vector<std::vector<Cell>>;

/// The answer as JSON; an error if it is no object with this field.
Result<json::value> parsed(std::string_view text, const char* field, const char* path) {
  json::error_code error;
  json::value value = json::parse(json::string_view(text.data(), text.size()), error);
  if (error || !Fields(value).find(field))
    return failure(ErrorCode::Protocol, fmt::format("the answer to {} is not a healer's", path));
  return value;
}

/// A word of the store for operators: "probe failed" for "probe_failed".
std::string spaced(std::string word) {
  std::replace(word.begin(), word.end(), '_', ' ');
  return word;
}

std::string or_dash(std::string text) {
  return text.empty() ? "-" : text;
}

Colour colour_of_outcome(const std::string& outcome) {
  if (outcome == "open") return Colour::Yellow;
  return outcome.starts_with("recovered") ? Colour::Green : Colour::None;
}

std::string indented(const Rows& rows, bool colour) {
  std::string out;
  for (const std::string& line : split(aligned(rows, colour), '\n'))
    if (!line.empty()) out += "  " + line + '\n';
  return out;
}

std::string time_to_heal(const Fields& incident) {
  const auto took = incident.number("time_to_heal_ms");
  return took ? rough(*took) : "-";
}

// --- explain --------------------------------------------------------------------------------------------

std::string state_rows(const Fields& workload, WallTime now, bool colour) {
  Rows rows;
  const auto row = [&](const char* name, const std::string& text) {
    if (!text.empty()) rows.push_back({{name, Colour::Dim}, {text}});
  };
  std::string probe = workload.text("probe");
  if (const auto at = workload.number("last_check")) probe += ", asked " + ago(at, now);
  row("probe", probe);
  for (const Fields& each : workload.list("probes"))
    row("", fmt::format("{}: {}, {}{}", or_dash(each.text("name")), each.text("outcome"), each.text("reason"),
                        each.is_true("stuck") ? " (an earlier one has not ended)" : ""));
  row("failures", fmt::format("{} of {}", count_text(workload.number("failures")),
                              count_text(workload.number("failure_threshold"))));
  row("budget",
      fmt::format("{} of {} attempts, breaker {}", count_text(workload.number("attempts_in_window")),
                  count_text(workload.number("budget")), spaced(workload.text("breaker"))));
  if (const std::string ladder = workload.text("ladder"); !ladder.empty())
    row("ladder", fmt::format("{} (at step {:.0f})", ladder, workload.number("ladder_step").value_or(0) + 1));
  if (const auto incident = workload.number("incident"))
    row("incident", fmt::format("{0:.0f} (healer incident {0:.0f}){1}", *incident,
                                workload.number("acked_at") ? ", " + ack_text(workload) : std::string()));
  std::string names;
  const json::value* depends = workload.find("depends_on");
  if (depends && depends->is_array())
    for (const json::value& name : depends->get_array())
      if (name.is_string()) names += (names.empty() ? "" : ", ") + printable(std::string(name.get_string()));
  row("depends on", names);
  if (workload.is_true("paused")) row("operator", pause_text(workload, now));
  return indented(rows, colour);
}

std::string timed_rows(const std::vector<Fields>& items, WallTime now, bool colour) {
  Rows rows;
  for (const Fields& each : items)
    rows.push_back({{ago(each.number("at"), now), Colour::Dim}, {each.text("text")}});
  return indented(rows, colour);
}

std::string hold_rows(const Fields& root, WallTime now, bool colour) {
  Rows rows;
  for (const Fields& each : root.list("holds")) {
    std::string text = each.text("text");
    if (const auto until = each.number("until"))
      text += fmt::format(" (at most {} more)", rough(*until - static_cast<double>(now.unix_ms)));
    rows.push_back({{spaced(each.text("reason")), Colour::Yellow}, {text}});
  }
  return rows.empty() ? std::string() : "Held by\n" + indented(rows, colour);
}

std::string decision_rows(const Fields& decision, WallTime now, bool colour) {
  if (!decision.find("rule")) return {};
  Rows rows{{{spaced(decision.text("rule"))}, {decision.text("outcome")}}};
  for (const std::string& input : split(decision.text("inputs"), ';'))
    if (const auto pair = trim(input); !pair.empty())
      rows.push_back({{""}, {std::string(pair), Colour::Dim}});
  return fmt::format("Decided {}\n", ago(decision.number("at"), now)) + indented(rows, colour);
}

// --- incident -------------------------------------------------------------------------------------------

struct Moment {
  double at = 0;
  std::string what;
  std::string text;
};

std::string attempt_text(const Fields& attempt) {
  std::string text = fmt::format("{}: {}", or_dash(attempt.text("detail")), spaced(attempt.text("state")));
  const auto from = attempt.number("ordered_at");
  const auto to = attempt.number("ended_at");
  if (from && to) text += " after " + rough(*to - *from);
  if (const std::string note = attempt.text("note"); !note.empty()) text += ", " + note;
  return text;
}

std::string notification_text(const Fields& notification) {
  std::string text = notification.text("event");
  for (const Fields& delivery : notification.list("deliveries")) {
    text += fmt::format("; {}: {}", delivery.text("channel"), delivery.text("state"));
    if (const std::string error = delivery.text("last_error"); !error.empty()) text += " (" + error + ")";
  }
  return text;
}

std::string course(const Fields& root, bool colour) {
  std::vector<Moment> moments;
  const Fields incident = root.fields("incident");
  const auto add = [&](const Fields& of, const char* when, const std::string& what, const std::string& text) {
    if (const auto at = of.number(when)) moments.push_back({*at, what, text});
  };
  add(incident, "unhealthy_since", "unhealthy", incident.text("cause_text"));
  for (const Fields& each : root.list("decisions"))
    add(each, "at", spaced(each.text("rule")), each.text("outcome"));
  for (const Fields& each : root.list("evidence"))
    add(each, "taken_at", "evidence",
        each.text("missing").empty() ? "saved" : "incomplete: " + each.text("missing"));
  for (const Fields& each : incident.list("attempts"))
    add(each, "ordered_at", fmt::format("attempt {}", count_text(each.number("number"))), attempt_text(each));
  for (const Fields& each : root.list("notifications"))
    add(each, "created_at", "notification", notification_text(each));
  add(incident, "closed_at", "closed", spaced(incident.text("outcome")));
  std::stable_sort(moments.begin(), moments.end(),
                   [](const Moment& a, const Moment& b) { return a.at < b.at; });
  Rows rows;
  for (const Moment& moment : moments)
    rows.push_back({{utc(moment.at), Colour::Dim}, {moment.what}, {moment.text}});
  return indented(rows, colour);
}

std::string evidence_text(const Fields& evidence) {
  std::string out = fmt::format("\nEvidence of {}, container {}\n", utc(evidence.number("taken_at")),
                                clip(evidence.text("container_id"), 64));
  for (const char* part : {"state", "memory", "health_log", "processes", "logs"}) {
    const auto lines = evidence.lines(part);
    if (lines.empty()) continue;
    out += spaced(part) + ":\n";
    for (const std::string& line : lines) out += "  " + line + '\n';
  }
  if (const std::string missing = evidence.text("missing"); !missing.empty())
    out += "missing: " + missing + '\n';
  return out;
}

}  // namespace

Result<std::string> explain_view(std::string_view text, WallTime now, bool colour) {
  const auto value = parsed(text, "workload", "/v1/explain");
  if (!value) return tl::unexpected(value.error());
  const Fields root(*value);
  const Fields workload = root.fields("workload");
  std::string out =
      fmt::format("{} is {}", or_dash(workload.text("name")), spaced(or_dash(workload.text("condition"))));
  if (const std::string reason = workload.text("reason"); !reason.empty()) out += ": " + reason;
  out += '\n' + state_rows(workload, now, colour);
  out += hold_rows(root, now, colour);
  if (const auto facts = root.list("facts"); !facts.empty()) out += "Seen\n" + timed_rows(facts, now, colour);
  out += decision_rows(root.fields("decision"), now, colour);
  if (const std::string next = root.text("next"); !next.empty()) out += "Next\n  " + next + '\n';
  if (root.is_true("dry_run")) out += "This is a dry run: no container is touched.\n";
  return out;
}

Result<std::string> history_view(std::string_view text, bool colour) {
  const auto value = parsed(text, "incidents", "/v1/history");
  if (!value) return tl::unexpected(value.error());
  const auto incidents = Fields(*value).list("incidents");
  if (incidents.empty()) return std::string("No incident is remembered.\n");
  Rows rows{
      {{"ID"}, {"UNHEALTHY SINCE (UTC)"}, {"NAME"}, {"OUTCOME"}, {"HEALED IN"}, {"ATTEMPTS"}, {"CAUSE"}}};
  for (const Fields& each : incidents) {
    const auto attempts = each.list("attempts");
    std::string tried = std::to_string(attempts.size());
    if (!attempts.empty()) tried += ", " + clip(attempts.back().text("detail"), 20);
    const std::string outcome = each.text("outcome");
    rows.push_back(
        {{count_text(each.number("id"))},
         {utc(each.number("unhealthy_since"))},
         {or_dash(each.text("name"))},
         {spaced(or_dash(outcome)), colour_of_outcome(outcome)},
         {time_to_heal(each)},
         {tried},
         {clip(each.text("cause_text").empty() ? spaced(each.text("cause")) : each.text("cause_text"), 60)}});
  }
  return aligned(rows, colour);
}

Result<std::string> incident_view(std::string_view text, bool colour) {
  const auto value = parsed(text, "incident", "/v1/incident");
  if (!value) return tl::unexpected(value.error());
  const Fields root(*value);
  const Fields incident = root.fields("incident");
  std::string out = fmt::format("Incident {} of {} ({}): {}\n", count_text(incident.number("id")),
                                or_dash(incident.text("name")), or_dash(incident.text("image")),
                                spaced(or_dash(incident.text("outcome"))));
  if (incident.number("time_to_heal_ms")) out += "Healed in " + time_to_heal(incident) + ".\n";
  if (incident.number("acked_at")) out += "It was " + ack_text(incident) + ".\n";
  if (incident.is_true("gave_up")) out += "Healer gave up; an operator is needed.\n";
  out += "Times are UTC.\n" + course(root, colour);
  for (const Fields& each : root.list("evidence")) out += evidence_text(each);
  return out;
}

}  // namespace healer::cli
