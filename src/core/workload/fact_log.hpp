#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/time.hpp"
#include "model/container.hpp"
#include "model/event.hpp"
#include "model/probe.hpp"

namespace healer {

/// The last 8 facts about a workload, for `healer explain`. Stored as numbers, so that a check costs no
/// allocation; equal facts in a row are one entry.
class FactLog {
 public:
  enum class Kind : std::uint8_t { None, Check, EngineEvent, State };
  struct Entry {
    Instant last{};
    Instant first{};
    std::uint32_t count = 0;
    std::int32_t value = 0;
    Kind kind = Kind::None;
    std::uint8_t what = 0;
  };

  void checked(Outcome outcome, Cause cause, Instant at) {
    add(Kind::Check, static_cast<std::uint8_t>(outcome), static_cast<std::int32_t>(cause), at);
  }
  void engine_said(const EngineEvent& event, Instant at);
  void looked(ContainerState state, Instant at) { add(Kind::State, static_cast<std::uint8_t>(state), 0, at); }

  /// Oldest first; present/explain.cpp has the texts.
  std::vector<Entry> entries() const;

 private:
  void add(Kind kind, std::uint8_t what, std::int32_t value, Instant at);

  std::array<Entry, 8> entries_{};
  std::uint8_t newest_ = 0;
};

}  // namespace healer
