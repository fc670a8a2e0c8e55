#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "model/record.hpp"
#include "store/store.hpp"

namespace healer {

/// Group commit in front of the store: one transaction under way, everything asked for meanwhile is the
/// next one. So a burst costs few transactions, the store's queue cannot fill up, and what must wait for
/// its record (an order to the engine, an alert) waits for exactly that.
///
///   state      | write()                  | transaction done
///   -----------+--------------------------+-----------------------------------------------
///   idle       | begins a transaction     |
///   committing | joins the next one       | its callbacks run; the next one begins, if any
class Journal {
 public:
  /// `failed` is told of each transaction that could not be written; healing goes on without it.
  Journal(Store& store, std::function<void(const Error&)> failed);

  /// Writes the records; then calls `then` on the loop, also when writing failed (the error went to
  /// `failed`).
  void write(std::vector<Record> records, std::function<void()> then);

  /// Remembers how far the engine's events were seen; goes along with the next transaction.
  void note_cursor(std::int64_t unix_nanoseconds) { cursor_ = unix_nanoseconds; }
  std::int64_t cursor() const { return cursor_; }
  /// Writes the cursor now, if it moved since it was last written.
  void write_cursor();
  bool idle() const { return !committing_; }

 private:
  struct Batch {
    std::vector<Record> records;
    std::vector<std::function<void()>> then;
    bool empty() const { return records.empty() && then.empty(); }
  };
  void begin();

  Store& store_;
  std::function<void(const Error&)> failed_;
  Batch next_;
  bool committing_ = false;
  std::int64_t cursor_ = 0;
  std::int64_t written_cursor_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace healer
