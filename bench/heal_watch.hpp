#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace healer::bench {

using Clock = std::chrono::steady_clock;

struct Endpoint {
  std::string address = "127.0.0.1";  ///< IPv4, in digits
  std::uint16_t port = 0;
};

/// Requests `path` over a connection of its own. Returns the HTTP status, or 0 without an answer in time.
int http_status(const Endpoint& endpoint, const std::string& method, const std::string& path,
                std::chrono::milliseconds limit);

/// A port of 127.0.0.1 that was free at the moment of the call.
std::uint16_t free_port();

/// Asks every endpoint for /health again and again, each in a thread of its own, until each has answered 200.
/// Begin only once the endpoints are known to be broken: the first good answer counts.
class Watch {
 public:
  explicit Watch(const std::vector<Endpoint>& endpoints);
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  bool all_good() const { return good_ == threads_.size(); }
  /// The time of the last endpoint's first good answer; valid when all_good().
  Clock::time_point last_good() const { return Clock::time_point(Clock::duration(last_.load())); }

 private:
  void ask_until_good(const Endpoint& endpoint);

  std::atomic<bool> stopped_{false};
  std::atomic<std::size_t> good_{0};
  std::atomic<Clock::rep> last_{0};
  std::vector<std::thread> threads_;
};

}  // namespace healer::bench
