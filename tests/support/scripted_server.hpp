#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace healer::testing {

/// One request as the peer saw it.
struct SeenRequest {
  std::string method;
  std::string target;
  std::string head;  ///< request line and fields, as received
  std::string body;
  unsigned connection = 0;  ///< 1 for the first connection accepted
};

/// One accepted connection in the hands of a script. Every call blocks; after stop() reads give nothing.
class Peer {
 public:
  virtual ~Peer() = default;
  /// The next request, whole; nothing when the client has closed.
  virtual std::optional<SeenRequest> read_request() = 0;
  /// False when the client is gone.
  virtual bool send(std::string_view bytes) = 0;
  /// Closes orderly.
  virtual void close() = 0;
  /// Closes so that the client sees a reset (TCP).
  virtual void reset() = 0;
  /// Returns when the client has closed, or at stop(): for answers that never come.
  virtual void hang() = 0;
};

/// A peer that does what the test says, on real sockets and with threads of its own, so that nothing of the
/// code under test is used on this side. The script is called once per connection.
class ScriptedServer {
 public:
  using Script = std::function<void(Peer&)>;
  /// The whole answer, head included (see answer()); called in the connection's thread.
  using Reply = std::function<std::string(const SeenRequest&)>;

  /// Listens on a unix socket at `path`, replacing what is there.
  static std::unique_ptr<ScriptedServer> on_unix(std::string path, Script script);
  /// Listens on 127.0.0.1, on a free port.
  static std::unique_ptr<ScriptedServer> on_loopback(Script script);
  /// The same over TLS, with this PEM certificate and key; `client_ca` demands a client certificate.
  static std::unique_ptr<ScriptedServer> on_loopback_tls(Script script, const std::string& certificate,
                                                         const std::string& key,
                                                         const std::string& client_ca = {});
  virtual ~ScriptedServer() = default;

  virtual std::uint16_t port() const = 0;
  /// Every request read so far, in order of arrival.
  virtual std::vector<SeenRequest> requests() const = 0;
  virtual unsigned connections() const = 0;
};

/// A script that answers each request of a connection with what `reply` gives, until the client closes.
ScriptedServer::Script replying(ScriptedServer::Reply reply);

/// An answer with Content-Length. `extra` are further header lines, each ending in \r\n.
std::string answer(int status, std::string_view body, std::string_view content_type = "application/json",
                   std::string_view extra = {});

/// The head of a chunked answer, one chunk, and the last chunk.
std::string chunked_head(int status = 200, std::string_view content_type = "application/json");
std::string chunk(std::string_view bytes);
inline constexpr std::string_view last_chunk = "0\r\n\r\n";

/// A folder of its own under the system's temporary folder, removed with all it holds at the end.
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
