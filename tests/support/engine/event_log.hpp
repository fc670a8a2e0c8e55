#pragma once

#include <boost/json.hpp>

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <mutex>
#include <set>
#include <string>

#include "support/scripted_server.hpp"

namespace healer::testing {

/// The values of each filter of a request, as in `filters={"type":["container"]}`.
using Filters = std::map<std::string, std::set<std::string>>;
Filters read_filters(const std::string& text);

/// The engine's events: the last 256 are kept in memory (moby daemon/events), and open streams get each one.
class EventLog {
 public:
  /// One event as moby writes it. A label wins over an attribute of the same name, as in moby.
  void add(boost::json::object event);
  /// While on, events reach neither the memory nor a stream.
  void lose(bool on);
  /// The process that kept them has ended.
  void forget();
  /// Open streams end; later ones are served again.
  void end_streams();
  /// While closed, streams end at once: the engine's socket is about to go.
  void close();
  void open();
  /// Sends the kept events from `since` on (nanoseconds; 0: none), then each new one until the stream ends.
  /// With `replay_only` the stream ends after the kept ones.
  void stream(Peer& peer, const Filters& filters, std::int64_t since, bool replay_only);
  /// The number of streams that were ever opened.
  unsigned streams_opened() const;

 private:
  struct Kept {
    std::int64_t at = 0;
    boost::json::object event;
  };
  struct Stream {
    Filters filters;
    std::deque<std::string> waiting;
    bool ended = false;
  };

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Kept> kept_;
  std::list<Stream> streams_;
  unsigned opened_ = 0;
  bool losing_ = false;
  bool closed_ = false;
};

}  // namespace healer::testing
