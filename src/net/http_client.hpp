#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.hpp"
#include "base/time.hpp"
#include "net/http_message.hpp"
#include "net/tls.hpp"

namespace healer::net {

class Loop;

struct UnixEndpoint {
  std::string path;
};

/// `host`: a name or a numeric address, IPv6 without brackets. `tls`: null for a plain connection.
struct TcpEndpoint {
  std::string host;
  std::uint16_t port = 0;
  TlsPtr tls;
};

using HttpEndpoint = std::variant<UnixEndpoint, TcpEndpoint>;

/// "unix:///run/x.sock", "tcp://127.0.0.1:2375", "tcp://host:2376 (TLS)"; for messages.
std::string to_string(const HttpEndpoint& endpoint);

struct HttpCall {
  HttpEndpoint endpoint;
  std::string method = "GET";
  std::string target = "/";
  HttpHeaders headers;  ///< without Host, Content-Length and Connection, which the client sets
  std::string body;
  Duration deadline{10'000};               ///< from call() until the answer is complete
  std::size_t head_cap = 64 * 1024;        ///< larger: TooLarge
  std::size_t body_cap = 4 * 1024 * 1024;  ///< larger: TooLarge
  bool keep_alive = false;  ///< may use an idle connection, and leave one behind. GET and HEAD only: when
                            ///< such a connection is dead, the request is sent once more on a new one
};

struct HttpAnswer {
  int status = 0;
  HttpHeaders headers;
  std::string body;  ///< of a streamed answer only if its status is not 2xx
};

struct HttpStreamHandlers {
  /// Called when the head of a 2xx answer arrived.
  std::function<void(const HttpAnswer& head)> head;
  /// Called with the body bytes of a 2xx answer as they arrive; a returned error ends the call with that
  /// error.
  std::function<Result<void>(std::string_view bytes)> chunk;
  /// Called once, at the end. An answer of another status is passed as a whole, as by call(). `body_cap`
  /// limits both bodies.
  std::function<void(Result<HttpAnswer>)> done;
  /// The deadline holds only until the head; neither time nor `body_cap` limits a 2xx body.
  bool endless = false;
  /// 101 counts as 2xx: all bytes after its head, until the peer closes, are its body.
  bool upgrade = false;
};

/// Asynchronous HTTP/1.1 client on the loop, over unix sockets, TCP and TLS.
///
/// Every call completes once, on the loop, never before call() returns. Destroying the client cancels all
/// calls; no callback is called after that. The client may be destroyed in a callback.
///
/// Errors (each names method, target and endpoint): Unreachable (socket missing, refused, no route, no such
/// host), Refused (permission denied; TLS certificate not accepted), ConnectionLost (the connection ended
/// before the answer was complete), Timeout, Protocol (not HTTP, TLS failure), TooLarge, InvalidInput (a call
/// that cannot be sent). Redirects are not followed; any status is an answer.
class HttpClient {
 public:
  using CallId = std::uint64_t;

  explicit HttpClient(Loop& loop);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  CallId call(HttpCall call, std::function<void(Result<HttpAnswer>)> done);
  CallId stream(HttpCall call, HttpStreamHandlers handlers);

  /// Ends the call without a callback. Unknown and ended ids are ignored.
  void cancel(CallId id);

  struct State;  ///< internal

 private:
  std::shared_ptr<State> state_;
};

/// Makes the call on a separate loop and waits for the answer. For commands, never in the daemon.
Result<HttpAnswer> call_and_wait(HttpCall call);

}  // namespace healer::net
