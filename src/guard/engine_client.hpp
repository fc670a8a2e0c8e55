#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"
#include "net/http_client.hpp"

namespace healer::guard {

struct EngineCall {
  std::string method = "GET";
  std::string path = {};  ///< without the version
  std::string body = {};
  Duration deadline{10'000};
  std::size_t body_cap = 4 * 1024 * 1024;
  int watched = -1;  ///< a client's connection: when it ends, so does the call
};

inline constexpr int oldest_minor_version = 24;
inline constexpr int newest_minor_version = 47;

/// The guard's calls to the engine, over its unix socket, one connection for each. The calling thread waits.
/// Every byte that is sent is written here. An answer of 101 is an error. May be used by several threads.
class EngineClient {
 public:
  explicit EngineClient(std::string socket) : socket_(std::move(socket)) {}

  /// Asks the engine for its version; calls before that use the oldest.
  Result<void> negotiate();
  /// "1.41"
  std::string version() const;

  Result<net::HttpAnswer> call(const EngineCall& call) const;

  /// As call(), but the body of a 2xx answer is given to `take` as it arrives, of any length and, if
  /// `deadline` is 0, for any time. `begun` is called when the head of such an answer is there.
  using Take = std::function<Result<void>(std::string_view bytes)>;
  Result<net::HttpAnswer> stream(const EngineCall& call, const std::function<void()>& begun,
                                 const Take& take) const;

 private:
  std::string socket_;
  std::atomic<int> minor_{oldest_minor_version};
};

}  // namespace healer::guard
