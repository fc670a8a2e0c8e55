#include "guard/watcher.hpp"

#include <iostream>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <boost/json/object.hpp>

#include "base/encode.hpp"
#include "base/text.hpp"
#include "engine/docker/json_splitter.hpp"

namespace healer::guard {
namespace {

namespace json = boost::json;

constexpr std::size_t largest_object = 256 * 1024;
constexpr Duration pause_before_retry{250};

std::string engine_time(WallTime at) {
  return fmt::format("{}.{:03}", at.unix_ms / 1000, at.unix_ms % 1000);
}

Result<void> with_object(std::string_view text, const std::function<void(const json::object&)>& take) {
  if (const auto object = object_of(text)) take(*object);
  return {};
}

}  // namespace

Result<void> Watcher::look() {
  std::vector<SeenContainer> all;
  const auto take = [&](std::string_view text) {
    return with_object(text, [&](const json::object& entry) { all.push_back(gate_.seen(entry)); });
  };
  docker::JsonSplitter splitter(docker::JsonSplitter::Shape::Array, largest_object, take, take);
  const auto answer = engine_.stream({.path = "/containers/json?all=1", .deadline = Duration{60'000}},
                                     nullptr, [&](std::string_view bytes) { return splitter.feed(bytes); });
  if (!answer) return tl::unexpected(answer.error());
  if (answer->status != 200)
    return failure(ErrorCode::PeerFailure, fmt::format("list: status {}", answer->status));
  if (auto whole = splitter.finish(); !whole) return whole;
  gate_.connected(all);
  return {};
}

Result<void> Watcher::watch() {
  if (auto spoken = engine_.negotiate(); !spoken) return spoken;
  const WallTime before = wall_now();
  const auto take = [&](std::string_view text) {
    return with_object(text, [&](const json::object& event) { gate_.engine_event(event); });
  };
  docker::JsonSplitter splitter(docker::JsonSplitter::Shape::Sequence, largest_object, take, take);
  // The list is read when the stream has begun, so no event falls between the two.
  Result<void> listed;
  const auto begun = [&] {
    listed = look();
    if (listed && !ready_.exchange(true))
      std::cout << "healer-guard: sees the engine's events\n" << std::flush;
  };
  EngineCall call{.path =
                      "/events?filters=" + percent_encoded(event_filter) + "&since=" + engine_time(before)};
  call.deadline = Duration{0};
  const auto ended = engine_.stream(
      call, begun, [&](std::string_view bytes) { return listed ? splitter.feed(bytes) : listed; });
  if (!listed) return listed;
  if (!ended) return tl::unexpected(ended.error());
  return failure(ErrorCode::ConnectionLost, "the event stream ended");
}

void Watcher::run() {
  for (;;) {
    const auto ended = watch();
    gate_.lost_connection();
    std::cout << "healer-guard: no events of the engine: " << clip(printable(ended.error().message), 200)
              << "\n"
              << std::flush;
    std::this_thread::sleep_for(pause_before_retry);
  }
}

}  // namespace healer::guard
