#include "runtime/journal.hpp"

#include <iterator>
#include <utility>

namespace healer {

Journal::Journal(Store& store, std::function<void(const Error&)> failed)
    : store_(store), failed_(std::move(failed)) {}

void Journal::write(std::vector<Record> records, std::function<void()> then) {
  next_.records.insert(next_.records.end(), std::make_move_iterator(records.begin()),
                       std::make_move_iterator(records.end()));
  if (then) next_.then.push_back(std::move(then));
  if (!committing_) begin();
}

void Journal::write_cursor() {
  if (cursor_ != written_cursor_) write({EventCursor{cursor_}}, {});
}

void Journal::begin() {
  if (next_.empty()) return;
  Batch batch = std::exchange(next_, {});
  if (cursor_ != written_cursor_) {
    batch.records.emplace_back(EventCursor{cursor_});
    written_cursor_ = cursor_;
  }
  committing_ = true;
  store_.commit(std::move(batch.records), [this, alive = std::weak_ptr<bool>(alive_),
                                           then = std::move(batch.then)](Result<void> result) {
    if (alive.expired()) return;
    if (!result) failed_(result.error());
    committing_ = false;
    for (const auto& call : then) call();
    if (!committing_) begin();
  });
}

}  // namespace healer
