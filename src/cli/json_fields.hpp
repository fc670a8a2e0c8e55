#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

#include "base/time.hpp"

namespace healer::cli {

/// One JSON object whose fields may be missing or of any type.
class Fields {
 public:
  explicit Fields(const boost::json::value& value) : object_(value.if_object()) {}

  const boost::json::value* find(std::string_view name) const;
  /// One printable line of at most 300 bytes; empty when there is no such text.
  std::string text(std::string_view name) const;
  /// Printable lines.
  std::vector<std::string> lines(std::string_view name) const;
  std::optional<double> number(std::string_view name) const;
  bool is_true(std::string_view name) const;
  Fields fields(std::string_view name) const;
  std::vector<Fields> list(std::string_view name) const;

 private:
  const boost::json::object* object_;
};

/// "12"; "-" without a number.
std::string count_text(std::optional<double> number);

/// A rounded duration: at most two units, none smaller than seconds.
std::string rough(double milliseconds);
/// "5s ago"; "-" without a time.
std::string ago(std::optional<double> unix_ms, WallTime now);
/// "2026-11-22 10:00:03" in UTC; "-" without a time.
std::string utc(std::optional<double> unix_ms);

}  // namespace healer::cli
