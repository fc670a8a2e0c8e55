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
///   head     what the core was made of; the first line, and the only one of its kind
///   policy   what the numbers in the steps behind it stand for
///   step     an event and when it was fed; what was decided, and the digest of all of it
///   end      why there is no more; missing after a crash
inline constexpr std::int64_t recording_format = 3;
/// What the first line of every recording begins with.
inline constexpr std::string_view recording_mark = R"({"healer_recording":)";

/// Makes the lines, each with its line break.
class RecordingText {
 public:
  /// `seed`: of the core's random draws.
  std::string head(std::string_view version, Instant now, std::uint64_t seed, const HostPolicy& policy,
                   const StoredState& stored);
  /// With the lines of the policies that it is the first to need.
  std::string step(const Event& event, Instant now, const Effects& effects);
  std::string end(std::string_view why) const;

 private:
  ValueWriter writer_;
  std::uint64_t steps_ = 0;
};

struct RecordedHead {
  std::string version;  ///< of the healer that wrote it
  Instant began{};
  std::uint64_t seed = 0;
  HostPolicy policy;
  StoredState stored;
};

struct RecordedStep {
  Instant now{};
  Event event;
  std::string event_text;  ///< as it stands there
  std::uint64_t digest = 0;
  std::vector<std::string> words;  ///< what was decided
};

struct RecordedPolicy {};

struct RecordedEnd {
  std::string why;
};

using RecordedLine = std::variant<RecordedHead, RecordedPolicy, RecordedStep, RecordedEnd>;

/// Reads the lines in their order; InvalidInput says what is wrong with one.
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
