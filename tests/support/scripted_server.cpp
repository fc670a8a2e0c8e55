#include "support/scripted_server.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cctype>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <list>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>

#include <openssl/ssl.h>

namespace healer::testing {
namespace {

[[noreturn]] void give_up(const std::string& what) {
  throw std::runtime_error("scripted server: " + what + ": " + std::strerror(errno));
}

struct TlsContextFree {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
struct TlsFree {
  void operator()(SSL* stream) const { SSL_free(stream); }
};

class Server;

class SocketPeer : public Peer {
 public:
  SocketPeer(Server& server, int socket, unsigned number)
      : server_(server), socket_(socket), number_(number) {}
  ~SocketPeer() override {
    SocketPeer::close();
    ::close(socket_);
  }

  bool handshake(SSL_CTX* context);
  std::optional<SeenRequest> read_request() override;
  std::optional<std::string> read_line() override;
  bool send(std::string_view bytes) override;
  void close() override;
  void reset() override;
  void hang() override;
  std::string receive_all() override;
  bool was_reset() const override { return was_reset_; }
  /// Whether the client's first byte begins a TLS handshake.
  bool begins_tls() const;
  /// After a failed handshake: ends the own side and waits for the client's end, so that the alert arrives.
  void linger_after_alert();
  /// Wakes a blocked thread; called from another thread.
  void interrupt() { ::shutdown(socket_, SHUT_RDWR); }

 private:
  /// False when the connection has ended.
  bool fill();

  Server& server_;
  std::mutex closing_;
  int socket_;
  bool open_ = true;
  bool was_reset_ = false;
  unsigned number_;
  std::string received_;
  std::unique_ptr<SSL, TlsFree> tls_;
};

class Server : public ScriptedServer {
 public:
  Server(int listener, Script script, std::uint16_t port, std::string path, std::optional<Tls> tls)
      : listener_(listener), script_(std::move(script)), port_(port), path_(std::move(path)) {
    if (tls) use(std::move(*tls));
    acceptor_ = std::thread([this] { accept_all(); });
  }

  ~Server() override {
    stopping_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    ::close(listener_);
    {
      const std::lock_guard lock(mutex_);
      for (Connection& one : connections_) one.peer->interrupt();
    }
    for (Connection& one : connections_) one.thread.join();
    if (!path_.empty()) ::unlink(path_.c_str());
  }

