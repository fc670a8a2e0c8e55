#include "runtime/journal.hpp"

#include <iterator>
#include <type_traits>
#include <utility>

#include "model/record_times.hpp"
#include "model/walk.hpp"

namespace healer {
namespace {

/// Bytes of the texts in the fact.
std::size_t texts_size(const Fact& fact) {
  std::size_t size = 0;
  walk(fact, [&size](const std::string& text) { size += text.size(); });
  return size;
}

/// Approximate bytes of evidence or a decision; 0 for any other record, which must never be dropped.
std::size_t history_size(const Record& record) {
  if (const auto* evidence = std::get_if<Evidence>(&record))
    return sizeof(Evidence) + evidence->state.size() + evidence->health_log.size() + evidence->logs.size() +
           evidence->processes.size() + evidence->memory.size() + evidence->missing.size();
  if (const auto* decision = std::get_if<Decision>(&record))
    return sizeof(Decision) + texts_size(decision->fact);
  return 0;
}

}  // namespace

Journal::Journal(Store& store, std::function<void(const Error&)> failed)
    : store_(store), failed_(std::move(failed)) {}

void Journal::write(std::vector<Record> records, std::function<void()> then) {
  for (Record& record : records) move_times(record, clock_ahead_);
  next_.records.insert(next_.records.end(), std::make_move_iterator(records.begin()),
                       std::make_move_iterator(records.end()));
  if (then) next_.then.push_back(std::move(then));
  if (!committing_) begin();
}

void Journal::write_cursor() {
  if (cursor_ != written_cursor_) write({cursor_}, {});
}

void Journal::retry() {
  if (!committing_ && !unwritten_.empty()) begin();
}

Journal::Identity Journal::identity_of(const Record& record) {
  const auto name = [this](const auto& what) -> std::string {
    using What = std::decay_t<decltype(what)>;
    if constexpr (std::is_same_v<What, WorkloadRecord>) {
      return what.key;
    } else if constexpr (std::is_same_v<What, Incident> || std::is_same_v<What, Attempt>) {
      return std::to_string(what.id.value);
    } else if constexpr (std::is_same_v<What, RoutedNotification>) {
      return std::to_string(what.notification.id.value);
    } else if constexpr (std::is_same_v<What, Delivery>) {
      return std::to_string(what.notification.value) + "/" + what.channel;
    } else if constexpr (std::is_same_v<What, Receipt>) {
      return what.channel + "/" + what.dedup_key;
    } else if constexpr (std::is_same_v<What, Evidence> || std::is_same_v<What, Decision>) {
      return std::to_string(++history_said_);
    } else {
      static_assert(std::is_same_v<What, EventCursor> || std::is_same_v<What, HostRecord>);
      return {};
    }
  };
  return {record.index(), std::visit(name, record)};
}

void Journal::keep(std::vector<Record> records) {
  for (Record& record : records) {
    const std::size_t size = history_size(record);
    if (history_kept_ + size > most_history_kept && size > 0) continue;
    history_kept_ += size;
    unwritten_.insert_or_assign(identity_of(record), std::move(record));
  }
}

void Journal::begin() {
  if (next_.empty() && unwritten_.empty()) return;
  Batch batch = std::exchange(next_, {});
  if (cursor_ != written_cursor_) {
    batch.records.emplace_back(cursor_);
    written_cursor_ = cursor_;
  }
  if (!unwritten_.empty()) {
    keep(std::move(batch.records));
    batch.records.clear();
    for (auto& [identity, record] : unwritten_) batch.records.push_back(std::move(record));
    unwritten_.clear();
    history_kept_ = 0;
  }
  committing_ = true;
  std::vector<Record> copy = batch.records;
  store_.commit(std::move(copy), [this, alive = std::weak_ptr<bool>(alive_),
                                  batch = std::move(batch)](Result<void> result) mutable {
    if (alive.expired()) return;
    if (!result) {
      keep(std::move(batch.records));
      failed_(result.error());
    }
    committing_ = false;
    for (const auto& call : batch.then) call();
    // Without new records the next try waits for retry(): otherwise a failing store would be called in a
    // loop.
    if (!committing_ && !next_.empty()) begin();
  });
}

}  // namespace healer
