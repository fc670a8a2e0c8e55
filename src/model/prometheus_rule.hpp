#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/secret.hpp"
#include "base/time.hpp"
#include "model/describe.hpp"

namespace healer {

/// How a sample is compared with a rule's number; the operators of PromQL.
BOOST_DEFINE_ENUM_CLASS(Comparison, Equal, NotEqual, Greater, GreaterOrEqual, Less, LessOrEqual)

template <>
struct EnumDialect<Comparison> {
  static constexpr std::array texts{
      EnumText<Comparison>{Comparison::Equal, "=="},  EnumText<Comparison>{Comparison::NotEqual, "!="},
      EnumText<Comparison>{Comparison::Greater, ">"}, EnumText<Comparison>{Comparison::GreaterOrEqual, ">="},
      EnumText<Comparison>{Comparison::Less, "<"},    EnumText<Comparison>{Comparison::LessOrEqual, "<="}};
};

/// A rule that healer itself evaluates: `EXPRESSION OP NUMBER`. healer queries only the expression, because
/// then a series that does not meet the comparison differs from a series that does not exist. HEALING.md 2.
struct PrometheusRule {
  std::string name;
  std::string query;       ///< as configured
  std::string expression;  ///< left side of the comparison
  Comparison comparison = Comparison::Greater;
  double number = 0;
  Duration hold_for{0};  ///< the rule fires when it has been met this long
  std::vector<std::string>
      labels;             ///< labels that name a container, in this order; empty: those of all alerts
  std::string container;  ///< the container that the rule is about; empty: the labels name it
  bool act = true;        ///< false: operators are notified, without a remedy
  bool operator==(const PrometheusRule&) const = default;
};
HEALER_DESCRIBE(PrometheusRule, name, query, expression, comparison, number, hold_for, labels, container,
                act);

/// Whether a sample meets the rule. A NaN is no sample and is never passed.
bool meets(const PrometheusRule& rule, double sample);

/// The Prometheus server and the rules to evaluate.
struct PrometheusSettings {
  std::string url;  ///< "http://prometheus:9090", without a '/' at its end; empty: no queries
  Secret bearer_token;
  std::string username;  ///< of basic authentication; empty: none
  Secret password;
  Duration interval{15'000};
  Duration timeout{5'000};  ///< of one query; never above the interval
  std::vector<PrometheusRule> rules;
  bool operator==(const PrometheusSettings&) const = default;
};
HEALER_DESCRIBE(PrometheusSettings, url, bearer_token, username, password, interval, timeout, rules);

/// The present state of a rule.
struct RuleStatus {
  std::string name;
  std::string query;
  bool known = false;                  ///< the last answer had samples
  std::string problem;                 ///< why `known` is false: "no data", "HTTP 503"
  std::optional<Instant> last_answer;  ///< the last answer with samples
  std::size_t firing = 0;              ///< workloads that the rule fires about
  std::size_t pending = 0;             ///< workloads that meet the rule, for less than hold_for
  std::size_t unmatched = 0;   ///< containers in the last answer that meet the rule and are not watched
  std::uint64_t answers = 0;   ///< answers with samples since the process started
  std::uint64_t unknowns = 0;  ///< evaluations without samples since the process started
};
HEALER_DESCRIBE(RuleStatus, name, query, known, problem, last_answer, firing, pending, unmatched, answers,
                unknowns);

}  // namespace healer
