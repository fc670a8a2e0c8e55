#pragma once

#include "base/result.hpp"
#include "model/describe.hpp"

namespace healer {

// base/ does not include describe.hpp, so the base types that events contain are described here.
BOOST_DESCRIBE_ENUM(ErrorCode, InvalidInput, Unreachable, Refused, NotFound, Conflict, Timeout,
                    ConnectionLost, Protocol, TooLarge, PeerFailure, Storage, Cancelled, Busy)
HEALER_DESCRIBE(Error, code, message);

}  // namespace healer