  std::uint16_t port() const override { return port_; }
  std::vector<SeenRequest> requests() const override {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  unsigned connections() const override { return accepted_; }

  void record(const SeenRequest& request) {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
  }

 private:
  struct Connection {
    std::unique_ptr<SocketPeer> peer;
    std::atomic<bool> over{false};
    std::thread thread{};
  };

  void use(Tls tls);
  void serve(SocketPeer& peer) {
    if (!tls_)
      script_(peer);
    else if (plain_ && !peer.begins_tls())
      plain_(peer);
    else if (peer.handshake(tls_.get()))
      script_(peer);
    else
      peer.linger_after_alert();
    peer.close();
  }

  /// A server of a long test has many connections, and each keeps a descriptor.
  void drop_ended() {
    connections_.remove_if([](Connection& one) {
      if (!one.over) return false;
      one.thread.join();
      return true;
    });
  }

  void accept_all() {
    while (!stopping_) {
      const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (socket < 0) {
        if (errno == EINTR || errno == ECONNABORTED) continue;
        return;
      }
      const std::lock_guard lock(mutex_);
      drop_ended();
      Connection& connection = connections_.emplace_back();
      connection.peer = std::make_unique<SocketPeer>(*this, socket, ++accepted_);
      connection.thread = std::thread([this, &connection] {
        serve(*connection.peer);
        connection.over = true;
      });
    }
  }

  int listener_;
  Script script_;
  std::uint16_t port_;
  std::string path_;
  std::unique_ptr<SSL_CTX, TlsContextFree> tls_;
  std::string only_name_;
  Script plain_;
  std::atomic<bool> stopping_{false};
  std::atomic<unsigned> accepted_{0};
  mutable std::mutex mutex_;
  std::vector<SeenRequest> requests_;
  std::list<Connection> connections_;
  std::thread acceptor_;
};

/// The server's answer to a client that names a host, or none: `only_name` of ScriptedServer::Tls.
int check_name(SSL* stream, int* alert, void* only_name) {
  const char* name = SSL_get_servername(stream, TLSEXT_NAMETYPE_host_name);
  if (name && *static_cast<const std::string*>(only_name) == name) return SSL_TLSEXT_ERR_OK;
  *alert = SSL_AD_UNRECOGNIZED_NAME;
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

void Server::use(Tls tls) {
  // OpenSSL writes with write(2): without this a client that hangs up would end the test.
  std::signal(SIGPIPE, SIG_IGN);
  tls_.reset(SSL_CTX_new(TLS_server_method()));
  if (SSL_CTX_use_certificate_chain_file(tls_.get(), tls.certificate.c_str()) != 1 ||
      SSL_CTX_use_PrivateKey_file(tls_.get(), tls.key.c_str(), SSL_FILETYPE_PEM) != 1)
    throw std::runtime_error("scripted server: certificate or key not usable");
  if (!tls.client_ca.empty()) {
    SSL_CTX_load_verify_locations(tls_.get(), tls.client_ca.c_str(), nullptr);
    SSL_CTX_set_verify(tls_.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  if (tls.newest != 0) SSL_CTX_set_max_proto_version(tls_.get(), tls.newest);
  if (!tls.only_name.empty()) {
    only_name_ = std::move(tls.only_name);
    SSL_CTX_set_tlsext_servername_callback(tls_.get(), check_name);
    SSL_CTX_set_tlsext_servername_arg(tls_.get(), &only_name_);
  }
  plain_ = std::move(tls.plain);
}

bool SocketPeer::begins_tls() const {
  constexpr char handshake_record = 0x16;
  char first = 0;
  return ::recv(socket_, &first, 1, MSG_PEEK) == 1 && first == handshake_record;
}

void SocketPeer::linger_after_alert() {
  ::shutdown(socket_, SHUT_WR);
  std::array<char, 4096> buffer;
  while (::recv(socket_, buffer.data(), buffer.size(), 0) > 0) {
  }
}

bool SocketPeer::handshake(SSL_CTX* context) {
  tls_.reset(SSL_new(context));
  SSL_set_fd(tls_.get(), socket_);
  return SSL_accept(tls_.get()) == 1;
}

bool SocketPeer::fill() {
  std::array<char, 16 * 1024> buffer;
  const auto got = tls_ ? SSL_read(tls_.get(), buffer.data(), static_cast<int>(buffer.size()))
                        : ::recv(socket_, buffer.data(), buffer.size(), 0);
  if (got <= 0) {
    was_reset_ = !tls_ && got < 0 && errno == ECONNRESET;
    return false;
  }
  received_.append(buffer.data(), static_cast<std::size_t>(got));
  return true;
}

std::optional<SeenRequest> SocketPeer::read_request() {
  std::size_t end = 0;
  while ((end = received_.find("\r\n\r\n")) == std::string::npos)
    if (!fill()) return std::nullopt;
  SeenRequest request;
  request.at = std::chrono::steady_clock::now();
  request.connection = number_;
  request.head = received_.substr(0, end + 2);
  const auto space = request.head.find(' ');
  request.method = request.head.substr(0, space);
  request.target = request.head.substr(space + 1, request.head.find(' ', space + 1) - space - 1);
  std::string folded = request.head;
  std::transform(folded.begin(), folded.end(), folded.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  std::size_t length = 0;
  constexpr std::string_view field = "\r\ncontent-length:";
  if (auto at = folded.find(field); at != std::string::npos) {
    at = folded.find_first_not_of(' ', at + field.size());
    std::from_chars(folded.data() + at, folded.data() + folded.size(), length);
  }
  while (received_.size() < end + 4 + length)
    if (!fill()) return std::nullopt;
  request.body = received_.substr(end + 4, length);
  received_.erase(0, end + 4 + length);
  server_.record(request);
  return request;
}

std::optional<std::string> SocketPeer::read_line() {
  std::size_t end = 0;
  while ((end = received_.find("\r\n")) == std::string::npos)
    if (!fill()) return std::nullopt;
  std::string line = received_.substr(0, end);
  received_.erase(0, end + 2);
  return line;
}

bool SocketPeer::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = tls_ ? SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size()))
                           : ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void SocketPeer::close() {
  const std::lock_guard lock(closing_);
  if (!open_) return;
  open_ = false;
  if (tls_) SSL_shutdown(tls_.get());
  // The descriptor stays taken until the end, so that interrupt() never shuts down another connection.
  ::shutdown(socket_, SHUT_RDWR);
  const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  ::dup2(nothing, socket_);
  ::close(nothing);
}

void SocketPeer::reset() {
  const linger at_once{1, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  const std::lock_guard lock(closing_);
  open_ = false;
  const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  ::dup2(nothing, socket_);
  ::close(nothing);
}

void SocketPeer::hang() {
  while (fill()) received_.clear();
}

std::string SocketPeer::receive_all() {
  while (fill()) {
  }
  return std::exchange(received_, {});
}

int listen_on(int family, const sockaddr* address, socklen_t size) {
  const int socket = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) give_up("socket");
  const int yes = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (::bind(socket, address, size) != 0) {
    ::close(socket);
    give_up("bind");
  }
  if (::listen(socket, 1024) != 0) give_up("listen");
  return socket;
}

/// Frees what getaddrinfo() gives.
struct AddressesFree {
  void operator()(addrinfo* all) const { ::freeaddrinfo(all); }
};

}  // namespace

std::unique_ptr<ScriptedServer> ScriptedServer::on_unix(std::string path, Script script) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) throw std::runtime_error("socket path too long: " + path);
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  ::unlink(path.c_str());
  const int socket = listen_on(AF_UNIX, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  return std::make_unique<Server>(socket, std::move(script), 0, std::move(path), std::nullopt);
}

std::unique_ptr<ScriptedServer> ScriptedServer::on_place(const Place& place, Script script,
                                                         std::optional<Tls> tls) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(place.address.c_str(), std::to_string(place.port).c_str(), &hints, &found) != 0)
    throw std::runtime_error("scripted server: not an address: " + place.address);
  const std::unique_ptr<addrinfo, AddressesFree> address(found);
  const int socket = listen_on(address->ai_family, address->ai_addr, address->ai_addrlen);
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&bound), &size) != 0) give_up("getsockname");
  const in_port_t port = bound.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(bound).sin6_port
                                                     : reinterpret_cast<const sockaddr_in&>(bound).sin_port;
  return std::make_unique<Server>(socket, std::move(script), ntohs(port), "", std::move(tls));
}

