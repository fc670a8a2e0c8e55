#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/record.hpp"
#include "store/sqlite.hpp"
#include "store/store.hpp"

namespace healer::store {

/// Reads and writes the model's records. A record with an id or key is an upsert, so writing it twice changes
/// nothing; evidence and decisions have no key and are always added. A RoutedNotification never makes a
/// delivery pending again that has ended.
class Records {
 public:
  /// Prepares the statements. The database must have the newest schema and outlive this object.
  static SqlResult<Records> prepare(Database& database);
  Records(Records&&) noexcept;
  Records& operator=(Records&&) noexcept;
  ~Records();

  /// Writes all records or none.
  SqlResult<void> write(const std::vector<Record>& records);
  SqlResult<void> prune(const PruneLimits& limits);

  struct Loaded {
    StoredState state;
    std::size_t damaged_rows = 0;  ///< invalid rows, left out of the state
    std::string first_problem;     ///< what is wrong with the first invalid row
  };
  SqlResult<Loaded> load(Instant now);

 private:
  struct Statements;
  explicit Records(std::unique_ptr<Statements> statements);
  std::unique_ptr<Statements> statements_;
};

}  // namespace healer::store
