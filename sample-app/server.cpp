#include "server.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <set>

#include "service.hpp"

namespace sample_app {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;

constexpr auto idle_limit = std::chrono::seconds(30);

class Session;

/// Has the listening socket, the service and the connections that wait for POST /fix.
class Server {
 public:
  Server(asio::io_context& io, Service& service) : service_(service), acceptor_(io), retry_(io) {}

  /// Opens the listening socket; returns the error of the first step that failed.
  error_code listen(const tcp::endpoint& endpoint);
  void accept();

  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  /// Whether a further request could be answered.
  bool serving() const { return acceptor_.is_open() && !dropping_; }
  Service& service() { return service_; }

  void hold(std::shared_ptr<Session> session) { hung_.insert(std::move(session)); }
  void release(const std::shared_ptr<Session>& session) { hung_.erase(session); }
  void wake_hung();
  void stop_listening();
  void drop_connections();

 private:
  Service& service_;
  tcp::acceptor acceptor_;
  asio::steady_timer retry_;
  std::set<std::shared_ptr<Session>> hung_;
  bool dropping_ = false;
};

/// One connection: reads a request, gets the answer from the service, sends the answer, and reads the next
/// request.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(tcp::socket socket, Server& server)
      : server_(server), stream_(std::move(socket)), delay_(stream_.get_executor()) {}

  void read() {
    parser_.emplace();
    parser_->header_limit(16 * 1024);
    parser_->body_limit(64 * 1024);
    stream_.expires_after(idle_limit);
    http::async_read(stream_, buffer_, *parser_,
                     [self = shared_from_this()](error_code failure, std::size_t) {
                       if (failure) return self->close();
                       self->read_at_ = std::chrono::steady_clock::now();
                       self->answer();
                     });
  }

  /// After POST /fix: stops watching for a client that closes the connection, and handles the request again.
  void wake() {
    ++hang_round_;
    error_code ignored;
    stream_.socket().cancel(ignored);
    answer();
  }

  void answer() {
    const auto& request = parser_->get();
    const auto method = request.method_string();
    const auto target = request.target();
    answer_ = server_.service().handle({method.data(), method.size()}, {target.data(), target.size()},
                                       std::chrono::system_clock::now());
    if (answer_.then == Answer::Then::ExitImmediately) {
      std::cerr << "sample-app: POST /crash: exiting with code " << answer_.exit_code << std::endl;
      std::_Exit(answer_.exit_code);
    }
    stream_.expires_never();
    switch (answer_.when) {
      case Answer::When::Now:
        return write();
      case Answer::When::After:
        return write_later();
      case Answer::When::OnFix:
        return hang();
    }
  }

 private:
  void write_later() {
    delay_.expires_after(answer_.delay);
    delay_.async_wait([self = shared_from_this()](error_code failure) {
      if (!failure) self->write();
    });
  }

  // When a client closes the connection, the socket becomes readable. Without this watch every hung check
  // would leave a descriptor open.
  void hang() {
    server_.hold(shared_from_this());
    const auto round = ++hang_round_;
    stream_.socket().async_wait(tcp::socket::wait_read,
                                [self = shared_from_this(), round](error_code failure) {
                                  if (failure || round != self->hang_round_) return;
                                  self->server_.release(self);
                                  self->close();
                                });
  }

  void write() {
    const auto& request = parser_->get();
    response_ = {};
    response_.version(request.version());
    response_.result(answer_.status);
    response_.set(http::field::server, "sample-app");
    response_.set(http::field::content_type, answer_.content_type);
    if (!answer_.allow.empty()) response_.set(http::field::allow, answer_.allow);
    response_.keep_alive(request.keep_alive() && server_.serving() &&
                         answer_.then != Answer::Then::StopListening &&
                         answer_.then != Answer::Then::DropConnections);
    response_.content_length(answer_.body.size());
    if (request.method() != http::verb::head) response_.body() = std::move(answer_.body);
    stream_.expires_after(idle_limit);
    http::async_write(stream_, response_, [self = shared_from_this()](error_code failure, std::size_t) {
      self->written(failure);
    });
  }

  void written(error_code failure) {
    server_.service().metrics().count(answer_.path_label, answer_.status,
                                      std::chrono::steady_clock::now() - read_at_);
    if (answer_.then == Answer::Then::WakeHung) server_.wake_hung();
    if (answer_.then == Answer::Then::StopListening) server_.stop_listening();
    if (answer_.then == Answer::Then::DropConnections) server_.drop_connections();
    if (failure || !response_.keep_alive()) return close();
    read();
  }

