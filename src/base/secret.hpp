#pragma once

#include <string>
#include <utility>

namespace healer {

/// A value that must never be shown: webhook URLs, tokens. The type prints as "<redacted>". Only reveal()
/// gives the text, and only the adapters that send the value call reveal().
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
