#include "net/http_server.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <list>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include "base/encode.hpp"
#include "net/loop.hpp"

namespace healer::net {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::generic::stream_protocol;
using asio::ip::tcp;
using boost::system::error_code;
using Stream = beast::basic_stream<stream_protocol>;
using UnixProtocol = asio::local::stream_protocol;

constexpr auto accept_retry = std::chrono::milliseconds(100);

/// The address of the other end, without its port. Of an IPv6 address the network, for a host has a whole
/// one.
std::string peer_of(stream_protocol::socket& socket) {
  sockaddr_storage address{};
  socklen_t length = sizeof(address);
  if (::getpeername(socket.native_handle(), reinterpret_cast<sockaddr*>(&address), &length) != 0) return {};
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    return asio::ip::make_address_v4(ntohl(v4.sin_addr.s_addr)).to_string();
  }
  if (address.ss_family != AF_INET6) return {};
  asio::ip::address_v6::bytes_type bytes;
  std::memcpy(bytes.data(), &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr, bytes.size());
  const asio::ip::address_v6 v6(bytes);
  if (v6.is_v4_mapped()) return asio::ip::make_address_v4(asio::ip::v4_mapped, v6).to_string();
  std::fill(bytes.begin() + 8, bytes.end(), 0);
  return asio::ip::address_v6(bytes).to_string();
}

HttpRequest to_request(http::request<http::string_body>&& message) {
  HttpRequest request;
  request.method = std::string(message.method_string());
  request.target = std::string(message.target());
  const auto question = request.target.find('?');
  request.path = percent_decoded(std::string_view(request.target).substr(0, question));
  if (question != std::string::npos) request.query = request.target.substr(question + 1);
  for (const auto& field : message)
    request.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
  request.body = std::move(message.body());
  return request;
}

}  // namespace

