#include "notify/outbox.hpp"

#include <algorithm>
#include <cmath>
#include <deque>
#include <map>
#include <optional>
#include <utility>

#include "base/draws.hpp"
#include "base/duration.hpp"

namespace healer {

struct Outbox::Entry {
  std::shared_ptr<const Alert> alert;  // one for all its channels
  Delivery delivery;
};

struct Outbox::Channel {
  ChannelStatus status;
  std::unique_ptr<Notifier> notifier;       // empty: not configured
  std::deque<Entry> queue;                  // the front is sent first
  std::uint64_t in_flight = 0;              // serial of the try under way with the front; 0: none
  Instant free_at{};                        // no message before
  std::map<std::string, Receipt> receipts;  // by dedup key
};

Outbox::Outbox(OutboxHost host, OutboxLimits limits)
    : host_(std::move(host)), limits_(limits), self_(std::make_shared<Outbox*>(this)) {}

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
  }
  for (auto& notifier : channels) {
    Channel& known = channel(notifier->channel());
    known.notifier = std::move(notifier);
    recall(known);
    if (!known.queue.empty()) known.queue.front().delivery.next_try = host_.now();
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

void Outbox::restore(const std::vector<Alert>& alerts, const std::vector<Delivery>& deliveries,
                     const std::vector<Receipt>& receipts) {
  for (const Receipt& receipt : receipts)
    channel(receipt.channel).receipts.insert_or_assign(receipt.dedup_key, receipt);
  for (const auto& known : channels_) recall(*known);
  std::map<AlertId, std::shared_ptr<const Alert>> by_id;
  for (const Alert& alert : alerts) by_id[alert.id] = std::make_shared<const Alert>(alert);
  std::vector<Delivery> ordered = deliveries;
  std::sort(ordered.begin(), ordered.end(),
            [](const Delivery& a, const Delivery& b) { return a.alert < b.alert; });
  const Instant latest = host_.now() + limits_.longest_retry_after;
  for (Delivery& delivery : ordered) {
    const auto alert = by_id.find(delivery.alert);
    if (delivery.state != DeliveryState::Pending || alert == by_id.end()) continue;
    // The wall clock may have been set back between the two processes.
    delivery.next_try = std::min(delivery.next_try, latest);
    Channel& to = channel(delivery.channel);
    enqueue(to, Entry{alert->second, std::move(delivery)});
  }
  pump();
}

void Outbox::add(const RaisedAlert& raised) {
  const auto alert = std::make_shared<const Alert>(raised.alert);
  for (const std::string& name : raised.channels) {
    Delivery delivery;
    delivery.alert = alert->id;
    delivery.channel = name;
    delivery.next_try = alert->raised_at;
    enqueue(channel(name), Entry{alert, std::move(delivery)});
  }
  pump();
}

void Outbox::enqueue(Channel& to, Entry entry) {
  to.queue.push_back(std::move(entry));
  if (to.queue.size() <= limits_.pending) return;
  // The oldest goes: the newest tell what is true now. Not the one that is being sent.
  close(to, to.in_flight != 0 ? 1 : 0, DeliveryState::Expired,
        "more than " + std::to_string(limits_.pending) + " alerts wait for this channel");
}

void Outbox::pump() {
  const Instant now = host_.now();
  std::optional<Instant> wake;
  for (const auto& known : channels_) {
    if (pump(*known, now)) continue;
    if (known->queue.empty() || known->in_flight != 0) continue;
    Instant due = known->queue.front().alert->raised_at + limits_.age + 1ms;
    if (known->notifier)
      due = std::min(due, std::max(known->queue.front().delivery.next_try, known->free_at));
    if (!wake || due < *wake) wake = due;
  }
  if (!wake) return;
  host_.set_alarm(*wake, [self = self_] {
    if (*self) (*self)->pump();
  });
}

// Expires what is too old and sends what is due; true when a try is under way.
bool Outbox::pump(Channel& of, Instant now) {
  if (of.in_flight != 0) return true;
  while (!of.queue.empty() && of.queue.front().alert->raised_at + limits_.age < now)
    close(of, 0, DeliveryState::Expired,
          "older than " + format_duration(limits_.age) +
              (of.status.last_error.empty() ? "" : "; last error: " + of.status.last_error));
  if (of.queue.empty() || !of.notifier) return false;
  const Entry& front = of.queue.front();
  if (now < front.delivery.next_try || now < of.free_at) return false;
  of.in_flight = ++last_serial_;
  const auto known = of.receipts.find(front.alert->dedup_key);
  const std::string receipt = known == of.receipts.end() ? "" : known->second.text;
  of.notifier->send(*front.alert, receipt,
                    [self = self_, name = of.status.name, serial = of.in_flight](Sent sent) {
                      if (*self) (*self)->finished(name, serial, std::move(sent));
                    });
  return true;
}

void Outbox::finished(const std::string& name, std::uint64_t serial, Sent sent) {
  Channel& of = channel(name);
  if (of.in_flight != serial) return;  // a second answer, or one of a notifier that is gone
  of.in_flight = 0;
  const Instant now = host_.now();
  of.free_at = now + of.notifier->gap();
  Entry& front = of.queue.front();
  ++front.delivery.tries;
  std::vector<Record> records;
  if (sent.receipt) remember(of, front.alert->dedup_key, std::move(*sent.receipt), records);
  switch (sent.result) {
    case Sent::Result::Delivered:
      if (!of.status.last_error.empty())
        log(LogLevel::Info, "channel " + name + " takes alerts again, " +
                                std::to_string(of.queue.size() - 1) + " are waiting");
      of.status.last_error.clear();
      close(of, 0, DeliveryState::Delivered, "", std::move(records));
      break;
    case Sent::Result::Refused:
      of.status.last_error = sent.error;
      close(of, 0, DeliveryState::Refused, sent.error, std::move(records));
      break;
    case Sent::Result::TryAgain: {
      Duration wait = backoff(front.delivery.tries);
      if (sent.retry_after) wait = std::min(*sent.retry_after, limits_.longest_retry_after);
      // Said once per outage: the number of tries is in the metrics.
      if (of.status.last_error.empty())
        log(LogLevel::Warning, "cannot deliver an alert to " + name + ": " + sent.error +
                                   "; trying again in " + format_duration(wait));
      ++of.status.failed_tries;
      of.status.last_error = sent.error.empty() ? "failed" : sent.error;
      front.delivery.last_error = of.status.last_error;
      front.delivery.next_try = now + wait;
      records.emplace_back(front.delivery);
      host_.commit(std::move(records));
      break;
    }
  }
  pump();
}

void Outbox::close(Channel& of, std::size_t index, DeliveryState state, std::string error,
                   std::vector<Record> records) {
  Entry& entry = of.queue[index];
  entry.delivery.state = state;
  entry.delivery.last_error = std::move(error);
  if (state == DeliveryState::Delivered) {
    ++of.status.delivered;
  } else {
    ++(state == DeliveryState::Refused ? of.status.refused : of.status.expired);
    log(LogLevel::Error, "alert \"" + entry.alert->event + "\" about " +
                             (entry.alert->workload.empty() ? "healer itself" : entry.alert->workload) +
                             " did not reach " + of.status.name + ": " + to_string(state) + ", " +
                             entry.delivery.last_error);
  }
  records.emplace_back(entry.delivery);
  host_.commit(std::move(records));
  of.queue.erase(of.queue.begin() + static_cast<std::ptrdiff_t>(index));
}

Duration Outbox::backoff(unsigned tries) {
  const double doubled = static_cast<double>(limits_.first_backoff.count()) *
                         std::exp2(std::min(tries > 0 ? tries - 1 : 0U, 30U));
  const double bounded = std::min(doubled, static_cast<double>(limits_.longest_backoff.count()));
  Draws draws{host_.seed()};
  const double factor = 1.0 + limits_.jitter * (2.0 * draws.next() - 1.0);
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
  }
  return all;
}

void Outbox::log(LogLevel level, std::string message) {
  host_.log(LogLine{level, std::move(message), {}});
}

}  // namespace healer
