#include "core/workload/fact_log.hpp"

namespace healer {
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

std::vector<FactLog::Entry> FactLog::entries() const {
  std::vector<Entry> all;
  for (std::size_t i = 1; i <= entries_.size(); ++i) {
    const Entry& entry = entries_[(newest_ + i) % entries_.size()];
    if (entry.kind != Kind::None) all.push_back(entry);
  }
  return all;
}

}  // namespace healer
