#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "model/record.hpp"

namespace healer {

/// The result of one try to deliver. After a temporary failure all later notifications wait; a notification
/// that is refused (400, 401, 404 ...) is set aside.
struct Sent {
  enum class Result { Delivered, TryAgain, Refused };
  Result result = Result::Delivered;
  std::optional<Duration> retry_after;  ///< the wait that the service asks for (Retry-After)
  /// Redacted; of a refusal with the setting to change. If delivered: what an operator must know, usually
  /// empty.
  std::string error;
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
  /// Whether the channel sends such notifications: PagerDuty, for example, sends no info.
  virtual bool carries(const Notification& notification) const {
    (void)notification;
    return true;
  }
  /// Receives all receipts of this channel before the first send(). For channels that send without a new
  /// notification (Alertmanager), and for what is about the whole channel (Telegram).
  virtual void recall(const std::vector<Receipt>& receipts) { (void)receipts; }
  /// `receipt`: this channel's receipt for the notification's dedup key; empty: none.
  virtual void send(const Notification& notification, const std::string& receipt,
                    std::function<void(Sent)> done) = 0;
};

}  // namespace healer
