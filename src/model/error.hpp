#pragma once

#include "base/result.hpp"
#include "model/describe.hpp"

namespace healer {

// base/ describes nothing, so its types that are part of an event are described here.
BOOST_DESCRIBE_ENUM(ErrorCode, InvalidInput, Unreachable, Refused, NotFound, Conflict, Timeout,
                    ConnectionLost, Protocol, TooLarge, PeerFailure, Storage, Cancelled, Busy)
HEALER_DESCRIBE(Error, code, message);

}  // namespace healer
