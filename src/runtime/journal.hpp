#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "model/record.hpp"
#include "store/store.hpp"

namespace healer {

/// Group commit in front of the store: one transaction under way, everything asked for meanwhile is the
/// next one. So a burst costs few transactions, the store's queue cannot fill up, and what must wait for
/// its record (an order to the engine, a notification) waits for exactly that.
///
/// On disk every time is the wall clock's, as far as it had been set when the record was written: the next
/// process' timeline begins with that clock, and so do the engine's times.
///
/// What could not be written is kept and goes first in the next transaction, each record as it was said
/// last: the disk may be full for hours and then knows what is true, not what was.
///
///   state      | write()              | transaction done
///   -----------+----------------------+-----------------------------------------------
///   idle       | begins a transaction |
///   committing | joins the next one   | its callbacks run; the next one begins, if any
class Journal {
 public:
  /// Evidence and decisions kept while the store fails, in bytes; what comes beyond is dropped.
  static constexpr std::size_t most_history_kept = 4 * 1024 * 1024;

  /// `failed` is notified of each transaction that could not be written; healing goes on without it.
  Journal(Store& store, std::function<void(const Error&)> failed);

  /// Writes the records; then calls `then` on the loop, also when writing failed (the error went to
  /// `failed`).
  void write(std::vector<Record> records, std::function<void()> then);

  /// The wall clock is this much ahead of the process' timeline from now on.
  void clock_moved(Duration ahead) { clock_ahead_ = ahead; }

  /// Remembers how far the engine's events were seen; goes along with the next transaction.
  void note_cursor(EventCursor cursor) { cursor_ = cursor; }
  const EventCursor& cursor() const { return cursor_; }
  /// Writes the cursor now, if it moved since it was last written.
  void write_cursor();
  /// Tries again what could not be written, if there is any and nothing is under way.
  void retry();
  /// Records that wait for the store to work again.
  std::size_t unwritten() const { return unwritten_.size(); }
  bool idle() const { return !committing_; }

 private:
  struct Batch {
    std::vector<Record> records;
    std::vector<std::function<void()>> then;
    bool empty() const { return records.empty() && then.empty(); }
  };
  /// Which of the variant, and which one of those. In this order they may be written: a notification before
  /// its delivery.
  using Identity = std::pair<std::size_t, std::string>;
  Identity identity_of(const Record& record);
  void begin();
  void keep(std::vector<Record> records);

  Store& store_;
  std::function<void(const Error&)> failed_;
  Batch next_;
  std::map<Identity, Record> unwritten_;
  std::uint64_t history_said_ = 0;
  std::size_t history_kept_ = 0;
  bool committing_ = false;
  Duration clock_ahead_{0};
  EventCursor cursor_;
  EventCursor written_cursor_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace healer
