#include "base/result.hpp"

namespace healer {

const char* to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::InvalidInput:
      return "invalid_input";
    case ErrorCode::Unreachable:
      return "unreachable";
    case ErrorCode::Refused:
      return "refused";
    case ErrorCode::NotFound:
      return "not_found";
    case ErrorCode::Conflict:
      return "conflict";
    case ErrorCode::Timeout:
      return "timeout";
    case ErrorCode::ConnectionLost:
      return "connection_lost";
    case ErrorCode::Protocol:
      return "protocol";
    case ErrorCode::TooLarge:
      return "too_large";
    case ErrorCode::PeerFailure:
      return "peer_failure";
    case ErrorCode::Storage:
      return "storage";
    case ErrorCode::Cancelled:
      return "cancelled";
    case ErrorCode::Busy:
      return "busy";
  }
  return "unknown";
}

}  // namespace healer
