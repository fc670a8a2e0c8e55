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
  std::uint64_t limit = 64ULL << 20;  ///< bytes; the recording ends before it exceeds this
  std::string version;                ///< version of this healer
  /// Calls `work` soon, never before it returns: the file is written after the effects of the step.
  std::function<void(std::function<void()> work)> post;
  std::function<void(LogLevel, std::string)> log;
};

/// Writes the events and effects of the core into a file, one per process, for `healer replay`.
///
///   state     | input                            | next      | what is done
///   ----------+----------------------------------+-----------+--------------------------------------------
///   recording | step                             | recording | kept; written in the loop's next turn
///   recording | the next line would pass `limit` | ended     | a closing line, and a line in the log
///   recording | the file cannot be written       | ended     | cut after its last complete line; logged once
///   recording | too much waits to be written     | ended     | a closing line, and a line in the log
///   recording | destroyed                        | ended     | a closing line
///   ended     | step                             | ended     | nothing
///
/// A recording begins with the core's stored state. Only a new process has that state, so a recording that
/// reaches its limit ends, and the next process begins a new one.
class Recorder {
 public:
  /// Begins a recording at settings.path, private to its owner (0600); an older recording becomes `path.1`.
  /// Storage: the file cannot be made, or a file that is no recording exists there (it is not changed).
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
