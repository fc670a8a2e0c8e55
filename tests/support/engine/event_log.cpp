#include "support/engine/event_log.hpp"

#include <algorithm>
#include <utility>

namespace healer::testing {
namespace json = boost::json;

namespace {

constexpr std::size_t most_kept = 256;

std::string text_at(const json::object& object, const char* key) {
  const json::value* value = object.if_contains(key);
  return value && value->is_string() ? std::string(value->as_string()) : std::string();
}

/// A filter without values lets every event pass.
template <class Fits>
bool passes(const Filters& filters, const char* name, Fits fits) {
  const auto found = filters.find(name);
  return found == filters.end() || found->second.empty() ||
         std::any_of(found->second.begin(), found->second.end(), fits);
}

bool wanted(const Filters& filters, const json::object& event) {
  const json::object& actor = event.at("Actor").as_object();
  const json::object& attributes = actor.at("Attributes").as_object();
  const std::string action = text_at(event, "Action");
  const bool type =
      passes(filters, "type", [&](const std::string& value) { return value == text_at(event, "Type"); });
  const bool word = passes(filters, "event", [&](const std::string& value) {
    return value == action || value == action.substr(0, action.find(':'));
  });
  const bool container = passes(filters, "container", [&](const std::string& value) {
    return value == text_at(actor, "ID") || value == text_at(attributes, "name");
  });
  const bool label = passes(filters, "label", [&](const std::string& value) {
    const auto equals = value.find('=');
    const json::value* found = attributes.if_contains(value.substr(0, equals));
    return found && (equals == std::string::npos || *found == json::string(value.substr(equals + 1)));
  });
  return type && word && container && label;
}

}  // namespace

Filters read_filters(const std::string& text) {
  Filters filters;
  boost::system::error_code broken;
  const json::value parsed = json::parse(text, broken);
  if (broken || !parsed.is_object()) return filters;
  for (const auto& [name, values] : parsed.as_object()) {
    std::set<std::string>& into = filters[std::string(name)];
    if (const auto* list = values.if_array())
      for (const json::value& one : *list) into.emplace(one.as_string());
    if (const auto* set = values.if_object())  // the older form: {"running":true}
      for (const auto& one : *set)
        if (one.value() == json::value(true)) into.emplace(one.key());
  }
  return filters;
}

void EventLog::add(json::object event) {
  const std::lock_guard lock(mutex_);
  if (losing_) return;
  for (Stream& stream : streams_)
    if (!stream.ended && wanted(stream.filters, event))
      stream.waiting.push_back(json::serialize(event) + "\n");
  kept_.push_back({event.at("timeNano").as_int64(), std::move(event)});
  if (kept_.size() > most_kept) kept_.pop_front();
  changed_.notify_all();
}

void EventLog::lose(bool on) {
  const std::lock_guard lock(mutex_);
  losing_ = on;
}

void EventLog::forget() {
  const std::lock_guard lock(mutex_);
  kept_.clear();
}

void EventLog::end_streams() {
  const std::lock_guard lock(mutex_);
  for (Stream& stream : streams_) stream.ended = true;
  changed_.notify_all();
}

void EventLog::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  end_streams();
}

void EventLog::open() {
  const std::lock_guard lock(mutex_);
  closed_ = false;
}

unsigned EventLog::streams_opened() const {
  const std::lock_guard lock(mutex_);
  return opened_;
}

void EventLog::stream(Peer& peer, const Filters& filters, std::int64_t since, bool replay_only) {
  std::unique_lock lock(mutex_);
  ++opened_;
  streams_.push_front({filters, {}, closed_ || replay_only});
  const auto own = streams_.begin();
  for (const Kept& kept : kept_)
    if ((since != 0 || replay_only) && kept.at >= since && wanted(filters, kept.event))
      own->waiting.push_back(json::serialize(kept.event) + "\n");
  bool open = true;
  while (open) {
    changed_.wait(lock, [&] { return own->ended || !own->waiting.empty(); });
    while (open && !own->waiting.empty()) {
      const std::string next = std::move(own->waiting.front());
      own->waiting.pop_front();
      lock.unlock();
      open = peer.send(chunk(next));
      lock.lock();
    }
    if (own->ended) break;
  }
  streams_.erase(own);
  lock.unlock();
  if (replay_only && open) peer.send(last_chunk);
}

}  // namespace healer::testing
