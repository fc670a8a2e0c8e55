#pragma once

#include <memory>
#include <utility>

namespace healer {

/// Completions arrive late: after their owner was destroyed, or while it ends. A wrapped one does nothing
/// then.
class Guard {
 public:
  template <class F>
  auto wrap(F function) const {
    return [open = std::weak_ptr<const bool>(open_),
            function = std::move(function)](auto&&... arguments) mutable {
      if (const auto still = open.lock(); !still || !*still) return;
      function(std::forward<decltype(arguments)>(arguments)...);
    };
  }
  /// From now on no wrapped completion does anything.
  void close() { *open_ = false; }
  bool closed() const { return !*open_; }

 private:
  std::shared_ptr<bool> open_ = std::make_shared<bool>(true);
};

}  // namespace healer
