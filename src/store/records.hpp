#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/record.hpp"
#include "store/sqlite.hpp"
#include "store/store.hpp"

namespace healer::store {

/// Reads and writes the model's records. Every record is an upsert by its id or key, so writing one twice
/// changes nothing (evidence and decisions have none and are added); a RoutedNotification never turns a
/// delivery that has ended back into a pending one.
class Records {
 public:
  /// Prepares the statements; the database must have the newest schema and outlive this object.
  static SqlResult<Records> prepare(Database& database);
  Records(Records&&) noexcept;
  Records& operator=(Records&&) noexcept;
  ~Records();

  /// All of them or none.
  SqlResult<void> write(const std::vector<Record>& records);
  SqlResult<void> prune(const PruneLimits& limits);

  struct Loaded {
    StoredState state;
    std::size_t damaged_rows = 0;  ///< left out of the state
    std::string first_problem;     ///< what was wrong with the first of them
  };
  SqlResult<Loaded> load(Instant now);

 private:
  struct Statements;
  explicit Records(std::unique_ptr<Statements> statements);
  std::unique_ptr<Statements> statements_;
};

}  // namespace healer::store