const HttpHeaders& security_headers() {
  static const HttpHeaders headers{{"X-Content-Type-Options", "nosniff"},
                                   {"X-Frame-Options", "DENY"},
                                   {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
                                   {"Referrer-Policy", "no-referrer"},
                                   {"Cross-Origin-Resource-Policy", "same-origin"},
                                   {"Cache-Control", "no-store"}};
  return headers;
}

class Session;

struct HttpServer::State : std::enable_shared_from_this<HttpServer::State> {
  State(Loop& loop, HttpHandler on_request, HttpServerLimits caps)
      : loop(loop), handler(std::move(on_request)), limits(caps), retry(loop) {}

  Loop& loop;
  HttpHandler handler;
  HttpServerLimits limits;
  std::string address;
  std::uint16_t port = 0;
  std::optional<tcp::acceptor> tcp_acceptor;
  std::optional<UnixProtocol::acceptor> unix_acceptor;
  struct stat socket_file {};                    // the unix socket's file, removed at the end
  std::list<std::shared_ptr<Session>> sessions;  // longest idle first
  Timer retry;
  bool closed = false;

  void accept();
  void accepted(const error_code& error, stream_protocol::socket socket);
  void make_room();
  void close();
};

/// One connection: reads a request, calls the handler, writes the reply, and repeats.
class Session : public std::enable_shared_from_this<Session> {
 public:
  /// Idle: no byte of a request. Reading: a part of one. Writing: the answer is on its way.
  enum class Phase { Idle, Reading, Handling, Writing, Closed };

  Session(stream_protocol::socket socket, std::weak_ptr<HttpServer::State> server, HttpServerLimits limits,
          std::string peer)
      : stream_(std::move(socket)), server_(std::move(server)), limits_(limits), peer_(std::move(peer)) {}

  std::list<std::shared_ptr<Session>>::iterator place;

  Phase phase() const { return phase_; }
  const std::string& peer() const { return peer_; }

  void start() { read(limits_.request_timeout); }

  void close() {
    phase_ = Phase::Closed;
    stream_.close();
  }

 private:
  void read(std::chrono::seconds lookback) {
    phase_ = Phase::Idle;
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(limits_.head));
    parser_->body_limit(limits_.body);
    stream_.expires_after(lookback);
    // The idle timeout ends with the first byte; then the request timeout holds.
    http::async_read_some(stream_, buffer_, *parser_,
                          [self = shared_from_this()](error_code error, std::size_t) {
                            if (!error && !self->parser_->is_done()) return self->read_rest();
                            self->read_done(error);
                          });
  }

  void read_rest() {
    if (phase_ == Phase::Closed) return;
    phase_ = Phase::Reading;
    stream_.expires_after(limits_.request_timeout);
    http::async_read(stream_, buffer_, *parser_,
                     [self = shared_from_this()](error_code error, std::size_t) { self->read_done(error); });
  }

  void read_done(const error_code& error) {
    if (phase_ == Phase::Closed) return;
    if (error == http::error::header_limit || error == http::error::buffer_overflow)
      return refuse(431, fmt::format("request head larger than {} bytes\n", limits_.head));
    if (error == http::error::body_limit)
      return refuse(413, fmt::format("request body larger than {} bytes\n", limits_.body));
    if (error == beast::error::timeout && parser_->got_some()) return end();  // the socket is closed already
    if (error && error.category() == http::make_error_code(http::error::bad_version).category() &&
        error != http::error::end_of_stream && error != http::error::partial_message)
      return refuse(400, "malformed request: " + error.message() + "\n");
    if (error) return end();
    handle();
  }

  void handle() {
    const auto server = server_.lock();
    if (!server || server->closed) return end();
    phase_ = Phase::Handling;
    server->sessions.splice(server->sessions.end(), server->sessions, place);
    http::request<http::string_body> message = parser_->release();
    keep_alive_ = message.keep_alive();
    head_only_ = message.method() == http::verb::head;
    const std::uint64_t number = ++request_number_;
    const std::weak_ptr<Session> weak = weak_from_this();
    answer_limit_.emplace(server->loop);
    answer_limit_->set_after(limits_.answer_timeout, [weak, number] {
      if (const auto self = weak.lock()) {
        self->keep_alive_ = false;
        HttpResponse late;
        late.status = 504;
        late.body = "no answer in time\n";
        self->reply(number, std::move(late));
      }
    });
    HttpReply reply = [weak, number](HttpResponse response) {
      if (const auto self = weak.lock()) self->reply(number, std::move(response));
    };
    try {
      HttpRequest request = to_request(std::move(message));
      request.peer = peer_;
      server->handler(std::move(request), std::move(reply));
    } catch (const std::exception&) {
      HttpResponse failed;
      failed.status = 500;
      failed.body = "internal error\n";
      this->reply(number, std::move(failed));
    }
  }

  void reply(std::uint64_t number, HttpResponse response) {
    if (phase_ != Phase::Handling || number != request_number_) return;
    phase_ = Phase::Writing;
    answer_limit_.reset();
    write(std::move(response));
  }

  void refuse(int status, std::string text) {
    phase_ = Phase::Writing;
    keep_alive_ = false;
    HttpResponse response;
    response.status = status;
    response.body = std::move(text);
    write(std::move(response));
  }

  void write(HttpResponse response) {
    response_ = {};
    response_.version(11);
    response_.result(static_cast<unsigned>(response.status));
    response_.set(http::field::content_type, response.content_type);
    for (const auto& [name, value] : response.headers)
      if (fit_for_head(name) && fit_for_head(value)) response_.insert(name, value);
    for (const auto& [name, value] : security_headers())
      if (response_.find(name) == response_.end()) response_.insert(name, value);
    response_.keep_alive(keep_alive_);
    response_.content_length(response.body.size());
    if (!head_only_) response_.body() = std::move(response.body);
    stream_.expires_after(limits_.answer_timeout);
    http::async_write(stream_, response_,
                      [self = shared_from_this()](error_code error, std::size_t) { self->written(error); });
  }

  void written(const error_code& error) {
    if (phase_ == Phase::Closed) return;
    if (error) return end();
    if (keep_alive_) return read(limits_.idle_timeout);
    // Closing a socket with unread bytes (after a refused head or body) sends a reset, and the peer's kernel
    // then discards the answer. So half-close the socket, and read until the peer closes.
    error_code ignored;
    stream_.socket().shutdown(stream_protocol::socket::shutdown_send, ignored);
    stream_.expires_after(std::chrono::seconds(1));
    drain();
  }

  void drain() {
    buffer_.clear();
    stream_.async_read_some(buffer_.prepare(4096),
                            [self = shared_from_this()](error_code error, std::size_t bytes) {
                              if (self->phase_ == Phase::Closed) return;
                              self->drained_ += bytes;
                              if (error || self->drained_ > 16 * 1024 * 1024) return self->end();
                              self->drain();
                            });
  }

  void end() {
    if (phase_ == Phase::Closed) return;
    close();
    answer_limit_.reset();
    if (const auto server = server_.lock()) server->sessions.erase(place);
  }

  Stream stream_;
  std::weak_ptr<HttpServer::State> server_;
  HttpServerLimits limits_;
  std::string peer_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  http::response<http::string_body> response_;
  std::optional<Timer> answer_limit_;
  std::uint64_t request_number_ = 0;
  std::size_t drained_ = 0;
  bool keep_alive_ = false;
  bool head_only_ = false;
  Phase phase_ = Phase::Idle;
};

