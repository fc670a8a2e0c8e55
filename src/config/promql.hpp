#pragma once

#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "model/prometheus_rule.hpp"

namespace healer {

inline constexpr std::string_view promql_accepted =
    "EXPRESSION OP NUMBER with OP one of > >= < <= == !=, such as rate(errors_total[5m]) > 0.5";

/// A query's top level, taken apart.
struct PromqlComparison {
  std::string expression;
  Comparison comparison = Comparison::Greater;
  double number = 0;
};

/// Takes `EXPRESSION OP NUMBER` apart, or says why the query is none: what stands within brackets, quotes and
/// comments is the server's business. A comparison or a set operator (and, or, unless) beside the one
/// comparison is refused: it would drop series, and what is dropped cannot be notified from what is not
/// there.
tl::expected<PromqlComparison, std::string> read_promql_comparison(std::string_view query);

}  // namespace healer
