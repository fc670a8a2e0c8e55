#include "net/http_server.hpp"

#include <doctest/doctest.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>

#include <boost/asio/ip/tcp.hpp>

#include "net/http_client.hpp"
#include "net/loop.hpp"
#include "support/loop_wait.hpp"
#include "support/scripted_server.hpp"

using namespace healer;
using namespace healer::net;
using namespace healer::testing;

namespace {

HttpHandler echo() {
  return [](const HttpRequest& request, const HttpReply& reply) {
    HttpResponse response;
    response.body = request.method + "|" + request.path + "|" + request.query + "|" + request.body;
    response.headers = {{"X-Test", "1"}};
    reply(std::move(response));
  };
}

/// A connection on which the test sends its own bytes.
struct RawClient {
  boost::asio::io_context own;
  boost::asio::ip::tcp::socket socket{own};

  explicit RawClient(std::uint16_t port, const char* from = "127.0.0.1") {
    socket.open(boost::asio::ip::tcp::v4());
    socket.bind({boost::asio::ip::make_address(from), 0});
    socket.connect({boost::asio::ip::make_address("127.0.0.1"), port});
    socket.non_blocking(true);
  }
  void send(std::string_view bytes) { socket.send(boost::asio::buffer(bytes)); }
  /// Appends what has arrived to `received`; true once the server has closed.
  std::string received;
  bool closed = false;
  void poll() {
    char bytes[4096];
    while (!closed) {
      boost::system::error_code error;
      const auto got = socket.read_some(boost::asio::buffer(bytes), error);
      received.append(bytes, got);
      if (error == boost::asio::error::would_block) return;
      if (error) closed = true;
    }
  }
};

struct Fixture {
  Loop loop;
  TemporaryFolder folder;

