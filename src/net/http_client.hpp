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

/// `host` is a name or a numeric address, IPv6 without brackets. With `tls` the connection is TLS.
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
  HttpHeaders headers;  ///< Host, Content-Length and Connection are the client's own
  std::string body;
  Duration deadline{10'000};               ///< from call() until the answer is whole
  std::size_t head_cap = 64 * 1024;        ///< larger: TooLarge
  std::size_t body_cap = 4 * 1024 * 1024;  ///< larger: TooLarge
  bool keep_alive = false;  ///< may use, and leave behind, an idle connection. GET and HEAD only: when such a
                            ///< connection turns out dead, the request is sent once more on a new one
};

struct HttpAnswer {
  int status = 0;
  HttpHeaders headers;
  std::string body;  ///< of a streamed answer only when its status is not 2xx
};

struct HttpStreamHandlers {
  /// The head of a 2xx answer arrived.
  std::function<void(const HttpAnswer& head)> head;
  /// Body bytes of a 2xx answer as they arrive; an error returned ends the call with that error.
  std::function<Result<void>(std::string_view bytes)> chunk;
  /// Once, at the end. An answer of another status comes whole, like that of call(). `body_cap` limits
  /// either body.
  std::function<void(Result<HttpAnswer>)> done;
  /// The deadline ends with the head, and neither time nor `body_cap` limits a 2xx body.
  bool endless = false;
  /// 101 is taken like a 2xx: what follows its head, until the peer closes, is its body.
  bool upgrade = false;
};

/// Asynchronous HTTP/1.1 client on the loop, over unix sockets, TCP and TLS.
///
/// Every call completes once, on the loop, never from inside call(); destroying the client cancels all and no
/// callback is called after. The client may be destroyed inside a callback.
///
/// Errors (each names method, target and endpoint): Unreachable (socket missing, refused, no route, no such
/// host), Refused (permission denied; TLS certificate not accepted), ConnectionLost (it ended before the
/// answer was whole), Timeout, Protocol (not HTTP, TLS failure), TooLarge, InvalidInput (a call that cannot
/// be sent). Redirects are not followed; any status is an answer.
class HttpClient {
 public:
  using CallId = std::uint64_t;

  explicit HttpClient(Loop& loop);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  CallId call(HttpCall call, std::function<void(Result<HttpAnswer>)> done);
  CallId stream(HttpCall call, HttpStreamHandlers handlers);

  /// Ends it without calling anything. Unknown and ended ids are ignored.
  void cancel(CallId id);

  struct State;  ///< inner part

 private:
  std::shared_ptr<State> state_;
};

/// The same on a loop of its own, waiting for the answer: for commands, never inside the daemon.
Result<HttpAnswer> call_and_wait(HttpCall call);

}  // namespace healer::net
