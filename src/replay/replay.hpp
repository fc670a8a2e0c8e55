#pragma once

#include <iosfwd>
#include <optional>
#include <string>

#include "base/time.hpp"

namespace healer::replay {

struct ReplayRequest {
  std::string file;
  std::string version;   ///< version of this healer; named if the recording is from another version
  std::string from;      ///< show only from this time (UTC), or this long after the beginning; empty: all
  std::string workload;  ///< show only this workload (key or name); empty: all
  bool verbose = false;  ///< also every event and log line
  bool json = false;     ///< one object per line
};

inline constexpr int replayed_same = 0;
inline constexpr int replayed_otherwise = 1;
inline constexpr int not_replayable = 2;

/// Feeds a recording to a new core and shows, like a log, its decisions, attempts and notifications. Needs no
/// clock, engine or daemon; the same file gives the same text. replayed_same: every step has the recorded
/// effects; replayed_otherwise: one step has not, and both lists are shown; not_replayable: the request or
/// the file is wrong (the message names the line).
int replay_file(const ReplayRequest& request, std::ostream& out, std::ostream& err);
int replay_stream(const ReplayRequest& request, std::istream& in, std::ostream& out, std::ostream& err);

}  // namespace healer::replay