  std::unique_ptr<HttpServer> serve(HttpHandler handler, HttpServerLimits limits = {}) {
    auto server = HttpServer::listen_tcp(loop, "127.0.0.1:0", std::move(handler), limits);
    REQUIRE(server);
    return std::move(*server);
  }
  Result<HttpAnswer> ask(HttpCall call) {
    HttpClient client(loop);
    std::optional<Result<HttpAnswer>> result;
    client.call(std::move(call), [&result](Result<HttpAnswer> answer) { result = std::move(answer); });
    REQUIRE(run_until(loop, [&] { return result.has_value(); }));
    return *result;
  }
  /// Lets the server handle what has arrived.
  void turn(int times) {
    REQUIRE(run_until(loop, [&times] { return --times < 0; }));
  }
  std::string until_closed(RawClient& client) {
    REQUIRE(run_until(loop, [&] {
      client.poll();
      return client.closed;
    }));
    return client.received;
  }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "requests over TCP are answered, and the connection is kept alive") {
  const auto server = serve(echo());
  CHECK(server->port() != 0);
  CHECK(server->address() == "127.0.0.1:" + std::to_string(server->port()));
  HttpCall call;
  call.endpoint = TcpEndpoint{"127.0.0.1", server->port(), nullptr};
  call.target = "/a%20b/%zz?name=x%20y";
  call.method = "POST";
  call.body = "body";
  const auto got = ask(call);
  REQUIRE(got);
  CHECK(got->status == 200);
  CHECK(got->body == "POST|/a b/%zz|name=x%20y|body");
  CHECK(find_header(got->headers, "x-test") == "1");

  RawClient client(server->port());
  client.send("GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\n");  // pipelined
  REQUIRE(run_until(loop, [&] {
    client.poll();
    return client.received.find("GET|/2||") != std::string::npos;
  }));
  CHECK_FALSE(client.closed);
  client.send("HEAD /3 HTTP/1.0\r\n\r\n");
  const auto all = until_closed(client);
  CHECK(all.find("HEAD|/3||") == std::string::npos);
  CHECK(all.find("Content-Length: 9\r\n") != std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "a reply may come late, twice, or after the client has gone") {
  std::vector<HttpReply> replies;
  auto server = serve([&](HttpRequest, HttpReply reply) { replies.push_back(std::move(reply)); });
  RawClient client(server->port());
  client.send("GET /1 HTTP/1.1\r\nHost: x\r\n\r\n");
  REQUIRE(run_until(loop, [&] { return replies.size() == 1; }));
  HttpResponse response;
  response.body = "late";
  replies[0](response);
  replies[0](response);
  REQUIRE(run_until(loop, [&] {
    client.poll();
    return client.received.find("late") != std::string::npos;
  }));
  {
    RawClient impatient(server->port());
    impatient.send("GET /2 HTTP/1.1\r\nHost: x\r\n\r\n");
    REQUIRE(run_until(loop, [&] { return replies.size() == 2; }));
  }
  replies[1](response);
  client.send("GET /3 HTTP/1.1\r\nHost: x\r\n\r\n");
  REQUIRE(run_until(loop, [&] { return replies.size() == 3; }));
  server.reset();
  replies[2](response);
  until_closed(client);
  CHECK(client.received.find("late") == client.received.rfind("late"));
}

TEST_CASE_FIXTURE(Fixture, "a handler that never replies gives status 504, and one that throws gives 500") {
  HttpServerLimits limits;
  limits.answer_timeout = std::chrono::seconds(1);
  const auto server = serve(
      [](const HttpRequest& request, const HttpReply&) {
        if (request.path == "/throw") throw std::runtime_error("inner detail");
      },
      limits);
  RawClient silent(server->port());
  silent.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(until_closed(silent).find("HTTP/1.1 504") == 0);
  HttpCall call;
  call.endpoint = TcpEndpoint{"127.0.0.1", server->port(), nullptr};
  call.target = "/throw";
  const auto got = ask(call);
  REQUIRE(got);
  CHECK(got->status == 500);
  CHECK(got->body.find("inner detail") == std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "large and malformed requests are refused") {
  HttpServerLimits limits;
  limits.head = 1000;
  limits.body = 1000;
  const auto server = serve(echo(), limits);
  const auto refusal = [&](const std::string& bytes) {
    RawClient client(server->port());
    client.send(bytes);
    return until_closed(client).substr(0, 12);
  };
  CHECK(refusal("GET / HTTP/1.1\r\nX: " + std::string(5000, 'x') + "\r\n\r\n") == "HTTP/1.1 431");
  CHECK(refusal("POST / HTTP/1.1\r\nContent-Length: 2000\r\n\r\n" + std::string(2000, 'x')) ==
        "HTTP/1.1 413");
  CHECK(refusal("POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n") == "HTTP/1.1 413");
  CHECK(refusal("garbage\r\n\r\n") == "HTTP/1.1 400");
  CHECK(refusal(std::string("\x16\x03\x01\x02\x00\x01", 6) + std::string(100, '\0')) == "HTTP/1.1 400");
  CHECK(run_until(loop, [&] { return server->connections() == 0; }));
}

TEST_CASE_FIXTURE(Fixture, "slow and idle clients are disconnected") {
  HttpServerLimits limits;
  limits.request_timeout = std::chrono::seconds(1);
  limits.idle_timeout = std::chrono::seconds(1);
  const auto server = serve(echo(), limits);
  RawClient silent(server->port());
  RawClient half(server->port());
  half.send("GET / HTTP/1.1\r\nHost");
  RawClient idle(server->port());
  idle.send("GET /done HTTP/1.1\r\nHost: x\r\n\r\n");
  until_closed(silent);
  until_closed(half);
  CHECK(until_closed(idle).find("GET|/done") != std::string::npos);
  CHECK(run_until(loop, [&] { return server->connections() == 0; }));
}

TEST_CASE_FIXTURE(Fixture,
                  "when every connection is in use, the longest idle one is closed for a new client") {
  HttpServerLimits limits;
  limits.connections = 2;
  const auto server = serve(echo(), limits);
  RawClient first(server->port());
  REQUIRE(run_until(loop, [&] { return server->connections() == 1; }));
  RawClient second(server->port());
  REQUIRE(run_until(loop, [&] { return server->connections() == 2; }));
  RawClient third(server->port());
  third.send("GET /third HTTP/1.1\r\nHost: x\r\n\r\n");
  REQUIRE(run_until(loop, [&] {
    third.poll();
    return third.received.find("GET|/third") != std::string::npos;
  }));
  until_closed(first);
  second.poll();
  CHECK_FALSE(second.closed);
}

TEST_CASE_FIXTURE(Fixture, "requests that never end do not keep others out: the oldest gives way") {
  HttpServerLimits limits;
  limits.connections = 3;
  const auto server = serve(echo(), limits);
  const auto withhold = [&](RawClient& client, std::size_t connections) {
    REQUIRE(run_until(loop, [&] { return server->connections() == connections; }));
    client.send("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n1");
  };
  RawClient oldest(server->port());
  withhold(oldest, 1);
  RawClient second(server->port());
  withhold(second, 2);
  RawClient third(server->port());
  withhold(third, 3);
  // Every connection has a half request: these bytes have to be read before the next client comes.
  turn(50);
  RawClient other(server->port());
  other.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
  REQUIRE(run_until(loop, [&] {
    other.poll();
    return other.received.find("GET|/healthz") != std::string::npos;
  }));
  until_closed(oldest);
  second.poll();
  CHECK_FALSE(second.closed);
}

TEST_CASE_FIXTURE(Fixture,
                  "a flood of half requests closes the flooding peer's, not the one of another peer") {
  HttpServerLimits limits;
  limits.connections = 3;
  const auto server = serve(echo(), limits);
  const char* half = "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n1";
  RawClient honest(server->port(), "127.0.0.9");
  honest.send(half);
  REQUIRE(run_until(loop, [&] { return server->connections() == 1; }));
  std::vector<std::unique_ptr<RawClient>> flood;
  for (int i = 0; i < 6; ++i) {
    flood.push_back(std::make_unique<RawClient>(server->port()));
    flood.back()->send(half);
    turn(50);
  }
  honest.send("23456789");
  REQUIRE(run_until(loop, [&] {
    honest.poll();
    return honest.received.find("POST|/x||123456789") != std::string::npos;
  }));
}

TEST_CASE_FIXTURE(Fixture,
                  "a request has its client's address, and every answer the fields that tame a browser") {
  std::string peer;
  const auto server = serve([&peer](const HttpRequest& request, const HttpReply& reply) {
    peer = request.peer;
    HttpResponse response;
    response.headers = {{"Content-Security-Policy", "default-src 'self'"}};
    reply(std::move(response));
  });
  RawClient client(server->port());
  client.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const std::string page = until_closed(client);
  CHECK(peer == "127.0.0.1");
  for (const auto& header : security_headers()) {
    if (header.first == "Content-Security-Policy") continue;
    CAPTURE(header.first);
    CHECK(page.find(header.first + ": " + header.second + "\r\n") != std::string::npos);
  }
  CHECK(page.find("Content-Security-Policy: default-src 'self'\r\n") != std::string::npos);
  CHECK(page.find("default-src 'none'") == std::string::npos);
  RawClient wrong(server->port());
  wrong.send("nonsense\r\n\r\n");
  CHECK(until_closed(wrong).find("X-Content-Type-Options: nosniff") != std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "an address that cannot be listened on is an error that names it") {
  const auto server = serve(echo());
  const auto code_of = [&](const std::string& address) {
    const auto refused = HttpServer::listen_tcp(loop, address, echo());
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find(address) != std::string::npos);
    return refused.error().code;
  };
  CHECK(code_of(server->address()) == ErrorCode::Conflict);
  CHECK(code_of("203.0.113.7:1234") == ErrorCode::InvalidInput);
  for (const char* wrong :
       {"9180", "127.0.0.1:99999", "127.0.0.1:", "127.0.0.1:80x", "::1:80", "name:80", ""})
    CHECK(code_of(wrong) == ErrorCode::InvalidInput);
  CHECK(HttpServer::listen_tcp(loop, "localhost:0", echo()));
  CHECK(HttpServer::listen_tcp(loop, ":0", echo()));
}

TEST_CASE_FIXTURE(Fixture, "a unix socket is private, replaces a dead socket and leaves a live one alone") {
  const std::string path = folder.file("admin.sock");
  HttpCall call;
  call.endpoint = UnixEndpoint{path};
  {
    const auto server = HttpServer::listen_unix(loop, path, echo());
    REQUIRE(server);
    CHECK((*server)->port() == 0);
    struct stat found {};
    REQUIRE(::stat(path.c_str(), &found) == 0);
    CHECK((found.st_mode & 0777) == 0600);
    CHECK(ask(call));
    const auto second = HttpServer::listen_unix(loop, path, echo());
    REQUIRE_FALSE(second);
    CHECK(second.error().code == ErrorCode::Conflict);
    CHECK(ask(call));
  }
  CHECK_FALSE(std::filesystem::exists(path));
  {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, path.c_str());
    const int dead = ::socket(AF_UNIX, SOCK_STREAM, 0);
    REQUIRE(::bind(dead, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    ::close(dead);
  }
  {
    const auto server = HttpServer::listen_unix(loop, path, echo());
    REQUIRE(server);
    CHECK(ask(call));
    // The socket file is now another program's file and must stay.
    std::filesystem::remove(path);
    std::ofstream(path) << "theirs";
  }
  CHECK(std::filesystem::exists(path));
  const auto over_a_file = HttpServer::listen_unix(loop, path, echo());
  REQUIRE_FALSE(over_a_file);
  CHECK(over_a_file.error().code == ErrorCode::Conflict);
  CHECK(std::filesystem::exists(path));
  CHECK_FALSE(HttpServer::listen_unix(loop, folder.file("no/such/folder"), echo()));
  CHECK_FALSE(HttpServer::listen_unix(loop, std::string(200, 'x'), echo()));
}
