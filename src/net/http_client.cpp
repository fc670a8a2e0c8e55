#include "net/http_client.hpp"

#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <deque>
#include <unordered_map>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>

#include "net/answer_parser.hpp"
#include "net/loop.hpp"
#include "net/tls_context.hpp"

namespace healer::net {
namespace {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
using asio::generic::stream_protocol;
using asio::ip::tcp;
using boost::system::error_code;
using SteadyTime = std::chrono::steady_clock::time_point;

constexpr std::size_t most_idle_connections = 32;
constexpr auto longest_idle = std::chrono::seconds(20);
constexpr auto full_queue_pause = std::chrono::milliseconds(10);

/// One connection, plain or TLS, over a unix or a TCP socket.
struct Connection {
  explicit Connection(asio::io_context& context) : socket(context) {}

  stream_protocol::socket socket;
  std::unique_ptr<ssl::stream<stream_protocol::socket&>> tls;
  std::string key;  // pool_key() of its endpoint
  SteadyTime idle_since{};
  bool reused = false;
};
using ConnectionPtr = std::shared_ptr<Connection>;

/// Whether nothing was received and the peer has not closed.
bool looks_alive(Connection& connection) {
  char byte = 0;
  const auto got = ::recv(connection.socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

std::string pool_key(const HttpEndpoint& endpoint) {
  const auto* remote = std::get_if<TcpEndpoint>(&endpoint);
  const void* tls = remote ? remote->tls.get() : nullptr;
  return fmt::format("{} {}", to_string(endpoint), fmt::ptr(tls));
}

std::string bracketed(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

/// Keep-alive finds a half-open connection in about two minutes; an event stream may be silent for hours.
void keep_watch(stream_protocol::socket& socket) {
  using Idle = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPIDLE>;
  using Interval = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPINTVL>;
  using Probes = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPCNT>;
  error_code ignored;
  socket.set_option(asio::socket_base::keep_alive(true), ignored);
  socket.set_option(Idle(60), ignored);
  socket.set_option(Interval(15), ignored);
  socket.set_option(Probes(4), ignored);
  socket.set_option(tcp::no_delay(true), ignored);
}

}  // namespace

std::string to_string(const HttpEndpoint& endpoint) {
  if (const auto* local = std::get_if<UnixEndpoint>(&endpoint)) return "unix://" + local->path;
  const auto& remote = std::get<TcpEndpoint>(endpoint);
  return fmt::format("tcp://{}:{}{}", bracketed(remote.host), remote.port, remote.tls ? " (TLS)" : "");
}

class Exchange;

struct HttpClient::State {
  explicit State(Loop& on) : loop(on) {}

  Loop& loop;
  CallId last_id = 0;
  std::unordered_map<CallId, std::shared_ptr<Exchange>> open;
  std::deque<ConnectionPtr> idle;  // longest idle first

  ConnectionPtr take_idle(const std::string& key);
  void give_idle(ConnectionPtr connection);
};

ConnectionPtr HttpClient::State::take_idle(const std::string& key) {
  const auto now = std::chrono::steady_clock::now();
  while (!idle.empty() && now - idle.front()->idle_since > longest_idle) idle.pop_front();
  // The newest is used first, so that the others reach their idle limit.
  for (std::size_t i = idle.size(); i-- > 0;) {
    if (idle[i]->key != key) continue;
    ConnectionPtr found = std::move(idle[i]);
    idle.erase(idle.begin() + static_cast<std::ptrdiff_t>(i));
    if (!looks_alive(*found)) continue;
    found->reused = true;
    return found;
  }
  return nullptr;
}

void HttpClient::State::give_idle(ConnectionPtr connection) {
  connection->idle_since = std::chrono::steady_clock::now();
  idle.push_back(std::move(connection));
  if (idle.size() > most_idle_connections) idle.pop_front();
}

/// One call, from its start to its completion.
class Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(Loop& loop, std::weak_ptr<HttpClient::State> client, HttpClient::CallId id, HttpCall call,
           HttpStreamHandlers handlers)
      : loop_(loop),
        client_(std::move(client)),
        id_(id),
        call_(std::move(call)),
        handlers_(std::move(handlers)),
        deadline_(loop),
        pause_(loop),
        resolver_(loop.context()) {}

  void begin();
  /// Ends the call without a callback.
  void abandon();

 private:
  using Buffer = std::array<char, 16 * 1024>;

  bool streamed() const { return static_cast<bool>(handlers_.chunk); }
  void compose();
  void reset_parser();
  void open();
  void open_unix(const UnixEndpoint& endpoint);
  void open_tcp(const TcpEndpoint& endpoint);
  void connect(stream_protocol::endpoint endpoint);
  void connected(const error_code& error);
  void handshake(const TcpEndpoint& endpoint);
  void send();
  void receive();
  void received(const error_code& error, std::size_t bytes);
  void connection_ended(const error_code& error);
  void expired();
  void fail(ErrorCode code, const std::string& why);
  void fail_tls(const error_code& error);
  void succeed();
  void finish(Result<HttpAnswer> result);

  Loop& loop_;
  std::weak_ptr<HttpClient::State> client_;
  HttpClient::CallId id_;
  HttpCall call_;
  HttpStreamHandlers handlers_;
  Timer deadline_;
  Timer pause_;
  tcp::resolver resolver_;
  std::vector<stream_protocol::endpoint> candidates_;
  std::size_t next_candidate_ = 0;
  ConnectionPtr connection_;
  std::unique_ptr<AnswerParser> parser_;
  std::string request_;
  Buffer buffer_;
  const char* waiting_for_ = "a connection";
  bool finished_ = false;
};

void Exchange::begin() {
  bool fit = fit_for_head(call_.method) && fit_for_head(call_.target) && !call_.method.empty() &&
             call_.target.find(' ') == std::string::npos;
  for (const auto& [name, value] : call_.headers) fit = fit && fit_for_head(name) && fit_for_head(value);
  if (!fit) return fail(ErrorCode::InvalidInput, "the request's head would contain a control character");
  deadline_.set_after(call_.deadline, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->expired();
  });
  compose();
  reset_parser();
  if (call_.keep_alive) {
    if (const auto client = client_.lock()) connection_ = client->take_idle(pool_key(call_.endpoint));
    if (connection_) return send();
  }
  open();
}

void Exchange::compose() {
  const auto* remote = std::get_if<TcpEndpoint>(&call_.endpoint);
  request_ = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\n", call_.method, call_.target,
                         remote ? fmt::format("{}:{}", bracketed(remote->host), remote->port) : "localhost");
  for (const auto& [name, value] : call_.headers) request_ += fmt::format("{}: {}\r\n", name, value);
  if (!call_.body.empty() || call_.method == "POST" || call_.method == "PUT")
    request_ += fmt::format("Content-Length: {}\r\n", call_.body.size());
  if (!call_.keep_alive) request_ += "Connection: close\r\n";
  request_ += "\r\n";
  request_ += call_.body;
}

void Exchange::reset_parser() {
  AnswerParser::Settings settings;
  settings.head_only = call_.method == "HEAD";
  settings.head_cap = call_.head_cap;
  settings.body_cap = call_.body_cap;
  settings.endless = handlers_.endless;
  settings.upgrade = handlers_.upgrade;
  if (streamed()) {
    // The parser is a member of this object, so `this` is valid in its callbacks.
    settings.on_head = [this](const HttpAnswer& head) -> AnswerParser::Sink {
      const bool upgraded = head.status == 101 && handlers_.upgrade;
      if ((head.status < 200 || head.status > 299) && !upgraded) return nullptr;
      if (handlers_.endless) deadline_.cancel();
      if (handlers_.head) handlers_.head(head);
      return [this](std::string_view bytes) -> Result<void> {
        if (finished_) return failure(ErrorCode::Cancelled, "cancelled");
        return handlers_.chunk(bytes);
      };
    };
  }
  parser_ = std::make_unique<AnswerParser>(std::move(settings));
}

void Exchange::open() {
  waiting_for_ = "a connection";
  if (const auto* local = std::get_if<UnixEndpoint>(&call_.endpoint)) return open_unix(*local);
  open_tcp(std::get<TcpEndpoint>(call_.endpoint));
}

void Exchange::open_unix(const UnixEndpoint& endpoint) {
  constexpr std::size_t longest = sizeof(sockaddr_un::sun_path) - 1;
  if (endpoint.path.empty() || endpoint.path.size() > longest)
    return fail(ErrorCode::InvalidInput, fmt::format("a socket's path has 1 to {} bytes", longest));
  candidates_ = {asio::local::stream_protocol::endpoint(endpoint.path)};
  next_candidate_ = 0;
  connect(candidates_[next_candidate_++]);
}

void Exchange::open_tcp(const TcpEndpoint& endpoint) {
  error_code error;
  const auto address = asio::ip::make_address(endpoint.host, error);
  if (!error) {
    candidates_ = {tcp::endpoint(address, endpoint.port)};
    next_candidate_ = 0;
    return connect(candidates_[next_candidate_++]);
  }
  waiting_for_ = "name resolution";
  resolver_.async_resolve(endpoint.host, std::to_string(endpoint.port),
                          [self = shared_from_this()](error_code failed, tcp::resolver::results_type found) {
                            if (self->finished_) return;
                            if (failed)
                              return self->fail(ErrorCode::Unreachable,
                                                "its name does not resolve: " + failed.message());
                            self->waiting_for_ = "a connection";
                            self->candidates_.clear();
                            for (const auto& entry : found) self->candidates_.emplace_back(entry.endpoint());
                            self->next_candidate_ = 0;
                            if (self->candidates_.empty())
                              return self->fail(ErrorCode::Unreachable, "its name has no address");
                            self->connect(self->candidates_[self->next_candidate_++]);
                          });
}

void Exchange::connect(stream_protocol::endpoint endpoint) {
  connection_ = std::make_shared<Connection>(loop_.context());
  connection_->key = pool_key(call_.endpoint);
  connection_->socket.async_connect(endpoint, [self = shared_from_this()](error_code error) {
    if (!self->finished_) self->connected(error);
  });
}

void Exchange::connected(const error_code& error) {
  if (error) {
    if (next_candidate_ < candidates_.size()) return connect(candidates_[next_candidate_++]);
    const bool denied = error == asio::error::access_denied || error == asio::error::no_permission;
    return fail(denied ? ErrorCode::Refused : ErrorCode::Unreachable, error.message());
  }
  error_code unconnected;
  connection_->socket.remote_endpoint(unconnected);
  if (unconnected) {
    // The queue of a unix listener is full: connect() gives EAGAIN, which Asio reports as success.
    pause_.set_after(full_queue_pause, [weak = weak_from_this()] {
      const auto self = weak.lock();
      if (self && !self->finished_) self->open();
    });
    return;
  }
  if (const auto* remote = std::get_if<TcpEndpoint>(&call_.endpoint)) {
    keep_watch(connection_->socket);
    if (remote->tls) return handshake(*remote);
  }
  send();
}

void Exchange::handshake(const TcpEndpoint& endpoint) {
  waiting_for_ = "the TLS handshake";
  auto& stream = connection_->tls;
  stream =
      std::make_unique<ssl::stream<stream_protocol::socket&>>(connection_->socket, endpoint.tls->context);
  error_code ignored;
  asio::ip::make_address(endpoint.host, ignored);
  if (ignored) SSL_set_tlsext_host_name(stream->native_handle(), endpoint.host.c_str());
  if (endpoint.tls->verify_peer)
    stream->set_verify_callback(ssl::host_name_verification(endpoint.host), ignored);
  // The handler keeps the connection alive: the TLS stream refers to its socket.
  stream->async_handshake(ssl::stream_base::client,
                          [self = shared_from_this(), kept = connection_](error_code error) {
                            if (self->finished_) return;
                            if (error) return self->fail_tls(error);
                            self->send();
                          });
}

void Exchange::send() {
  waiting_for_ = "an answer";
  auto sent = [self = shared_from_this(), kept = connection_](error_code, std::size_t) {
    // A peer may answer and close before it reads the whole request: only reading shows whether the call
    // failed.
    if (!self->finished_) self->receive();
  };
  if (connection_->tls)
    asio::async_write(*connection_->tls, asio::buffer(request_), std::move(sent));
  else
    asio::async_write(connection_->socket, asio::buffer(request_), std::move(sent));
}

void Exchange::receive() {
  auto got = [self = shared_from_this(), kept = connection_](error_code error, std::size_t bytes) {
    if (!self->finished_) self->received(error, bytes);
  };
  if (connection_->tls)
    connection_->tls->async_read_some(asio::buffer(buffer_), std::move(got));
  else
    connection_->socket.async_read_some(asio::buffer(buffer_), std::move(got));
}

void Exchange::received(const error_code& error, std::size_t bytes) {
  if (error) return connection_ended(error);
  const auto parsed = parser_->feed({buffer_.data(), bytes});
  if (finished_) return;  // a callback cancelled the call
  if (!parsed) return fail(parsed.error().code, parsed.error().message);
  if (parser_->done()) return succeed();
  receive();
}

void Exchange::connection_ended(const error_code& error) {
  const bool repeatable = call_.method == "GET" || call_.method == "HEAD";
  if (connection_->reused && !parser_->started() && repeatable) {
    reset_parser();
    return open();
  }
  const bool closed = error == asio::error::eof || error == ssl::error::stream_truncated;
  if (closed) {
    const auto ended = parser_->finish();
    if (ended) return succeed();
    return fail(ended.error().code, ended.error().message);
  }
  // TLS 1.3: only the first read shows that the server refused the client's certificate.
  if (error.category() == asio::error::get_ssl_category()) return fail_tls(error);
  fail(ErrorCode::ConnectionLost, "the connection was lost before the answer was whole: " + error.message());
}

void Exchange::expired() {
  fail(ErrorCode::Timeout,
       fmt::format("no answer within {} ms (waiting for {})", call_.deadline.count(),
                   parser_->started() ? "the rest of the answer" : std::string_view(waiting_for_)));
}

void Exchange::fail_tls(const error_code& error) {
  const auto trust = SSL_get_verify_result(connection_->tls->native_handle());
  if (trust != X509_V_OK)
    return fail(ErrorCode::Refused,
                fmt::format("TLS: its certificate is not accepted: {}",
                            trust == X509_V_ERR_UNSPECIFIED ? "it is of another host name"
                                                            : X509_verify_cert_error_string(trust)));
  if (error.category() != asio::error::get_ssl_category())
    return fail(ErrorCode::ConnectionLost, "TLS: the connection ended in the handshake: " + error.message());
  const std::string text = error.message();
  if (text.find("alert") != std::string::npos)
    return fail(ErrorCode::Refused, "TLS: the peer refused us (client certificate?): " + text);
  fail(ErrorCode::Protocol, "TLS: " + text);
}

void Exchange::fail(ErrorCode code, const std::string& why) {
  const std::string_view target = std::string_view(call_.target).substr(0, call_.target.find('?'));
  finish(failure(code, fmt::format("{} {} at {}: {}", call_.method, target.substr(0, 200),
                                   to_string(call_.endpoint), why)));
}

void Exchange::succeed() {
  if (call_.keep_alive && parser_->keep_alive()) {
    connection_->reused = false;
    if (const auto client = client_.lock()) client->give_idle(std::move(connection_));
    connection_ = nullptr;
  }
  finish(parser_->take());
}

void Exchange::finish(Result<HttpAnswer> result) {
  if (finished_) return;
  const auto self = shared_from_this();
  auto done = std::move(handlers_.done);
  abandon();
  if (const auto client = client_.lock()) client->open.erase(id_);
  if (done) done(std::move(result));
}

void Exchange::abandon() {
  finished_ = true;
  deadline_.cancel();
  pause_.cancel();
  resolver_.cancel();
  if (connection_) {
    error_code ignored;
    connection_->socket.close(ignored);
  }
}

HttpClient::HttpClient(Loop& loop) : state_(std::make_shared<State>(loop)) {}

HttpClient::~HttpClient() {
  for (const auto& [id, exchange] : state_->open) exchange->abandon();
  state_->open.clear();
  state_->idle.clear();
}

HttpClient::CallId HttpClient::call(HttpCall call, std::function<void(Result<HttpAnswer>)> done) {
  HttpStreamHandlers handlers;
  handlers.done = std::move(done);
  return stream(std::move(call), std::move(handlers));
}

HttpClient::CallId HttpClient::stream(HttpCall call, HttpStreamHandlers handlers) {
  const CallId id = ++state_->last_id;
  auto exchange = std::make_shared<Exchange>(state_->loop, state_, id, std::move(call), std::move(handlers));
  state_->open.emplace(id, exchange);
  // Posted, so that no callback runs before this function returns.
  state_->loop.post([exchange, weak = std::weak_ptr<State>(state_), id] {
    const auto state = weak.lock();
    if (state && state->open.contains(id)) exchange->begin();
  });
  return id;
}

void HttpClient::cancel(CallId id) {
  const auto found = state_->open.find(id);
  if (found == state_->open.end()) return;
  const auto exchange = found->second;
  state_->open.erase(found);
  exchange->abandon();
}

Result<HttpAnswer> call_and_wait(HttpCall call) {
  Loop loop;
  HttpClient client(loop);
  Result<HttpAnswer> result = failure(ErrorCode::Cancelled, "the call did not complete");
  client.call(std::move(call), [&result](Result<HttpAnswer> answer) { result = std::move(answer); });
  loop.run();
  return result;
}

}  // namespace healer::net
