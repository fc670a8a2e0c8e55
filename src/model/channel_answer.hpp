#pragma once

#include <string>

#include "model/describe.hpp"
namespace healer {

BOOST_DEFINE_ENUM_CLASS(ChannelResult, Delivered,
                        Refused,  ///< a retry cannot help: a wrong address, key or message
                        Failed    ///< a retry may help: no answer, or a temporary error
)

/// What one channel answered to a test notification.
struct ChannelAnswer {
  using Result = ChannelResult;
  std::string channel;
  Result result = Result::Delivered;
  std::string error;  ///< redacted; empty when delivered
  bool operator==(const ChannelAnswer&) const = default;
};
HEALER_DESCRIBE(ChannelAnswer, channel, result, error);

}  // namespace healer
