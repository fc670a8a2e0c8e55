#pragma once

#include <atomic>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace healer::testing {

/// A unix socket that forwards to another one and can be removed and made again: an engine whose socket
/// disappears and returns.
class UnixForwarder {
 public:
  UnixForwarder(std::string path, std::string target);
  ~UnixForwarder();
  UnixForwarder(const UnixForwarder&) = delete;
  UnixForwarder& operator=(const UnixForwarder&) = delete;

  const std::string& path() const { return path_; }
  void open();
  /// Removes the socket and ends every connection through it.
  void close();
  /// From now on bytes with this text from a client are discarded, without an answer; empty: nothing is.
  void swallow(std::string text);
  unsigned swallowed() const { return swallowed_; }
  /// From now on a request with this text gets `answer`, complete as from answer(), and its connection ends,
  /// as by a filter in front of the engine. Empty: nothing is refused.
  void refuse(std::string text, std::string answer = {});
  unsigned refused() const { return refused_; }

 private:
  struct Link {
    int client = -1;
    int server = -1;
    std::thread pump;
  };

  void accept_all();
  void carry(int client, int server);
  bool to_be_swallowed(std::string_view bytes);
  std::string refusal_of(std::string_view bytes);

  std::string path_;
  std::string target_;
  int listener_ = -1;
  std::atomic<bool> closing_{false};
  std::thread acceptor_;
  std::mutex mutex_;
  std::list<Link> links_;
  std::string unwanted_;
  std::string forbidden_;
  std::string refusal_;
  std::atomic<unsigned> swallowed_{0};
  std::atomic<unsigned> refused_{0};
};

}  // namespace healer::testing
