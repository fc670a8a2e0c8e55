#include "core/fact_log.hpp"

#include <fmt/format.h>

#include "base/duration.hpp"

namespace healer {
namespace {

std::string check_text(Outcome outcome, Cause cause) {
  if (outcome == Outcome::Pass) return "check passed";
  const std::string why = cause == Cause::None ? "" : fmt::format(" ({})", to_string(cause));
  return outcome == Outcome::Fail ? "check failed" + why : "could not be checked" + why;
}

std::string event_text(EngineEventKind kind, std::int32_t value) {
  std::string text = fmt::format("the engine said {}", to_string(kind));
  if (kind == EngineEventKind::Die) text += fmt::format(" (exit code {})", value);
  if (kind == EngineEventKind::Kill && value != 0) text += fmt::format(" (signal {})", signal_name(value));
  if (kind == EngineEventKind::HealthStatus)
    text += fmt::format(" ({})", to_string(static_cast<EngineHealth>(value)));
  return text;
}

}  // namespace

void FactLog::engine_said(const EngineEvent& event, Instant at) {
  std::int32_t value = 0;
  if (event.kind == EngineEventKind::Die) value = event.exit_code;
  if (event.kind == EngineEventKind::Kill) value = event.signal;
  if (event.kind == EngineEventKind::HealthStatus) value = static_cast<std::int32_t>(event.health);
  add(Kind::EngineEvent, static_cast<std::uint8_t>(event.kind), value, at);
}

void FactLog::add(Kind kind, std::uint8_t what, std::int32_t value, Instant at) {
  Entry& newest = entries_[newest_];
  if (newest.kind == kind && newest.what == what && newest.value == value) {
    newest.last = at;
    ++newest.count;
    return;
  }
  if (newest.kind != Kind::None) newest_ = static_cast<std::uint8_t>((newest_ + 1U) % entries_.size());
  entries_[newest_] = Entry{at, at, 1, value, kind, what};
}

std::vector<Fact> FactLog::facts() const {
  std::vector<Fact> all;
  for (std::size_t i = 1; i <= entries_.size(); ++i) {
    const Entry& entry = entries_[(newest_ + i) % entries_.size()];
    std::string text;
    switch (entry.kind) {
      case Kind::None:
        continue;
      case Kind::Check:
        text = check_text(static_cast<Outcome>(entry.what), static_cast<Cause>(entry.value));
        break;
      case Kind::EngineEvent:
        text = event_text(static_cast<EngineEventKind>(entry.what), entry.value);
        break;
      case Kind::State:
        text = fmt::format("inspected: {}", to_string(static_cast<ContainerState>(entry.what)));
        break;
    }
    if (entry.count > 1)
      text += fmt::format(", {} times in {}", entry.count, format_duration(entry.last - entry.first));
    all.push_back(Fact{entry.last, std::move(text)});
  }
  return all;
}

}  // namespace healer