void HttpServer::State::accept() {
  if (closed) return;
  auto taken = [self = shared_from_this()](error_code error, stream_protocol::socket socket) {
    self->accepted(error, std::move(socket));
  };
  // Accepted as a generic socket, so that one session class serves both kinds.
  const auto into = std::make_shared<stream_protocol::socket>(loop.context());
  auto done = [taken = std::move(taken), into](error_code error) mutable { taken(error, std::move(*into)); };
  if (tcp_acceptor)
    tcp_acceptor->async_accept(*into, std::move(done));
  else
    unix_acceptor->async_accept(*into, std::move(done));
}

void HttpServer::State::accepted(const error_code& error, stream_protocol::socket socket) {
  if (closed) return;
  if (error) {
    // Usually no descriptors are left: accepting again at once would spin.
    retry.set_after(accept_retry, [this] { accept(); });
    return;
  }
  if (tcp_acceptor) {
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
  }
  if (sessions.size() >= limits.connections) make_room();
  if (sessions.size() < limits.connections) {
    std::string peer = tcp_acceptor ? peer_of(socket) : std::string();
    auto session = std::make_shared<Session>(std::move(socket), weak_from_this(), limits, std::move(peer));
    session->place = sessions.insert(sessions.end(), session);
    session->start();
  }
  accept();
}

/// Closes one connection, so that requests which never end cannot keep others out.
/// HttpServerLimits::connections.
void HttpServer::State::make_room() {
  for (const auto phase : {Session::Phase::Idle, Session::Phase::Reading, Session::Phase::Writing}) {
    std::map<std::string_view, std::size_t> of_peer;
    for (const auto& session : sessions)
      if (session->phase() == phase) ++of_peer[session->peer()];
    std::size_t most = 0;
    for (const auto& [peer, count] : of_peer) most = std::max(most, count);
    for (const auto& session : sessions) {
      // The idle ones do no harm: the longest idle one goes, whose it may be.
      if (session->phase() != phase || (phase != Session::Phase::Idle && of_peer[session->peer()] < most))
        continue;
      const auto oldest = session;
      sessions.erase(oldest->place);
      oldest->close();
      return;
    }
  }
}

void HttpServer::State::close() {
  closed = true;
  retry.cancel();
  error_code ignored;
  if (tcp_acceptor) tcp_acceptor->close(ignored);
  if (unix_acceptor) {
    unix_acceptor->close(ignored);
    struct stat now {};
    if (::lstat(address.c_str(), &now) == 0 && now.st_ino == socket_file.st_ino &&
        now.st_dev == socket_file.st_dev)
      ::unlink(address.c_str());
  }
  for (const auto& session : sessions) session->close();
  sessions.clear();
  handler = nullptr;
}

