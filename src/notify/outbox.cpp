#include "notify/outbox.hpp"

#include <algorithm>
#include <cmath>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/duration.hpp"

namespace healer {
namespace {

constexpr std::uint64_t lines_a_minute = 20;

std::string subject(const Notification& notification) {
  return notification.workload.empty() ? "healer itself" : notification.workload;
}

}  // namespace

/// Set when the head failed so often that the channel may refuse only this notification.
struct Outbox::Doubt {
  NotificationId head;
  bool ask_another = true;     // the next message is not the head
  bool others_arrive = false;  // since the head's last failure
};

struct Outbox::Entry {
  std::shared_ptr<const Notification> notification;  // shared by all its channels
  std::shared_ptr<std::set<std::string>> addressed;  // the channels that get or got it, shared by them
  Delivery delivery;
  bool aside = false;  // the channel accepts others, not this one

  NotificationId id() const { return notification->id; }
  bool failing() const { return delivery.tries > 0; }
  bool refused() const { return delivery.state == DeliveryState::Refused; }
  /// Not tried yet and not due: it does not delay others.
  bool held_back(Instant now) const { return !failing() && delivery.next_try > now; }
};

struct Outbox::Channel {
  ChannelStatus status;
  std::unique_ptr<Notifier> notifier;       // empty: not configured
  std::deque<Entry> queue;                  // in the order of notification ids
  std::uint64_t in_flight = 0;              // serial of the try under way; 0: none
  NotificationId sending;                   // the notification of that try
  unsigned recording = 0;                   // results of tries that are being written
  Instant free_at{};                        // earliest time of the next message
  Instant aside_at{};                       // earliest time of the next try of one that is set aside
  std::map<std::string, Receipt> receipts;  // by dedup key
  std::optional<Doubt> doubt;
  std::optional<Instant> lost_since;  // begin of the minute that log lines are limited in
  std::uint64_t lost_in_minute = 0;

