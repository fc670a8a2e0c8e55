#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/draws.hpp"
#include "base/time.hpp"
#include "model/effect.hpp"
#include "model/record.hpp"
#include "model/status.hpp"
#include "notify/notifier.hpp"

namespace healer {

/// What the outbox needs of the process: time, one alarm of its own, a random seed, the store, the log.
struct OutboxHost {
  std::function<Instant()> now;
  std::uint64_t seed = 1;
  /// Calls the work once at this instant, never from inside; replaces what was set before.
  std::function<void(Instant, std::function<void()>)> set_alarm;
  /// Writes the records; then calls `then`, where there is one, on the loop, never from inside, also when
  /// writing failed.
  std::function<void(std::vector<Record>, std::function<void()> then)> commit;
  std::function<void(LogLine)> log;
};

struct OutboxLimits {
  Duration first_backoff = 1s;
  Duration longest_backoff = 5min;
  double jitter = 0.25;               ///< +- this share of a backoff
  Duration longest_retry_after = 1h;  ///< a service's wish beyond this is cut
  Duration longest_hold = 7 * 24h;    ///< before a first try; anything later is a clock set back
  unsigned tries_in_order = 20;       ///< of the first in the queue, before others are asked: about an hour
  Duration aside_retry = 1h;          ///< of a notification that is set aside
  std::size_t pending = 10'000;       ///< per channel; one more expires the oldest
  std::size_t receipts = 2'000;       ///< per channel; for one more the oldest is forgotten
  Duration age = 7 * 24h;             ///< since the notification was raised
};

/// Brings notifications to their channels, at least once: per channel in the order raised, one at a time.
///
///   Pending --2xx--> Delivered            Pending --permanent error--> Refused
///   Pending --passing failure--> Pending, next_try later (backoff with jitter, or the service's Retry-After)
///   Pending --too old, too many newer wait, overtaken--> Expired, counted by reason and logged
///
/// Who is next in a channel: the first in order (the head). A head that waits for its next try keeps all
/// others waiting; one that was never tried and is not due yet (quiet hours) keeps nobody. A head that failed
/// tries_in_order times is doubted:
///
///   in order --the head's 20th try fails--> doubted
///   doubted  --the head fails--> one other notification is tried, of another dedup key, the least tried
///            --another arrives--> the head is tried at once --fails--> set aside
///            --another fails--> the head again, after its backoff: the channel is down
///   set aside: tried hourly, when no other is due; --a later one of its key arrives--> Expired (overtaken)
///
/// Every change is committed after it happened, a delivery after the service answered, and the next
/// notification of the channel waits for that: a process killed in between sends that one notification again.
/// A channel that is no longer configured keeps its notifications pending, so that they go out when it comes
/// back, until they are too old.
class Outbox {
 public:
  explicit Outbox(OutboxHost host, OutboxLimits limits = {});
  ~Outbox();
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;

  /// The channels that are there now; those of before stay known by name. What was being sent by a notifier
  /// that goes is sent anew. Not to be called from inside a notifier's completion.
  void set_channels(std::vector<std::unique_ptr<Notifier>> channels);
  /// Names for RoutedNotification.
  std::vector<std::string> channel_names() const;

  /// What an earlier process left undone. Call it once, before add().
  void restore(const std::vector<Notification>& notifications, const std::vector<Delivery>& deliveries,
               const std::vector<Receipt>& receipts = {});
  /// A notification whose record is on its way to the disk.
  void add(const RoutedNotification& raised);

  std::size_t pending() const;
  std::vector<ChannelStatus> status() const;

 private:
  struct Entry;
  struct Doubt;
  struct Channel;
  struct Next {
    std::size_t index = 0;
    Instant due = Instant::max();
  };
  Channel& channel(const std::string& name);
  void enqueue(Channel& to, Entry entry);
  void pump();
  Instant pump(Channel& of, Instant now);
  Next choose(Channel& of, Instant now);
  void finished(const std::string& name, std::uint64_t serial, Sent sent);
  void delivered(Channel& of, std::size_t index, std::vector<Record> records);
  void failed(Channel& of, Entry& entry, const Sent& sent);
  /// Takes in what the channel wants remembered; adds to `records` what is to be written.
  void remember(Channel& of, const std::string& dedup_key, std::string text, std::vector<Record>& records);
  void recall(Channel& of);
  void drop(Channel& of, std::size_t index, DropReason reason, const std::string& why);
  void close(Channel& of, std::size_t index, DeliveryState state, std::string error,
             std::vector<Record> records = {});
  void commit(Channel& of, std::vector<Record> records);
  void say_lost(Channel& of, const Entry& entry);
  Duration backoff(unsigned tries, double draw) const;
  void log(LogLevel level, std::string message);

  OutboxHost host_;
  Draws draws_;
  OutboxLimits limits_;
  std::vector<std::unique_ptr<Channel>> channels_;
  std::uint64_t last_serial_ = 0;
  std::shared_ptr<Outbox*> self_;  ///< late completions and alarms find it empty
};

}  // namespace healer
