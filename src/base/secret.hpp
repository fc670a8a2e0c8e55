#pragma once

#include <string>
#include <utility>

namespace healer {

/// A value that must not be seen: webhook URLs, tokens. It prints as "<redacted>" by type;
/// only reveal() gives the text, and only adapters that send it call that.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  const std::string& reveal() const { return value_; }
  bool empty() const { return value_.empty(); }
  bool operator==(const Secret&) const = default;

 private:
  std::string value_;
};

inline std::string to_string(const Secret& secret) {
  return secret.empty() ? "" : "<redacted>";
}

}  // namespace healer
