#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "model/record.hpp"

namespace healer {

/// The result of one try to deliver. Temporary failures are tried again, permanent ones (400, 401, 404 ...)
/// are not.
struct Sent {
  enum class Result { Delivered, TryAgain, Refused };
  Result result = Result::Delivered;
  std::optional<Duration> retry_after;  ///< the wait that the service asks for (Retry-After)
  std::string error;                    ///< redacted; if delivered: a partial failure, usually empty
  /// The channel's new receipt for the notification's dedup key, for any result; empty: delete the receipt;
  /// no value: leave it unchanged. Written in the transaction of the result.
  std::optional<std::string> receipt = std::nullopt;
};

/// The port to one channel. send() completes exactly once, on the loop, never before it returns, within the
/// channel's timeout.
class Notifier {
 public:
  virtual ~Notifier() = default;
  virtual const std::string& channel() const = 0;
  /// Least time between the end of one try and the next message, by the service's limit.
  virtual Duration gap() const { return 1s; }
  /// Receives all receipts of this channel before the first send(). Only for channels that send without a new
  /// notification (Alertmanager).
  virtual void recall(const std::vector<Receipt>& receipts) { (void)receipts; }
  /// `receipt`: this channel's receipt for the notification's dedup key; empty: none.
  virtual void send(const Notification& notification, const std::string& receipt,
                    std::function<void(Sent)> done) = 0;
};

}  // namespace healer
