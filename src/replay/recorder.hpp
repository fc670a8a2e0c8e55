#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"
#include "model/effect.hpp"
#include "model/event.hpp"
#include "model/record.hpp"
#include "replay/recording.hpp"

namespace healer::replay {

struct RecorderSettings {
  std::string path;
  std::uint64_t limit = 64ULL << 20;  ///< bytes; the recording ends before it would be larger
  std::string version;                ///< of this healer
  /// Calls `work` soon, never from inside: the file is written then, behind what the step itself asks for.
  std::function<void(std::function<void()> work)> post;
  std::function<void(LogLevel, std::string)> log;
};

/// Writes what the core is fed and what it answers into a file of one process, for `healer replay`.
///
///   state     | input                            | next      | what is done
///   ----------+----------------------------------+-----------+--------------------------------------------
///   recording | step                             | recording | kept; written in the loop's next turn
///   recording | the next line would pass `limit` | ended     | a closing line, and a line in the log
///   recording | the file cannot be written       | ended     | cut behind its last whole line; logged once
///   recording | too much waits to be written     | ended     | as the limit
///   recording | destroyed                        | ended     | a closing line
///   ended     | step                             | ended     | nothing
///
/// A recording has one head, and the core's whole state cannot be written into another one in between: so it
/// ends at the limit, and the next process begins a new one.
class Recorder {
 public:
  /// Begins a recording at this path, for its owner alone (0600); one that is there becomes `path.1`.
  /// Storage: it cannot be made, or what is there is no recording, and stays as it is.
  static Result<std::unique_ptr<Recorder>> begin(RecorderSettings settings, Instant now, std::uint64_t seed,
                                                 const HostPolicy& policy, const StoredState& stored);
  ~Recorder();
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  void step(const Event& event, Instant now, const Effects& effects);
  bool recording() const { return descriptor_ >= 0 && !ended_; }

 private:
  Recorder(RecorderSettings settings, int descriptor);
  void append(std::string lines);
  void end(std::string_view why);
  void flush();

  RecorderSettings settings_;
  int descriptor_;
  RecordingText text_;
  std::string waiting_;
  std::uint64_t written_ = 0;
  bool ended_ = false;
  bool posted_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace healer::replay
