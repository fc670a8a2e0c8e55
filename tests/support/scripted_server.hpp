#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace healer::testing {

/// One request as the peer received it.
struct SeenRequest {
  std::string method;
  std::string target;
  std::string head;  ///< request line and header fields, as received
  std::string body;
  unsigned connection = 0;  ///< 1 for the first connection accepted
  std::chrono::steady_clock::time_point at{};
};

/// One accepted connection, driven by a script. Every call blocks; after stop() reads return nothing.
class Peer {
 public:
  virtual ~Peer() = default;
  /// The next complete request; nothing when the client has closed.
  virtual std::optional<SeenRequest> read_request() = 0;
  /// The next line without its end, for other protocols than HTTP; nothing when the client has closed.
  virtual std::optional<std::string> read_line() = 0;
  /// False when the client is gone.
  virtual bool send(std::string_view bytes) = 0;
  /// Closes the connection in order.
  virtual void close() = 0;
  /// Closes with a TCP reset.
  virtual void reset() = 0;
  /// Returns when the client has closed or at stop(); for answers that never come.
  virtual void hang() = 0;
  /// As hang(); returns what the client has sent.
  virtual std::string receive_all() = 0;
  /// Whether the client has ended the connection with a TCP reset; known once reads return nothing.
  virtual bool was_reset() const = 0;
};

/// A peer that follows the test's script, with real sockets and its own threads, and without any of the code
/// under test. The script is called once per connection.
class ScriptedServer {
 public:
  using Script = std::function<void(Peer&)>;
  /// Returns the complete answer with its head (see answer()); called in the connection's thread.
  using Reply = std::function<std::string(const SeenRequest&)>;

  /// An address of this host, in digits. Port 0: a free port.
  struct Place {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;
  };
  struct Tls {
    std::string certificate;     ///< PEM file
    std::string key;             ///< PEM file
    std::string client_ca = {};  ///< not empty: a client certificate of this authority is required
    int newest = 0;              ///< the newest version spoken, such as TLS1_2_VERSION; 0: no limit
    std::string only_name =
        {};             ///< not empty: a client that does not name this host is refused with an alert
    Script plain = {};  ///< for a client that does not speak TLS; empty: its handshake fails
  };

  /// Listens at `place`; throws when the port is taken.
  static std::unique_ptr<ScriptedServer> on_place(const Place& place, Script script,
                                                  std::optional<Tls> tls = std::nullopt);
  /// Listens on a unix socket at `path`; an existing file is replaced.
  static std::unique_ptr<ScriptedServer> on_unix(std::string path, Script script);
  /// Listens on 127.0.0.1, on a free port.
  static std::unique_ptr<ScriptedServer> on_loopback(Script script);
  /// On 127.0.0.1 with TLS and this PEM certificate and key; with `client_ca` a client certificate is
  /// required.
  static std::unique_ptr<ScriptedServer> on_loopback_tls(Script script, const std::string& certificate,
                                                         const std::string& key,
                                                         const std::string& client_ca = {});
  virtual ~ScriptedServer() = default;

  virtual std::uint16_t port() const = 0;
  /// Every request read so far, in order of arrival.
  virtual std::vector<SeenRequest> requests() const = 0;
  virtual unsigned connections() const = 0;
};

/// A script that answers each request of a connection by `reply`, until the client closes.
ScriptedServer::Script replying(ScriptedServer::Reply reply);

/// An answer with Content-Length. `extra` holds more header lines, each ending with \r\n.
std::string answer(int status, std::string_view body, std::string_view content_type = "application/json",
                   std::string_view extra = {});

/// The head of a chunked answer, one chunk, and the last chunk.
std::string chunked_head(int status = 200, std::string_view content_type = "application/json");
std::string chunk(std::string_view bytes);
inline constexpr std::string_view last_chunk = "0\r\n\r\n";

/// A new folder under the system's temporary folder, removed with everything in it at the end.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }
  std::string file(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  std::string path_;
};

}  // namespace healer::testing
