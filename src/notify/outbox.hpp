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
#include "notify/followed_channels.hpp"
#include "notify/notifier.hpp"

namespace healer {

/// The process's parts of the outbox: time, one alarm, a random seed, the store, the log.
struct OutboxHost {
  std::function<Instant()> now;
  std::uint64_t seed = 1;
  /// Calls the work once at this instant, never before set_alarm() returns; replaces an earlier alarm.
  std::function<void(Instant, std::function<void()>)> set_alarm;
  /// Writes the records, then calls `then` (if there is one) on the loop, never before commit() returns, also
  /// when the write failed.
  std::function<void(std::vector<Record>, std::function<void()> then)> commit;
  std::function<void(LogLine)> log;
};

struct OutboxLimits {
  Duration first_backoff = 1s;
  Duration longest_backoff = 5min;
  double jitter = 0.25;               ///< +- this share of a backoff
  Duration longest_retry_after = 1h;  ///< a longer Retry-After is cut to this
  Duration longest_hold = 7 * 24h;    ///< before a first try; a later time means that the clock was set back
  unsigned tries_in_order = 20;       ///< of the head before another notification is tried: about an hour
  Duration aside_retry = 1h;          ///< between tries of a notification that is set aside
  Duration aside_gap = 5min;          ///< between two such tries of a channel that refuses
  std::size_t pending = 10'000;       ///< per channel; one more expires the oldest
  std::size_t receipts = 2'000;       ///< per channel; one more deletes the oldest
  Duration age = 7 * 24h;             ///< after this age a notification expires
};

/// Delivers notifications to their channels at least once; for each channel in order, one at a time.
///
///   Pending, Refused --2xx--> Delivered
///   Pending --permanent error--> Refused: logged, set aside, and sent to one more channel
///   Pending --temporary failure--> Pending, next_try later (backoff with jitter, or Retry-After)
///   Pending, Refused --too old, too many newer wait, overtaken--> Expired, counted by reason and logged
///
/// The channel that gets a refused notification is the next one of the configuration that sends such
/// notifications and did not get it. If that one refuses it too, the next after it follows: no channel gets
/// it twice. Later notifications of its dedup key go to that channel as well, so that it also gets the end;
/// this is stored as a receipt.
///
/// The next notification of a channel is the first in order (the head). While a head waits for its next try,
/// all others wait. A notification that was never tried and is not due yet (quiet hours) delays no other. A
/// head that failed tries_in_order times is doubted:
///
///   in order --the head's 20th try fails--> doubted
///   doubted  --the head fails--> one other notification is tried: another dedup key, fewest tries
///            --the other is delivered--> the head is tried at once --fails--> set aside
///            --the other fails--> the head again, after its backoff: the channel is down
///   set aside: tried hourly if no other is due; --a later one of its key is delivered--> Expired (overtaken)
///
/// A refused notification is set aside at once, and tried at once when the channels are replaced, when a new
/// process begins, and when the channel accepts another refused one: then the setting was mended.
///
/// Every change is committed after it happened: a delivery after the service's answer. The channel's next
/// notification waits for that commit. A process that is killed before the commit sends that one notification
/// again. A channel that is no longer configured keeps its notifications pending until they are too old; they
/// are sent if it is configured again.
class Outbox {
 public:
  explicit Outbox(OutboxHost host, OutboxLimits limits = {});
  ~Outbox();
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;

  /// Replaces the channels; earlier channels stay known by name. A notification that a removed notifier was
  /// sending is sent again. Must not be called from a notifier's completion.
  void set_channels(std::vector<std::unique_ptr<Notifier>> channels);
  /// Names for RoutedNotification.
  std::vector<std::string> channel_names() const;

  /// Takes over the deliveries and receipts of an earlier process. Call it once, before add().
  void restore(const std::vector<Notification>& notifications, const std::vector<Delivery>& deliveries,
               const std::vector<Receipt>& receipts = {});
  /// Adds a notification whose record is being written.
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
  void refused(Channel& of, Entry& entry, std::string error, std::vector<Record> records);
  /// Sends the refused notification to one more channel, and adds the records; returns that channel's name,
  /// or an empty text when every channel has it.
  std::string escalate(const Channel& of, const Entry& entry, std::vector<Record>& records);
  /// Stores the channel's receipt, and adds its record to `records`.
  void remember(Channel& of, const std::string& dedup_key, std::string text, std::vector<Record>& records);
  void recall(Channel& of);
  void drop(Channel& of, std::size_t index, DropReason reason, const std::string& why);
  void close(Channel& of, std::size_t index, DeliveryState state, std::string error,
             std::vector<Record> records = {});
  void commit(Channel& of, std::vector<Record> records);
  void say_error(Channel& of, std::string message);
  Duration backoff(unsigned tries, double draw) const;
  void log(LogLevel level, std::string message);

  OutboxHost host_;
  Draws draws_;
  OutboxLimits limits_;
  std::vector<std::unique_ptr<Channel>> channels_;
  FollowedChannels followed_;
  std::uint64_t last_serial_ = 0;
  std::shared_ptr<Outbox*> self_;  ///< holds null after destruction, for late completions and alarms
};

}  // namespace healer