std::unique_ptr<ScriptedServer> ScriptedServer::on_loopback(Script script) {
  return on_place({}, std::move(script));
}

std::unique_ptr<ScriptedServer> ScriptedServer::on_loopback_tls(Script script, const std::string& certificate,
                                                                const std::string& key,
                                                                const std::string& client_ca) {
  Tls tls;
  tls.certificate = certificate;
  tls.key = key;
  tls.client_ca = client_ca;
  return on_place({}, std::move(script), std::move(tls));
}

ScriptedServer::Script replying(ScriptedServer::Reply reply) {
  return [reply = std::move(reply)](Peer& peer) {
    while (const auto request = peer.read_request())
      if (!peer.send(reply(*request))) return;
  };
}

std::string answer(int status, std::string_view body, std::string_view content_type, std::string_view extra) {
  std::string text = "HTTP/1.1 " + std::to_string(status) + " Said\r\nContent-Type: ";
  text.append(content_type).append("\r\nContent-Length: ").append(std::to_string(body.size()));
  return text.append("\r\n").append(extra).append("\r\n").append(body);
}

std::string chunked_head(int status, std::string_view content_type) {
  std::string text = "HTTP/1.1 " + std::to_string(status) + " Said\r\nContent-Type: ";
  return text.append(content_type).append("\r\nTransfer-Encoding: chunked\r\n\r\n");
}

std::string chunk(std::string_view bytes) {
  std::array<char, 24> size;
  const auto end = std::to_chars(size.data(), size.data() + size.size(), bytes.size(), 16).ptr;
  std::string text(size.data(), end);
  return text.append("\r\n").append(bytes).append("\r\n");
}

TemporaryFolder::TemporaryFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "healer-test-XXXXXX").string();
  if (!::mkdtemp(name.data())) give_up("mkdtemp");
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace healer::testing
