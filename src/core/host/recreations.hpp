#pragma once

#include <string>
#include <string_view>
#include <unordered_set>

#include "base/ids.hpp"
#include "core/workload/workload.hpp"
#include "model/container.hpp"
#include "model/record.hpp"

namespace healer {

/// The containers that exist only while a workload's container is recreated: the old one under the name that
/// it has meanwhile, and the new one, which begins under that name with "-new" appended. Neither is a
/// workload.
class Recreations {
 public:
  explicit Recreations(const StoredState& stored);

  /// The recreation that is under way; empty: none.
  static AttemptId of(const Workload& workload);
  /// To be called after a decision; `before`: of(workload) before it.
  void decided(const Workload& workload, AttemptId before);
  bool sets_aside(const Container& container) const;
  /// Whether the container's name is one that a recreation of the workload gives, also one that is over: the
  /// engine may report the removal of the old container after it has answered the call.
  static bool names(std::string_view container, const Workload& workload);

 private:
  std::unordered_set<std::string> names_;
};

}  // namespace healer
