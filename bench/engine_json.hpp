#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace healer::bench {

/// One container of the fake engine.
struct FakeContainer {
  std::size_t number = 0;
  std::string address;  ///< where its port is published; empty: a container with a HEALTHCHECK and no port
  std::uint16_t port = 0;
  std::string health = "healthy";
  std::int64_t started = 0;  ///< Unix nanoseconds

  std::string id() const;
};

/// The container's number in an id of FakeContainer::id(); nothing for any other id.
std::optional<std::size_t> number_of(std::string_view id);

std::int64_t unix_ns();

/// Answers with all the fields of a real engine's answer, so that parsing costs as much as with a real
/// engine.
std::string list_entry_json(const FakeContainer& container);
std::string inspect_json(const FakeContainer& container);
/// `effect` is the event's Action as Docker writes it, e.g. "health_status: unhealthy"; `attributes` is JSON
/// to add, e.g. `,"signal":"15"`.
std::string event_json(const FakeContainer& container, std::string_view effect,
                       std::string_view attributes = {});

}  // namespace healer::bench
