#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/time.hpp"
#include "model/record.hpp"

namespace healer {

/// How one try to deliver ended. Passing failures are tried again, permanent ones (400, 401, 404 ...) are
/// not.
struct Sent {
  enum class Result { Delivered, TryAgain, Refused };
  Result result = Result::Delivered;
  std::optional<Duration> retry_after;  ///< the service's own wish (Retry-After)
  std::string error;                    ///< redacted; empty when delivered
};

/// The port to one channel. Completes exactly once, on the loop, never from inside send(), within the
/// channel's own timeout.
class Notifier {
 public:
  virtual ~Notifier() = default;
  virtual const std::string& channel() const = 0;
  virtual void send(const Alert& alert, std::function<void(Sent)> done) = 0;
};

}  // namespace healer
