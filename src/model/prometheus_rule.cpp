#include "model/prometheus_rule.hpp"

namespace healer {

bool meets(const PrometheusRule& rule, double sample) {
  switch (rule.comparison) {
    case Comparison::Equal:
      return sample == rule.number;
    case Comparison::NotEqual:
      return sample != rule.number;
    case Comparison::Greater:
      return sample > rule.number;
    case Comparison::GreaterOrEqual:
      return sample >= rule.number;
    case Comparison::Less:
      return sample < rule.number;
    case Comparison::LessOrEqual:
      return sample <= rule.number;
  }
  return false;
}

}  // namespace healer
