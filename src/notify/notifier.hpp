#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "model/record.hpp"

namespace healer {

/// How one try to deliver ended. Passing failures are tried again, permanent ones (400, 401, 404 ...) are
/// not.
struct Sent {
  enum class Result { Delivered, TryAgain, Refused };
  Result result = Result::Delivered;
  std::optional<Duration> retry_after;  ///< the service's own wish (Retry-After)
  std::string error;  ///< redacted; of a delivered one: what went wrong beside it, as a rule nothing
  /// What the channel remembers of the notification's dedup key from now on, whatever the result; empty:
  /// nothing any more. Without a value: as before. Written in the transaction of the result.
  std::optional<std::string> receipt = std::nullopt;
};

/// The port to one channel. Completes exactly once, on the loop, never from inside send(), within the
/// channel's own timeout.
class Notifier {
 public:
  virtual ~Notifier() = default;
  virtual const std::string& channel() const = 0;
  /// Least time between the end of one try and the next message: the service's own limit.
  virtual Duration gap() const { return 1s; }
  /// Everything this channel remembers: notified before the first send(). Only for channels that act on it
  /// unchecked.
  virtual void recall(const std::vector<Receipt>& receipts) { (void)receipts; }
  /// `receipt`: what this channel remembers of the notification's dedup key; empty: nothing, or no longer.
  virtual void send(const Notification& notification, const std::string& receipt,
                    std::function<void(Sent)> done) = 0;
};

}  // namespace healer
