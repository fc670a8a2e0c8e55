#pragma once

#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "model/prometheus_rule.hpp"

namespace healer {

inline constexpr std::string_view promql_accepted =
    "EXPRESSION OP NUMBER with OP one of > >= < <= == !=, such as rate(errors_total[5m]) > 0.5";

/// The parts of a query of the form EXPRESSION OP NUMBER.
struct PromqlComparison {
  std::string expression;
  Comparison comparison = Comparison::Greater;
  double number = 0;
};

/// Splits `EXPRESSION OP NUMBER`, or gives the reason why the query has another form. Only the server checks
/// text in brackets, quotes and comments. A second comparison or a set operator (and, or, unless) at the top
/// level is refused: it drops series, and a dropped series looks like one that does not exist.
tl::expected<PromqlComparison, std::string> read_promql_comparison(std::string_view query);

}  // namespace healer
