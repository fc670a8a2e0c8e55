#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "net/http_message.hpp"

namespace healer::net {

class Loop;

struct HttpRequest {
  std::string method;  ///< as sent: "GET"
  std::string target;  ///< as sent: "/metrics?name=a"
  std::string path;    ///< the target up to '?', percent-encoding decoded
  std::string query;   ///< the part after '?', as sent
  HttpHeaders headers;
  std::string body;
  std::string peer = {};  ///< the client's address without its port; empty on a unix socket
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  /// Further fields. The server sets Content-Length and Connection, and security_headers() where they are not
  /// set.
  HttpHeaders headers;
};

/// The fields of every answer that keep a browser from making more of it than it is: no content of it is run,
/// framed, guessed at, kept, or read by another site.
const HttpHeaders& security_headers();

/// The handler is called on the loop once per request. It may reply at once or later, on the loop. A second
/// reply, or a reply after the client or the server is gone, is ignored. Without a reply within
/// `answer_timeout` the client gets 504; a handler that throws gives 500.
using HttpReply = std::function<void(HttpResponse)>;
using HttpHandler = std::function<void(HttpRequest, HttpReply)>;

struct HttpServerLimits {
  std::size_t head = 16 * 1024;  ///< larger: 431
  std::size_t body = 64 * 1024;  ///< larger: 413
  /// One more replaces another: the longest idle one; else the oldest whose request is not complete, of the
  /// peer that has the most of them; else likewise the oldest whose answer is not read. If every handler is
  /// still at work, it is closed.
  std::size_t connections = 64;
  std::chrono::seconds idle_timeout{60};     ///< between two requests of one connection
  std::chrono::seconds request_timeout{10};  ///< for a whole request, from connecting or from its first byte
  std::chrono::seconds answer_timeout{30};   ///< for the handler, and the same again for writing the answer
};

/// A small HTTP/1.1 server on the loop: keep-alive, one request at a time per connection. Destroying it
/// closes every connection; the handler is not called after that. The handler must not destroy the server.
class HttpServer {
 public:
  /// `address` is "127.0.0.1:9180", "[::1]:0", "localhost:9180" or ":9180" (every address); port 0: a free
  /// port. Conflict: the port is in use; InvalidInput: no address, or no address of this host; Refused: not
  /// permitted.
  static Result<std::unique_ptr<HttpServer>> listen_tcp(Loop& loop, const std::string& address,
                                                        HttpHandler handler, HttpServerLimits limits = {});

  /// A unix socket, with mode 0600 from its creation. The socket file of a dead process is replaced. Conflict
  /// when another process accepts connections there, or the path is no socket. Destroying the server removes
  /// the file.
  static Result<std::unique_ptr<HttpServer>> listen_unix(Loop& loop, const std::string& path,
                                                         HttpHandler handler, HttpServerLimits limits = {});

  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// The address it listens on, for logs: "127.0.0.1:9180" with the actual port, or the socket's path.
  const std::string& address() const;
  /// The actual TCP port; 0 for a unix socket.
  std::uint16_t port() const;
  std::size_t connections() const;

  struct State;  ///< internal

 private:
  explicit HttpServer(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace healer::net
