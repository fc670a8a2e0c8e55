#pragma once

#include <string>
#include <utility>

#include <tl/expected.hpp>

namespace healer {

/// The kind of an outside failure: the caller reacts by the code; the text is for operators.
enum class ErrorCode {
  InvalidInput,    ///< a setting, label or message that does not parse
  Unreachable,     ///< nothing listens at the address, no route, or the socket is missing
  Refused,         ///< the peer forbids the call (403, 405, permission denied)
  NotFound,        ///< the peer has no such object (404)
  Conflict,        ///< the state of the object does not allow the call (304, 409)
  Timeout,         ///< no answer within the call's deadline
  ConnectionLost,  ///< the connection ended before the answer was complete: the call may have been executed
  Protocol,        ///< the answer cannot be read: malformed, truncated, wrong type
  TooLarge,        ///< the answer exceeds its limit
  PeerFailure,     ///< the peer answered that it failed (5xx)
  Storage,         ///< the state file failed
  Cancelled,       ///< healer is shutting down
  Busy,            ///< a bounded queue is full
};

const char* to_string(ErrorCode code);

/// An outside failure as a value: a code, and one sentence that names the call, the value found and the
/// values accepted. Never contains a secret.
struct Error {
  ErrorCode code = ErrorCode::Protocol;
  std::string message;
};

template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> failure(ErrorCode code, std::string message) {
  return tl::unexpected<Error>(Error{code, std::move(message)});
}

}  // namespace healer
