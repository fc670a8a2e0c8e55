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

/// A rule of healer's own: `EXPRESSION OP NUMBER`. Prometheus is asked for the expression alone, so that a
/// series which does not meet the comparison can be notified from one that is not there. HEALING.md 2.
struct PrometheusRule {
  std::string name;
  std::string query;       ///< as configured
  std::string expression;  ///< its left side
  Comparison comparison = Comparison::Greater;
  double number = 0;
  Duration hold_for{0};             ///< it fires when it has been met so long
  std::vector<std::string> labels;  ///< that name a container, in this order; empty: those of all alerts
  std::string container;  ///< the rule is about this one, whatever the labels say; empty: about many
  bool act = true;        ///< false: it is only notified
  bool operator==(const PrometheusRule&) const = default;
};
HEALER_DESCRIBE(PrometheusRule, name, query, expression, comparison, number, hold_for, labels, container,
                act);

/// Whether a sample meets the rule. A NaN never comes here: it is no sample.
bool meets(const PrometheusRule& rule, double sample);

/// The server that is asked, and what it is asked for.
struct PrometheusSettings {
  std::string url;  ///< "http://prometheus:9090", without a '/' at its end; empty: nobody is asked
  Secret bearer_token;
  std::string username;  ///< basic authentication; empty: none
  Secret password;
  Duration interval{15'000};
  Duration timeout{5'000};  ///< of one query; never above the interval
  std::vector<PrometheusRule> rules;
  bool operator==(const PrometheusSettings&) const = default;
};
HEALER_DESCRIBE(PrometheusSettings, url, bearer_token, username, password, interval, timeout, rules);

/// How a rule stands.
struct RuleStatus {
  std::string name;
  std::string query;
  bool known = false;                  ///< the last answer had samples
  std::string problem;                 ///< why not: "no data", "HTTP 503"
  std::optional<Instant> last_answer;  ///< with samples
  std::size_t firing = 0;              ///< workloads
  std::size_t pending = 0;             ///< workloads that meet it, not for long enough yet
  std::size_t unmatched = 0;           ///< that meet it by the last answer, and are not watched
  std::uint64_t answers = 0;           ///< with samples, since the process started
  std::uint64_t unknowns = 0;          ///< evaluations without
};
HEALER_DESCRIBE(RuleStatus, name, query, known, problem, last_answer, firing, pending, unmatched, answers,
                unknowns);

}  // namespace healer
