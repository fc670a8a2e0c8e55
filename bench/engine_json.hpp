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
  std::string address;  ///< where its port is published; empty: it has a HEALTHCHECK and no port
  std::uint16_t port = 0;
  std::string health = "healthy";
  std::int64_t started = 0;  ///< Unix nanoseconds

  std::string id() const;
};

/// The number in an id, or nothing when it is none of ours.
std::optional<std::size_t> number_of(std::string_view id);

std::int64_t unix_ns();

/// As an engine answers, with the fields of a real one, so that reading them costs what it costs there.
std::string list_entry_json(const FakeContainer& container);
std::string inspect_json(const FakeContainer& container);
/// `action` as Docker writes it, e.g. "health_status: unhealthy"; `attributes` is JSON to add, e.g.
/// `,"signal":"15"`.
std::string event_json(const FakeContainer& container, std::string_view effect,
                       std::string_view attributes = {});

}  // namespace healer::bench
