#pragma once

#include <iosfwd>
#include <optional>
#include <string>

#include "base/time.hpp"

namespace healer::replay {

struct ReplayRequest {
  std::string file;
  std::string version;   ///< of this healer: named where the recording is another one's
  std::string from;      ///< show what follows this time (UTC), or this long after its beginning; empty: all
  std::string workload;  ///< show only what is about this key or name; empty: all
  bool verbose = false;  ///< every event and log line as well
  bool json = false;     ///< one object per line
};

inline constexpr int replayed_same = 0;
inline constexpr int replayed_otherwise = 1;
inline constexpr int not_replayable = 2;

/// Feeds a recording to a new core and shows, like a log, what it decides, orders and tells. Needs no clock,
/// no engine and no daemon; the same file gives the same text. replayed_same: every step answered as
/// recorded; replayed_otherwise: one did not, and is shown with both answers; not_replayable: the request or
/// the file is wrong, said with its line.
int replay_file(const ReplayRequest& request, std::ostream& out, std::ostream& err);
int replay_stream(const ReplayRequest& request, std::istream& in, std::ostream& out, std::ostream& err);

}  // namespace healer::replay
