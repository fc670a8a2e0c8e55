#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/known_values.hpp"
#include "base/redact.hpp"

namespace healer::guard {

/// Hides the secret values of one container's environment.
class Hider {
 public:
  explicit Hider(const std::vector<std::string>& environment);

  /// A value that healer reads as data: only the container's own secrets are hidden.
  std::string value(std::string_view text) const;
  /// Free text, such as logs: hidden is also what looks like a secret.
  std::string text(std::string_view text) const { return redactor_(text); }

 private:
  std::vector<std::string> secrets_;
  KnownValues known_;
  Redactor redactor_;
  bool too_many_ = false;
};

}  // namespace healer::guard
