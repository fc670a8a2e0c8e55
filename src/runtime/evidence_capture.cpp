#include "runtime/evidence_capture.hpp"

#include <algorithm>
#include <utility>

#include "base/redact.hpp"
#include "base/text.hpp"

namespace healer {
namespace {

/// A capture delays a remedy by at most this long.
constexpr Duration longest_capture = 2s;
constexpr std::size_t log_cap = 64 * 1024;
constexpr std::size_t text_cap = 16 * 1024;
constexpr std::size_t excerpt_cap = 400;
constexpr std::size_t excerpt_lines = 3;

/// The end of a text, from the beginning of a line: the last lines of a log matter most.
std::string tail(std::string text, std::size_t cap) {
  if (text.size() <= cap) return text;
  std::size_t begin = text.size() - cap;
  if (const auto line = text.find('\n', begin); line != std::string::npos && line + 1 < text.size())
    begin = line + 1;
  return text.substr(begin);
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : "; ") + part;
  return text;
}

bool all_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// "2026-11-22T10:00:00.123456789Z text" without its first word.
std::string_view without_timestamp(std::string_view line) {
  constexpr std::size_t date_and_time = 19;
  if (line.size() <= date_and_time || line[4] != '-' || line[7] != '-' || line[10] != 'T' ||
      line[13] != ':' || line[16] != ':' || !all_digits(line.substr(0, 4)) || !all_digits(line.substr(17, 2)))
    return line;
  const auto space = line.find(' ', date_and_time);
  return space == std::string_view::npos ? std::string_view() : line.substr(space + 1);
}

}  // namespace

Evidence evidence_of(const CaptureEvidence& order, Instant now, const EngineEvidence& reported) {
  const Redactor redacted(reported.secrets);
  const auto safe = [&](const std::string& text) { return clip(redacted(text), text_cap); };
  Evidence evidence;
  evidence.incident = order.incident;
  evidence.workload = order.workload;
  evidence.container_id = order.container_id;
  evidence.taken_at = now;
  evidence.state = safe(reported.state);
  evidence.health_log = safe(reported.health_log);
  evidence.logs = tail(redacted(reported.logs), log_cap);
  evidence.processes = safe(reported.processes);
  evidence.memory = safe(reported.memory);
  evidence.missing = safe(joined(reported.missing));
  return evidence;
}

std::string evidence_excerpt(std::string_view logs) {
  std::vector<std::string> lines;  // the newest first
  for (std::size_t end = logs.size(); lines.size() < excerpt_lines;) {
    const std::size_t line_end = end;
    const std::size_t before = end == 0 ? std::string_view::npos : logs.rfind('\n', end - 1);
    const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
    const std::string line = printable(trim(without_timestamp(logs.substr(begin, line_end - begin))));
    if (!line.empty()) lines.push_back(line);
    if (before == std::string_view::npos) break;
    end = before;
  }
  std::string text;
  if (lines.empty()) return text;
  const std::size_t share = (excerpt_cap - (lines.size() - 1)) / lines.size();
  for (auto line = lines.rbegin(); line != lines.rend(); ++line)
    text += (text.empty() ? "" : "\n") + clip(*line, share);
  return text;
}

EvidenceCapture::EvidenceCapture(Engine& engine, std::function<Instant()> now, Sink sink)
    : engine_(engine), now_(std::move(now)), sink_(std::move(sink)) {}

void EvidenceCapture::capture(CaptureEvidence order) {
  const auto open = open_.find(order.workload);
  if (open == open_.end()) return ask(std::move(order));
  open->second.waiting = {std::move(order)};
}

void EvidenceCapture::ask(CaptureEvidence order) {
  EvidenceOrder question;
  question.container_id = order.container_id;
  question.deadline = std::clamp(order.limit, Duration{1}, longest_capture);
  const std::string workload = order.workload;
  open_[workload] = {std::move(order), {}};
  engine_.collect_evidence(std::move(question),
                           [this, workload, alive = std::weak_ptr<bool>(alive_)](EngineEvidence evidence) {
                             if (!alive.expired()) reported(workload, evidence);
                           });
}

void EvidenceCapture::reported(const std::string& workload, const EngineEvidence& evidence) {
  auto open = open_.extract(workload);
  if (!open) return;  // a second answer
  const auto keep = [&](const CaptureEvidence& order) {
    Evidence kept = evidence_of(order, now_(), evidence);
    EvidenceCaptured said{order.workload, order.incident, evidence_excerpt(kept.logs), kept.missing};
    sink_(std::move(kept), std::move(said));
  };
  const CaptureEvidence order = std::move(open.mapped().order);
  std::vector<CaptureEvidence> waiting = std::move(open.mapped().waiting);
  keep(order);
  if (waiting.empty()) return;
  CaptureEvidence& next = waiting.front();
  if (next.container_id != order.container_id)
    capture(std::move(next));
  else if (next.incident != order.incident)
    keep(next);
}

}  // namespace healer
