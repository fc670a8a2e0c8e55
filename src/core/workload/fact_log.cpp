#include "core/workload/fact_log.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "base/duration.hpp"
#include "model/forms.hpp"

namespace healer {
namespace {

std::string check_text(Outcome outcome, Cause cause) {
  if (outcome == Outcome::Pass) return "check passed";
  const std::string why = cause == Cause::None ? "" : fmt::format(" ({})", to_string(cause));
  return outcome == Outcome::Fail ? "check failed" + why : "could not be checked" + why;
}

constexpr std::size_t index_of(std::string_view tag) {
  constexpr const auto& tags = tags_of<EngineReport>();
  return static_cast<std::size_t>(std::find(tags.begin(), tags.end(), tag) - tags.begin());
}

std::string event_text(std::size_t report, std::int32_t value) {
  std::string text{tags_of<EngineReport>().at(report)};
  std::replace(text.begin(), text.end(), '_', ' ');
  if (report == index_of(type_name<Ended>())) text += fmt::format(" (exit code {})", value);
  if (report == index_of(type_name<StopRequested>()) && value != 0)
    text += fmt::format(" (signal {})", signal_name(value));
  if (report == index_of(type_name<HealthReported>()))
    text += fmt::format(" ({})", to_string(static_cast<EngineHealth>(value)));
  return "the engine reported: " + text;
}

}  // namespace

void FactLog::engine_said(const EngineEvent& event, Instant at) {
  std::int32_t value = 0;
  if (const auto* end = std::get_if<Ended>(&event.report)) value = end->exit_code;
  if (const auto* stop = std::get_if<StopRequested>(&event.report)) value = stop->signal;
  if (const auto* check = std::get_if<HealthReported>(&event.report))
    value = static_cast<std::int32_t>(check->health);
  add(Kind::EngineEvent, static_cast<std::uint8_t>(event.report.index()), value, at);
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
        text = event_text(entry.what, entry.value);
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
