#pragma once

#include <string>

namespace healer {

/// What one channel answered to a test alert.
struct ChannelAnswer {
  enum class Result {
    Delivered,
    Refused,  ///< for good: a wrong address, key or message
    Failed,   ///< for now: no answer, or one that says so
  };
  std::string channel;
  Result result = Result::Delivered;
  std::string error;  ///< redacted; empty when delivered
  bool operator==(const ChannelAnswer&) const = default;
};

const char* to_string(ChannelAnswer::Result result);

}  // namespace healer