namespace {

tl::unexpected<Error> cannot_listen(const std::string& address, int number) {
  const auto say = [&](ErrorCode code, const std::string& why) {
    return failure(code, fmt::format("cannot listen on {}: {}", address, why));
  };
  switch (number) {
    case EADDRINUSE:
      return say(ErrorCode::Conflict, "the port is in use by another process");
    case EADDRNOTAVAIL:
      return say(ErrorCode::InvalidInput, "this host has no such address");
    case EACCES:
    case EPERM:
      return say(ErrorCode::Refused, "permission denied");
    case ENOENT:
      return say(ErrorCode::InvalidInput, "its folder does not exist");
    default:
      return say(ErrorCode::Unreachable, std::strerror(number));
  }
}

Result<tcp::endpoint> parse_listen_address(const std::string& text) {
  const auto wrong = [&] {
    return failure(
        ErrorCode::InvalidInput,
        fmt::format("cannot listen on \"{}\": expected address:port with a numeric address, such as "
                    "127.0.0.1:9180, [::1]:9180 or :9180",
                    text));
  };
  const auto colon = text.rfind(':');
  if (colon == std::string::npos) return wrong();
  std::string host = text.substr(0, colon);
  std::uint16_t port = 0;
  const char* end = text.data() + text.size();
  const auto [stop, status] = std::from_chars(text.data() + colon + 1, end, port);
  if (status != std::errc() || stop != end) return wrong();
  if (host.empty()) return tcp::endpoint(tcp::v4(), port);
  if (host == "localhost") host = "127.0.0.1";
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  else if (host.find(':') != std::string::npos)
    return wrong();
  error_code error;
  const auto address = asio::ip::make_address(host, error);
  if (error) return wrong();
  return tcp::endpoint(address, port);
}

/// Removes the socket file of a dead process at this path, and nothing else.
Result<void> clear_stale_socket(const std::string& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0) return {};
  if (!S_ISSOCK(found.st_mode))
    return failure(ErrorCode::Conflict,
                   fmt::format("cannot listen on {}: something that is no socket is there", path));
  asio::io_context own;
  UnixProtocol::socket probe(own);
  error_code error;
  probe.open(UnixProtocol(), error);
  if (!error) probe.non_blocking(true, error);
  if (!error) probe.connect(UnixProtocol::endpoint(path), error);
  if (error != asio::error::connection_refused)
    return failure(ErrorCode::Conflict,
                   fmt::format("cannot listen on {}: another process is listening there", path));
  ::unlink(path.c_str());
  return {};
}

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::listen_tcp(Loop& loop, const std::string& address,
                                                           HttpHandler handler, HttpServerLimits limits) {
  const auto endpoint = parse_listen_address(address);
  if (!endpoint) return tl::unexpected(endpoint.error());
  auto state = std::make_shared<State>(loop, std::move(handler), limits);
  auto& acceptor = state->tcp_acceptor.emplace(loop.context());
  error_code error;
  acceptor.open(endpoint->protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(*endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return cannot_listen(address, error.value());
  const auto actual = acceptor.local_endpoint(error);
  state->port = actual.port();
  state->address = actual.address().is_v6()
                       ? fmt::format("[{}]:{}", actual.address().to_string(), state->port)
                       : fmt::format("{}:{}", actual.address().to_string(), state->port);
  state->accept();
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(state)));
}

Result<std::unique_ptr<HttpServer>> HttpServer::listen_unix(Loop& loop, const std::string& path,
                                                            HttpHandler handler, HttpServerLimits limits) {
  constexpr std::size_t longest = sizeof(sockaddr_un::sun_path) - 1;
  if (path.empty() || path.size() > longest || path.find('\0') != std::string::npos)
    return failure(ErrorCode::InvalidInput,
                   fmt::format("cannot listen on \"{}\": a socket's path has 1 to {} bytes", path, longest));
  const auto cleared = clear_stale_socket(path);
  if (!cleared) return tl::unexpected(cleared.error());
  auto state = std::make_shared<State>(loop, std::move(handler), limits);
  auto& acceptor = state->unix_acceptor.emplace(loop.context());
  error_code error;
  acceptor.open(UnixProtocol(), error);
  // On Linux the file gets the mode of the unbound socket (less the umask), so that other users can never
  // connect.
  if (!error && ::fchmod(acceptor.native_handle(), 0600) != 0)
    error = error_code(errno, boost::system::system_category());
  if (!error) acceptor.bind(UnixProtocol::endpoint(path), error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return cannot_listen(path, error.value());
  ::lstat(path.c_str(), &state->socket_file);
  state->address = path;
  state->accept();
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(state)));
}

HttpServer::HttpServer(std::shared_ptr<State> state) : state_(std::move(state)) {}

HttpServer::~HttpServer() {
  state_->close();
}

const std::string& HttpServer::address() const {
  return state_->address;
}
std::uint16_t HttpServer::port() const {
  return state_->port;
}
std::size_t HttpServer::connections() const {
  return state_->sessions.size();
}

}  // namespace healer::net