  std::size_t index_of(NotificationId id) const {
    const auto at = std::find_if(queue.begin(), queue.end(), [&](const Entry& e) { return e.id() == id; });
    return static_cast<std::size_t>(at - queue.begin());
  }
};

Outbox::Outbox(OutboxHost host, OutboxLimits limits)
    : host_(std::move(host)),
      draws_(host_.seed),
      limits_(limits),
      followed_(limits.receipts),
      self_(std::make_shared<Outbox*>(this)) {}

Outbox::~Outbox() {
  *self_ = nullptr;
}

Outbox::Channel& Outbox::channel(const std::string& name) {
  for (const auto& known : channels_)
    if (known->status.name == name) return *known;
  channels_.push_back(std::make_unique<Channel>());
  channels_.back()->status.name = name;
  return *channels_.back();
}

void Outbox::set_channels(std::vector<std::unique_ptr<Notifier>> channels) {
  for (const auto& known : channels_) {
    known->notifier.reset();
    known->in_flight = 0;
    known->aside_at = Instant{};
  }
  for (auto& notifier : channels) {
    Channel& known = channel(notifier->channel());
    known.notifier = std::move(notifier);
    recall(known);
    for (Entry& entry : known.queue)
      if (entry.failing()) entry.delivery.next_try = host_.now();
  }
  pump();
}

std::vector<std::string> Outbox::channel_names() const {
  std::vector<std::string> names;
  for (const auto& known : channels_)
    if (known->notifier) names.push_back(known->status.name);
  return names;
}

void Outbox::recall(Channel& of) {
  std::vector<Receipt> all;
  for (const auto& [key, receipt] : of.receipts) all.push_back(receipt);
  if (of.notifier && !all.empty()) of.notifier->recall(all);
}

void Outbox::remember(Channel& of, const std::string& dedup_key, std::string text,
                      std::vector<Record>& records) {
  if (dedup_key.empty()) return;
  const auto known = of.receipts.find(dedup_key);
  if (text.empty() && known == of.receipts.end()) return;
  const Receipt receipt{of.status.name, dedup_key, std::move(text), host_.now()};
  records.emplace_back(receipt);
  if (receipt.text.empty()) {
    of.receipts.erase(known);
    return;
  }
  of.receipts.insert_or_assign(dedup_key, receipt);
  if (of.receipts.size() <= limits_.receipts) return;
  const auto oldest =
      std::min_element(of.receipts.begin(), of.receipts.end(),
                       [](const auto& a, const auto& b) { return a.second.at < b.second.at; });
  records.emplace_back(Receipt{of.status.name, oldest->first, "", host_.now()});
  of.receipts.erase(oldest);
}

void Outbox::restore(const std::vector<Notification>& notifications, const std::vector<Delivery>& deliveries,
                     const std::vector<Receipt>& receipts) {
  for (const Receipt& receipt : receipts)
    if (!followed_.restore(receipt))
      channel(receipt.channel).receipts.insert_or_assign(receipt.dedup_key, receipt);
  for (const auto& known : channels_) recall(*known);
  std::map<NotificationId, std::shared_ptr<const Notification>> by_id;
  std::map<NotificationId, std::shared_ptr<std::set<std::string>>> addressed;
  for (const Delivery& delivery : deliveries) {
    auto& names = addressed[delivery.notification];
    if (!names) names = std::make_shared<std::set<std::string>>();
    names->insert(delivery.channel);
  }
  for (const Notification& notification : notifications)
    by_id[notification.id] = std::make_shared<const Notification>(notification);
  std::vector<Delivery> ordered = deliveries;
  std::sort(ordered.begin(), ordered.end(),
            [](const Delivery& a, const Delivery& b) { return a.notification < b.notification; });
  const Instant now = host_.now();
  for (Delivery& delivery : ordered) {
    const auto notification = by_id.find(delivery.notification);
    const bool is_refused = delivery.state == DeliveryState::Refused;
    if ((delivery.state != DeliveryState::Pending && !is_refused) || notification == by_id.end()) continue;
    // The wall clock may have been set back between the two processes.
    Instant latest = now + (delivery.tries > 0 ? limits_.longest_retry_after : limits_.longest_hold);
    // A head that may block others is tried at once, to find out again whether it does.
    const bool raised_later = delivery.tries == 0 && delivery.next_try == notification->second->created_at;
    if (raised_later || is_refused || delivery.tries >= limits_.tries_in_order) latest = now;
    delivery.next_try = std::min(delivery.next_try, latest);
    Channel& to = channel(delivery.channel);
    enqueue(to, Entry{notification->second, addressed[delivery.notification], delivery, is_refused});
  }
  pump();
}

void Outbox::add(const RoutedNotification& raised) {
  const auto notification = std::make_shared<const Notification>(raised.notification);
  const auto addressed = std::make_shared<std::set<std::string>>();
  const auto enqueue_for = [&](const std::string& name, Instant not_before) {
    Delivery delivery;
    delivery.notification = notification->id;
    delivery.channel = name;
    delivery.next_try = not_before;
    enqueue(channel(name), Entry{notification, addressed, delivery, false});
    return delivery;
  };
  for (const Destination& to : raised.destinations) addressed->insert(to.channel);
  for (const Destination& to : raised.destinations) enqueue_for(to.channel, to.not_before);
  std::vector<Record> records;
  if (!raised.destinations.empty())
    for (const std::string& name : followed_.of(notification->dedup_key))
      if (addressed->insert(name).second)
        records.emplace_back(enqueue_for(name, raised.destinations.front().not_before));
  if (!records.empty()) host_.commit(std::move(records), {});
  pump();
}

void Outbox::enqueue(Channel& to, Entry entry) {
  // One that comes from another channel may be older than what waits.
  const auto newer = std::find_if(to.queue.rbegin(), to.queue.rend(),
                                  [&](const Entry& each) { return each.id() < entry.id(); });
  to.queue.insert(newer.base(), std::move(entry));
  if (to.queue.size() <= limits_.pending) return;
  // The oldest is dropped, because the newest show the present state. One that is being sent stays.
  const bool sent_now = to.in_flight != 0 && to.queue.front().id() == to.sending;
  drop(to, sent_now ? 1 : 0, DropReason::TooMany,
       "more than " + std::to_string(limits_.pending) + " notifications wait for this channel");
}

void Outbox::pump() {
  const Instant now = host_.now();
  Instant wake = Instant::max();
  for (const auto& known : channels_) wake = std::min(wake, pump(*known, now));
  if (wake == Instant::max()) return;
  host_.set_alarm(wake, [self = self_] {
    if (*self) (*self)->pump();
  });
}

// Expires entries that are too old and sends the one that is due; returns when to call it again.
Instant Outbox::pump(Channel& of, Instant now) {
  if (of.in_flight != 0 || of.recording != 0) return Instant::max();
  while (!of.queue.empty() && of.queue.front().notification->created_at + limits_.age < now) {
    const std::string& error = of.queue.front().delivery.last_error;
    drop(of, 0, DropReason::TooOld,
         "older than " + format_duration(limits_.age) + (error.empty() ? "" : "; last error: " + error));
  }
  if (of.queue.empty()) return Instant::max();
  const Instant too_old = of.queue.front().notification->created_at + limits_.age + 1ms;
  if (!of.notifier) return too_old;
  const Next next = choose(of, now);
  const Instant due = std::max(next.due, of.free_at);
  if (now < due) return std::min(due, too_old);

  const Entry& entry = of.queue[next.index];
  if (of.doubt && of.doubt->head != entry.id()) of.doubt->ask_another = false;
  of.in_flight = ++last_serial_;
  of.sending = entry.id();
  const auto known = of.receipts.find(entry.notification->dedup_key);
  const std::string receipt = known == of.receipts.end() ? "" : known->second.text;
  of.notifier->send(*entry.notification, receipt,
                    [self = self_, name = of.status.name, serial = of.in_flight](Sent sent) {
                      if (*self) (*self)->finished(name, serial, std::move(sent));
                    });
  return Instant::max();
}

// The next entry to send, and when it is due. The queue must not be empty.
Outbox::Next Outbox::choose(Channel& of, Instant now) {
  Next next;
  Next aside;
  Next held;
  const Entry* head = nullptr;
  Next another;
  std::set<std::string_view>
      keys;  // dedup keys of earlier entries: within a key the order stays, also while the head is doubted
  for (std::size_t i = 0; i < of.queue.size(); ++i) {
    const Entry& entry = of.queue[i];
    if (entry.aside) {
      const Instant due = std::max(entry.delivery.next_try, of.aside_at);
      if (due < aside.due ||
          (due == aside.due && entry.delivery.next_try < of.queue[aside.index].delivery.next_try))
        aside = {i, due};
    } else if (entry.held_back(now)) {
      if (entry.delivery.next_try < held.due) held = {i, entry.delivery.next_try};
    } else if (!head) {
      head = &entry;
      next = {i, entry.delivery.next_try};
      if (of.doubt && of.doubt->head != entry.id()) of.doubt.reset();
      if (!of.doubt || !of.doubt->ask_another) break;
      keys.insert(entry.notification->dedup_key);
    } else {
      const bool first_of_key =
          keys.insert(entry.notification->dedup_key).second || entry.notification->dedup_key.empty();
      const bool rarer =
          another.due == Instant::max() || entry.delivery.tries < of.queue[another.index].delivery.tries;
      if (first_of_key && entry.delivery.next_try <= now && rarer) another = {i, entry.delivery.next_try};
    }
  }
  if (another.due != Instant::max()) return another;
  if (!head && aside.due < held.due) return aside;
  return held.due < next.due ? held : next;
}

void Outbox::finished(const std::string& name, std::uint64_t serial, Sent sent) {
  Channel& of = channel(name);
  if (of.in_flight != serial) return;  // a second answer, or the answer of a removed notifier
  of.in_flight = 0;
  of.free_at = host_.now() + of.notifier->gap();
  const std::size_t index = of.index_of(of.sending);
  Entry& entry = of.queue[index];
  ++entry.delivery.tries;
  std::vector<Record> records;
  if (sent.receipt) remember(of, entry.notification->dedup_key, std::move(*sent.receipt), records);
  switch (sent.result) {
    case Sent::Result::Delivered:
      if (!sent.error.empty()) log(LogLevel::Warning, "channel " + name + ": " + sent.error);
      delivered(of, index, std::move(records));
      break;
    case Sent::Result::Refused:
      refused(of, entry, std::move(sent.error), std::move(records));
      break;
    case Sent::Result::TryAgain:
      failed(of, entry, sent);
      records.emplace_back(entry.delivery);
      commit(of, std::move(records));
      break;
  }
  pump();
}

void Outbox::delivered(Channel& of, std::size_t index, std::vector<Record> records) {
  const NotificationId id = of.queue[index].id();
  const std::string key = of.queue[index].notification->dedup_key;
  if (!of.status.last_error.empty())
    log(LogLevel::Info, "channel " + of.status.name + " takes notifications again, " +
                            std::to_string(of.queue.size() - 1) + " are waiting");
  of.status.last_error.clear();
  of.status.refusing = false;
  ++of.status.delivered;
  if (of.doubt && of.doubt->head != id) {
    of.doubt->others_arrive = true;
    of.queue[of.index_of(of.doubt->head)].delivery.next_try = host_.now();
  }
  if (of.queue[index].refused()) {
    of.aside_at = Instant{};
    for (Entry& each : of.queue)
      if (each.refused()) each.delivery.next_try = host_.now();
  }
  close(of, index, DeliveryState::Delivered, "", std::move(records));
  // Earlier entries of the same key that were held back or set aside are out of date now.
  for (std::size_t i = 0; i < index && !key.empty();) {
    if (of.queue[i].notification->dedup_key == key) {
      drop(of, i, DropReason::Overtaken,
           "a later notification about the same reached this channel before it");
      --index;
    } else {
      ++i;
    }
  }
}

void Outbox::failed(Channel& of, Entry& entry, const Sent& sent) {
  const std::string error = sent.error.empty() ? "failed" : sent.error;
  const Instant now = host_.now();
  Duration wait = backoff(entry.delivery.tries, draws_.draw(of.status.name, Draws::Purpose::Delivery,
                                                            (entry.id().value << 16) + entry.delivery.tries));
  ++of.status.failed_tries;
  entry.delivery.last_error = error;
  const bool doubted = of.doubt && of.doubt->head == entry.id();
  if (doubted && of.doubt->others_arrive && !entry.aside) {
    entry.aside = true;
    of.doubt.reset();
    log(LogLevel::Warning, "notification \"" + entry.notification->event + "\" about " +
                               subject(*entry.notification) + " is set aside: " + of.status.name +
                               " takes others, but not this one (" + error + "); it is tried again every " +
                               format_duration(limits_.aside_retry));
  } else if (!entry.aside && !of.doubt && entry.delivery.tries >= limits_.tries_in_order) {
    of.doubt = Doubt{entry.id(), true, false};
  } else if (doubted) {
    of.doubt->ask_another = true;
  }
  if (entry.aside) wait = limits_.aside_retry;
  if (sent.retry_after) wait = std::min(*sent.retry_after, limits_.longest_retry_after);
  entry.delivery.next_try = now + wait;
  if (entry.aside) return;
  // Logged once per outage; the metrics have the number of tries.
  if (of.status.last_error.empty())
    log(LogLevel::Warning, "cannot deliver a notification to " + of.status.name + ": " + error +
                               "; trying again in " + format_duration(wait));
  of.status.last_error = error;
}

void Outbox::refused(Channel& of, Entry& entry, std::string error, std::vector<Record> records) {
  const bool first = !entry.refused();
  const Instant now = host_.now();
  of.status.last_error = error;
  of.status.refusing = true;
  of.aside_at = now + limits_.aside_gap;
  if (of.doubt && of.doubt->head == entry.id()) of.doubt.reset();
  entry.aside = true;
  entry.delivery.state = DeliveryState::Refused;
  entry.delivery.last_error = std::move(error);
  entry.delivery.next_try = now + limits_.aside_retry;
  if (first) {
    ++of.status.refused;
    const std::string other = escalate(of, entry, records);
    say_error(of,
              fmt::format("{} refused the notification \"{}\" about {}: {}; {}it is tried again every {}",
                          of.status.name, entry.notification->event, subject(*entry.notification),
                          entry.delivery.last_error, other.empty() ? "" : other + " gets it instead, and ",
                          format_duration(limits_.aside_retry)));
  } else {
    ++of.status.failed_tries;
  }
  records.emplace_back(entry.delivery);
  commit(of, std::move(records));
}

std::string Outbox::escalate(const Channel& of, const Entry& entry, std::vector<Record>& records) {
  const auto from =
      std::find_if(channels_.begin(), channels_.end(), [&](const auto& known) { return known.get() == &of; });
  const auto start = static_cast<std::size_t>(from - channels_.begin());
  for (std::size_t step = 1; step < channels_.size(); ++step) {
    Channel& to = *channels_[(start + step) % channels_.size()];
    if (!to.notifier || entry.addressed->contains(to.status.name) ||
        !to.notifier->carries(*entry.notification))
      continue;
    Notification copy = *entry.notification;
    copy.text += fmt::format(" (The channel {} refused this notification: {})", of.status.name,
                             entry.delivery.last_error);
    Delivery delivery;
    delivery.notification = copy.id;
    delivery.channel = to.status.name;
    delivery.next_try = host_.now();
    records.emplace_back(delivery);
    entry.addressed->insert(to.status.name);
    followed_.add(copy.dedup_key, to.status.name, host_.now(), records);
    enqueue(to,
            Entry{std::make_shared<const Notification>(std::move(copy)), entry.addressed, delivery, false});
    return to.status.name;
  }
  return {};
}

void Outbox::drop(Channel& of, std::size_t index, DropReason reason, const std::string& why) {
  ++of.status.dropped[reason];
  close(of, index, DeliveryState::Expired, why);
}

void Outbox::close(Channel& of, std::size_t index, DeliveryState state, std::string error,
                   std::vector<Record> records) {
  Entry& entry = of.queue[index];
  entry.delivery.state = state;
  entry.delivery.last_error = std::move(error);
  if (of.doubt && of.doubt->head == entry.id()) of.doubt.reset();
  if (state != DeliveryState::Delivered)
    say_error(of, fmt::format("notification \"{}\" about {} did not reach {}: {}, {}",
                              entry.notification->event, subject(*entry.notification), of.status.name,
                              to_string(state), entry.delivery.last_error));
  records.emplace_back(std::move(entry.delivery));
  of.queue.erase(of.queue.begin() + static_cast<std::ptrdiff_t>(index));
  commit(of, std::move(records));
}

void Outbox::commit(Channel& of, std::vector<Record> records) {
  ++of.recording;
  host_.commit(std::move(records), [self = self_, name = of.status.name] {
    if (!*self) return;
    --(*self)->channel(name).recording;
    (*self)->pump();
  });
}

// One log line for each, but only a few per minute: when too many wait, many are lost.
void Outbox::say_error(Channel& of, std::string message) {
  const Instant now = host_.now();
  if (!of.lost_since || now >= *of.lost_since + 1min) {
    if (of.lost_in_minute > lines_a_minute)
      log(LogLevel::Error, fmt::format("{} more notifications did not reach {} meanwhile",
                                       of.lost_in_minute - lines_a_minute, of.status.name));
    of.lost_since = now;
    of.lost_in_minute = 0;
  }
  if (++of.lost_in_minute > lines_a_minute) return;
  log(LogLevel::Error, std::move(message));
}

Duration Outbox::backoff(unsigned tries, double draw) const {
  const double doubled = static_cast<double>(limits_.first_backoff.count()) *
                         std::exp2(std::min(tries > 0 ? tries - 1 : 0U, 30U));
  const double bounded = std::min(doubled, static_cast<double>(limits_.longest_backoff.count()));
  const double factor = 1.0 + limits_.jitter * (2.0 * draw - 1.0);
  return std::min(Duration{static_cast<Duration::rep>(bounded * factor)}, limits_.longest_backoff);
}

std::size_t Outbox::pending() const {
  std::size_t all = 0;
  for (const auto& known : channels_) all += known->queue.size();
  return all;
}

std::vector<ChannelStatus> Outbox::status() const {
  std::vector<ChannelStatus> all;
  for (const auto& known : channels_) {
    all.push_back(known->status);
    all.back().configured = known->notifier != nullptr;
    all.back().pending = known->queue.size();
    for (const Entry& entry : known->queue) {
      all.back().set_aside += entry.aside ? 1 : 0;
      if (entry.refused() && known->status.last_error.empty())
        all.back().last_error = entry.delivery.last_error;
    }
  }
  return all;
}

void Outbox::log(LogLevel level, std::string message) {
  host_.log(LogLine{level, std::move(message), {}});
}

}  // namespace healer
