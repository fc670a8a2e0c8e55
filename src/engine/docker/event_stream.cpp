#include "engine/docker/event_stream.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "base/encode.hpp"
#include "engine/docker/json_container.hpp"
#include "engine/docker/json_splitter.hpp"

namespace healer::docker {
namespace {

using net::HttpAnswer;

/// Longest wait for the events that the engine keeps: they are in its memory. Trap: if the engine's clock is
/// behind, the engine waits until its clock reaches `until`.
constexpr Duration longest_history{2'000};

std::string api_time(std::int64_t unix_nanoseconds) {
  constexpr std::int64_t second = 1'000'000'000;
  return fmt::format("{}.{:09}", unix_nanoseconds / second, unix_nanoseconds % second);
}

std::int64_t wall_nanoseconds() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(since_epoch).count();
}

}  // namespace

void EventStream::connected(Product product, std::function<void()> done) {
  product_ = product;
  hidden_ = {};
  if (product == Product::Podman) return done();
  find_hidden("exitCode", &EventReader::Hidden::exit_code, [this, done = std::move(done)]() mutable {
    find_hidden("signal", &EventReader::Hidden::signal, std::move(done));
  });
}

/// Adds the containers with this label. Without an answer only the labels in later events are known.
void EventStream::find_hidden(const char* label, Ids EventReader::Hidden::*into, std::function<void()> done) {
  const std::string filters = fmt::format(R"({{"label":["{}"]}})", label);
  auto call = caller_.question("/containers/json?all=1&filters=" + percent_encoded(filters));
  const auto take = [this, label, into](std::string_view object) -> Result<void> {
    // A proxy may drop the filter.
    auto summary = parse_summary(object);
    if (summary && summary->labels.count(label) != 0) (hidden_.*into).insert(std::move(summary->id));
    return {};
  };
  // Its labels are too large to be read: they may have that one.
  const auto take_slim = [this, into](std::string_view object) -> Result<void> {
    if (auto summary = parse_summary(object)) (hidden_.*into).insert(std::move(summary->id));
    return {};
  };
  const auto splitter = std::make_shared<JsonSplitter>(JsonSplitter::Shape::Array,
                                                       caller_.settings().answer_cap, take, take_slim);
  net::HttpStreamHandlers handlers;
  handlers.chunk = [splitter](std::string_view bytes) { return splitter->feed(bytes); };
  handlers.done = [this, splitter, done = std::move(done)](const Result<HttpAnswer>& answer) {
    if (!answer || answer->status != 200 || !splitter->finish()) hidden_.unproven = true;
    done();
  };
  caller_.stream(std::move(call), std::move(handlers));
}

void EventStream::subscribe(std::int64_t since, std::function<void()> ready,
                            std::function<void(EngineEvent)> each, std::function<void(Error)> ended) {
  caller_.cancel(subscription_);
  auto call = caller_.question("/events?filters=" + percent_encoded(event_filter()));
  call.keep_alive = false;
  if (since > 0) call.target += "&since=" + api_time(since);
  const auto take = [this, reader = std::make_shared<EventReader>(product_, hidden_),
                     each = std::move(each)](std::string_view object) -> Result<void> {
    auto event = reader->read(object);
    if (!event || !*event) return {};
    // An end without a usable exit code is reported as Changed.
    const EngineReport& report = (*event)->report;
    if (std::holds_alternative<Ended>(report) || std::holds_alternative<Changed>(report))
      may_have_died_((*event)->container_id);
    each(std::move(**event));
    return {};
  };
  const auto take_slim = [this, take](std::string_view object) -> Result<void> {
    SkippedObject skipped;
    skipped.container_id = event_container(object);
    caller_.skipped(skipped);
    return take(object);
  };
  const auto splitter = std::make_shared<JsonSplitter>(JsonSplitter::Shape::Sequence,
                                                       caller_.settings().event_cap, take, take_slim);
  net::HttpStreamHandlers handlers;
  handlers.endless = true;
  handlers.head = [ready = std::move(ready)](const HttpAnswer&) { ready(); };
  handlers.chunk = [splitter](std::string_view bytes) { return splitter->feed(bytes); };
  handlers.done = [this, ended = std::move(ended)](const Result<HttpAnswer>& answer) {
    subscription_ = 0;
    if (!answer) return ended(caller_.no_answer("events", answer.error()));
    if (!succeeded(*answer)) return ended(status_error("events", *answer));
    ended(Error{ErrorCode::ConnectionLost, "events: the engine ended the stream"});
  };
  subscription_ = caller_.stream(std::move(call), std::move(handlers));
}

/// Asks for all events that the engine keeps, without a filter, oldest first: the first one shows how far
/// they reach back, and their number whether older ones were dropped. Counts them, and keeps none.
void EventStream::has_events_since(std::int64_t since, std::function<void(bool)> done) {
  // Podman's events are in journald or in a file (libpod/events/config.go).
  if (product_ == Product::Podman || since <= 0)
    return caller_.later([done = std::move(done)] { done(true); });
  struct Kept {
    unsigned count = 0;
    bool reaches_back = false;
  };
  const auto kept = std::make_shared<Kept>();
  auto call = caller_.question("/events?until=" + api_time(wall_nanoseconds()));
  call.keep_alive = false;
  call.deadline = std::min(call.deadline, longest_history);
  call.body_cap = events_kept * caller_.settings().event_cap;
  // The answer ends by this error as soon as it is known.
  const auto enough = [] { return failure(ErrorCode::Cancelled, "enough"); };
  const auto take = [kept, since, enough](std::string_view object) -> Result<void> {
    ++kept->count;
    if (kept->count == 1) kept->reaches_back = event_time(object) <= since;
    if (kept->reaches_back || kept->count >= events_kept) return enough();
    return {};
  };
  const auto splitter =
      std::make_shared<JsonSplitter>(JsonSplitter::Shape::Sequence, caller_.settings().event_cap, take, take);
  net::HttpStreamHandlers handlers;
  handlers.chunk = [splitter](std::string_view bytes) { return splitter->feed(bytes); };
  handlers.done = [kept, done = std::move(done)](const Result<HttpAnswer>&) {
    done(kept->reaches_back || kept->count < events_kept);
  };
  caller_.stream(std::move(call), std::move(handlers));
}

}  // namespace healer::docker
