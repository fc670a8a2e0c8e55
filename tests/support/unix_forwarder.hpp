#pragma once

#include <atomic>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace healer::testing {

/// A unix socket that passes everything on to another one, and can be taken away and given back: an engine
/// whose socket comes and goes.
class UnixForwarder {
 public:
  UnixForwarder(std::string path, std::string target);
  ~UnixForwarder();
  UnixForwarder(const UnixForwarder&) = delete;
  UnixForwarder& operator=(const UnixForwarder&) = delete;

  const std::string& path() const { return path_; }
  void open();
  /// Removes the socket and cuts every connection through it.
  void close();
  /// From now on what a client sends with this text in it goes nowhere, unanswered; empty: everything passes.
  void swallow(std::string text);
  unsigned swallowed() const { return swallowed_; }
  /// From now on a request with this text in it is answered with `answer`, whole as answer() makes it, and
  /// the connection ends: a filter in front of the engine. Empty: everything passes.
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
