#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace healer::cli {

struct TestNotificationView {
  std::string text;  ///< a table for operators
  bool all_delivered = false;
};

/// The daemon's answer to /v1/test-notification. Protocol when the text is no answer of a daemon.
Result<TestNotificationView> test_notification_view(std::string_view json, bool colour);

}  // namespace healer::cli
