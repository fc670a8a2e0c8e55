#pragma once

#include <string>

#include "model/record.hpp"

namespace healer::present {

/// A decision for operators.
struct DecisionText {
  std::string inputs;   ///< "name=value" pairs, "; " between them
  std::string outcome;  ///< what follows
};

DecisionText decision_text(const Fact& fact);

}  // namespace healer::present
