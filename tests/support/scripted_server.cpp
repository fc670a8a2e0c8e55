#include "support/scripted_server.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
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
  /// Wakes a blocked thread; called from another thread.
  void interrupt() { ::shutdown(socket_, SHUT_RDWR); }

 private:
  /// False when the connection has ended.
  bool fill();

  Server& server_;
  std::mutex closing_;
  int socket_;
  bool open_ = true;
  unsigned number_;
  std::string received_;
  std::unique_ptr<SSL, TlsFree> tls_;
};

class Server : public ScriptedServer {
 public:
  Server(int listener, Script script, std::uint16_t port, std::string path, SSL_CTX* tls)
      : listener_(listener), script_(std::move(script)), port_(port), path_(std::move(path)), tls_(tls) {
    acceptor_ = std::thread([this] { accept_all(); });
  }

  ~Server() override {
    stopping_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    ::close(listener_);
    {
      const std::lock_guard lock(mutex_);
      for (auto& peer : peers_) peer->interrupt();
    }
    for (auto& thread : threads_) thread.join();
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
  void accept_all() {
    while (!stopping_) {
      const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (socket < 0) {
        if (errno == EINTR || errno == ECONNABORTED) continue;
        return;
      }
      const std::lock_guard lock(mutex_);
      auto& peer = peers_.emplace_back(std::make_unique<SocketPeer>(*this, socket, ++accepted_));
      threads_.emplace_back([this, &peer = *peer] {
        if (!tls_ || peer.handshake(tls_.get())) script_(peer);
        peer.close();
      });
    }
  }

  int listener_;
  Script script_;
  std::uint16_t port_;
  std::string path_;
  std::unique_ptr<SSL_CTX, TlsContextFree> tls_;
  std::atomic<bool> stopping_{false};
  std::atomic<unsigned> accepted_{0};
  mutable std::mutex mutex_;
  std::vector<SeenRequest> requests_;
  std::list<std::unique_ptr<SocketPeer>> peers_;
  std::list<std::thread> threads_;
  std::thread acceptor_;
};

bool SocketPeer::handshake(SSL_CTX* context) {
  tls_.reset(SSL_new(context));
  SSL_set_fd(tls_.get(), socket_);
  return SSL_accept(tls_.get()) == 1;
}

bool SocketPeer::fill() {
  std::array<char, 16 * 1024> buffer;
  const auto got = tls_ ? SSL_read(tls_.get(), buffer.data(), static_cast<int>(buffer.size()))
                        : ::recv(socket_, buffer.data(), buffer.size(), 0);
  if (got <= 0) return false;
  received_.append(buffer.data(), static_cast<std::size_t>(got));
  return true;
}

std::optional<SeenRequest> SocketPeer::read_request() {
  std::size_t end = 0;
  while ((end = received_.find("\r\n\r\n")) == std::string::npos)
    if (!fill()) return std::nullopt;
  SeenRequest request;
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

int listen_on(int family, const sockaddr* address, socklen_t size) {
  const int socket = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) give_up("socket");
  const int yes = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (::bind(socket, address, size) != 0) give_up("bind");
  if (::listen(socket, 1024) != 0) give_up("listen");
  return socket;
}

std::unique_ptr<ScriptedServer> loopback(ScriptedServer::Script script, SSL_CTX* tls) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int socket = listen_on(AF_INET, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  socklen_t size = sizeof address;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) give_up("getsockname");
  return std::make_unique<Server>(socket, std::move(script), ntohs(address.sin_port), "", tls);
}

}  // namespace

std::unique_ptr<ScriptedServer> ScriptedServer::on_unix(std::string path, Script script) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) throw std::runtime_error("socket path too long: " + path);
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  ::unlink(path.c_str());
  const int socket = listen_on(AF_UNIX, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  return std::make_unique<Server>(socket, std::move(script), 0, std::move(path), nullptr);
}

std::unique_ptr<ScriptedServer> ScriptedServer::on_loopback(Script script) {
  return loopback(std::move(script), nullptr);
}

std::unique_ptr<ScriptedServer> ScriptedServer::on_loopback_tls(Script script, const std::string& certificate,
                                                                const std::string& key,
                                                                const std::string& client_ca) {
  // OpenSSL writes with write(2): without this a client that hangs up would end the test.
  std::signal(SIGPIPE, SIG_IGN);
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  if (SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1 ||
      SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1)
    throw std::runtime_error("scripted server: certificate or key not usable");
  if (!client_ca.empty()) {
    SSL_CTX_load_verify_locations(context, client_ca.c_str(), nullptr);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  return loopback(std::move(script), context);
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