  void close() {
    error_code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_both, ignored);
    stream_.socket().close(ignored);
  }

  Server& server_;
  beast::tcp_stream stream_;
  asio::steady_timer delay_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  http::response<http::string_body> response_;
  Answer answer_;
  std::chrono::steady_clock::time_point read_at_;
  unsigned hang_round_ = 0;  ///< the watch of an earlier hang has no effect
};

error_code Server::listen(const tcp::endpoint& endpoint) {
  error_code failure;
  acceptor_.open(endpoint.protocol(), failure);
  if (!failure) acceptor_.set_option(asio::socket_base::reuse_address(true), failure);
  if (!failure) acceptor_.bind(endpoint, failure);
  if (!failure) acceptor_.listen(asio::socket_base::max_listen_connections, failure);
  return failure;
}

void Server::accept() {
  acceptor_.async_accept([this](error_code failure, tcp::socket socket) {
    if (!acceptor_.is_open()) return;
    if (!failure) {
      if (dropping_) return accept();  // the socket's destructor closes the connection
      std::make_shared<Session>(std::move(socket), *this)->read();
      return accept();
    }
    // Probably there are no descriptors left: a retry at once would loop without a pause.
    retry_.expires_after(std::chrono::milliseconds(50));
    retry_.async_wait([this](error_code) { accept(); });
  });
}

void Server::wake_hung() {
  for (const auto& session : std::exchange(hung_, {})) session->wake();
}

void Server::stop_listening() {
  std::cerr << "sample-app: POST /close: no longer listening" << std::endl;
  error_code ignored;
  acceptor_.close(ignored);
}

void Server::drop_connections() {
  std::cerr << "sample-app: POST /drop: closing every new connection" << std::endl;
  dropping_ = true;
}

}  // namespace

int serve(const Settings& settings, bool broken_at_start) {
  error_code failure;
  const auto address = asio::ip::make_address(settings.address, failure);
  if (failure) {
    std::cerr << "sample-app: APP_ADDRESS='" << settings.address
              << "' is not valid: an IPv4 or IPv6 address is accepted\n";
    return 2;
  }

  Service service(std::chrono::system_clock::now(), broken_at_start);
  asio::io_context io(1);
  Server server(io, service);

  asio::signal_set signals(io, SIGTERM, SIGINT);
  signals.async_wait([&io](error_code, int) { io.stop(); });

  int exit_code = 0;
  asio::steady_timer start(io, settings.start_delay);
  start.async_wait([&](error_code) {
    if (const auto refused = server.listen({address, settings.port})) {
      std::cerr << "sample-app: cannot listen on " << settings.address << " port " << settings.port << ": "
                << refused.message() << '\n';
      exit_code = 1;
      return io.stop();
    }
    std::cout << "sample-app " SAMPLE_APP_VERSION ": listening on " << settings.address << " port "
              << server.port() << (broken_at_start ? ", broken at start" : "") << std::endl;
    server.accept();
  });
  io.run();
  return exit_code;
}

int healthcheck(const Settings& settings) {
  asio::io_context io(1);
  beast::tcp_stream stream(io);
  stream.expires_after(std::chrono::seconds(3));
  http::request<http::empty_body> request(http::verb::get, "/health", 11);
  request.set(http::field::host, "localhost");
  request.set(http::field::connection, "close");
  beast::flat_buffer buffer;
  http::response<http::string_body> response;

  error_code failure;
  unsigned status = 0;
  stream.async_connect(tcp::endpoint(asio::ip::address_v4::loopback(), settings.port),
                       [&](error_code refused) {
                         failure = refused;
                         if (failure) return;
                         http::async_write(stream, request, [&](error_code unsent, std::size_t) {
                           failure = unsent;
                           if (failure) return;
                           http::async_read(stream, buffer, response, [&](error_code unread, std::size_t) {
                             failure = unread;
                             status = response.result_int();
                           });
                         });
                       });
  io.run();

  if (failure) {
    std::cerr << "sample-app: /health on port " << settings.port << ": " << failure.message() << '\n';
    return 1;
  }
  if (status != 200) {
    std::cerr << "sample-app: /health on port " << settings.port << " answered " << status << '\n';
    return 1;
  }
  return 0;
}

}  // namespace sample_app
