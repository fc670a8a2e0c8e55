#pragma once

#include <string>
#include <utility>

#include <tl/expected.hpp>

namespace healer {

/// What kind of outside failure it was; the caller chooses its answer by this, operators read the text.
enum class ErrorCode {
  InvalidInput,    ///< a setting, label or message that does not parse
  Unreachable,     ///< nothing listens there, no route, the socket is missing
  Refused,         ///< the peer forbids it (403, 405, permission denied)
  NotFound,        ///< the peer knows no such thing (404)
  Conflict,        ///< the peer says its state does not allow it (304, 409)
  Timeout,         ///< no answer within the call's deadline
  ConnectionLost,  ///< the connection ended before the answer was whole: it may have been executed
  Protocol,        ///< the answer cannot be understood: malformed, truncated, wrong type
  TooLarge,        ///< the answer exceeds its cap
  PeerFailure,     ///< the peer answered that it failed (5xx)
  Storage,         ///< the state file
  Cancelled,       ///< we are shutting down
  Busy,            ///< a bounded queue is full
};

const char* to_string(ErrorCode code);

/// An outside failure as a value: its code and one sentence that names the call, what was seen and
/// what would be accepted. Never contains a secret.
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
