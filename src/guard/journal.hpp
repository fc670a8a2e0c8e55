#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "guard/append_file.hpp"
#include "guard/ledger.hpp"

namespace healer::guard {

/// A recreation that is under way, or whose end is not known.
struct RecreationRecord {
  std::uint64_t number = 0;  ///< of its order
  std::string id;
  std::string name;
  std::string new_name;
  std::string aside_name;
  std::string image = {};  ///< another one than the container's, by its id; empty: the same
};

/// The guard's memory over its restarts: a file of lines, each on the disk before what it says is done. What
/// is older than the budgets' window is dropped when the file is opened.
class Journal {
 public:
  /// Reads the file into the ledger. `unfinished` gets the recreations without an end.
  static Result<Journal> open(const std::string& path, Ledger& ledger, WallTime now,
                              std::vector<RecreationRecord>& unfinished);

  Result<void> ordered(const Order& order);
  Result<void> answered(std::uint64_t number, WallTime at);
  Result<void> recreation_begins(const RecreationRecord& record);
  Result<void> recreation_ended(std::uint64_t number, const std::string& successor);
  Result<void> healthy(const std::string& lineage, const std::string& image_id);
  /// What an operator ordered: "pause", "resume" or "reset", and of what.
  Result<void> operator_ordered(const std::string& what, const std::string& name);

 private:
  explicit Journal(AppendFile file) : file_(std::move(file)) {}

  AppendFile file_;
};

}  // namespace healer::guard
