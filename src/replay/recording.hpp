#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <boost/json/object.hpp>

#include "base/result.hpp"
#include "base/time.hpp"
#include "model/effect.hpp"
#include "model/event.hpp"
#include "model/record.hpp"
#include "replay/values.hpp"

namespace healer::replay {

/// The lines of a recording, each a JSON object (docs/replay.md):
///
///   head     what the core was made from; the first line, and only there
///   policy   a policy and its number, which later steps use
///   step     an event and its time; what was decided; the digest of all effects
///   end      why the recording ends; missing after a crash
inline constexpr std::int64_t recording_format = 3;
/// The beginning of the first line of every recording.
inline constexpr std::string_view recording_mark = R"({"healer_recording":)";

/// Makes the lines of a recording, each with its line break.
class RecordingText {
 public:
  /// `seed`: the seed of the core's random draws.
  std::string head(std::string_view version, Instant now, std::uint64_t seed, const HostPolicy& policy,
                   const StoredState& stored);
  /// The step's line, preceded by the lines of the policies that no earlier step needed.
  std::string step(const Event& event, Instant now, const Effects& effects);
  std::string end(std::string_view why) const;

 private:
  ValueWriter writer_;
  std::uint64_t steps_ = 0;
};

struct RecordedHead {
  std::string version;  ///< version of the healer that wrote the recording
  Instant began{};
  std::uint64_t seed = 0;
  HostPolicy policy;
  StoredState stored;
};

struct RecordedStep {
  Instant now{};
  Event event;
  std::string event_text;  ///< the event's JSON in the recording
  std::uint64_t digest = 0;
  std::vector<std::string> words;  ///< what was decided
};

struct RecordedPolicy {};

struct RecordedEnd {
  std::string why;
};

using RecordedLine = std::variant<RecordedHead, RecordedPolicy, RecordedStep, RecordedEnd>;

/// Reads the lines in order; an InvalidInput error says what is wrong with a line.
class RecordingReader {
 public:
  Result<RecordedLine> read(std::string_view line);

 private:
  Result<RecordedLine> head(const boost::json::object& object);
  Result<RecordedLine> policy(const boost::json::object& object);
  Result<RecordedLine> step(const boost::json::object& object);

  ValueReader reader_;
  bool begun_ = false;
  bool ended_ = false;
};

}  // namespace healer::replay
