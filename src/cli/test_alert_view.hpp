#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace healer::cli {

struct TestAlertView {
  std::string text;  ///< a table for people
  bool all_delivered = false;
};

/// The daemon's answer to /v1/test-alert. Protocol when it is not what a daemon answers.
Result<TestAlertView> test_alert_view(std::string_view json, bool colour);

}  // namespace healer::cli
