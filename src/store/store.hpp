#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "model/record.hpp"

namespace healer {

/// The port to what is remembered. A commit is one transaction, all or nothing; commits are carried out
/// in the order they were asked for. `done` is called once, on the loop, when the records survive a kill
/// of this process. The queue is bounded; a full one answers Busy.
class Store {
 public:
  virtual ~Store() = default;
  virtual void commit(std::vector<Record> records, std::function<void(Result<void>)> done) = 0;
  /// Deletes closed incidents and their attempts and alerts that ended before this instant, and workloads
  /// that do not run and were written last before it.
  virtual void prune(Instant ended_before, std::function<void(Result<void>)> done) = 0;
  /// Where it is, for people: a path, or "memory".
  virtual std::string location() const = 0;
};

}  // namespace healer
