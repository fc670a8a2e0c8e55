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

/// Group commit in front of the store: one transaction is under way, and all records written meanwhile form
/// the next one. So a burst of records needs few transactions, the store's queue cannot fill up, and an
/// engine call or a notification waits only for the transaction of its record.
///
/// Every time on disk is by the wall clock, as it was set when the record was written: the next process
/// begins its timeline with the wall clock, and the engine's times are by the wall clock, too.
///
/// Records that could not be written are kept, the newest version of each, and join the next transaction. So
/// a disk that was full for hours then gets the present state.
///
///   state      | write()              | transaction done
///   -----------+----------------------+-----------------------------------------------
///   idle       | begins a transaction |
///   committing | joins the next one   | its callbacks run; the next one begins, if there is one
class Journal {
 public:
  /// Bytes of evidence and decisions that are kept while the store fails; more is dropped.
  static constexpr std::size_t most_history_kept = 4 * 1024 * 1024;

  /// Calls `failed` for each transaction that could not be written; healing continues.
  Journal(Store& store, std::function<void(const Error&)> failed);

  /// Writes the records, then calls `then` on the loop, also if writing failed (the error went to `failed`).
  void write(std::vector<Record> records, std::function<void()> then);

  /// From now on the wall clock is this much ahead of the process's timeline.
  void clock_moved(Duration ahead) { clock_ahead_ = ahead; }

  /// Sets the time of the newest engine event seen; written with the next transaction.
  void note_cursor(EventCursor cursor) { cursor_ = cursor; }
  const EventCursor& cursor() const { return cursor_; }
  /// Writes the cursor now if it changed since it was last written.
  void write_cursor();
  /// Writes kept records again, if there are any and no transaction is under way.
  void retry();
  /// Number of records that wait until the store works again.
  std::size_t unwritten() const { return unwritten_.size(); }
  bool idle() const { return !committing_; }

 private:
  struct Batch {
    std::vector<Record> records;
    std::vector<std::function<void()>> then;
    bool empty() const { return records.empty() && then.empty(); }
  };
  /// The record's index in the variant, and its key among records of that type. This order is valid for
  /// writing: a notification comes before its deliveries.
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
